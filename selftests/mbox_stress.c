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
	struct ipcx_reply r = { .flags = IPCX_REPLY_RECV };
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
		MUST_BE(0, op(load->fd, IPCX_CALL, &call));
		MUST(answer == answer_to(number));
		MUST(call.reply.cookie == number || (!number && !call.reply.cookie));
	}
	return 0;
}

TEST(callers_and_threads)
{
	struct load load = { .calls = scaled_to_kernel(200, 10000) };
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
	for (i = 0; i < SERVERS; i++) {
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, serve, &load));
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

TEST_HARNESS_MAIN
