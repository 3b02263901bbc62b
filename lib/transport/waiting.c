// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "waiting.h"

/* What a mailbox takes where its creator does not say. */
#define DEFAULT_SPIN_NS	(50 * 1000)
/* For so long, at least, a signal may go unnoticed by who spins. */
#define LOOK_UP_NS	(100 * 1000 * 1000)
/* Tries between two looks at the clock. */
#define TRIES_PER_LOOK	8

struct waiting;

/**
 * struct table - A table of functions that knows what it is part of.
 * @ops: the table
 * @of: what it is part of
 */
struct table {
	struct ipcx_transport_ops ops;
	const struct waiting *of;
};

/**
 * struct waiting - How the ends of a pair wait, which are always nonblocking.
 * @real: the transport
 * @patience: for how long to try again
 * @waits: functions of an end that waits
 * @fails: of one that the user has made nonblocking
 */
struct waiting {
	const struct ipcx_transport_ops *real;
	struct patience patience;
	struct table waits;
	struct table fails;
};

static const struct waiting *waiting_of(const struct ipcx_transport_end *end)
{
	return ((const struct table *)end->ops)->of;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct patience patience_of(const struct ipcx_transport_opts *opts)
{
	struct patience patience = { .policy = opts->wait, .ns = LOOK_UP_NS };

	if (opts->wait == IPCX_WAIT_ADAPTIVE)
		patience.ns = opts->spin_ns ? opts->spin_ns : DEFAULT_SPIN_NS;
	return patience;
}

int try_again(const struct patience *patience, struct tries *tries)
{
	if (patience->policy == IPCX_WAIT_BLOCK)
		return 1;
	relax();
	if (!tries->count++)
		tries->until = now_ns() + patience->ns;
	else if (tries->count % TRIES_PER_LOOK == 0 && now_ns() >= tries->until)
		return patience->policy == IPCX_WAIT_SPIN ? -EINTR : 1;
	return 0;
}

/* ---- one call, whichever it is ---- */

typedef int attempt_fn(const struct ipcx_transport_ops *ops, struct ipcx_transport_end *end,
		       void *msgs, unsigned int count);

static int attempt_send(const struct ipcx_transport_ops *ops, struct ipcx_transport_end *end,
			void *msgs, unsigned int count)
{
	(void)count;
	return ops->send(end, msgs);
}

static int attempt_recv(const struct ipcx_transport_ops *ops, struct ipcx_transport_end *end,
			void *msgs, unsigned int count)
{
	(void)count;
	return ops->recv(end, msgs);
}

static int attempt_send_batch(const struct ipcx_transport_ops *ops,
			      struct ipcx_transport_end *end, void *msgs, unsigned int count)
{
	return ops->send_batch(end, msgs, count);
}

static int attempt_recv_batch(const struct ipcx_transport_ops *ops,
			      struct ipcx_transport_end *end, void *msgs, unsigned int count)
{
	return ops->recv_batch(end, msgs, count);
}

/* What cannot be polled has a switch in the library for its calls to block. */
static int blocking(const struct ipcx_transport_ops *ops, struct ipcx_transport_end *end,
		    attempt_fn *attempt, void *msgs, unsigned int count)
{
	int ret = ops->set_nonblock(end, 0), err;

	if (ret)
		return ret;
	ret = attempt(ops, end, msgs, count);
	err = ops->set_nonblock(end, 1);
	return ret >= 0 && err ? err : ret;
}

/* @attempt is a constant: each kind of call has a loop of its own. */
static inline __attribute__((always_inline)) int
persist(struct ipcx_transport_end *end, attempt_fn *attempt, void *msgs, unsigned int count,
	int out)
{
	const struct waiting *w = waiting_of(end);
	struct tries tries = { 0 };
	int ret, verdict;

	for (;;) {
		ret = attempt(w->real, end, msgs, count);
		if (ret != -EAGAIN)
			return ret;
		verdict = try_again(&w->patience, &tries);
		if (verdict > 0 && !w->real->wait)
			return blocking(w->real, end, attempt, msgs, count);
		if (verdict > 0)
			verdict = w->real->wait(end, out);
		if (verdict)
			return verdict;
	}
}

static int waiting_send(struct ipcx_transport_end *end, const struct ipcx_transport_msg *msg)
{
	return persist(end, attempt_send, (void *)msg, 1, 1);
}

static int waiting_recv(struct ipcx_transport_end *end, struct ipcx_transport_msg *msg)
{
	return persist(end, attempt_recv, msg, 1, 0);
}

static int waiting_send_batch(struct ipcx_transport_end *end,
			      const struct ipcx_transport_msg *msgs, unsigned int count)
{
	return persist(end, attempt_send_batch, (void *)msgs, count, 1);
}

static int waiting_recv_batch(struct ipcx_transport_end *end, struct ipcx_transport_msg *msgs,
			      unsigned int count)
{
	return persist(end, attempt_recv_batch, msgs, count, 0);
}

static int waiting_set_nonblock(struct ipcx_transport_end *end, int on)
{
	const struct waiting *w = waiting_of(end);

	end->ops = on ? &w->fails.ops : &w->waits.ops;
	return 0;
}

/* ---- pairs ---- */

unsigned int waiting_policy(const struct ipcx_transport_end *end)
{
	return end->ops->send == waiting_send ? waiting_of(end)->patience.policy : IPCX_WAIT_BLOCK;
}

static struct waiting *waiting_new(const struct ipcx_transport_ops *real,
				   const struct ipcx_transport_opts *opts)
{
	struct waiting *w = malloc(sizeof(*w));

	if (!w)
		return NULL;
	w->real = real;
	w->patience = patience_of(opts);
	w->fails.ops = *real;
	w->fails.ops.set_nonblock = waiting_set_nonblock;
	w->fails.of = w;
	w->waits = w->fails;
	w->waits.ops.send = waiting_send;
	w->waits.ops.recv = waiting_recv;
	if (real->send_batch)
		w->waits.ops.send_batch = waiting_send_batch;
	if (real->recv_batch)
		w->waits.ops.recv_batch = waiting_recv_batch;
	return w;
}

int waiting_start(struct ipcx_transport_pair *pair, const struct ipcx_transport_opts *opts,
		  char *why)
{
	const struct ipcx_transport_ops *real = pair->ops;
	struct waiting *w;
	int side, err = 0;

	/* A call cannot be tried again: who has calls sees to it. */
	if (opts->wait == IPCX_WAIT_BLOCK || real->call)
		return 0;
	if (!real->set_nonblock)
		return transport_why(why, -ENOTSUP, "can only wait by blocking");
	for (side = 0; side < 2 && !err; side++)
		err = real->set_nonblock(pair->end[side], 1);
	if (err)
		return err;
	w = waiting_new(real, opts);
	if (!w)
		return -ENOMEM;
	for (side = 0; side < 2; side++)
		pair->end[side]->ops = &w->waits.ops;
	return 0;
}

void *waiting_left(const struct ipcx_transport_pair *pair)
{
	const struct ipcx_transport_end *end = pair->end[0];

	return end && end->ops != pair->ops ? (void *)waiting_of(end) : NULL;
}
