// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx-trace copies: what it says of programs that move a known number of bytes by the
 * mechanisms that the kernel has without us. To the byte.
 */
#include <ipcx/transport.h>
#include <linux/android/binder.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "trace_ledger.h"

#define MESSAGES	200
#define SIZE		4096
#define LARGE		65536

static char out[LARGE], in[LARGE];

/* ---- streams ---- */

static int send_and_read(int to, int from, size_t size)
{
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(size, write(to, out, size));
		MUST_BE(size, read(from, in, size));
	}
	return 0;
}

static int work_pipe(void)
{
	int fds[2];

	MUST_BE(0, pipe(fds));
	return send_and_read(fds[1], fds[0], SIZE);
}

/* Three buffers, cut at odd places; read in two parts, of which the second is short. */
static int work_pipe_parts(void)
{
	struct iovec vec[3] = {
		{ out, 1 }, { out + 100, 999 }, { out + 5000, SIZE - 1000 },
	};
	int fds[2];

	MUST_BE(0, pipe(fds));
	for (int i = 0; i < MESSAGES; i++) {
		struct iovec room[2] = { { in, 7 }, { in + 5000, 93 } };

		MUST_BE(SIZE, writev(fds[1], vec, 3));
		MUST_BE(100, readv(fds[0], room, 2));
		MUST_BE(SIZE - 100, read(fds[0], in, LARGE));
	}
	return 0;
}

/* Many more buffers than there are places to remember any. */
static int work_pipe_scattered(void)
{
	static struct iovec vec[1024];
	int fds[2];

	for (int i = 0; i < 1024; i++)
		vec[i] = (struct iovec){ out + i * 8, 3 };
	MUST_BE(0, pipe(fds));
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(3 * 1024, writev(fds[1], vec, 1024));
		MUST_BE(3 * 1024, read(fds[0], in, LARGE));
	}
	return 0;
}

/* What does not fit is not copied; what was copied before a fault is. */
static int work_pipe_short(void)
{
	char *page = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fds[2];

	MUST(page != MAP_FAILED);
	memset(page, 1, 2 * SIZE);
	MUST_BE(0, munmap(page + SIZE, SIZE));
	MUST_BE(0, pipe2(fds, O_NONBLOCK));
	MUST_BE(LARGE, write(fds[1], out, LARGE));
	MUST_BE(-1, write(fds[1], out, LARGE));
	MUST_BE(LARGE, read(fds[0], in, LARGE));
	MUST_BE(-1, read(fds[0], in, LARGE));
	MUST_BE(100, write(fds[1], page + SIZE - 100, 100));
	MUST_BE(-1, write(fds[1], page + SIZE, 100));
	return 0;
}

static int work_fifo(void)
{
	char path[] = "/tmp/ipcx-trace-XXXXXX";
	int fd;

	MUST(mkdtemp(path));
	MUST_BE(0, chdir(path));
	MUST_BE(0, mkfifo("fifo", 0600));
	fd = open("fifo", O_RDWR);
	MUST(fd >= 0);
	unlink("fifo");
	rmdir(path);
	return send_and_read(fd, fd, SIZE);
}

static int work_unix_stream(void)
{
	int fds[2];

	MUST_BE(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	return send_and_read(fds[0], fds[1], SIZE);
}

static int work_seqpacket(void)
{
	int fds[2];

	MUST_BE(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds));
	return send_and_read(fds[0], fds[1], SIZE);
}

/* ---- messages with addresses and files: those are arguments ---- */

