// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who sent it: what the kernel attests about a message's sender, as it is seen
 * in the receiver's namespaces, and that nothing the sender writes is in it.
 */
#include "mbox_more.h"
#include "identity.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>

FIXTURE(sender)
{
	int mbox;	/* right to receive */
	int to;		/* right to send */
	__u64 port;
	int own;	/* a mailbox to send from */
	__u64 own_port;
};

typedef FIXTURE_DATA(sender) env_t;

FIXTURE_SETUP(sender)
{
	self->mbox = new_mbox(&self->port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(self->port, 0);
	ASSERT_LE(0, self->to);
	self->own = new_mbox(&self->own_port);
	ASSERT_LE(0, self->own);
}

FIXTURE_TEARDOWN(sender)
{
	EXPECT_TRUE(is_empty(self->mbox));
	close(self->own);
	close(self->to);
	close(self->mbox);
}

/* Is this the next message's sender? */
static bool comes_from(int fd, struct identity who)
{
	struct identity is = receive_identity(fd);

	return same(&is, &who);
}

/* ---- processes, threads, users ---- */

TEST_F(sender, each_way_to_send)
{
	struct ipcx_mbox_msg msg = make_mail("x", 1, 0, 0);
	struct ipcx_post post = make_post(&msg, 1, IPCX_TO_PORT);
	int control = open_control();

	ASSERT_EQ(1, post_number(self->to, 1));
	EXPECT_TRUE(comes_from(self->mbox, myself(0)));
	ASSERT_EQ(1, post_mail(self->to, "x", 1, 0, 0, self->own, 0));
	EXPECT_TRUE(comes_from(self->mbox, myself(self->own_port)));
	ASSERT_EQ(1, post_to(NULL, self->port, 1));
	EXPECT_TRUE(comes_from(self->mbox, myself(0)));
	post.dest = self->port;
	post.from = self->own;
	ASSERT_EQ(1, op(control, IPCX_POST, &post));
	EXPECT_TRUE(comes_from(self->mbox, myself(self->own_port)));
	/* To itself. */
	post.from = self->mbox;
	ASSERT_EQ(1, op(control, IPCX_POST, &post));
	EXPECT_TRUE(comes_from(self->mbox, myself(self->port)));
	close(control);
}

struct passing {
	env_t *env;
	struct identity was;	/* shared: who the child is */
};

static int post_as_a(void *arg)
{
	struct passing *p = arg;

	MUST_BE(0, become(UID_A));
	p->was = myself(p->env->own_port);
	MUST_BE(1, post_mail(p->env->to, "x", 1, 0, 0, p->env->own, 0));
	return 0;
}

/* Who has ended is told about as before. */
TEST_F(sender, has_died)
{
	struct passing *p = shared_memory(sizeof(*p));
	pid_t pid;

	p->env = self;
	pid = spawn(post_as_a, p);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(pid, p->was.pid);
	EXPECT_EQ(UID_A, p->was.uid);
	EXPECT_TRUE(comes_from(self->mbox, p->was));
}

static int post_by_each_id(void *arg)
{
	env_t *env = arg;

	MUST_BE(1, post_number(env->to, 0));
	/* The effective ids are told, not the real ones. */
	MUST(setresgid(-1, UID_B, -1) == 0);
	MUST_BE(0, become_effective(UID_A));
	MUST_BE(1, post_number(env->to, 1));
	MUST_BE(0, become_effective(0));
	MUST(setresgid(-1, 0, -1) == 0);
	MUST_BE(1, post_number(env->to, 2));
	MUST_BE(0, become(UID_B));
	MUST_BE(1, post_number(env->to, 3));
	return 0;
}

/* Ids are those of the moment, whoever opened the fd. */
TEST_F(sender, changes_its_ids)
{
	struct identity who = { 0 };

	who.pid = who.tid = spawn(post_by_each_id, self);
	EXPECT_EQ(0, reap(who.pid));
	EXPECT_TRUE(comes_from(self->mbox, who));
	who.uid = UID_A;
	who.gid = UID_B;
	EXPECT_TRUE(comes_from(self->mbox, who));
	who.uid = who.gid = 0;
	EXPECT_TRUE(comes_from(self->mbox, who));
	who.uid = who.gid = UID_B;
	EXPECT_TRUE(comes_from(self->mbox, who));
}

/* What one sender left in the mailbox's memory is not told about the next. */
TEST_F(sender, memory_is_used_again)
{
	struct passing *p = shared_memory(sizeof(*p));
	int i;

	p->env = self;
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(1, post_mail(self->to, "x", 1, 0, 0, self->own, 0));
		ASSERT_TRUE(comes_from(self->mbox, myself(self->own_port)));
		ASSERT_EQ(1, post_number(self->to, 1));
		ASSERT_TRUE(comes_from(self->mbox, myself(0)));
		ASSERT_EQ(0, in_child(post_as_a, p));
		ASSERT_TRUE(comes_from(self->mbox, p->was));
	}
}

