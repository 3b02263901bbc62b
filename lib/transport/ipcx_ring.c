// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two shared rings, one per direction, each with one producer and one consumer: rings of the
 * module in its three modes, and one in a memfd, which works without the module.
 *
 * Who attaches to a ring does so for its process. The process that opens a pair has all of
 * its four places. After fork(2) it gives up those of the other end, and the other process
 * takes them; until both have done so nobody may use the rings, since one without a producer
 * is at its end, and one without a consumer is broken. Where several processes take one end,
 * as far as a ring's mode has places for them, they cannot all have those of both directions:
 * who finds a place taken can do without it.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <ipcx/ipcx.h>

#include "internal.h"

#define HEADER		8
#define DEFAULT_SIZE	65536
/* How long one process waits for the other one to take its end. */
#define MEET_NS		(10LL * 1000 * 1000 * 1000)
#define MEET_TURN_US	50

/**
 * struct ring_end - One end.
 * @base: what the library sees
 * @out: producer of one ring; NULL: another process is that
 * @in: consumer of the other one; the same
 * @max: longest payload
 * @err: why this process could not take the end at all
 * @nonblock: do not wait
 */
struct ring_end {
	struct ipcx_transport_end base;
	struct ipcx_producer *out;
	struct ipcx_consumer *in;
	size_t max;
	int err;
	bool nonblock;
};

/**
 * struct ring_pair - Both.
 * @base: what the library sees
 * @end: the ends
 * @ring: the rings; end N produces into ring N
 * @there: in shared memory: a process has taken this end
 * @opener: process that has opened the pair
 * @left: that one has left it to others
 */
struct ring_pair {
	struct ipcx_transport_pair base;
	struct ring_end end[2];
	struct ipcx_ring *ring[2];
	int *there;
	pid_t opener;
	bool left;
};

/* Without a depth to hold there is room for some. */
static uint64_t ring_size(const struct ipcx_transport_opts *opts)
{
	uint64_t size = transport_ring_size((uint64_t)opts->msg_size + HEADER,
					    opts->depth ? opts->depth : 1);

	return size < DEFAULT_SIZE && !opts->depth ? DEFAULT_SIZE : size;
}

static int open_rings(struct ring_pair *pair, const struct ipcx_ring_opts *opts, char *why)
{
	unsigned int rights = IPCX_OPEN_CREATE | IPCX_OPEN_READ | IPCX_OPEN_WRITE;
	struct ipcx_dev *dev = NULL;
	int i, err = 0;

	if (opts->size > IPCX_RING_SIZE_MAX)
		return transport_why(why, -ENOSPC, "a ring has at most %llu bytes",
				     IPCX_RING_SIZE_MAX);
	if (!(opts->flags & IPCX_RING_MEMFD))
		err = ipcx_dev_open(&dev, NULL);
	for (i = 0; i < 2 && !err; i++)
		err = ipcx_ring_open(&pair->ring[i], dev, NULL, rights, opts);
	ipcx_dev_close(dev);
	return err ? transport_why(why, err, "cannot create rings of %llu bytes: %s",
				   (unsigned long long)opts->size, strerror(-err)) : 0;
}

/* Where nobody is going to leave, who is first keeps the place. */
static int unless_taken(const struct ring_pair *pair, int err)
{
	return pair->left && err == -EBUSY ? 0 : err;
}

static int take_end(struct ring_pair *pair, int side)
{
	struct ring_end *end = &pair->end[side];
	int err = 0;

	if (!end->out)
		err = unless_taken(pair, ipcx_producer_attach(&end->out, pair->ring[side]));
	if (!err && !end->in)
		err = unless_taken(pair, ipcx_consumer_attach(&end->in, pair->ring[!side], 0));
	return err;
}

static void leave_end(struct ring_pair *pair, int side)
{
	struct ring_end *end = &pair->end[side];

	ipcx_producer_detach(end->out);
	ipcx_consumer_detach(end->in);
	end->out = NULL;
	end->in = NULL;
}

static int rings_open(struct ipcx_transport_pair **out, const struct ipcx_transport_ops *ops,
		      enum ipcx_ring_mode mode, unsigned int flags,
		      const struct ipcx_transport_opts *opts, char *why)
{
	struct ring_pair *pair = calloc(1, sizeof(*pair));
	IPCX_OPTS(ipcx_ring_opts, ring);
	int side, err;

	if (!pair)
		return -ENOMEM;
	pair->base.ops = ops;
	pair->opener = getpid();
	*out = &pair->base;
	for (side = 0; side < 2; side++) {
		pair->end[side].base.ops = ops;
		pair->end[side].max = opts->msg_size;
		pair->base.end[side] = &pair->end[side].base;
	}
	pair->there = mmap(NULL, 2 * sizeof(*pair->there), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pair->there == MAP_FAILED)
		return -errno;
	ring.size = ring_size(opts);
	ring.type = mode;
	ring.flags = flags;
	err = open_rings(pair, &ring, why);
	for (side = 0; side < 2 && !err; side++)
		err = take_end(pair, side);
	return err;
}

