/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages over byte streams: pipes and Unix stream sockets.
 *
 * Where all messages have one size (IPCX_TRANSPORT_FIXED, and not 0) the bytes
 * of the messages are all that is sent. Otherwise a 4-byte length in front of
 * each tells where it ends; it is written together with the payload, from the
 * headroom before it, and read by a call of its own.
 */
#ifndef IPCX_TRANSPORT_STREAM_H
#define IPCX_TRANSPORT_STREAM_H

#include "internal.h"

/**
 * struct stream_end - One end.
 * @base: what the library sees
 * @in: fd that is read from
 * @out: fd that is written to; the same as @in for sockets
 * @put: as write(2), to @out
 * @get: as read(2), from @in
 * @fixed: size of every message, 0: each has a length header
 * @max: largest payload
 * @pending: length of a message whose header has been read already, and whose
 *	payload has not; -1: none
 * @own: the transport's
 */
struct stream_end {
	struct ipcx_transport_end base;
	int in;
	int out;
	ssize_t (*put)(const struct stream_end *end, const void *bytes, size_t len);
	ssize_t (*get)(const struct stream_end *end, void *bytes, size_t len);
	size_t fixed;
	size_t max;
	long long pending;
	void *own;
};

/**
 * struct stream_pair - A pair of them.
 * @base: what the library sees
 * @end: the ends
 */
struct stream_pair {
	struct ipcx_transport_pair base;
	struct stream_end end[2];
};

/* Largest payload that the header can announce. */
#define STREAM_MAX_SIZE	((size_t)0x7fffffff)

/* Makes zeroed memory, which stream_close() frees, a pair without fds (-1), to be written to. */
void stream_pair_init(struct stream_pair *pair, const struct ipcx_transport_ops *ops,
		      const struct ipcx_transport_opts *opts);

/* The same, allocated; or NULL. */
struct stream_pair *stream_pair_new(const struct ipcx_transport_ops *ops,
				    const struct ipcx_transport_opts *opts);

/* Bytes that one message takes in the stream. */
size_t stream_bytes(const struct ipcx_transport_opts *opts);

/* Sends with send(2), which can be told not to raise SIGPIPE: for sockets. */
ssize_t stream_put_socket(const struct stream_end *end, const void *bytes, size_t len);

/* All the bytes of a message, as the end's policy of waiting wants: 0 or a negative errno. */
int stream_write(const struct stream_end *end, const void *bytes, size_t len);

int stream_send(struct ipcx_transport_end *end, const struct ipcx_transport_msg *msg);
int stream_recv(struct ipcx_transport_end *end, struct ipcx_transport_msg *msg);
int stream_set_nonblock(struct ipcx_transport_end *end, int on);
int stream_wait(struct ipcx_transport_end *end, int out);
void stream_attach(struct ipcx_transport_pair *pair, int side);
void stream_close(struct ipcx_transport_pair *pair);

/* What is the same for all that are nothing but streams. */
#define STREAM_OPS						\
	.send = stream_send,					\
	.recv = stream_recv,					\
	.set_nonblock = stream_set_nonblock,			\
	.wait = stream_wait,					\
	.attach = stream_attach,				\
	.close = stream_close

#endif /* IPCX_TRANSPORT_STREAM_H */
