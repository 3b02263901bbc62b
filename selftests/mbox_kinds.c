// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Kinds of files: those that a message may carry do their work at the other end,
 * and with one of the others the whole message is refused.
 */
#include "mbox_more.h"
#include "ring.h"

#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>

FIXTURE(kinds)
{
	int mbox;
	int to;
	int fds;
	char dir[32];
};

typedef FIXTURE_DATA(kinds) env_t;

FIXTURE_SETUP(kinds)
{
	__u64 port;

	self->mbox = files_mbox(&port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(port, 0);
	ASSERT_LE(0, self->to);
	strcpy(self->dir, "/tmp/kinds-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	self->fds = count_fds();
}

FIXTURE_TEARDOWN(kinds)
{
	rmdir(self->dir);
	EXPECT_EQ(self->fds, count_fds());
	EXPECT_EQ(0, charged_files());
	EXPECT_TRUE(is_empty(self->mbox));
	close(self->to);
	close(self->mbox);
}

static const char *in_dir(const env_t *env, const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", env->dir, name);
	return path;
}

/* ---- kinds that are carried ---- */

/* What is carried, and what the test keeps: the other end, and who uses it. */
struct thing {
	env_t *env;
	int fd;
	int other;
	int family;
	pid_t pid;
};

/* Whoever has one end reads what the other one wrote. */
static int read_x(int fd)
{
	char byte;

	MUST_BE(1, read(fd, &byte, 1));
	MUST_BE('x', byte);
	return 0;
}

static int write_x(int fd)
{
	MUST_BE(1, write(fd, "x", 1));
	return 0;
}

static int other_reads_x(struct thing *t)
{
	return read_x(t->other);
}

static int make_regular(struct thing *t)
{
	const char *path = in_dir(t->env, "file");

	t->fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	MUST_BE(4, write(t->fd, "..x.", 4));
	MUST_BE(2, lseek(t->fd, 2, SEEK_SET));
	t->other = dup(t->fd);
	return unlink(path);
}

/* The offset is common to both. */
static int was_read(struct thing *t)
{
	MUST_BE(3, lseek(t->other, 0, SEEK_CUR));
	return 0;
}

static int make_o_path(struct thing *t)
{
	const char *path = in_dir(t->env, "path");

	t->other = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	MUST_BE(0, write_x(t->other));
	t->fd = open(path, O_PATH);
	return unlink(path);
}

static int use_o_path(int fd)
{
	char path[64];
	int file;

	MUST(read(fd, path, 1) < 0 && errno == EBADF);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	file = open(path, O_RDONLY);
	MUST(file >= 0);
	return read_x(file);
}

static int make_directory(struct thing *t)
{
	t->fd = open(t->env->dir, O_RDONLY | O_DIRECTORY);
	return 0;
}

static int make_o_path_directory(struct thing *t)
{
	t->fd = open(t->env->dir, O_PATH | O_DIRECTORY);
	return 0;
}

static int use_directory(int fd)
{
	MUST_BE(0, mkdirat(fd, "below", 0700));
	return 0;
}

static int has_below(struct thing *t)
{
	MUST_BE(0, rmdir(in_dir(t->env, "below")));
	return 0;
}

static int make_pipe_to_write(struct thing *t)
{
	int pipes[2];

	MUST_BE(0, pipe(pipes));
	t->fd = pipes[1];
	t->other = pipes[0];
	return 0;
}

static int make_pipe_to_read(struct thing *t)
{
	int pipes[2];

	MUST_BE(0, pipe(pipes));
	t->fd = pipes[0];
	t->other = pipes[1];
	return write_x(t->other);
}

static int make_fifo(struct thing *t)
{
	const char *path = in_dir(t->env, "fifo");

	MUST_BE(0, mkfifo(path, 0600));
	t->other = open(path, O_RDWR);
	t->fd = open(path, O_WRONLY);
	return unlink(path);
}

static int make_memfd(struct thing *t)
{
	t->fd = memfd_create("kinds", 0);
	MUST_BE(0, ftruncate(t->fd, 4096));
	t->other = dup(t->fd);
	return 0;
}

static int use_memfd(int fd)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	MUST(page != MAP_FAILED);
	page[0] = 'x';
	return 0;
}

static int make_eventfd(struct thing *t)
{
	t->fd = eventfd(0, EFD_NONBLOCK);
	t->other = dup(t->fd);
	return 0;
}

static int use_eventfd(int fd)
{
	MUST_BE(0, eventfd_write(fd, 5));
	return 0;
}

static int counts_five(struct thing *t)
{
	eventfd_t n;

	MUST_BE(0, eventfd_read(t->other, &n));
	MUST_BE(5, n);
	return 0;
}

/* A loopback socket of its family that is bound; -EAFNOSUPPORT as an fd. */
static int loopback_socket(int family, int type, struct sockaddr_storage *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(family, type, 0);

	if (fd < 0)
		return -errno;
	memset(at, 0, len);
	at->ss_family = family;
	if (family == AF_INET)
		((struct sockaddr_in *)at)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		((struct sockaddr_in6 *)at)->sin6_addr = in6addr_loopback;
	if (bind(fd, (struct sockaddr *)at, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)at, &len) < 0)
		return -errno;
	return fd;
}