static int no_place(const struct ring_end *end)
{
	return end->err ? end->err : -EBUSY;
}

static int ring_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct ring_end *end = (struct ring_end *)base;
	void *room;
	int err;

	if (__builtin_expect(msg->len > end->max || !end->out, 0))
		return !end->out ? no_place(end) : -EMSGSIZE;
	while ((err = ipcx_producer_reserve(end->out, msg->len, &room))) {
		if (err == -EAGAIN && !end->nonblock)
			err = ipcx_producer_wait(end->out, msg->len, NULL);
		if (err)
			return err;
	}
	memcpy(room, msg->buf, msg->len);
	return ipcx_producer_commit(end->out);
}

static int receive(struct ring_end *end, struct ipcx_transport_msg *msg, bool waits)
{
	const void *record;
	ssize_t len;
	int err;

	while ((len = ipcx_consumer_peek(end->in, &record)) < 0) {
		err = (int)len;
		if (err == -EAGAIN && waits)
			err = ipcx_consumer_wait(end->in, NULL);
		if (err)
			return err == -ENODATA ? -EPIPE : err;
	}
	if ((size_t)len > msg->len)
		return -EMSGSIZE;
	memcpy(msg->buf, record, (size_t)len);
	msg->len = (size_t)len;
	msg->priority = 0;
	return 0;
}

static int ring_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	struct ring_end *end = (struct ring_end *)base;
	int err;

	if (__builtin_expect(!end->in, 0))
		return no_place(end);
	err = receive(end, msg, !end->nonblock);
	return err ? err : ipcx_consumer_release(end->in);
}

static int ring_send_batch(struct ipcx_transport_end *base,
			   const struct ipcx_transport_msg *msgs, unsigned int count)
{
	IPCX_OPTS(ipcx_ring_wait_opts, opts);
	struct ring_end *end = (struct ring_end *)base;
	struct iovec records[IPCX_TRANSPORT_BATCH_MAX];
	unsigned int i;

	if (!end->out)
		return no_place(end);
	for (i = 0; i < count; i++) {
		if (msgs[i].len > end->max)
			break;
		records[i] = (struct iovec){ msgs[i].buf, msgs[i].len };
	}
	if (!i)
		return -EMSGSIZE;
	opts.flags = end->nonblock ? IPCX_XFER_NONBLOCK : 0;
	return ipcx_producer_send_msgs(end->out, records, i, &opts);
}

static int ring_recv_batch(struct ipcx_transport_end *base, struct ipcx_transport_msg *msgs,
			   unsigned int count)
{
	struct ring_end *end = (struct ring_end *)base;
	unsigned int i;
	int err = end->in ? 0 : no_place(end);

	for (i = 0; i < count && !err; i += !err)
		err = receive(end, &msgs[i], !i && !end->nonblock);
	if (!i)
		return err;
	err = ipcx_consumer_release(end->in);
	return err ? err : (int)i;
}

static int ring_set_nonblock(struct ipcx_transport_end *base, int on)
{
	((struct ring_end *)base)->nonblock = on;
	return 0;
}

static int ring_wait(struct ipcx_transport_end *base, int out)
{
	struct ring_end *end = (struct ring_end *)base;
	int err = out ? ipcx_producer_wait(end->out, end->max, NULL) :
			ipcx_consumer_wait(end->in, NULL);

	/* That is for the call that comes now to tell. */
	return err == -ENODATA || err == -EPIPE ? 0 : err;
}

/* The other process has not left its places yet, or not taken them. */
static bool pause_until(int64_t deadline)
{
	if (ipcx_deadline_after(CLOCK_MONOTONIC, 0) >= deadline)
		return false;
	usleep(MEET_TURN_US);
	return true;
}

static int meet(struct ring_pair *pair, int side)
{
	int64_t deadline = ipcx_deadline_after(CLOCK_MONOTONIC, MEET_NS);
	int err;

	do {
		err = take_end(pair, side);
	} while (err == -EBUSY && pause_until(deadline));
	if (err)
		return err;
	__atomic_store_n(&pair->there[side], 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&pair->there[!side], __ATOMIC_ACQUIRE))
		if (!pause_until(deadline))
			return -EPIPE;
	return 0;
}