struct thread {
	env_t *env;
	struct identity who;
	int ret;
};

static void *post_from_thread(void *arg)
{
	struct thread *t = arg;

	t->who = myself(t->env->own_port);
	t->ret = post_mail(t->env->to, "x", 1, 0, 0, t->env->own, 0);
	return NULL;
}

TEST_F(sender, is_a_thread)
{
	struct thread t = { .env = self };
	pthread_t id;

	ASSERT_EQ(0, pthread_create(&id, NULL, post_from_thread, &t));
	pthread_join(id, NULL);
	ASSERT_EQ(1, t.ret);
	EXPECT_NE(t.who.pid, t.who.tid);
	EXPECT_TRUE(comes_from(self->mbox, t.who));
}

/* A thread may be another user than its process. */
static void *post_as_another_user(void *arg)
{
	struct thread *t = arg;

	t->ret = -EPERM;
	if (syscall(SYS_setresgid, UID_A, UID_A, UID_A) == 0 &&
	    syscall(SYS_setresuid, UID_B, UID_B, UID_B) == 0)
		post_from_thread(t);
	return NULL;
}

TEST_F(sender, is_a_thread_of_another_user)
{
	struct thread t = { .env = self };
	pthread_t id;

	ASSERT_EQ(0, pthread_create(&id, NULL, post_as_another_user, &t));
	pthread_join(id, NULL);
	ASSERT_EQ(1, t.ret);
	EXPECT_EQ(UID_B, t.who.uid);
	EXPECT_EQ(UID_A, t.who.gid);
	EXPECT_TRUE(comes_from(self->mbox, t.who));
	/* The others of the process are who they were. */
	ASSERT_EQ(1, post_number(self->to, 1));
	EXPECT_TRUE(comes_from(self->mbox, myself(0)));
}

static int post_three(void *arg)
{
	env_t *env = arg;
	struct ipcx_mbox_msg msgs[3] = { { 0 } };
	struct ipcx_post post = make_post(msgs, 3, 0);

	MUST_BE(0, become(UID_A));
	MUST_BE(3, op(env->to, IPCX_POST, &post));
	return 0;
}

/* Each message of a batch has its own sender. */
TEST_F(sender, batch)
{
	struct identity a = { .uid = UID_A, .gid = UID_A }, is, want;
	struct ipcx_mbox_recv mails[5];
	struct ipcx_xfer xfer = make_mail_xfer(mails, ARRAY_SIZE(mails), 0);
	size_t i;

	memset(mails, 0, sizeof(mails));
	ASSERT_EQ(1, post_mail(self->to, NULL, 0, 0, 0, self->own, 0));
	a.pid = a.tid = spawn(post_three, self);
	ASSERT_EQ(0, reap(a.pid));
	ASSERT_EQ(1, post_mail(self->to, NULL, 0, 0, 0, -1, 0));
	ASSERT_EQ(5, op(self->mbox, IPCX_RECV, &xfer));
	for (i = 0; i < ARRAY_SIZE(mails); i++) {
		want = i == 0 ? myself(self->own_port) : i == 4 ? myself(0) : a;
		is = told(&mails[i]);
		EXPECT_TRUE(same(&is, &want)) {
			TH_LOG("message %zu", i);
		}
	}
}