static void pass_stdin(struct msghdr *msg, char *control, size_t room)
{
	struct cmsghdr *c = (struct cmsghdr *)control;

	memset(control, 0, room);
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(sizeof(int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
}

static int work_unix_dgram(void)
{
	struct iovec vec[2] = { { out, 96 }, { out + 1000, SIZE - 96 } };
	struct iovec room = { in, sizeof(in) };
	char control[CMSG_SPACE(sizeof(int))];
	struct sockaddr_un name;
	int fds[2];

	MUST_BE(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, fds));
	for (int i = 0; i < MESSAGES; i++) {
		struct msghdr msg = { .msg_iov = vec, .msg_iovlen = 2 };
		struct msghdr got = {
			.msg_iov = &room, .msg_iovlen = 1, .msg_name = &name,
			.msg_namelen = sizeof(name),
		};
		int fd;

		pass_stdin(&msg, control, sizeof(control));
		MUST_BE(SIZE, sendmsg(fds[0], &msg, 0));
		got.msg_control = control;
		got.msg_controllen = sizeof(control);
		MUST_BE(SIZE, recvmsg(fds[1], &got, 0));
		memcpy(&fd, CMSG_DATA((struct cmsghdr *)control), sizeof(fd));
		close(fd);
	}
	return 0;
}

static int bound_udp(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*addr = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (fd < 0 || bind(fd, (struct sockaddr *)addr, sizeof(*addr)) < 0)
		return -1;
	return getsockname(fd, (struct sockaddr *)addr, &len) < 0 ? -1 : fd;
}

static int work_udp(void)
{
	struct sockaddr_in addr, from;
	int fd = bound_udp(&addr);

	MUST(fd >= 0);
	for (int i = 0; i < MESSAGES; i++) {
		socklen_t len = sizeof(from);

		MUST_BE(1000, sendto(fd, out, 1000, 0, (struct sockaddr *)&addr, sizeof(addr)));
		MUST_BE(1000, recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&from, &len));
	}
	return 0;
}

#define AT_ONCE	10

static int work_udp_many(void)
{
	struct mmsghdr msgs[AT_ONCE], got[AT_ONCE];
	struct iovec vec[AT_ONCE][2], room[AT_ONCE];
	struct sockaddr_in addr;
	int fd = bound_udp(&addr);

	MUST(fd >= 0);
	for (int i = 0; i < MESSAGES / AT_ONCE; i++) {
		for (int j = 0; j < AT_ONCE; j++) {
			vec[j][0] = (struct iovec){ out + j, 10 };
			vec[j][1] = (struct iovec){ out + 1000 + j, 500 + j };
			room[j] = (struct iovec){ in + j * 1000, 1000 };
			msgs[j] = (struct mmsghdr){ .msg_hdr = {
				.msg_name = &addr, .msg_namelen = sizeof(addr),
				.msg_iov = vec[j], .msg_iovlen = 2,
			} };
			got[j] = (struct mmsghdr){ .msg_hdr = {
				.msg_iov = &room[j], .msg_iovlen = 1,
			} };
		}
		MUST_BE(AT_ONCE, sendmmsg(fd, msgs, AT_ONCE, 0));
		MUST_BE(AT_ONCE, recvmmsg(fd, got, AT_ONCE, 0, NULL));
	}
	return 0;
}

static int tcp_pair(int fds[2])
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	MUST(listener >= 0);
	MUST_BE(0, bind(listener, (struct sockaddr *)&addr, sizeof(addr)));
	MUST_BE(0, listen(listener, 1));
	MUST_BE(0, getsockname(listener, (struct sockaddr *)&addr, &len));
	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	MUST_BE(0, connect(fds[0], (struct sockaddr *)&addr, sizeof(addr)));
	fds[1] = accept(listener, NULL, NULL);
	MUST(fds[1] >= 0);
	close(listener);
	return 0;
}

static int work_tcp(void)
{
	int fds[2];

	MUST_BE(0, tcp_pair(fds));
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(SIZE, send(fds[0], out, SIZE, 0));
		MUST_BE(SIZE, recv(fds[1], in, SIZE, MSG_WAITALL));
	}
	return 0;
}

/* ---- message queues ---- */