static void ring_attach(struct ipcx_transport_pair *base, int side)
{
	struct ring_pair *pair = (struct ring_pair *)base;

	leave_end(pair, !side);
	/* What a child has inherited is none of its own. */
	if (getpid() != pair->opener)
		leave_end(pair, side);
	pair->end[side].err = meet(pair, side);
	if (pair->end[side].err)
		leave_end(pair, side);
}

static void ring_leave(struct ipcx_transport_pair *base)
{
	struct ring_pair *pair = (struct ring_pair *)base;

	leave_end(pair, 0);
	leave_end(pair, 1);
	pair->left = true;
}

static void ring_close(struct ipcx_transport_pair *base)
{
	struct ring_pair *pair = (struct ring_pair *)base;
	int i;

	for (i = 0; i < 2; i++)
		leave_end(pair, i);
	for (i = 0; i < 2; i++)
		ipcx_ring_close(pair->ring[i]);
	if (pair->there != MAP_FAILED)
		munmap(pair->there, 2 * sizeof(*pair->there));
	free(pair);
}

static int spsc_open(struct ipcx_transport_pair **pair, const struct ipcx_transport_opts *opts,
		     char *why)
{
	return rings_open(pair, &ipcx_transport_ipcx_ring_spsc, IPCX_RING_SPSC, 0, opts, why);
}

static int mpsc_open(struct ipcx_transport_pair **pair, const struct ipcx_transport_opts *opts,
		     char *why)
{
	return rings_open(pair, &ipcx_transport_ipcx_ring_mpsc, IPCX_RING_MPSC, 0, opts, why);
}

static int broadcast_open(struct ipcx_transport_pair **pair,
			  const struct ipcx_transport_opts *opts, char *why)
{
	return rings_open(pair, &ipcx_transport_ipcx_ring_broadcast, IPCX_RING_BROADCAST, 0, opts,
			  why);
}

static int memfd_open(struct ipcx_transport_pair **pair, const struct ipcx_transport_opts *opts,
		      char *why)
{
	return rings_open(pair, &ipcx_transport_ipcx_ring_memfd, IPCX_RING_SPSC, IPCX_RING_MEMFD,
			  opts, why);
}

/* What is the same for all. */
#define RING_CAPS	(IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_BATCH | IPCX_TRANSPORT_SHARED)
#define MODULE_CAPS	(RING_CAPS | IPCX_TRANSPORT_PEER_DEATH | IPCX_TRANSPORT_POLL)
#define RING_OPS						\
	.max_size = IPCX_RING_SIZE_MAX - HEADER,		\
	.send = ring_send,					\
	.recv = ring_recv,					\
	.send_batch = ring_send_batch,				\
	.recv_batch = ring_recv_batch,				\
	.set_nonblock = ring_set_nonblock,			\
	.wait = ring_wait,					\
	.leave = ring_leave,					\
	.attach = ring_attach,					\
	.close = ring_close

const struct ipcx_transport_ops ipcx_transport_ipcx_ring_spsc = {
	.name = "ipcx-ring-spsc",
	.summary = "ipcx shared rings for one producer and one consumer",
	.caps = MODULE_CAPS,
	.traits = IPCX_TRAIT_DEATH,
	.persistence = IPCX_PERSISTS_KERNEL,
	.available = transport_ipcx_available,
	.open = spsc_open,
	RING_OPS
};

const struct ipcx_transport_ops ipcx_transport_ipcx_ring_mpsc = {
	.name = "ipcx-ring-mpsc",
	.summary = "ipcx shared rings for many producers and one consumer",
	.caps = MODULE_CAPS | IPCX_TRANSPORT_MANY_SENDERS,
	.traits = IPCX_TRAIT_DEATH,
	.persistence = IPCX_PERSISTS_KERNEL,
	.available = transport_ipcx_available,
	.open = mpsc_open,
	RING_OPS
};

const struct ipcx_transport_ops ipcx_transport_ipcx_ring_broadcast = {
	.name = "ipcx-ring-broadcast",
	.summary = "ipcx shared rings for one producer, and consumers who each get all",
	.caps = MODULE_CAPS | IPCX_TRANSPORT_MANY_RECEIVERS | IPCX_TRANSPORT_BROADCAST,
	.traits = IPCX_TRAIT_BROADCAST | IPCX_TRAIT_DEATH,
	.persistence = IPCX_PERSISTS_KERNEL,
	.available = transport_ipcx_available,
	.open = broadcast_open,
	RING_OPS
};

/* Nobody sees there to the end of a process that is killed. */
const struct ipcx_transport_ops ipcx_transport_ipcx_ring_memfd = {
	.name = "ipcx-ring-memfd",
	.summary = "the rings of ipcx-ring-spsc in a memfd, without the module",
	.caps = RING_CAPS | IPCX_TRANSPORT_RELATED,
	.open = memfd_open,
	RING_OPS
};