/* ---- the sender's own mailbox ---- */

/* Only who may receive there says that it sends from there. */
TEST_F(sender, from_another_mailbox)
{
	int to_own = open_port(self->own_port, 0), queue = new_queue(0, NULL);
	int both = open_mbox(NULL, MBOX_CREATE | IPCX_OPEN_WRITE, 0600);
	char room[8];
	struct ipcx_call call = make_call("x", 1, room, sizeof(room));
	struct ipcx_stat stat;

	ASSERT_LE(0, to_own);
	EXPECT_EQ(-EBADF, post_mail(self->to, "x", 1, 0, 0, to_own, 0));
	EXPECT_EQ(-EBADF, post_mail(self->to, "x", 1, 0, 0, to_own, IPCX_POST_SYNC));
	EXPECT_EQ(-EBADF, post_mail(self->to, "x", 1, 0, 0, self->to, 0));
	EXPECT_EQ(-EINVAL, post_mail(self->to, "x", 1, 0, 0, queue, 0));
	call.from = to_own;
	EXPECT_EQ(-EBADF, op(self->to, IPCX_CALL, &call));
	call.from = queue;
	EXPECT_EQ(-EINVAL, op(self->to, IPCX_CALL, &call));
	EXPECT_TRUE(is_empty(self->mbox));
	/* An fd with both rights has the one to receive. */
	ASSERT_EQ(0, get_stat(both, &stat));
	EXPECT_EQ(1, post_mail(self->to, "x", 1, 0, 0, both, 0));
	EXPECT_TRUE(comes_from(self->mbox, myself(stat.id)));
	close(both);
	close(queue);
	close(to_own);
}

static int post_from_passed(void *arg)
{
	struct passing *p = arg;
	int own;

	MUST_BE(0, become(UID_B));
	own = take_fd(p->env->own);
	MUST(own >= 0);
	p->was = myself(p->was.port);
	MUST_BE(1, post_mail(p->env->to, "x", 1, 0, 0, own, 0));
	return 0;
}

/* The right to receive, and with it the port, is whoever's who has it. */
TEST_F(sender, from_a_passed_mailbox)
{
	struct passing *p = shared_memory(sizeof(*p));
	env_t theirs = *self;
	int socks[2], fd;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	theirs.own = socks[1];
	p->env = &theirs;
	pid = spawn(post_from_passed, p);
	fd = new_mbox(&p->was.port);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pass_fd(socks[0], fd));
	EXPECT_EQ(0, reap(pid));
	/* It is told even after its mailbox is gone. */
	close(fd);
	EXPECT_EQ(UID_B, p->was.uid);
	EXPECT_TRUE(comes_from(self->mbox, p->was));
	close(socks[0]);
	close(socks[1]);
}

/* ---- calls ---- */

static int call_from_own(void *arg)
{
	struct passing *p = arg;
	__u64 answer = 0, question = QUESTION;
	struct ipcx_call call = make_call(&question, 8, &answer, 8);

	MUST_BE(0, become(UID_A));
	call.from = p->env->own;
	MUST_BE(0, op(p->env->to, IPCX_CALL, &call));
	MUST_BE(ANSWER, answer);
	p->was = told(&call.reply);
	return 0;
}

/* Both learn who the other one is. */
TEST_F(sender, of_request_and_reply)
{
	struct passing *p = shared_memory(sizeof(*p));
	struct identity caller = { .port = self->own_port, .uid = UID_A, .gid = UID_A };
	struct identity is, me = myself(self->port);
	struct ipcx_mbox_recv mail;
	__u64 number;

	p->env = self;
	caller.pid = caller.tid = spawn(call_from_own, p);
	ASSERT_EQ(1, recv_mail(self->mbox, &number, 8, &mail, 0));
	is = told(&mail);
	EXPECT_TRUE(same(&is, &caller));
	EXPECT_EQ(0, reply_number(self->mbox, mail.token, ANSWER));
	EXPECT_EQ(0, reap(caller.pid));
	EXPECT_TRUE(same(&p->was, &me));
}

