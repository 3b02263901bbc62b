// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages through a pipe and through a socket by io_uring, without ipcx. Calls become requests
 * in a ring that the kernel shares; one system call submits as many as there are, and waits for
 * results in another ring. By liburing, which sees to both rings and their barriers.
 *
 * What a request points to belongs to the kernel until its result is there. Requests run in no
 * order, unless they are linked. Many systems forbid io_uring: the end is 77 then.
 */
#include <err.h>
#include <errno.h>
#include <liburing.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM 64
#define MESSAGES 3
#define CANNOT 77

/* liburing returns errors as negative numbers, and leaves errno alone. */
static int check(int result, const char *what)
{
	if (result < 0)
		errx(1, "%s: %s", what, strerror(-result));
	return result;
}

/* A ring is its process's own: who is forked makes another one. */
static void make_ring(struct io_uring *ring)
{
	int result = io_uring_queue_init(MESSAGES, ring, 0);

	if (result == -EPERM)
		errx(CANNOT, "io_uring is not allowed here: as root, sysctl kernel.io_uring_disabled=0; or a seccomp filter forbids it");
	if (result == -ENOSYS)
		errx(CANNOT, "this kernel has no io_uring (CONFIG_IO_URING)");
	check(result, "io_uring_queue_init");
}

/* What came of the next request that is complete, and which one it was. */
static int next_result(struct io_uring *ring, uint64_t *which)
{
	struct io_uring_cqe *cqe;
	int result, waited;

	do
		waited = io_uring_wait_cqe(ring, &cqe);
	while (waited == -EINTR);
	check(waited, "io_uring_wait_cqe");
	result = cqe->res;
	*which = cqe->user_data;
	/* From here on the kernel may write there again. */
	io_uring_cqe_seen(ring, cqe);
	return result;
}

/* All by one system call. */
static void send_messages(int fd)
{
	static const char *const texts[MESSAGES] = { "sweep the floor", "", "put the fire out" };
	uint32_t len[MESSAGES];
	struct iovec parts[MESSAGES][2];
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	uint64_t which;
	int result;

	make_ring(&ring);
	for (int i = 0; i < MESSAGES; i++) {
		len[i] = (uint32_t)strlen(texts[i]);
		parts[i][0] = (struct iovec){ &len[i], sizeof(len[i]) };
		parts[i][1] = (struct iovec){ (void *)texts[i], len[i] };
		/* Never NULL: the ring has a place for each. */
		sqe = io_uring_get_sqe(&ring);
		io_uring_prep_writev(sqe, fd, parts[i], 2, 0);
		io_uring_sqe_set_data64(sqe, (uint64_t)i);
		/* The next one begins when this one is done, and not at all if it fails. */
		if (i < MESSAGES - 1)
			sqe->flags |= IOSQE_IO_LINK;
	}
	check(io_uring_submit(&ring), "io_uring_submit");
	for (int i = 0; i < MESSAGES; i++) {
		result = check(next_result(&ring, &which), "write");
		/* Up to PIPE_BUF a write is whole; after a longer one the rest is to be sent. */
		if (which >= MESSAGES || (uint32_t)result != sizeof(len[0]) + len[which])
			errx(1, "only a part was written");
	}
	io_uring_queue_exit(&ring);
}

/* 1, or 0 at the end. Of a stream there may be less than was asked for, as by read(2). */
static int read_all(struct io_uring *ring, int fd, char *to, uint32_t len)
{
	uint32_t done = 0;
	uint64_t which;
	int n;

	while (done < len) {
		io_uring_prep_read(io_uring_get_sqe(ring), fd, to + done, len - done, 0);
		check(io_uring_submit_and_wait(ring, 1), "io_uring_submit_and_wait");
		n = check(next_result(ring, &which), "read");
		if (n == 0 && done)
			errx(1, "the sender died in the middle of a message");
		if (n == 0)
			return 0;
		done += (uint32_t)n;
	}
	return 1;
}

static void receive_messages(struct io_uring *ring, const char *name, int fd)
{
	char text[ROOM];
	uint32_t len;

	while (read_all(ring, fd, (char *)&len, sizeof(len))) {
		if (len > sizeof(text))
			errx(1, "a message of %u bytes is too long", len);
		if (len && !read_all(ring, fd, text, len))
			errx(1, "the sender died in the middle of a message");
		printf("%s: %.*s\n", name, (int)len, text);
	}
	fflush(stdout);
}

static int run(struct io_uring *ring, const char *name, int from, int to)
{
	pid_t child;
	int status;

	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		close(to);
		send_messages(from);
		_exit(0);
	}
	/* The receiver sees no end while it could still be a sender itself. */
	close(from);
	receive_messages(ring, name, to);
	close(to);
	return wait(&status) < 0 || status;
}

int main(void)
{
	struct io_uring ring;
	int fds[2], bad;

	/* The receiver's, and before there are two who would say that it is forbidden. */
	make_ring(&ring);
	/* To send where nobody receives is an error, rather than the end. */
	signal(SIGPIPE, SIG_IGN);
	if (pipe(fds) < 0)
		err(1, "pipe");
	bad = run(&ring, "pipe", fds[1], fds[0]);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		err(1, "socketpair");
	bad |= run(&ring, "socket", fds[1], fds[0]);
	io_uring_queue_exit(&ring);
	return bad;
}