static int work_posix_mq(void)
{
	struct mq_attr attr = { .mq_maxmsg = 10, .mq_msgsize = 8192 };
	struct timespec never = { .tv_sec = 1L << 40 };
	mqd_t mq = mq_open("/ipcx-trace", O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	unsigned int prio;

	MUST(mq >= 0);
	mq_unlink("/ipcx-trace");
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(0, mq_timedsend(mq, out, 8192 - i, 1, &never));
		MUST_BE(8192 - i, mq_timedreceive(mq, in, 8192, &prio, &never));
	}
	return 0;
}

static int work_sysv_msg(void)
{
	struct {
		long type;
		char text[8192];
	} msg = { .type = 1 };
	int queue = msgget(IPC_PRIVATE, 0600);

	MUST(queue >= 0);
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(0, msgsnd(queue, &msg, 8192 - i, 0));
		MUST_BE(8192 - i, msgrcv(queue, &msg, 8192, 0, 0));
	}
	return msgctl(queue, IPC_RMID, NULL);
}

/* ---- others ---- */

static int work_eventfd(void)
{
	int fd = eventfd(0, 0);
	uint64_t one = 1;

	MUST(fd >= 0);
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(8, write(fd, &one, 8));
		MUST_BE(8, read(fd, &one, 8));
	}
	return 0;
}

static int work_process_vm(void)
{
	struct iovec local[2] = { { in, 1 }, { in + 10, SIZE - 1 } };
	struct iovec remote[2] = { { out, 100 }, { out + SIZE, SIZE - 100 } };

	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(SIZE, process_vm_readv(getpid(), local, 2, remote, 2, 0));
		MUST_BE(SIZE, process_vm_writev(getpid(), local, 2, remote, 2, 0));
	}
	return 0;
}

#define REPLY	100
/* What the library keeps in front of a message. */
#define HEAD	IPCX_TRANSPORT_HEADROOM

static int answer_all(struct ipcx_transport_end *end)
{
	struct ipcx_transport_msg reply = { .buf = out + HEAD, .len = REPLY };
	struct ipcx_transport_msg request = { .buf = in + HEAD };

	MUST(end);
	for (int i = 0; i <= MESSAGES; i++) {
		bool last = i == MESSAGES;

		request.len = SIZE;
		MUST_BE(0, ipcx_transport_answer(end, i ? &reply : NULL, last ? NULL : &request));
		MUST_BE(SIZE, request.len);
	}
	return 0;
}

static int call_all(struct ipcx_transport_end *end)
{
	struct ipcx_transport_msg request = { .buf = out + HEAD, .len = SIZE };
	struct ipcx_transport_msg reply = { .buf = in + HEAD };

	MUST(end);
	for (int i = 0; i < MESSAGES; i++) {
		reply.len = SIZE;
		MUST_BE(0, ipcx_transport_call(end, &request, &reply));
		MUST_BE(REPLY, reply.len);
	}
	return 0;
}

/* Requests and replies; before them one side sends the other the object that it calls. */
static int work_binder(void)
{
	IPCX_OPTS(ipcx_transport_opts, opts);
	struct ipcx_transport_pair *pair;
	char why[IPCX_TRANSPORT_WHY];
	pid_t pid;

	opts.msg_size = SIZE;
	MUST_BE(0, ipcx_transport_open(&pair, ipcx_transport_find("binder"), &opts, why));
	pid = fork();
	if (pid == 0)
		_exit(answer_all(ipcx_transport_attach(pair, 1)));
	MUST_BE(0, call_all(ipcx_transport_attach(pair, 0)));
	MUST_BE(0, reap(pid));
	ipcx_transport_close(pair);
	return 0;
}

