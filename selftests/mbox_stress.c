// SPDX-License-Identifier: LGPL-2.1-or-later
/* Many callers and many serving threads of one mailbox: every reply is the caller's. */
#include "mbox.h"

#include <pthread.h>

#define CALLERS	64
#define SERVERS	8
#define STOP	(~0ULL)

struct load {
	int mbox, fd;
	long calls;
	int id;
	__u32 flags;
};

static __u64 answer_to(__u64 number)
{
	return number * 0x9e3779b97f4a7c15ULL + 1;
}

/* One of the server's threads: replies and receives until it is told to stop. */
static void *serve(void *arg)
{
	struct load *load = arg;
	__u64 in = 0, out;
	struct ipcx_reply r = { .flags = IPCX_REPLY_RECV | load->flags };
	long served = 0;

	for (;;) {
		r.next = (struct ipcx_mbox_recv){ .buf = addr(&in), .len = sizeof(in) };
		if (op(load->mbox, IPCX_REPLY, &r) != 1)
			return (void *)-1L;
		if (in == STOP)
			return (void *)served;
		out = answer_to(in);
		r.token = r.next.token;
		r.reply = (struct ipcx_mbox_msg){
			.buf = addr(&out), .len = sizeof(out), .cookie = r.next.cookie,
		};
		served++;
	}
}

static int call_many(void *arg)
{
	struct load *load = arg;
	long i;

	close(load->mbox);
	for (i = 0; i < load->calls; i++) {
		__u64 number = (__u64)load->id << 32 | i, answer = 0;
		struct ipcx_call call = make_call(&number, sizeof(number), &answer,
						  sizeof(answer));

		call.request.cookie = number;
		/* Of those who wait some spin, and never for the same. */
		call.flags = (load->id + i) % 3 ? 0 : IPCX_XFER_ADAPTIVE;
		MUST_BE(0, op(load->fd, IPCX_CALL, &call));
		MUST(answer == answer_to(number));
		MUST(call.reply.cookie == number || (!number && !call.reply.cookie));
	}
	return 0;
}

TEST(callers_and_threads)
{
	struct load load = { .calls = scaled_to_kernel(200, 10000) }, spins;
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_ADDRESSABLE, .max_msgs = 32 };
	pthread_t threads[SERVERS];
	pid_t pids[CALLERS];
	long served = 0;
	__u64 port;
	void *ret;
	int i;

	load.mbox = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &port);
	ASSERT_LE(0, load.mbox);
	load.fd = open_port(port, 0);
	ASSERT_LE(0, load.fd);
	for (load.id = 0; load.id < CALLERS; load.id++)
		pids[load.id] = spawn(call_many, &load);
	spins = load;
	spins.flags = IPCX_XFER_ADAPTIVE;
	for (i = 0; i < SERVERS; i++) {
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, serve, i % 2 ? &load : &spins));
	}
	for (i = 0; i < CALLERS; i++) {
		EXPECT_EQ(0, reap(pids[i]));
	}
	for (i = 0; i < SERVERS; i++) {
		ASSERT_EQ(1, post_number(load.fd, STOP));
	}
	for (i = 0; i < SERVERS; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], &ret));
		EXPECT_LE(0, (long)ret);
		served += (long)ret;
	}
	EXPECT_EQ(CALLERS * load.calls, served);
	EXPECT_TRUE(is_empty(load.mbox));
	close(load.fd);
	close(load.mbox);
}

/* Two that call each other at the same time, each serving the other meanwhile. */
struct crossed {
	int mbox, peer;
	int ret;
	long calls;
};

static void *serve_crossed(void *arg)
{
	struct crossed *c = arg;
	struct load load = { .mbox = c->mbox };

	return serve(&load);
}

static int call_crossed(void *arg)
{
	struct crossed *c = arg;
	__u64 i, answer;
	pthread_t thread;
	void *ret;

	MUST_BE(0, pthread_create(&thread, NULL, serve_crossed, c));
	for (i = 0; i < (__u64)c->calls; i++) {
		MUST_BE(0, call_number(c->peer, i, &answer));
		MUST(answer == answer_to(i));
	}
	MUST_BE(1, post_number(c->peer, STOP));
	pthread_join(thread, &ret);
	return ret == (void *)c->calls ? 0 : 1;
}