static int make_connection(struct thing *t)
{
	struct sockaddr_storage at;
	int listener = loopback_socket(t->family, SOCK_STREAM, &at);

	t->fd = listener;
	if (listener < 0)
		return 0;
	MUST_BE(0, listen(listener, 1));
	t->fd = socket(t->family, SOCK_STREAM, 0);
	MUST_BE(0, connect(t->fd, (struct sockaddr *)&at, sizeof(at)));
	t->other = accept(listener, NULL, NULL);
	return close(listener);
}

static int make_datagrams(struct thing *t)
{
	struct sockaddr_storage at;

	t->other = loopback_socket(t->family, SOCK_DGRAM, &at);
	t->fd = t->other;
	if (t->other < 0)
		return 0;
	t->fd = socket(t->family, SOCK_DGRAM, 0);
	return connect(t->fd, (struct sockaddr *)&at, sizeof(at));
}

static int make_listener(struct thing *t)
{
	struct sockaddr_storage at;

	t->fd = loopback_socket(AF_INET, SOCK_STREAM, &at);
	MUST_BE(0, listen(t->fd, 1));
	t->other = socket(AF_INET, SOCK_STREAM, 0);
	return connect(t->other, (struct sockaddr *)&at, sizeof(at));
}

static int use_listener(int fd)
{
	return write_x(accept(fd, NULL, NULL));
}

static int make_queue(struct thing *t)
{
	t->other = new_queue(0, NULL);
	t->fd = dup(t->other);
	return 0;
}

static int use_queue(int fd)
{
	MUST_BE(1, send_number(fd, 5, 0));
	return 0;
}

static int queue_has_five(struct thing *t)
{
	__u64 number = 0;

	MUST_BE(1, try_recv_number(t->other, &number));
	MUST_BE(5, number);
	return 0;
}

static int make_shared_ring(struct thing *t)
{
	t->fd = new_ring(NULL);
	return 0;
}

static int use_shared_ring(int fd)
{
	return map_place(fd, IPCX_RING_MAP_CONSUMER, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, NULL);
}

static int make_send_right(struct thing *t)
{
	__u64 port;

	t->other = new_mbox(&port);
	t->fd = open_port(port, 0);
	return 0;
}

static int make_granted(struct thing *t)
{
	t->other = open_mbox(NULL, MBOX_CREATE, 0);
	t->fd = grant(t->other, IPCX_OPEN_WRITE);
	return 0;
}

static int use_send_right(int fd)
{
	MUST_BE(1, post_number(fd, 5));
	return 0;
}

static int mbox_has_five(struct thing *t)
{
	__u64 number = 0;

	MUST_BE(1, take_number(t->other, &number));
	MUST_BE(5, number);
	return 0;
}

static int make_subscribe_right(struct thing *t)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_GROUP };

	t->other = open_mbox_attr(NULL, MBOX_CREATE, 0, &attr, NULL);
	t->fd = grant(t->other, IPCX_OPEN_SUBSCRIBE);
	return 0;
}

static int use_subscribe_right(int fd)
{
	struct ipcx_subscribe req = { .from = new_mbox(NULL) };

	MUST_BE(0, op(fd, IPCX_SUBSCRIBE, &req));
	return 0;
}