static int reply_as_b(void *arg)
{
	struct passing *p = arg;
	struct ipcx_mbox_recv mail;
	__u64 number;

	MUST_BE(0, become(UID_B));
	p->was = myself(p->env->port);
	MUST_BE(1, recv_mail(p->env->mbox, &number, 8, &mail, 0));
	MUST_BE(0, reply_number(p->env->mbox, mail.token, ANSWER));
	return 0;
}

static struct identity call_identity(env_t *env)
{
	__u64 answer, question = QUESTION;
	struct ipcx_call call = make_call(&question, 8, &answer, 8);

	if (op(env->to, IPCX_CALL, &call))
		memset(&call.reply, 0xff, sizeof(call.reply));
	return told(&call.reply);
}

/* Who replies is told, not who owns the mailbox; it ends right after that. */
TEST_F(sender, of_a_reply_ends)
{
	struct passing *p = shared_memory(sizeof(*p));
	struct identity is;
	pid_t pid;

	p->env = self;
	pid = spawn(reply_as_b, p);
	is = call_identity(self);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(UID_B, is.uid);
	EXPECT_EQ(pid, is.pid);
	EXPECT_TRUE(same(&is, &p->was));
}

static void *reply_from_thread(void *arg)
{
	struct thread *t = arg;
	struct ipcx_mbox_recv mail;
	__u64 number;

	t->who = myself(t->env->port);
	t->ret = recv_mail(t->env->mbox, &number, 8, &mail, 0);
	if (t->ret == 1)
		t->ret = reply_number(t->env->mbox, mail.token, ANSWER);
	return NULL;
}

TEST_F(sender, of_a_reply_is_a_thread)
{
	struct thread t = { .env = self };
	struct identity is;
	pthread_t id;

	ASSERT_EQ(0, pthread_create(&id, NULL, reply_from_thread, &t));
	is = call_identity(self);
	pthread_join(id, NULL);
	EXPECT_EQ(0, t.ret);
	EXPECT_NE(is.pid, is.tid);
	EXPECT_TRUE(same(&is, &t.who));
}

/* ---- process namespaces ---- */

static int post_one(void *arg)
{
	env_t *env = arg;

	MUST_BE(1, getpid());
	MUST_BE(1, post_number(env->to, 1));
	return 0;
}

static int post_from_pidns(void *arg)
{
	struct passing *p = arg;

	return in_pidns(post_one, p->env, &p->was.pid);
}

/* A process of a nested namespace has another number here. */
TEST_F(sender, in_a_nested_pid_namespace)
{
	struct passing *p = shared_memory(sizeof(*p));

	p->env = self;
	ASSERT_EQ(0, in_child(post_from_pidns, p));
	EXPECT_LT(1, p->was.pid);
	p->was.tid = p->was.pid;
	EXPECT_TRUE(comes_from(self->mbox, p->was));
}

static int receive_from_outside(void *arg)
{
	env_t *env = arg;
	struct identity nobody = { .uid = UID_A, .gid = UID_A };
	struct identity is;

	/* By UID_A outside, whose process is not visible; by itself. */
	is = receive_identity(env->mbox);
	nobody.port = env->own_port;
	MUST(same(&is, &nobody));
	MUST_BE(1, post_number(env->to, 1));
	MUST(comes_from(env->mbox, myself(0)));
	MUST_BE(1, getpid());
	/* Who replies from outside is not visible either. */
	is = call_identity(env);
	nobody = (struct identity) { .port = env->port, .uid = UID_B, .gid = UID_B };
	MUST(same(&is, &nobody));
	return 0;
}