TEST(crossed_calls)
{
	struct crossed c[2];
	pid_t pids[2];
	__u64 port;
	int i;

	for (i = 0; i < 2; i++) {
		c[i].mbox = new_mbox(&port);
		ASSERT_LE(0, c[i].mbox);
		c[!i].peer = open_port(port, 0);
		ASSERT_LE(0, c[!i].peer);
		c[i].calls = scaled_to_kernel(2000, 100000);
	}
	for (i = 0; i < 2; i++)
		pids[i] = spawn(call_crossed, &c[i]);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, reap(pids[i]));
		close(c[i].mbox);
		close(c[i].peer);
	}
}

/*
 * Services that call each other in a ring, deeper than the ring is long: each call
 * comes back to services that wait for it. A call of DEPTH takes two threads of each
 * service at a time, which is as many as there are.
 */
#define RING		3
#define DEPTH		5
#define RING_CALLERS	4
#define RING_THREADS	(RING_CALLERS * 2)

struct ring {
	int mbox[RING], to[RING];
	int self;
	long calls;
};

/* Answers with the answer of the next one to the same, one step less deep, plus one. */
static void *serve_in_ring(void *arg)
{
	const struct ring *ring = arg;
	int mbox = ring->mbox[ring->self], next = ring->to[(ring->self + 1) % RING];
	struct ipcx_mbox_recv mail;
	__u64 number, answer;

	for (;;) {
		if (recv_mail(mbox, &number, sizeof(number), &mail, 0) != 1)
			return (void *)-1L;
		if (number == STOP)
			return NULL;
		answer = number;
		if (number % (DEPTH + 1) && call_number(next, number - 1, &answer))
			return (void *)-1L;
		if (reply_number(mbox, mail.token, answer + 1))
			return (void *)-1L;
	}
}

static int be_service(void *arg)
{
	pthread_t threads[RING_THREADS];
	int i, bad = 0;
	void *ret;

	for (i = 0; i < RING_THREADS; i++)
		MUST_BE(0, pthread_create(&threads[i], NULL, serve_in_ring, arg));
	for (i = 0; i < RING_THREADS; i++) {
		pthread_join(threads[i], &ret);
		bad |= ret != NULL;
	}
	return bad;
}

static int call_into_ring(void *arg)
{
	const struct ring *ring = arg;
	__u64 number, answer;
	long i;

	for (i = 0; i < ring->calls; i++) {
		int at = (ring->self + i) % RING;

		number = i * (DEPTH + 1) + i % (DEPTH + 1);
		MUST_BE(0, call_number(ring->to[at], number, &answer));
		/* Down to a multiple, and one up for each that was asked. */
		MUST(answer == i * (DEPTH + 1) + i % (DEPTH + 1) + 1);
	}
	return 0;
}

TEST(nested_and_crossed_calls)
{
	struct ring ring = { .calls = scaled_to_kernel(400, 20000) };
	pid_t services[RING], callers[RING_CALLERS];
	__u64 port;
	int i, n;

	for (i = 0; i < RING; i++) {
		ring.mbox[i] = new_mbox(&port);
		ring.to[i] = open_port(port, 0);
		ASSERT_LE(0, ring.to[i]);
	}
	for (ring.self = 0; ring.self < RING; ring.self++)
		services[ring.self] = spawn(be_service, &ring);
	for (ring.self = 0; ring.self < RING_CALLERS; ring.self++)
		callers[ring.self] = spawn(call_into_ring, &ring);
	for (i = 0; i < RING_CALLERS; i++) {
		EXPECT_EQ(0, reap(callers[i]));
	}
	for (i = 0; i < RING; i++)
		for (n = 0; n < RING_THREADS; n++)
			EXPECT_EQ(1, post_number(ring.to[i], STOP));
	for (i = 0; i < RING; i++) {
		EXPECT_EQ(0, reap(services[i]));
		EXPECT_TRUE(is_empty(ring.mbox[i]));
		close(ring.to[i]);
		close(ring.mbox[i]);
	}
}

TEST_HARNESS_MAIN
