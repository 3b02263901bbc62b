// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of transports, and what is the same for all of them. */
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../src/internal.h"
#include "internal.h"
#include "waiting.h"

#define BUFFER_ALIGN	64
#define TRIED_DEPTH	4096
#define ARRIVAL_MS	1000

static const struct ipcx_transport_ops *const transports[] = {
	&ipcx_transport_pipe,
	&ipcx_transport_pipe_vmsplice,
	&ipcx_transport_fifo,
	&ipcx_transport_posix_mq,
	&ipcx_transport_sysv_mq,
	&ipcx_transport_unix_stream,
	&ipcx_transport_unix_dgram,
	&ipcx_transport_unix_seqpacket,
	&ipcx_transport_tcp,
	&ipcx_transport_udp,
	&ipcx_transport_uring_pipe,
	&ipcx_transport_uring_unix,
	&ipcx_transport_shm_atomics,
	&ipcx_transport_shm_futex,
	&ipcx_transport_shm_posix_futex,
	&ipcx_transport_shm_posix_sem,
	&ipcx_transport_shm_named_sem,
	&ipcx_transport_shm_sysv,
	&ipcx_transport_shm_memfd,
	&ipcx_transport_shm_file,
	&ipcx_transport_process_vm,
	&ipcx_transport_eventfd,
	&ipcx_transport_signal,
	&ipcx_transport_binder,
	&ipcx_transport_ipcx_queue,
	&ipcx_transport_ipcx_queue_rw,
	&ipcx_transport_ipcx_mbox,
	&ipcx_transport_ipcx_ring_spsc,
	&ipcx_transport_ipcx_ring_mpsc,
	&ipcx_transport_ipcx_ring_broadcast,
	&ipcx_transport_ipcx_ring_memfd,
	&ipcx_transport_ipcx_mbox_ring,
};

const struct ipcx_transport_ops *ipcx_transport_at(unsigned int index)
{
	return index < sizeof(transports) / sizeof(transports[0]) ? transports[index] : NULL;
}

const struct ipcx_transport_ops *ipcx_transport_find(const char *name)
{
	const struct ipcx_transport_ops *ops;
	unsigned int i;

	for (i = 0; (ops = ipcx_transport_at(i)); i++)
		if (strcmp(ops->name, name) == 0)
			return ops;
	return NULL;
}

int transport_why(char *why, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, IPCX_TRANSPORT_WHY, format, args);
	va_end(args);
	return err;
}

void transport_name(char name[TRANSPORT_NAME])
{
	static atomic_uint number;

	snprintf(name, TRANSPORT_NAME, "/ipcx-transport.%d.%u", (int)getpid(),
		 atomic_fetch_add(&number, 1));
}

int transport_temporary(char *path, size_t size, char *why)
{
	const char *tmp = getenv("TMPDIR");
	int n = snprintf(path, size, "%s/ipcx-transport-XXXXXX", tmp && *tmp ? tmp : "/tmp");

	return n < (int)size ? 0 : transport_why(why, -ENAMETOOLONG, "$TMPDIR is too long");
}

uint64_t transport_ring_size(uint64_t bytes, uint64_t count)
{
	uint64_t need = ((bytes + 7) & ~7ULL) * count;
	uint64_t size = (uint64_t)sysconf(_SC_PAGESIZE);

	while (size < need && size <= IPCX_RING_SIZE_MAX)
		size *= 2;
	return size;
}

long long transport_setting(const char *path)
{
	long long value;
	FILE *file = fopen(path, "re");
	int n;

	if (!file)
		return -1;
	n = fscanf(file, "%lld", &value);
	fclose(file);
	return n == 1 ? value : -1;
}

int ipcx_transport_available(const struct ipcx_transport_ops *ops, char *why)
{
	why[0] = '\0';
	return ops->available ? ops->available(why) : 0;
}

