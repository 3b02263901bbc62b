// SPDX-License-Identifier: LGPL-2.1-or-later
/* Kinds of files that no message may carry: with one of them the whole message is refused. */
#include "mbox_kinds.h"

#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
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