/* A caller waits for the reply that whoever has the fd gives. */
static int make_token(struct thing *t)
{
	__u64 port, token, number;
	int mbox = new_mbox(&port), to = open_port(port, 0);

	MUST(to >= 0);
	t->pid = spawn(ask, &to);
	close(to);
	token = take_call(mbox, &number);
	MUST(token);
	t->fd = token_fd(mbox, token);
	t->other = mbox;
	return 0;
}

static int use_token(int fd)
{
	MUST_BE(0, reply_number(fd, 0, ANSWER));
	return 0;
}

static int has_answer(struct thing *t)
{
	MUST_BE(0, reap(t->pid));
	return 0;
}

static const struct kind {
	const char *what;
	int (*make)(struct thing *t);
	int (*use)(int fd);			/* by the receiver */
	int (*check)(struct thing *t);		/* by the test, afterwards */
	int family;				/* of a socket */
} kinds[] = {
	{ "regular file", make_regular, read_x, was_read },
	{ "regular file, O_PATH", make_o_path, use_o_path },
	{ "directory", make_directory, use_directory, has_below },
	{ "directory, O_PATH", make_o_path_directory, use_directory, has_below },
	{ "pipe to write", make_pipe_to_write, write_x, other_reads_x },
	{ "pipe to read", make_pipe_to_read, read_x },
	{ "fifo", make_fifo, write_x, other_reads_x },
	{ "memfd", make_memfd, use_memfd, other_reads_x },
	{ "eventfd", make_eventfd, use_eventfd, counts_five },
	{ "TCP over IPv4", make_connection, write_x, other_reads_x, AF_INET },
	{ "TCP over IPv6", make_connection, write_x, other_reads_x, AF_INET6 },
	{ "UDP over IPv4", make_datagrams, write_x, other_reads_x, AF_INET },
	{ "UDP over IPv6", make_datagrams, write_x, other_reads_x, AF_INET6 },
	{ "listening socket", make_listener, use_listener, other_reads_x },
	{ "queue", make_queue, use_queue, queue_has_five },
	{ "ring", make_shared_ring, use_shared_ring },
	{ "right to send, by port", make_send_right, use_send_right, mbox_has_five },
	{ "right to send, granted", make_granted, use_send_right, mbox_has_five },
	{ "right to subscribe", make_subscribe_right, use_subscribe_right },
	{ "token", make_token, use_token, has_answer },
};

struct using {
	const struct kind *kind;
	int mbox;
};

static int receive_and_use(void *arg)
{
	struct using *u = arg;
	int fd = recv_file(u->mbox);

	MUST(fd >= 0);
	return u->kind->use(fd);
}

/* It leaves this process in a message, and works in another one. */
TEST_F(kinds, carried)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct using u = { .kind = &kinds[i], .mbox = self->mbox };
		struct thing t = {
			.env = self, .fd = -1, .other = -1, .family = kinds[i].family,
		};

		ASSERT_EQ(0, kinds[i].make(&t)) {
			TH_LOG("%s", kinds[i].what);
		}
		/* Not every kernel has it. */
		if (t.fd < 0 && t.family == AF_INET6) {
			printf("# no %s: %s\n", kinds[i].what, strerror(-t.fd));
			continue;
		}
		ASSERT_EQ(1, post_file(self->to, t.fd)) {
			TH_LOG("%s", kinds[i].what);
		}
		close(t.fd);
		EXPECT_EQ(0, in_child(receive_and_use, &u)) {
			TH_LOG("%s", kinds[i].what);
		}
		EXPECT_EQ(0, kinds[i].check ? kinds[i].check(&t) : 0) {
			TH_LOG("%s", kinds[i].what);
		}
		if (t.other >= 0)
			close(t.other);
	}
}

/* ---- kinds that are not ---- */

static int make_receive_right(env_t *env)
{
	(void)env;
	return new_mbox(NULL);
}

static int make_both_rights(env_t *env)
{
	(void)env;
	return open_mbox(NULL, MBOX_CREATE | IPCX_OPEN_WRITE, 0600);
}

static int make_own_right(env_t *env)
{
	return dup(env->mbox);
}

static int make_control(env_t *env)
{
	(void)env;
	return open_control();
}

static int unix_socket(int type)
{
	int socks[2];

	if (socketpair(AF_UNIX, type, 0, socks) < 0)
		return -errno;
	close(socks[1]);
	return socks[0];
}