static int receive_in_pidns(void *arg)
{
	return in_pidns(receive_from_outside, arg, NULL);
}

/* Two messages were received inside, and the third is the request. */
static bool has_called(void *arg)
{
	env_t *env = arg;
	struct ipcx_stat stat;

	return get_stat(env->mbox, &stat) == 0 && stat.sent == 3;
}

TEST_F(sender, outside_the_pid_namespace)
{
	struct passing *p = shared_memory(sizeof(*p));
	pid_t inside, replier;

	p->env = self;
	ASSERT_EQ(0, in_child(post_as_a, p));
	inside = spawn(receive_in_pidns, self);
	ASSERT_EQ(0, wait_until(has_called, self));
	replier = spawn(reply_as_b, p);
	EXPECT_EQ(0, reap(inside));
	EXPECT_EQ(0, reap(replier));
}

/* ---- user namespaces ---- */

struct in_userns {
	env_t *env;
	uid_t inside, outside;
	unsigned int count;
	struct identity want;
};

static int receive_in_userns(void *arg)
{
	struct in_userns *in = arg;
	struct identity is;

	MUST_BE(0, enter_userns(in->inside, in->outside, in->count));
	is = receive_identity(in->env->mbox);
	MUST(same(&is, &in->want));
	return 0;
}

/* UID_A where it is 7, where it is not, and where it is one of several. */
TEST_F(sender, seen_from_user_namespaces)
{
	static const struct { uid_t inside, outside; unsigned int count; uid_t is; } cases[] = {
		{ 7, UID_A, 1, 7 }, { 0, UID_B, 1, OVERFLOW_ID }, { 0, UID_A - 5, 10, 5 },
		{ UID_A, UID_B, 1, OVERFLOW_ID },
	};
	struct passing *p = shared_memory(sizeof(*p));
	size_t i;

	p->env = self;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct in_userns in = {
			.env = self, .inside = cases[i].inside, .outside = cases[i].outside,
			.count = cases[i].count,
		};

		ASSERT_EQ(0, in_child(post_as_a, p));
		in.want = p->was;
		in.want.uid = in.want.gid = cases[i].is;
		EXPECT_EQ(0, in_child(receive_in_userns, &in)) {
			TH_LOG("case %zu", i);
		}
		drain_mail(self->mbox);
	}
}

static int post_in_userns(void *arg)
{
	struct passing *p = arg;

	MUST_BE(0, enter_userns(0, UID_B, 1));
	MUST_BE(0, geteuid());
	p->was = myself(0);
	MUST_BE(1, post_number(p->env->to, 1));
	return 0;
}

/* Root there is UID_B here. */
TEST_F(sender, in_a_user_namespace)
{
	struct passing *p = shared_memory(sizeof(*p));

	p->env = self;
	ASSERT_EQ(0, in_child(post_in_userns, p));
	p->was.uid = p->was.gid = UID_B;
	EXPECT_TRUE(comes_from(self->mbox, p->was));
}

/* ---- what the sender writes ---- */

/* Room behind every length and count that a changed byte makes. */
struct written {
	struct ipcx_post post;
	struct ipcx_mbox_msg msgs[IPCX_COUNT_MAX];
	char payload[65536];
};

static void make_written(struct written *w, env_t *env)
{
	memset(w, 0, sizeof(*w));
	w->msgs[0] = make_mail(w->payload, 8, 1, 1);
	w->post = make_post(w->msgs, 1, IPCX_XFER_NONBLOCK);
	w->post.from = env->own;
}

/* All that came is from here; the number of messages, or -1. */
static int drain_from(env_t *env, __u64 port)
{
	struct identity me = myself(port), is;
	struct ipcx_mbox_recv mail;
	char byte;
	int n = 0;

	while (recv_mail(env->mbox, &byte, 1, &mail, IPCX_XFER_NONBLOCK | IPCX_RECV_TRUNC) == 1) {
		is = told(&mail);
		if (!same(&is, &me))
			return -1;
		n++;
	}
	return n;
}