/* Pages go from a pipe to a pipe, and from a file: nothing of it is copied. */
static int work_splice(void)
{
	char *page = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec vec = { page, SIZE };
	int a[2], b[2], file = memfd_create("ipcx-trace", 0);

	MUST(page != MAP_FAILED);
	memset(page, 1, SIZE);
	MUST_BE(0, ftruncate(file, SIZE));
	MUST_BE(0, pipe(a));
	MUST_BE(0, pipe(b));
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(SIZE, vmsplice(a[1], &vec, 1, 0));
		MUST_BE(SIZE, splice(a[0], NULL, b[1], NULL, SIZE, 0));
		MUST_BE(SIZE, read(b[0], in, SIZE));
		MUST_BE(SIZE, sendfile(b[1], file, &(off_t){ 0 }, SIZE));
		MUST_BE(SIZE, read(b[0], in, SIZE));
	}
	return 0;
}

static int work_file(void)
{
	int fd = memfd_create("ipcx-trace", 0);

	MUST(fd >= 0);
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(SIZE, pwrite(fd, out, SIZE, 0));
		MUST_BE(SIZE, pread(fd, in, SIZE, 0));
	}
	return 0;
}

static int work_tty(void)
{
	struct termios raw;
	int master, slave;

	MUST_BE(0, openpty(&master, &slave, NULL, NULL, NULL));
	MUST_BE(0, tcgetattr(slave, &raw));
	cfmakeraw(&raw);
	MUST_BE(0, tcsetattr(slave, TCSANOW, &raw));
	for (int i = 0; i < MESSAGES; i++) {
		struct pollfd wait = { .fd = slave, .events = POLLIN };

		MUST_BE(100, write(master, out, 100));
		MUST_BE(1, poll(&wait, 1, -1));
		MUST_BE(100, read(slave, in, 100));
	}
	return 0;
}

/* Two processes, one of which waits most of the time. */
static int work_blocked(void)
{
	int fds[2];

	MUST_BE(0, pipe(fds));
	if (fork() == 0) {
		for (int i = 0; i < 20; i++) {
			sleep_ms(10);
			MUST_BE(SIZE, write(fds[1], out, SIZE));
		}
		_exit(0);
	}
	for (int i = 0; i < 20; i++)
		MUST_BE(SIZE, read(fds[0], in, SIZE));
	return 0;
}

static int work_exit(void)
{
	return 7;
}

const struct work works[] = {
	{ "pipe", work_pipe },
	{ "pipe_parts", work_pipe_parts },
	{ "pipe_scattered", work_pipe_scattered },
	{ "pipe_short", work_pipe_short },
	{ "fifo", work_fifo },
	{ "unix_stream", work_unix_stream },
	{ "unix_dgram", work_unix_dgram },
	{ "seqpacket", work_seqpacket },
	{ "udp", work_udp },
	{ "udp_many", work_udp_many },
	{ "tcp", work_tcp },
	{ "posix_mq", work_posix_mq },
	{ "sysv_msg", work_sysv_msg },
	{ "eventfd", work_eventfd },
	{ "process_vm", work_process_vm },
	{ "binder", work_binder },
	{ "splice", work_splice },
	{ "file", work_file },
	{ "tty", work_tty },
	{ "blocked", work_blocked },
	{ "exit", work_exit },
	{ NULL, NULL }
};

/* ---- the tests ---- */

/* Each has a row of its own; what is left over, and tests of a row again, run apart. */
#define TOGETHER	"pipe fifo unix_stream unix_dgram seqpacket udp tcp posix_mq sysv_msg " \
			"eventfd process_vm file tty"

/* What both sides of a mechanism moved, each message copied twice. */
#define EXPECT_MOVED(mechanism, n, bytes)	EXPECT_PASSES(mechanism, n, bytes, 2)

