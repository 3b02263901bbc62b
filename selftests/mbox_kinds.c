// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Kinds of files that a message may carry: they do their work at the other end. Those that
 * it may not are in mbox_kinds_refused.c.
 */
#include "mbox_kinds.h"
#include "ring.h"

#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* What is carried, and what the test keeps: the other end, and who uses it. */
struct thing {
	env_t *env;
	int fd;
	int other;
	int family;
	pid_t pid;
};

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

TEST_HARNESS_MAIN