static int make_unix_listener(env_t *env)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(at.sun_path, in_dir(env, "listener"));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1) < 0)
		return -errno;
	unlink(at.sun_path);
	return fd;
}

/* Not the socket, but the way to it. */
static int make_unix_inode(env_t *env)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM, 0), fd;

	strcpy(at.sun_path, in_dir(env, "socket"));
	if (bind(sock, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	close(sock);
	fd = open(at.sun_path, O_PATH);
	unlink(at.sun_path);
	return fd;
}

static int make_symlink(env_t *env)
{
	const char *path = in_dir(env, "symlink");
	int fd;

	if (symlink("/", path) < 0)
		return -errno;
	fd = open(path, O_PATH | O_NOFOLLOW);
	unlink(path);
	return fd;
}

/* The way to the inode behind an fd. */
static int way_to(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_PATH);
}

static int make_mbox_inode(env_t *env)
{
	return way_to(env->mbox);
}

static int make_pipe_inode(env_t *env)
{
	int pipes[2], fd;

	(void)env;
	if (pipe(pipes) < 0)
		return -errno;
	fd = way_to(pipes[1]);
	close_all(pipes, 2);
	return fd;
}

static int make_epoll(env_t *env)
{
	(void)env;
	return epoll_create1(0);
}

static int make_timerfd(env_t *env)
{
	(void)env;
	return timerfd_create(CLOCK_MONOTONIC, 0);
}

static int make_signalfd(env_t *env)
{
	sigset_t set;

	(void)env;
	sigemptyset(&set);
	return signalfd(-1, &set, 0);
}

static int make_inotify(env_t *env)
{
	(void)env;
	return inotify_init();
}

static int make_pidfd(env_t *env)
{
	(void)env;
	return syscall(SYS_pidfd_open, getpid(), 0);
}

static int make_io_uring(env_t *env)
{
	struct io_uring_params params = { 0 };

	(void)env;
	return syscall(__NR_io_uring_setup, 4, &params);
}

static int make_bpf(env_t *env)
{
	union bpf_attr attr = { 0 };

	(void)env;
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.max_entries = 1;
	return syscall(__NR_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int make_perf(env_t *env)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
	};

	(void)env;
	return syscall(__NR_perf_event_open, &attr, 0, -1, -1, 0);
}

static int make_userfaultfd(env_t *env)
{
	(void)env;
	return syscall(__NR_userfaultfd, 0);
}

static int make_pty(env_t *env)
{
	(void)env;
	return posix_openpt(O_RDWR | O_NOCTTY);
}

static int make_tty(env_t *env)
{
	int pty = make_pty(env), fd;

	if (pty < 0 || unlockpt(pty) < 0)
		return -errno;
	fd = open(ptsname(pty), O_RDWR | O_NOCTTY);
	close(pty);
	return fd;
}

/* Made by a function, opened by its path, or a socket of a Unix type or of a family. */
static const struct refused {
	const char *what;
	int (*make)(env_t *env);
	bool optional;
	const char *path;
	int flags;
	int type;
	int family;
} refused[] = {
	{ "right to receive", make_receive_right },
	{ "both rights", make_both_rights },
	{ "right to receive from it", make_own_right },
	{ "inode of a mailbox", make_mbox_inode },
	{ "control fd", make_control },
	{ "Unix stream socket", .type = SOCK_STREAM },
	{ "Unix datagram socket", .type = SOCK_DGRAM },
	{ "Unix seqpacket socket", .type = SOCK_SEQPACKET },
	{ "Unix listening socket", make_unix_listener },
	{ "inode of a Unix socket", make_unix_inode },
	{ "inode of a pipe", make_pipe_inode },
	{ "symbolic link", make_symlink },
	{ "packet socket", .family = AF_PACKET },
	{ "netlink socket", .family = AF_NETLINK },
	{ "epoll", make_epoll },
	{ "timerfd", make_timerfd },
	{ "signalfd", make_signalfd },
	{ "inotify", make_inotify },
	{ "pidfd", make_pidfd },
	{ "io_uring", make_io_uring },
	{ "bpf map", make_bpf },
	{ "perf event", make_perf, true },
	{ "userfaultfd", make_userfaultfd, true },
	{ "/dev/null", .path = "/dev/null", .flags = O_RDWR },
	{ "/dev/null, O_PATH", .path = "/dev/null", .flags = O_PATH },
	{ "/dev/zero", .path = "/dev/zero", .flags = O_RDWR },
	{ "/dev/urandom", .path = "/dev/urandom", .flags = O_RDONLY },
	{ "network namespace", .path = "/proc/self/ns/net", .flags = O_RDONLY },
	{ "user namespace, O_PATH", .path = "/proc/self/ns/user", .flags = O_PATH },
	{ "pty", make_pty },
	{ "tty", make_tty },
};