TEST_F(trace, pipe)
{
	RUN(TOGETHER);
	EXPECT_MOVED("pipe", MESSAGES, MESSAGES * SIZE);
	EXPECT_EQ(2 * MESSAGES, FIGURE("pipe", "calls"));
	EXPECT_EQ(2 * MESSAGES, FIGURE("pipe", "payload_copies"));
	EXPECT_EQ(2, FIGURE("pipe", "copies_per_message"));
	EXPECT_EQ(SIZE, FIGURE("pipe", "bytes_per_copy"));
	EXPECT_EQ(0, FIGURE("pipe", "argument_bytes"));
	EXPECT_LT(0, FIGURE("pipe", "copy_p50"));
	EXPECT_LE(FIGURE("pipe", "copy_p50"), FIGURE("pipe", "copy_p99"));
	EXPECT_LT(0, FIGURE("pipe", "copy_share"));
	EXPECT_GE(1, FIGURE("pipe", "copy_share"));
}

/* The array of buffers is an argument, where the kernel does not fetch it word by word. */
TEST_F(trace, pipe_in_parts)
{
	RUN("pipe_parts udp_many");
	EXPECT_MOVED("pipe", MESSAGES, MESSAGES * SIZE);
	if (FIGURE("pipe", "argument_bytes") != 0)
		EXPECT_EQ(MESSAGES * 5 * 16, FIGURE("pipe", "argument_bytes"));
}

TEST_F(trace, pipe_scattered)
{
	RUN("pipe_scattered");
	EXPECT_MOVED("pipe", MESSAGES, MESSAGES * 3 * 1024);
}

/* 100 bytes are still in it, and so were copied once. */
TEST_F(trace, pipe_with_errors)
{
	RUN("pipe_short");
	EXPECT_EQ(2, FIGURE("pipe", "messages"));
	EXPECT_EQ(LARGE + 100, FIGURE("pipe", "message_bytes"));
	EXPECT_EQ(2 * LARGE + 100, FIGURE("pipe", "payload_bytes"));
	EXPECT_EQ(6, FIGURE("pipe", "calls"));
	EXPECT_NOTHING_LOST();
}

TEST_F(trace, fifo)
{
	RUN(TOGETHER);
	EXPECT_MOVED("fifo", MESSAGES, MESSAGES * SIZE);
	/* Those of the pipe's own. */
	EXPECT_EQ(2 * MESSAGES, FIGURE("pipe", "calls"));
}

TEST_F(trace, unix_stream)
{
	RUN(TOGETHER);
	EXPECT_MOVED("unix-stream", MESSAGES, MESSAGES * SIZE);
}

/* Control data, names and headers are arguments. */
TEST_F(trace, unix_dgram)
{
	RUN(TOGETHER);
	EXPECT_MOVED("unix-dgram", MESSAGES, MESSAGES * SIZE);
	EXPECT_LE(MESSAGES * (56 + 24 + 56), FIGURE("unix-dgram", "argument_bytes"));
}

TEST_F(trace, unix_seqpacket)
{
	RUN(TOGETHER);
	EXPECT_MOVED("unix-seqpacket", MESSAGES, MESSAGES * SIZE);
}

TEST_F(trace, udp)
{
	RUN(TOGETHER);
	EXPECT_MOVED("udp", MESSAGES, MESSAGES * 1000);
	EXPECT_EQ(MESSAGES * 2 * 16, FIGURE("udp", "argument_bytes"));
}

TEST_F(trace, udp_many_at_once)
{
	RUN("pipe_parts udp_many");
	EXPECT_MOVED("udp", MESSAGES,
		     MESSAGES / AT_ONCE * (AT_ONCE * 510 + AT_ONCE * (AT_ONCE - 1) / 2));
	EXPECT_LE(MESSAGES * (56 + 16 + 56), FIGURE("udp", "argument_bytes"));
}

TEST_F(trace, tcp)
{
	RUN(TOGETHER);
	EXPECT_MOVED("tcp", MESSAGES, MESSAGES * SIZE);
}

/* Both calls copy their deadline. */
TEST_F(trace, posix_mq)
{
	RUN(TOGETHER);
	EXPECT_MOVED("posix-mq", MESSAGES, MESSAGES * 8192 - MESSAGES * (MESSAGES - 1) / 2);
	EXPECT_EQ(MESSAGES * 2 * 16, FIGURE("posix-mq", "argument_bytes"));
}

