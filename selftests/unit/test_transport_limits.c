// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What transports of the library cannot do, and what they say then: options that cannot be
 * met, and mechanisms that lose messages, never make a sender wait, or cannot sleep.
 */
#include <errno.h>
#include <signal.h>

#include "transport.h"

/* What it can hold arrives, and of the rest nothing, or all of it. */
static void test_lossy(const struct ipcx_transport_ops *ops)
{
	const unsigned int depth = 8, sent = 10000;
	struct ipcx_transport_pair *pair = pair_open(ops, 64, depth, 0);
	struct ipcx_transport_msg msg = { 0 };
	unsigned int got = 0;
	int err;

	UNIT_CHECK(pair->end[1]->ops->set_nonblock(pair->end[1], 1) == 0);
	for (unsigned int i = 0; i < sent; i++)
		send_one(pair->end[0], 64, i);
	for (; got < depth; got++)
		recv_one(pair->end[1], 64, 64, got);
	msg.buf = ipcx_transport_buffer(64);
	do {
		msg.len = 64;
		err = ipcx_transport_recv(pair->end[1], &msg);
		UNIT_CHECK(err == -EAGAIN || (err == 0 && msg.len == 64));
		got += !err;
	} while (!err);
	UNIT_CHECK(got < sent);
	ipcx_transport_buffer_free(msg.buf);
	ipcx_transport_close(pair);
	ok(ops, "a full receiver loses messages, and the sender does not wait");
}

static void test_endless(const struct ipcx_transport_ops *ops)
{
	struct ipcx_transport_pair *pair = pair_open(ops, 64, 1, 0);
	struct ipcx_transport_msg msg = { .len = 64, .buf = ipcx_transport_buffer(64) };
	const unsigned int sent = 1000;

	UNIT_CHECK(pair->end[0]->ops->set_nonblock(pair->end[0], 1) == 0);
	UNIT_CHECK(pair->end[1]->ops->set_nonblock(pair->end[1], 1) == 0);
	UNIT_CHECK(ipcx_transport_recv(pair->end[1], &msg) == -EAGAIN);
	for (unsigned int i = 0; i < sent; i++)
		send_one(pair->end[0], 64, i);
	UNIT_CHECK(ipcx_transport_recv(pair->end[0], &msg) == -EAGAIN);
	for (unsigned int i = 0; i < sent; i++)
		recv_one(pair->end[1], 64, 64, i);
	UNIT_CHECK(ipcx_transport_recv(pair->end[1], &msg) == -EAGAIN);
	ipcx_transport_buffer_free(msg.buf);
	ipcx_transport_close(pair);
	ok(ops, "as many notifications arrive as were sent, without anybody waiting");
}

static void test_sender_keeps(const struct ipcx_transport_ops *ops)
{
	struct ipcx_transport_pair *pair;
	struct ipcx_transport_end *end;
	struct ipcx_transport_msg msg = { .len = 64 };

	pair = pair_open(ops, 64, 0, 0);
	msg.buf = ipcx_transport_buffer(64);
	end = after_peer_has_sent(pair);
	UNIT_CHECK(ipcx_transport_recv(end, &msg) == -EPIPE);
	ipcx_transport_buffer_free(msg.buf);
	ipcx_transport_close(pair);
	ok(ops, "what a dead peer sent is lost, and that is told");
}

static void test_spin_only(const struct ipcx_transport_ops *ops)
{
	IPCX_OPTS(ipcx_transport_opts, opts);
	struct ipcx_transport_pair *pair;

	opts.msg_size = 64;
	for (opts.wait = IPCX_WAIT_BLOCK; opts.wait < IPCX_WAIT_SPIN; opts.wait++)
		UNIT_CHECK(ipcx_transport_open(&pair, ops, &opts, why) == -ENOTSUP && !pair &&
			   why[0]);
	ok(ops, "who cannot sleep says so");
}

static void test_refusals(void)
{
	const struct ipcx_transport_ops *pipe_ops = ipcx_transport_find("pipe");
	struct {
		struct ipcx_transport_opts opts;
		unsigned long later;
	} newer = { .opts = { .sz = sizeof(newer), .msg_size = 1 }, .later = 1 };
	struct ipcx_transport_pair *pair;
	IPCX_OPTS(ipcx_transport_opts, opts);

	UNIT_CHECK(pipe_ops && !ipcx_transport_find("pigeon"));
	UNIT_CHECK(ipcx_transport_open(&pair, pipe_ops, &newer.opts, why) == -E2BIG && !pair);
	newer.later = 0;
	UNIT_CHECK(ipcx_transport_open(&pair, pipe_ops, &newer.opts, why) == 0);
	ipcx_transport_close(pair);
	opts.flags = 1U << 31;
	UNIT_CHECK(ipcx_transport_open(&pair, pipe_ops, &opts, why) == -EINVAL && !pair && why[0]);
	opts.flags = 0;
	opts.depth = IPCX_TRANSPORT_DEPTH_MAX + 1;
	UNIT_CHECK(ipcx_transport_open(&pair, pipe_ops, &opts, why) == -EINVAL && !pair);
	opts.depth = IPCX_TRANSPORT_DEPTH_MAX;
	opts.msg_size = 1 << 20;
	UNIT_CHECK(ipcx_transport_open(&pair, pipe_ops, &opts, why) == -ENOSPC && !pair && why[0]);
	opts = (struct ipcx_transport_opts){ .sz = sizeof(opts), .msg_size = 1 };
	opts.wait = IPCX_WAIT_SPIN + 1;
	UNIT_CHECK(ipcx_transport_open(&pair, pipe_ops, &opts, why) == -EINVAL && !pair && why[0]);
	opts.wait = IPCX_WAIT_SPIN;
	opts.spin_ns = 1;
	UNIT_CHECK(ipcx_transport_open(&pair, pipe_ops, &opts, why) == -EINVAL && !pair);
	opts.wait = IPCX_WAIT_ADAPTIVE;
	UNIT_CHECK(ipcx_transport_open(&pair, pipe_ops, &opts, why) == 0);
	ipcx_transport_close(pair);
	opts.spin_ns = IPCX_SPIN_NS_MAX + 1;
	UNIT_CHECK(ipcx_transport_open(&pair, pipe_ops, &opts, why) == -EINVAL && !pair);
	ipcx_transport_close(NULL);
	ipcx_transport_buffer_free(NULL);
	unit_ok("options that cannot be met are refused, with a reason");
}

int main(void)
{
	const struct ipcx_transport_ops *ops;

	test_refusals();
	for (unsigned int i = 0; (ops = ipcx_transport_at(i)); i++) {
		if (!can_be_used(ops))
			continue;
		if (ops->caps & IPCX_TRANSPORT_SPIN_ONLY)
			test_spin_only(ops);
		if (ops->caps & IPCX_TRANSPORT_SENDER_KEEPS)
			test_sender_keeps(ops);
		for (waits = 0; waits <= IPCX_WAIT_SPIN; waits++) {
			if (ops->caps & IPCX_TRANSPORT_LOSSY)
				test_lossy(ops);
			if (ops->caps & IPCX_TRANSPORT_NOTIFICATION)
				test_endless(ops);
		}
		waits = IPCX_WAIT_BLOCK;
	}
	printf("1..%u\n", done + 1);
	return 0;
}