static int make_refused(env_t *env, const struct refused *kind)
{
	if (kind->make)
		return kind->make(env);
	if (kind->path)
		return open(kind->path, kind->flags);
	return kind->type ? unix_socket(kind->type) : socket(kind->family, SOCK_RAW, 0);
}

static int call_with(int to, const int *fds, unsigned int n)
{
	struct ipcx_call call = {
		.from = -1, .flags = IPCX_XFER_DEADLINE, .clock = CLOCK_MONOTONIC,
		.request = make_parcel(NULL, 0, fds, n),
	};

	return op(to, IPCX_CALL, &call);
}

/* Alone, first or last among good ones: nothing is sent, in no direction. */
static void expect_refused(struct __test_metadata *_metadata, env_t *env,
			   const struct refused *kind, int bad, int good, int token)
{
	const int lists[3][3] = { { bad }, { bad, good, good }, { good, good, bad } };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		unsigned int n = i ? 3 : 1;

		EXPECT_EQ(-EPERM, post_files(env->to, lists[i], n)) {
			TH_LOG("%s", kind->what);
		}
		EXPECT_EQ(-EPERM, call_with(env->to, lists[i], n)) {
			TH_LOG("call with %s", kind->what);
		}
		EXPECT_EQ(-EPERM, reply_files(token, 0, lists[i], n)) {
			TH_LOG("reply with %s", kind->what);
		}
	}
	EXPECT_TRUE(is_empty(env->mbox));
	EXPECT_EQ(0, charged_files());
}

/* Waits for a reply with files. */
static int call_for_files(void *arg)
{
	int fds[3];
	struct ipcx_call call = { .from = -1, .reply = make_fd_room(NULL, 0, fds, 3) };

	MUST_BE(0, op(*(int *)arg, IPCX_CALL, &call));
	MUST_BE(1, call.reply.fd_count);
	return read_x(fds[0]);
}

TEST_F(kinds, refused)
{
	pid_t pid = spawn(call_for_files, &self->to);
	int pipes[2], token;
	__u64 number;
	size_t i;

	ASSERT_EQ(0, pipe(pipes));
	/* As a number it would end with the first fd of the mailbox that is closed. */
	token = token_fd(self->mbox, take_call(self->mbox, &number));
	ASSERT_LE(0, token);
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		int fd = make_refused(self, &refused[i]);

		if (fd < 0 && refused[i].optional) {
			printf("# no %s: %s\n", refused[i].what, strerror(errno));
			continue;
		}
		ASSERT_LE(0, fd) {
			TH_LOG("%s: %s", refused[i].what, strerror(errno));
		}
		expect_refused(_metadata, self, &refused[i], fd, pipes[1], token);
		close(fd);
	}
	/* The good ones were not taken, and the call still waits. */
	ASSERT_EQ(0, write_x(pipes[1]));
	EXPECT_EQ(0, reply_files(token, 0, pipes, 1));
	EXPECT_EQ(0, reap(pid));
	close(token);
	close(pipes[1]);
	close(pipes[0]);
}

/* What is refused closes as if it had never been tried. */
TEST_F(kinds, refused_and_not_kept)
{
	int socks[2], pipes[2], fds[2];
	char byte;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(0, pipe(pipes));
	fds[0] = pipes[1];
	fds[1] = socks[1];
	EXPECT_EQ(-EPERM, post_files(self->to, fds, 2));
	close(pipes[1]);
	close(socks[1]);
	EXPECT_TRUE(hung_up(pipes[0]));
	EXPECT_EQ(0, read(socks[0], &byte, 1));
	close(pipes[0]);
	close(socks[0]);
}

TEST_HARNESS_MAIN
