/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An io_uring that has one request at a time: as a call, which submits it and waits for its
 * completion in one system call.
 */
#ifndef IPCX_TRANSPORT_URING_H
#define IPCX_TRANSPORT_URING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <sys/types.h>

/**
 * struct uring - Such a ring; URING_NONE before it is opened.
 * @fd: it, or -1
 * @err: why it is not there
 * @owner: process that has opened it
 * @sq: its map of what is submitted, @sq_size bytes
 * @cq: of what is completed, @cq_size
 * @sqes: of requests, @sqes_size
 * @sq_tail: in @sq: how many were submitted; this process writes it
 * @sq_array: in @sq: which request is in which place
 * @sq_mask: places less one
 * @cq_head: in @cq: how many completions were seen; this process writes it
 * @cq_tail: in @cq: how many there are
 * @cq_mask: places less one
 * @cqes: in @cq
 */
struct uring {
	int fd;
	int err;
	pid_t owner;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
	size_t sq_size, cq_size, sqes_size;
	unsigned int *sq_tail, *sq_array, sq_mask;
	unsigned int *cq_head, *cq_tail, cq_mask;
	const struct io_uring_cqe *cqes;
};

#define URING_NONE	((struct uring){ .fd = -1, .err = -EBADF })

/* Whether this kernel lets this process have one; 0, or a negative errno with the reason. */
int uring_available(char *why);

/* 0 or a negative errno. */
int uring_open(struct uring *ring);

/* In each process that has it; URING_NONE, too. */
void uring_close(struct uring *ring);

/*
 * What @request comes to, which is 0 and up or a negative errno. A signal takes it back, unless
 * it was done already: -EINTR. Without @waits, so does all that is not done at once.
 */
int uring_call(struct uring *ring, const struct io_uring_sqe *request, bool waits);

#endif /* IPCX_TRANSPORT_URING_H */