static const unsigned char flips[] = { 0x01, 0x80, 0xff };

/* Each byte of the message: refused or sent, by the same sender. */
TEST_F(sender, message_bytes)
{
	struct written *w = calloc(1, sizeof(*w));
	int sent = 0, ret;
	size_t at, i;

	for (at = 0; at < sizeof(w->msgs[0]); at++) {
		for (i = 0; i < ARRAY_SIZE(flips); i++) {
			make_written(w, self);
			((unsigned char *)&w->msgs[0])[at] ^= flips[i];
			ret = op(self->to, IPCX_POST, &w->post);
			EXPECT_EQ(ret < 0 ? 0 : ret, drain_from(self, self->own_port)) {
				TH_LOG("byte %zu", at);
			}
			sent += ret > 0;
		}
	}
	/* Type and cookie at least can be anything. */
	EXPECT_LE(16 * ARRAY_SIZE(flips), sent);
	free(w);
}

/* Each byte of the request but those that say how long to wait for what. */
TEST_F(sender, post_bytes)
{
	struct written *w = calloc(1, sizeof(*w));
	int sent = 0, ret;
	size_t at, i;

	for (at = 0; at < sizeof(w->post); at++) {
		if (at >= offsetof(struct ipcx_post, flags) &&
		    at < offsetof(struct ipcx_post, dest))
			continue;
		for (i = 0; i < ARRAY_SIZE(flips); i++) {
			make_written(w, self);
			((unsigned char *)&w->post)[at] ^= flips[i];
			/* The one mailbox that is not @own, but mine as well. */
			if (w->post.from == self->mbox)
				continue;
			ret = op(self->to, IPCX_POST, &w->post);
			EXPECT_EQ(ret < 0 ? 0 : ret, drain_from(self, self->own_port)) {
				TH_LOG("byte %zu", at);
			}
			sent += ret > 0;
		}
	}
	EXPECT_LT(0, sent);
	free(w);
}

/* Nor does the reply's, or what the room for it held. */
TEST_F(sender, reply_bytes)
{
	struct identity me = myself(self->port), is;
	__u64 answer, question = QUESTION;
	struct ipcx_mbox_recv mail;
	struct ipcx_call call;
	struct ipcx_reply r;
	struct thread t;
	pthread_t id;
	int i;

	for (i = 0; i < 2; i++) {
		t = (struct thread) { .env = self };
		ASSERT_EQ(0, pthread_create(&id, NULL, reply_from_thread, &t));
		call = make_call(&question, 8, &answer, 8);
		memset(&call.reply.priority, i ? 0xff : 0x55,
		       sizeof(call.reply) - offsetof(struct ipcx_mbox_recv, priority));
		memset(&call.request.type, 0xff, 16);
		EXPECT_EQ(0, op(self->to, IPCX_CALL, &call));
		pthread_join(id, NULL);
		me.tid = t.who.tid;
		is = told(&call.reply);
		EXPECT_TRUE(same(&is, &me));
	}
	/* A receiver's room is nothing that tells about the next sender. */
	memset(&r, 0, sizeof(r));
	memset(&r.next, 0xff, sizeof(r.next));
	r.flags = IPCX_REPLY_RECV;
	r.next.buf = addr(&answer);
	r.next.len = 8;
	r.next.flags = 0;
	ASSERT_EQ(1, post_number(self->to, 1));
	ASSERT_EQ(1, op(self->mbox, IPCX_REPLY, &r));
	me = myself(0);
	is = told(&r.next);
	EXPECT_TRUE(same(&is, &me));
	/* And a peek tells what the receive does. */
	ASSERT_EQ(1, post_number(self->to, 1));
	ASSERT_EQ(1, recv_mail(self->mbox, &answer, 8, &mail, IPCX_RECV_PEEK));
	is = told(&mail);
	EXPECT_TRUE(same(&is, &me));
	EXPECT_TRUE(comes_from(self->mbox, me));
}

TEST_HARNESS_MAIN