TEST_F(trace, sysv_msg)
{
	RUN(TOGETHER);
	EXPECT_MOVED("sysv-msg", MESSAGES, MESSAGES * 8192 - MESSAGES * (MESSAGES - 1) / 2);
	EXPECT_EQ(0, FIGURE("sysv-msg", "argument_bytes"));
}

TEST_F(trace, eventfd)
{
	RUN(TOGETHER);
	EXPECT_MOVED("eventfd", MESSAGES, MESSAGES * 8);
}

/* From process to process at once; each call is a message. */
TEST_F(trace, process_vm)
{
	RUN(TOGETHER);
	EXPECT_PASSES("process-vm", 2 * MESSAGES, 2 * MESSAGES * SIZE, 1);
}

/* The kernel's module of it is loaded for the first who asks. */
static bool has_binder(void)
{
	return access("/dev/binder", F_OK) == 0 ||
	       (system("modprobe -q binder_linux") == 0 && access("/dev/binder", F_OK) == 0);
}

/*
 * Into the receiver's own memory at once. A structure for each call goes in and comes back, one
 * for each message goes in here and comes out there; and the object's place in its message.
 */
TEST_F(trace, binder)
{
	const int messages = 2 * MESSAGES + 2;

	if (!has_binder())
		SKIP(return, "this kernel has no Binder");
	RUN("binder");
	EXPECT_PASSES("binder", messages,
		      MESSAGES * (SIZE + REPLY) + (int)sizeof(struct flat_binder_object), 1);
	EXPECT_EQ(FIGURE("binder", "calls") * 2 * sizeof(struct binder_write_read) +
		  messages * 2 * sizeof(struct binder_transaction_data) + sizeof(binder_size_t),
		  FIGURE("binder", "argument_bytes"));
}

/* Arguments are where sendfile() begins and, before kernel 6.4, the iovec of vmsplice(). */
TEST_F(trace, splice)
{
	double arguments;

	RUN("splice");
	EXPECT_EQ(3 * MESSAGES, FIGURE("splice", "messages"));
	EXPECT_EQ(0, FIGURE("splice", "payload_bytes"));
	EXPECT_EQ(0, FIGURE("splice", "passes"));
	EXPECT_EQ(2 * MESSAGES * SIZE, FIGURE("pipe", "payload_bytes"));
	arguments = FIGURE("splice", "argument_bytes") - MESSAGES * sizeof(off_t);
	EXPECT_TRUE(arguments == 0 || arguments == MESSAGES * sizeof(struct iovec));
	EXPECT_NOTHING_LOST();
}

/* The loader has read and written files before. */
TEST_F(trace, file)
{
	double before;

	RUN_TO(7, "exit");
	before = FIGURE("file", "payload_bytes");
	RUN(TOGETHER);
	EXPECT_EQ(2 * MESSAGES * SIZE, FIGURE("file", "payload_bytes") - before);
	EXPECT_EQ(1, FIGURE("file", "passes"));
}

TEST_F(trace, tty)
{
	RUN(TOGETHER);
	EXPECT_EQ(2 * MESSAGES * 100, FIGURE("tty", "payload_bytes"));
	EXPECT_EQ(1, FIGURE("tty", "passes"));
}

TEST_F(trace, blocked_and_children)
{
	RUN("blocked");
	EXPECT_EQ(20, FIGURE("pipe", "messages"));
	EXPECT_EQ(40 * SIZE, FIGURE("pipe", "payload_bytes"));
	EXPECT_LT(0.5, FIGURE("pipe", "blocked_share"));
	EXPECT_GE(1, FIGURE("pipe", "blocked_share"));
	EXPECT_LT(0, FIGURE("pipe", "wake_p50"));
}

TEST_F(trace, status_is_the_command_s)
{
	RUN_TO(7, "exit");
}

TEST_HARNESS_MAIN