static int take_opts(struct ipcx_transport_opts *opts, const struct ipcx_transport_ops *ops,
		     const struct ipcx_transport_opts *given, char *why)
{
	int err = ipcx_opts_get(opts, sizeof(*opts),
				offsetofend(struct ipcx_transport_opts, flags), given);

	if (err)
		return transport_why(why, err, "options unknown to this library");
	if (opts->depth > IPCX_TRANSPORT_DEPTH_MAX || (opts->flags & ~IPCX_TRANSPORT_FIXED))
		return transport_why(why, -EINVAL, "depth or flags out of range");
	if (opts->wait > IPCX_WAIT_SPIN || opts->spin_ns > IPCX_SPIN_NS_MAX ||
	    (opts->spin_ns && opts->wait != IPCX_WAIT_ADAPTIVE))
		return transport_why(why, -EINVAL, "way of waiting or its time out of range");
	if (opts->depth && (ops->caps & IPCX_TRANSPORT_CALLS_ONLY))
		return transport_why(why, -ENOSPC,
				     "holds no messages: it has calls only, between two processes");
	if (opts->wait != IPCX_WAIT_SPIN && (ops->caps & IPCX_TRANSPORT_SPIN_ONLY))
		return transport_why(why, -ENOTSUP,
				     "cannot sleep, but only spin, each side on a processor of its own (--wait spin --cpus two)");
	if ((ops->max_size || (ops->caps & IPCX_TRANSPORT_NOTIFICATION)) &&
	    opts->msg_size > ops->max_size)
		return transport_why(why, -EMSGSIZE, "moves at most %zu bytes per message",
				     ops->max_size);
	return 0;
}

static int fill(struct ipcx_transport_end *end, const struct ipcx_transport_msg *msg,
		unsigned int depth, char *why)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < depth && !err; i++) {
		do {
			err = ipcx_transport_send(end, msg);
		} while (err == -EINTR);
	}
	if (err == -EAGAIN || err == -ENOBUFS)
		return transport_why(why, -ENOSPC,
				     "holds only %u of %u messages of %zu bytes: try a smaller size or batch",
				     i - 1, depth, msg->len);
	if (err)
		return transport_why(why, err, "cannot send %zu bytes: %s", msg->len,
				     strerror(-err));
	return 0;
}

/*
 * What was sent through the network, the loopback device included, has arrived at once unless
 * the kernel puts that off, as it does when it is busy.
 */
static int recv_soon(struct ipcx_transport_end *end, struct ipcx_transport_msg *msg)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	unsigned int waited;
	int err;

	for (waited = 0;; waited++) {
		do {
			err = ipcx_transport_recv(end, msg);
		} while (err == -EINTR);
		if (err != -EAGAIN || waited == ARRIVAL_MS)
			return err;
		nanosleep(&ms, NULL);
	}
}

static int drain(struct ipcx_transport_end *end, struct ipcx_transport_msg *msg,
		 unsigned int depth, char *why)
{
	size_t size = msg->len;
	unsigned int i;
	int err = 0;

	for (i = 0; i < depth && !err; i++) {
		msg->len = size;
		err = recv_soon(end, msg);
	}
	/* Who loses messages does so without a word. */
	if (err == -EAGAIN)
		return transport_why(why, -ENOSPC,
				     "loses messages: holds only %u of %u of %zu bytes",
				     i - 1, depth, size);
	if (err)
		return transport_why(why, err, "cannot receive %zu bytes: %s", size,
				     strerror(-err));
	return 0;
}

static int both_nonblock(struct ipcx_transport_pair *pair, int on)
{
	int err = pair->ops->set_nonblock(pair->end[0], on);

	return err ? err : pair->ops->set_nonblock(pair->end[1], on);
}

/*
 * What a mechanism holds depends on limits and overheads that only the kernel
 * knows: so it is tried, in both directions, before anybody blocks for ever.
 */
