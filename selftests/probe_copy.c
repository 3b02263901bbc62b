// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What ipcx_probe tells of known work, to the byte: every native way of moving a message,
 * and copies that are partial, scattered, refused or interrupted.
 */
#include "probe.h"

#include <arpa/inet.h>
#include <mqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pty.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <termios.h>

#define MAX_SIZE	65536

/* A way of moving bytes within one process. */
struct way {
	int fd[2];
};

static int open_pipe(struct way *w)
{
	return pipe2(w->fd, O_CLOEXEC) < 0 ? -errno : 0;
}

static int open_fifo(struct way *w)
{
	char path[64];

	snprintf(path, sizeof(path), "/tmp/ipcx-probe-%d", (int)getpid());
	if (mkfifo(path, 0600) < 0)
		return -errno;
	w->fd[0] = open(path, O_RDWR | O_CLOEXEC);
	w->fd[1] = open(path, O_WRONLY | O_CLOEXEC);
	unlink(path);
	return w->fd[0] < 0 || w->fd[1] < 0 ? -EIO : 0;
}

static int open_pair(struct way *w, int type)
{
	return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, w->fd) < 0 ? -errno : 0;
}

static int open_unix_stream(struct way *w)
{
	return open_pair(w, SOCK_STREAM);
}

static int open_unix_dgram(struct way *w)
{
	return open_pair(w, SOCK_DGRAM);
}

static int open_unix_seqpacket(struct way *w)
{
	return open_pair(w, SOCK_SEQPACKET);
}