static int try_depth(struct ipcx_transport_pair *pair, const struct ipcx_transport_opts *opts,
		     char *why)
{
	struct ipcx_transport_msg msg = { .len = opts->msg_size };
	int side, err = 0;

	msg.buf = ipcx_transport_buffer(opts->msg_size);
	if (!msg.buf)
		return transport_why(why, -ENOMEM, "no memory for %zu bytes", opts->msg_size);
	err = both_nonblock(pair, 1);
	for (side = 0; side < 2 && !err; side++) {
		err = fill(pair->end[side], &msg, opts->depth, why);
		if (!err)
			err = drain(pair->end[!side], &msg, opts->depth, why);
	}
	if (!err)
		err = both_nonblock(pair, 0);
	ipcx_transport_buffer_free(msg.buf);
	return err;
}

int ipcx_transport_open(struct ipcx_transport_pair **pair,
			const struct ipcx_transport_ops *ops,
			const struct ipcx_transport_opts *given, char *why)
{
	struct ipcx_transport_opts opts;
	int err;

	*pair = NULL;
	why[0] = '\0';
	err = take_opts(&opts, ops, given, why);
	if (!err)
		err = ipcx_transport_available(ops, why);
	if (!err)
		err = ops->open(pair, &opts, why);
	if (!err && opts.depth && opts.depth <= TRIED_DEPTH)
		err = try_depth(*pair, &opts, why);
	if (!err)
		err = waiting_start(*pair, &opts, why);
	if (!err)
		return 0;
	if (!why[0])
		transport_why(why, err, "%s", strerror(-err));
	ipcx_transport_close(*pair);
	*pair = NULL;
	return err;
}

void ipcx_transport_leave(struct ipcx_transport_pair *pair)
{
	if (pair->ops->leave)
		pair->ops->leave(pair);
}

struct ipcx_transport_end *ipcx_transport_attach(struct ipcx_transport_pair *pair, int side)
{
	if (pair->ops->attach)
		pair->ops->attach(pair, side);
	return pair->end[side];
}

void ipcx_transport_close(struct ipcx_transport_pair *pair)
{
	void *waiting;

	if (!pair)
		return;
	waiting = waiting_left(pair);
	pair->ops->close(pair);
	free(waiting);
}

/* The payload begins one alignment step in, which leaves room for the headroom. */
void *ipcx_transport_buffer(size_t size)
{
	size_t whole = (BUFFER_ALIGN + size + BUFFER_ALIGN) & ~(size_t)(BUFFER_ALIGN - 1);
	char *start;

	if (size > SIZE_MAX - 2 * BUFFER_ALIGN)
		return NULL;
	start = aligned_alloc(BUFFER_ALIGN, whole);
	if (!start)
		return NULL;
	memset(start, 0, whole);
	return start + BUFFER_ALIGN;
}

void ipcx_transport_buffer_free(void *buf)
{
	if (buf)
		free((char *)buf - BUFFER_ALIGN);
}

int ipcx_transport_send_batch(struct ipcx_transport_end *end,
			      const struct ipcx_transport_msg *msgs, unsigned int count)
{
	unsigned int i;
	int err;

	if (count < 1 || count > IPCX_TRANSPORT_BATCH_MAX)
		return -EINVAL;
	if (end->ops->send_batch)
		return end->ops->send_batch(end, msgs, count);
	for (i = 0; i < count; i++) {
		err = end->ops->send(end, &msgs[i]);
		if (err)
			return i ? (int)i : err;
	}
	return (int)count;
}

int ipcx_transport_recv_batch(struct ipcx_transport_end *end, struct ipcx_transport_msg *msgs,
			      unsigned int count)
{
	int err;

	if (count < 1 || count > IPCX_TRANSPORT_BATCH_MAX)
		return -EINVAL;
	if (end->ops->recv_batch)
		return end->ops->recv_batch(end, msgs, count);
	err = end->ops->recv(end, msgs);
	return err ? err : 1;
}