/* A network of the test's own, with a loopback device of that MTU; 0: as it is. */
static int loopback(int mtu)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd, ret = enter_netns();

	if (ret)
		return ret;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ifr.ifr_mtu = mtu;
	if (mtu && ioctl(fd, SIOCSIFMTU, &ifr) < 0)
		ret = -errno;
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* fd[0] is bound to an address that @to then has. */
static int bind_local(struct way *w, int type, struct sockaddr_in *to)
{
	socklen_t len = sizeof(*to);

	*to = (struct sockaddr_in) {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	w->fd[0] = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	w->fd[1] = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (bind(w->fd[0], (struct sockaddr *)to, len) < 0 ||
	    getsockname(w->fd[0], (struct sockaddr *)to, &len) < 0)
		return -errno;
	return 0;
}

static int open_tcp(struct way *w)
{
	struct sockaddr_in to;
	int ret = loopback(0), fd;

	if (ret == 0)
		ret = bind_local(w, SOCK_STREAM, &to);
	if (ret)
		return ret;
	if (listen(w->fd[0], 1) < 0 ||
	    connect(w->fd[1], (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	fd = accept4(w->fd[0], NULL, NULL, SOCK_CLOEXEC);
	close(w->fd[0]);
	w->fd[0] = fd;
	return fd < 0 ? -errno : 0;
}

static int open_udp_mtu(struct way *w, int mtu)
{
	struct sockaddr_in to;
	int ret = loopback(mtu);

	if (ret == 0)
		ret = bind_local(w, SOCK_DGRAM, &to);
	if (ret)
		return ret;
	return connect(w->fd[1], (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

static int open_udp(struct way *w)
{
	return open_udp_mtu(w, 0);
}

/* The kernel adds up the checksum of fragments while it copies. */
static int open_udp_fragments(struct way *w)
{
	return open_udp_mtu(w, 1500);
}

static int open_mq(struct way *w)
{
	struct mq_attr attr = { .mq_maxmsg = 2, .mq_msgsize = MAX_SIZE };
	char name[UNIQUE_NAME_SIZE];

	unique_name(name, "probe");
	w->fd[0] = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attr);
	w->fd[1] = dup(w->fd[0]);
	mq_unlink(name);
	return w->fd[1] < 0 ? -errno : 0;
}

/* The queue goes with its namespace. */
static int open_sysv(struct way *w)
{
	if (unshare(CLONE_NEWIPC) < 0)
		return -errno;
	w->fd[0] = msgget(IPC_PRIVATE, 0600);
	w->fd[1] = -1;
	return w->fd[0] < 0 ? -errno : 0;
}

static int open_file(struct way *w)
{
	w->fd[1] = memfd_create("probe", MFD_CLOEXEC);
	w->fd[0] = dup(w->fd[1]);
	return w->fd[0] < 0 ? -errno : 0;
}

static int open_pty(struct way *w)
{
	struct termios raw;

	if (openpty(&w->fd[1], &w->fd[0], NULL, NULL, NULL) < 0)
		return -errno;
	if (tcgetattr(w->fd[0], &raw) < 0)
		return -errno;
	cfmakeraw(&raw);
	return tcsetattr(w->fd[0], TCSANOW, &raw) < 0 ? -errno : 0;
}

static int open_eventfd(struct way *w)
{
	w->fd[0] = eventfd(0, EFD_CLOEXEC);
	w->fd[1] = dup(w->fd[0]);
	return w->fd[1] < 0 ? -errno : 0;
}

static int open_nothing(struct way *w)
{
	w->fd[0] = w->fd[1] = -1;
	return 0;
}

/* ---- moving ---- */

/* With room before for what a mechanism puts in front of its payload. */
static struct {
	long type;
	char bytes[MAX_SIZE];
} out __attribute__((aligned(4096))), in __attribute__((aligned(4096)));

static long send_write(struct way *w, size_t len)
{
	return write(w->fd[1], out.bytes, len);
}

static long recv_read(struct way *w, size_t len)
{
	return read(w->fd[0], in.bytes, len);
}

/* What is less than asked for comes again. */
static long recv_all(struct way *w, size_t len)
{
	size_t done = 0;
	ssize_t n = 1;

	for (; done < len && n > 0; done += n > 0 ? n : 0)
		n = read(w->fd[0], in.bytes + done, len - done);
	return n < 0 ? n : (long)done;
}

static long send_mq(struct way *w, size_t len)
{
	return mq_send(w->fd[1], out.bytes, len, 1) < 0 ? -1 : (long)len;
}

static long recv_mq(struct way *w, size_t len __attribute__((unused)))
{
	return mq_receive(w->fd[0], in.bytes, MAX_SIZE, NULL);
}

static long send_sysv(struct way *w, size_t len)
{
	out.type = 1;
	return msgsnd(w->fd[0], &out, len, 0) < 0 ? -1 : (long)len;
}

static long recv_sysv(struct way *w, size_t len)
{
	return msgrcv(w->fd[0], &in, len, 0, 0);
}

static long recv_file(struct way *w, size_t len)
{
	return pread(w->fd[0], in.bytes, len, 0);
}

static long send_process_vm(struct way *w __attribute__((unused)), size_t len)
{
	struct iovec local = { out.bytes, len }, remote = { in.bytes, len };

	return process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
}

static long recv_process_vm(struct way *w __attribute__((unused)), size_t len)
{
	struct iovec local = { in.bytes, len }, remote = { out.bytes, len };

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
}

static long send_vmsplice(struct way *w, size_t len)
{
	struct iovec iov = { out.bytes, len };

	return vmsplice(w->fd[1], &iov, 1, 0);
}

static long recv_vmsplice(struct way *w, size_t len)
{
	struct iovec iov = { in.bytes, len };

	return vmsplice(w->fd[0], &iov, 1, 0);
}

FIXTURE(way) {
	struct tracing t;
	struct way way;
};

/*
 * @max: of one message; @no_from, @no_to: no copy goes that way; @primitive_from,
 * @primitive_to, @large_from, @large_to: by what, small and large, where that is certain
 */
FIXTURE_VARIANT(way) {
	int (*open)(struct way *w);
	long (*send)(struct way *w, size_t len);
	long (*recv)(struct way *w, size_t len);
	size_t max;
	bool no_from, no_to;
	const char *primitive_from[2], *primitive_to;
	const char *large_from[2], *large_to;
};

#define WAY(name, open_way, send_it, recv_it, most, ...)			\
	FIXTURE_VARIANT_ADD(way, name) {					\
		.open = open_way, .send = send_it, .recv = recv_it,		\
		.max = most, __VA_ARGS__					\
	}

WAY(pipe, open_pipe, send_write, recv_read, MAX_SIZE,
    .primitive_from[0] = "copy_page_from_iter", .primitive_to = "copy_page_to_iter");
WAY(fifo, open_fifo, send_write, recv_read, MAX_SIZE,
    .primitive_from[0] = "copy_page_from_iter", .primitive_to = "copy_page_to_iter");
WAY(unix_stream, open_unix_stream, send_write, recv_all, MAX_SIZE);
WAY(unix_dgram, open_unix_dgram, send_write, recv_read, MAX_SIZE);
WAY(unix_seqpacket, open_unix_seqpacket, send_write, recv_read, MAX_SIZE);
WAY(tcp, open_tcp, send_write, recv_all, 32768);
WAY(udp, open_udp, send_write, recv_read, 32768);
WAY(udp_fragments, open_udp_fragments, send_write, recv_read, 4096,
    .large_from = { "csum_and_copy_from_iter", "csum_and_copy_from_iter_full" },
    .large_to = "csum_and_copy_to_iter");
WAY(posix_mq, open_mq, send_mq, recv_mq, MAX_SIZE,
    .primitive_from[0] = "_copy_from_user", .primitive_to = "_copy_to_user");
WAY(sysv_msg, open_sysv, send_sysv, recv_sysv, 8192,
    .primitive_from[0] = "_copy_from_user", .primitive_to = "_copy_to_user");
WAY(file, open_file, send_write, recv_file, MAX_SIZE,
    .primitive_from = { "copy_page_from_iter_atomic", "copy_folio_from_iter_atomic" },
    .primitive_to = "copy_page_to_iter");
WAY(pty, open_pty, send_write, recv_all, 4095);
WAY(process_vm_writev, open_nothing, send_process_vm, NULL, MAX_SIZE,
    .no_to = true, .primitive_from[0] = "copy_page_from_iter");
WAY(process_vm_readv, open_nothing, NULL, recv_process_vm, MAX_SIZE,
    .no_from = true, .primitive_to = "copy_page_to_iter");
/* A pipe takes 16 pages, of which a buffer that begins within one is 17. */
WAY(vmsplice_to_pipe, open_pipe, send_vmsplice, recv_read, 32768, .no_from = true);
WAY(vmsplice_from_pipe, open_pipe, send_write, recv_vmsplice, MAX_SIZE);

FIXTURE_SETUP(way)
{
	ASSERT_EQ(0, variant->open(&self->way));
	ASSERT_EQ(0, probe_open(&self->t, getpid()));
	memset(&out, 1, sizeof(out));
	memset(&in, 2, sizeof(in));
}

FIXTURE_TEARDOWN(way)
{
	probe_close(&self->t);
}

/* One message, and what was told of it. */
static int move_once(struct tracing *t, struct way *w, size_t len,
		     const FIXTURE_VARIANT(way) *variant, struct probe_sum *from,
		     struct probe_sum *to)
{
	struct probe_match sent = probe_from(getpid(), out.bytes, len);
	struct probe_match received = probe_to(getpid(), in.bytes, MAX_SIZE);

	MUST_BE(0, probe_record(t));
	if (variant->send)
		MUST_BE(len, variant->send(w, len));
	if (variant->recv)
		MUST_BE(len, variant->recv(w, len));
	MUST_BE(0, probe_pause(t));
	MUST_BE(0, probe_count(t, &sent, from));
	MUST_BE(0, probe_count(t, &received, to));
	return 0;
}

/* Or nothing is known. */
static bool is_one_of(const char *name, const char *const names[2])
{
	return !names[0] || strcmp(name, names[0]) == 0 ||
	       (names[1] && strcmp(name, names[1]) == 0);
}

/* A small message: one copy each way, from where to where, by what. */
static void check_one_copy(struct __test_metadata *_metadata, FIXTURE_DATA(way) *self,
			   const FIXTURE_VARIANT(way) *variant)
{
	const char *const to_names[2] = { variant->primitive_to };
	struct probe_sum from, to;

	ASSERT_EQ(0, move_once(&self->t, &self->way, 64, variant, &from, &to));
	EXPECT_EQ(!variant->no_from, from.count);
	EXPECT_EQ(variant->no_from ? 0 : 64, from.copied);
	EXPECT_EQ(from.copied, from.asked);
	EXPECT_EQ(!variant->no_to, to.count);
	EXPECT_EQ(variant->no_to ? 0 : 64, to.copied);
	if (!variant->no_from) {
		EXPECT_EQ(addr(out.bytes), from.first.addr);
		EXPECT_TRUE(is_one_of(from.first.primitive, variant->primitive_from)) {
			TH_LOG("it was %s", from.first.primitive);
		}
	}
	if (!variant->no_to) {
		EXPECT_EQ(addr(in.bytes), to.first.addr);
		EXPECT_TRUE(is_one_of(to.first.primitive, to_names)) {
			TH_LOG("it was %s", to.first.primitive);
		}
	}
}

/* A large one: all of it, and not a byte twice, for it ends where the last copy does. */
static void check_every_byte(struct __test_metadata *_metadata, FIXTURE_DATA(way) *self,
			     const FIXTURE_VARIANT(way) *variant)
{
	const char *const to_names[2] = { variant->large_to };
	struct probe_sum from, to;

	ASSERT_EQ(0, move_once(&self->t, &self->way, variant->max, variant, &from, &to));
	EXPECT_EQ(variant->no_from ? 0 : variant->max, from.copied);
	EXPECT_EQ(variant->no_to ? 0 : variant->max, to.copied);
	if (!variant->no_from) {
		EXPECT_EQ(addr(out.bytes), from.first.addr);
		EXPECT_EQ(addr(out.bytes) + variant->max, from.last.addr + from.last.copied);
		EXPECT_TRUE(is_one_of(from.first.primitive, variant->large_from));
	}
	if (!variant->no_to) {
		EXPECT_EQ(addr(in.bytes), to.first.addr);
		EXPECT_EQ(addr(in.bytes) + variant->max, to.last.addr + to.last.copied);
		EXPECT_TRUE(is_one_of(to.first.primitive, to_names));
	}
}

TEST_F(way, every_copy)
{
	check_one_copy(_metadata, self, variant);
	check_every_byte(_metadata, self, variant);
}

/* ---- one mechanism, other work ---- */

/* More than a pipe takes; at the same address in a child. */
static char too_much[2 * MAX_SIZE];

FIXTURE(copy) {
	struct tracing t;
	struct way pipe;
};

FIXTURE_SETUP(copy)
{
	ASSERT_EQ(0, open_pipe(&self->pipe));
	ASSERT_EQ(0, probe_open(&self->t, getpid()));
}

FIXTURE_TEARDOWN(copy)
{
	probe_close(&self->t);
}

/* A pipe's pages: as many copies, each seen once. */
TEST_F(copy, pages)
{
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(MAX_SIZE, write(self->pipe.fd[1], out.bytes, MAX_SIZE));
	ASSERT_EQ(MAX_SIZE, read(self->pipe.fd[0], in.bytes, MAX_SIZE));
	ASSERT_EQ(0, probe_pause(&self->t));
	EXPECT_EQ(MAX_SIZE / 4096, probe_copies(&self->t, probe_from(0, out.bytes, MAX_SIZE)));
	EXPECT_EQ(MAX_SIZE / 4096, probe_copies(&self->t, probe_to(0, in.bytes, MAX_SIZE)));
}

TEST_F(copy, eventfd)
{
	struct way w;
	__u64 one = 1, got = 0;

	ASSERT_EQ(0, open_eventfd(&w));
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(8, write(w.fd[1], &one, 8));
	ASSERT_EQ(8, read(w.fd[0], &got, 8));
	ASSERT_EQ(0, probe_pause(&self->t));
	EXPECT_EQ(1, probe_copies(&self->t, probe_from(0, &one, 8)));
	EXPECT_EQ(8, probe_bytes(&self->t, probe_from(0, &one, 8)));
	EXPECT_EQ(1, probe_copies(&self->t, probe_to(0, &got, 8)));
	EXPECT_EQ(8, probe_bytes(&self->t, probe_to(0, &got, 8)));
}

/* Moved without user memory: nothing to tell. */
TEST_F(copy, splice_and_sendfile)
{
	struct way file, other;
	off_t at = 0;
	loff_t splice_at = 0;

	ASSERT_EQ(0, open_file(&file));
	ASSERT_EQ(0, open_pipe(&other));
	ASSERT_EQ(8192, write(file.fd[1], out.bytes, 8192));
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(4096, splice(file.fd[0], &splice_at, self->pipe.fd[1], NULL, 4096, 0));
	ASSERT_EQ(4096, sendfile(self->pipe.fd[1], file.fd[0], &at, 4096));
	ASSERT_EQ(8192, splice(self->pipe.fd[0], NULL, other.fd[1], NULL, 8192, 0));
	ASSERT_EQ(0, probe_pause(&self->t));
	EXPECT_EQ(0, probe_copies(&self->t, probe_from(0, out.bytes, MAX_SIZE)));
	EXPECT_EQ(0, probe_copies(&self->t, probe_to(0, in.bytes, MAX_SIZE)));
	/* sendfile()'s offset goes by _copy_from_user() and put_user(). */
	EXPECT_EQ(sizeof(at), probe_bytes(&self->t, probe_from(0, &at, sizeof(at))));
}

/* Which segment a copy begins in, when the first are empty or used up. */
TEST_F(copy, scattered)
{
	struct iovec iov[] = {
		{ out.bytes, 0 },
		{ out.bytes + 100, 10 },
		{ out.bytes, 0 },
		{ out.bytes + 1000, 100 },
		{ out.bytes + 8192, 5000 },
	};
	struct probe_match m = probe_from(0, out.bytes, MAX_SIZE);
	struct probe_sum sum;

	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(5110, writev(self->pipe.fd[1], iov, 5));
	ASSERT_EQ(0, probe_pause(&self->t));
	ASSERT_EQ(0, probe_count(&self->t, &m, &sum));
	EXPECT_EQ(2, sum.count);
	EXPECT_EQ(addr(out.bytes) + 100, sum.first.addr);
	EXPECT_EQ(4096, sum.first.copied);
	EXPECT_EQ(addr(out.bytes) + 8192 + 4096 - 110, sum.last.addr);
	EXPECT_EQ(5110 - 4096, sum.last.copied);
}

/* Where a segment ends just as a copy does, the next begins in the one after. */
TEST_F(copy, used_up_segment)
{
	struct iovec iov[] = { { out.bytes, 4096 }, { out.bytes, 0 },
			       { out.bytes + 8192, 64 } };
	struct probe_match m = probe_from(0, out.bytes, MAX_SIZE);
	struct probe_sum sum;

	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(4160, writev(self->pipe.fd[1], iov, 3));
	ASSERT_EQ(0, probe_pause(&self->t));
	ASSERT_EQ(0, probe_count(&self->t, &m, &sum));
	EXPECT_EQ(2, sum.count);
	EXPECT_EQ(addr(out.bytes) + 8192, sum.last.addr);
	EXPECT_EQ(64, sum.last.copied);
}

TEST_F(copy, partial_reads)
{
	ASSERT_EQ(100, write(self->pipe.fd[1], out.bytes, 100));
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(30, read(self->pipe.fd[0], in.bytes, 30));
	ASSERT_EQ(70, read(self->pipe.fd[0], in.bytes + 4096, 200));
	ASSERT_EQ(0, probe_pause(&self->t));
	EXPECT_EQ(30, probe_bytes(&self->t, probe_to(0, in.bytes, 4096)));
	EXPECT_EQ(70, probe_bytes(&self->t, probe_to(0, in.bytes + 4096, 4096)));
}

TEST_F(copy, short_write)
{
	ASSERT_EQ(0, fcntl(self->pipe.fd[1], F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(MAX_SIZE, write(self->pipe.fd[1], too_much, sizeof(too_much)));
	ASSERT_EQ(0, probe_pause(&self->t));
	EXPECT_EQ(MAX_SIZE, probe_bytes(&self->t, probe_from(0, too_much, sizeof(too_much))));
}

TEST_F(copy, would_block)
{
	ASSERT_EQ(0, fcntl(self->pipe.fd[0], F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(-1, read(self->pipe.fd[0], in.bytes, 64));
	ASSERT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, probe_pause(&self->t));
	EXPECT_EQ(0, probe_copies(&self->t, probe_to(0, in.bytes, MAX_SIZE)));
}

TEST_F(copy, nothing_asked)
{
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(0, write(self->pipe.fd[1], out.bytes, 0));
	ASSERT_EQ(0, probe_pause(&self->t));
	EXPECT_EQ(0, probe_copies(&self->t, probe_from(0, out.bytes, MAX_SIZE)));
}

/*
 * A call asked for 200 bytes of a buffer of which only the first hundred are there, and failed
 * with EFAULT: one copy, of those hundred.
 */
static void check_half_a_copy(struct __test_metadata *_metadata, FIXTURE_DATA(copy) *self,
			      const struct probe_match *m)
{
	struct probe_sum sum;

	ASSERT_EQ(EFAULT, errno);
	ASSERT_EQ(0, probe_pause(&self->t));
	ASSERT_EQ(0, probe_count(&self->t, m, &sum));
	EXPECT_EQ(1, sum.count);
	EXPECT_EQ(200, sum.asked);
	EXPECT_EQ(100, sum.copied);
}

TEST_F(copy, fault_in_the_middle)
{
	char *end = guard_page();
	struct probe_match m = probe_from(0, end - 100, 100);

	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(-1, write(self->pipe.fd[1], end - 100, 200));
	check_half_a_copy(_metadata, self, &m);
}

TEST_F(copy, fault_in_the_middle_of_reading)
{
	char *end = guard_page();
	struct probe_match m = probe_to(0, end - 100, 100);

	ASSERT_EQ(200, write(self->pipe.fd[1], out.bytes, 200));
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(-1, read(self->pipe.fd[0], end - 100, 200));
	check_half_a_copy(_metadata, self, &m);
}

/* The primitives that return what is left. */
TEST_F(copy, fault_in_copy_from_user)
{
	struct way w;
	char *end = guard_page();
	struct probe_match m = probe_from(0, end - 100, 100);

	ASSERT_EQ(0, open_mq(&w));
	ASSERT_EQ(0, probe_record(&self->t));
	ASSERT_EQ(-1, mq_send(w.fd[1], end - 100, 200, 1));
	check_half_a_copy(_metadata, self, &m);
}

static void on_signal(int signo __attribute__((unused)))
{
}

static int write_too_much(void *arg)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct way *w = arg;

	MUST_BE(0, sigaction(SIGUSR1, &action, NULL));
	MUST_BE(MAX_SIZE, write(w->fd[1], too_much, sizeof(too_much)));
	return 0;
}

/* What was copied before the signal came was told, and nothing else. */
TEST_F(copy, signal_in_the_middle)
{
	pid_t pid;

	ASSERT_EQ(0, tracing_write(&self->t, PROBE_EVENT "filter", "0"));
	ASSERT_EQ(0, probe_record(&self->t));
	pid = spawn(write_too_much, &self->pipe);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, wait_sleeping(pid));
	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_EQ(0, reap(pid));
	ASSERT_EQ(0, probe_pause(&self->t));
	EXPECT_EQ(MAX_SIZE,
		  probe_bytes(&self->t, probe_from(pid, too_much, sizeof(too_much))));
}

/* One clock, and the one that programs have. */
TEST_F(copy, clock)
{
	struct probe_match m = probe_from(0, out.bytes, 64);
	struct probe_sum sum;
	long long before, after;

	ASSERT_EQ(0, probe_record(&self->t));
	before = now_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(64, write(self->pipe.fd[1], out.bytes, 64));
	after = now_ns(CLOCK_MONOTONIC);
	ASSERT_EQ(0, probe_pause(&self->t));
	ASSERT_EQ(0, probe_count(&self->t, &m, &sum));
	ASSERT_EQ(1, sum.count);
	EXPECT_LE(before, (long long)sum.first.start);
	EXPECT_GE(after, (long long)(sum.first.start + sum.first.ns));
	EXPECT_LT(0, sum.first.ns);
}

PROBE_HARNESS_MAIN(true)
