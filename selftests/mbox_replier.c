// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who replied: what the kernel attests about a replier, to callers that wait and to
 * those that do not, by tokens that are numbers and by those that are fds; as it is
 * seen in the caller's namespaces. Who sent a message is in mbox_sender.c.
 */
#include "mbox_more.h"
#include "identity.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>

FIXTURE(replier)
{
	int mbox;	/* who is called */
	int to;
	__u64 port;
	int home;	/* who calls and does not wait */
};

typedef FIXTURE_DATA(replier) env_t;

FIXTURE_SETUP(replier)
{
	self->mbox = new_mbox(&self->port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(self->port, 0);
	ASSERT_LE(0, self->to);
	self->home = new_mbox(NULL);
	ASSERT_LE(0, self->home);
}

FIXTURE_TEARDOWN(replier)
{
	EXPECT_TRUE(is_empty(self->mbox));
	EXPECT_TRUE(is_empty(self->home));
	close(self->home);
	close(self->to);
	close(self->mbox);
}

/* ---- repliers ---- */

/* Whoever replies, it is @who here; @fd: the token, or -1: it takes the request. */
struct replier {
	env_t *env;
	int fd;
	struct identity who;
};

/* Receives where it has no token yet. */
static int get_token(struct replier *r, __u64 *token)
{
	__u64 number;

	*token = 0;
	if (r->fd >= 0)
		return 0;
	*token = take_call(r->env->mbox, &number);
	return *token ? 0 : -EIO;
}

static int give_answer(struct replier *r, __u64 token)
{
	return reply_number(token ? r->env->mbox : r->fd, token, ANSWER);
}

static int reply_plainly(void *arg)
{
	struct replier *r = arg;
	__u64 token;

	MUST_BE(0, get_token(r, &token));
	r->who = myself(r->env->port);
	MUST_BE(0, give_answer(r, token));
	return 0;
}

static int reply_as_b(void *arg)
{
	MUST_BE(0, become(UID_B));
	return reply_plainly(arg);
}

/* Ids are those of the moment of the reply, not of the receive. */
static int receive_and_become_b(void *arg)
{
	struct replier *r = arg;
	__u64 token;

	MUST_BE(0, get_token(r, &token));
	MUST_BE(0, become(UID_B));
	r->who = myself(r->env->port);
	MUST_BE(0, give_answer(r, token));
	return 0;
}

/* Nor those of the process: a thread may have its own. */
static void *reply_from_thread(void *arg)
{
	struct replier *r = arg;

	if (syscall(SYS_setresgid, UID_A, UID_A, UID_A) < 0 ||
	    syscall(SYS_setresuid, UID_B, UID_B, UID_B) < 0)
		return NULL;
	return reply_plainly(r) ? NULL : r;
}

static int reply_by_thread(void *arg)
{
	struct replier *r = arg;
	pthread_t thread;
	void *done;

	MUST_BE(0, pthread_create(&thread, NULL, reply_from_thread, r));
	pthread_join(thread, &done);
	MUST(done == r);
	MUST(r->who.pid != r->who.tid);
	MUST_BE(0, geteuid());
	MUST_BE(UID_B, r->who.uid);
	MUST_BE(UID_A, r->who.gid);
	return 0;
}

/* Root there is UID_B here. */
static int reply_from_userns(void *arg)
{
	struct replier *r = arg;

	MUST_BE(0, enter_userns(0, UID_B, 1));
	MUST_BE(0, geteuid());
	MUST_BE(0, reply_plainly(arg));
	r->who.uid = r->who.gid = UID_B;
	return 0;
}

/* The first process there is another one here. */
static int reply_from_pidns(void *arg)
{
	struct replier *r = arg;
	__u32 pid;

	MUST_BE(0, in_pidns(reply_plainly, r, &pid));
	MUST_BE(1, r->who.pid);
	r->who.pid = r->who.tid = pid;
	return 0;
}

static const struct {
	const char *what;
	int (*reply)(void *arg);
} repliers[] = {
	{ "a process", reply_plainly },
	{ "another user", reply_as_b },
	{ "one that has become another user", receive_and_become_b },
	{ "a thread of another user", reply_by_thread },
	{ "another user namespace", reply_from_userns },
	{ "another process namespace", reply_from_pidns },
};

static struct replier *new_replier(env_t *env, int fd)
{
	struct replier *r = shared_memory(sizeof(*r));

	*r = (struct replier){ .env = env, .fd = fd };
	return r;
}

/* ---- callers ---- */

struct waiting {
	env_t *env;
	int ret;
	struct identity is;
};

static int call_and_look(void *arg)
{
	struct waiting *w = arg;
	__u64 question = QUESTION, answer = 0;
	struct ipcx_call call = make_call(&question, 8, &answer, 8);

	/* Who replies may not be the one who closes. */
	close(w->env->mbox);
	memset(&call.reply.priority, 0xff,
	       sizeof(call.reply) - offsetof(struct ipcx_mbox_recv, priority));
	w->ret = op(w->env->to, IPCX_CALL, &call);
	w->is = told(&call.reply);
	MUST_BE(ANSWER, answer);
	return 0;
}

/* A token that somebody else made: the request was received here. */
static int take_token(env_t *env)
{
	__u64 number, token = take_call(env->mbox, &number);

	return token ? token_fd(env->mbox, token) : -EIO;
}

/* A caller that waits learns who replied. */
TEST_F(replier, of_a_call)
{
	size_t i;
	int as_fd;

	for (i = 0; i < ARRAY_SIZE(repliers) * 2; i++) {
		struct waiting *w = shared_memory(sizeof(*w));
		struct replier *r = new_replier(self, -1);
		pid_t pid;

		as_fd = i % 2;
		w->env = self;
		pid = spawn(call_and_look, w);
		if (as_fd) {
			r->fd = take_token(self);
			ASSERT_LE(0, r->fd);
		}
		ASSERT_EQ(0, in_child(repliers[i / 2].reply, r)) {
			TH_LOG("%s", repliers[i / 2].what);
		}
		EXPECT_EQ(0, reap(pid));
		EXPECT_EQ(0, w->ret);
		EXPECT_TRUE(same(&w->is, &r->who)) {
			TH_LOG("%s, %s", repliers[i / 2].what, as_fd ? "fd" : "number");
		}
		if (as_fd)
			close(r->fd);
	}
}

/* So does one whose reply comes as a message, be the replier long gone. */
TEST_F(replier, of_an_asynchronous_call)
{
	size_t i;
	int as_fd;

	for (i = 0; i < ARRAY_SIZE(repliers) * 2; i++) {
		struct replier *r = new_replier(self, -1);
		struct identity is;

		as_fd = i % 2;
		ASSERT_EQ(1, post_call_number(self->to, i, self->home));
		if (as_fd) {
			r->fd = take_token(self);
			ASSERT_LE(0, r->fd);
		}
		ASSERT_EQ(0, in_child(repliers[i / 2].reply, r)) {
			TH_LOG("%s", repliers[i / 2].what);
		}
		is = receive_identity(self->home);
		EXPECT_TRUE(same(&is, &r->who)) {
			TH_LOG("%s, %s", repliers[i / 2].what, as_fd ? "fd" : "number");
		}
		if (as_fd)
			close(r->fd);
	}
}

/* ---- a token that was passed on ---- */

struct passed {
	struct replier r;
	int sock;
};

static int reply_with_passed(void *arg)
{
	struct passed *p = arg;

	MUST_BE(0, become(UID_B));
	p->r.fd = take_fd(p->sock);
	MUST(p->r.fd >= 0);
	return reply_plainly(&p->r);
}

/* Told is who replied, not who had received, opened or passed anything. */
TEST_F(replier, has_got_the_token)
{
	struct passed *p = shared_memory(sizeof(*p));
	struct identity is;
	int socks[2], fd;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	p->r = (struct replier){ .env = self, .fd = -1 };
	p->sock = socks[1];
	pid = spawn(reply_with_passed, p);
	ASSERT_EQ(1, post_call_number(self->to, 1, self->home));
	fd = take_token(self);
	ASSERT_EQ(0, pass_fd(socks[0], fd));
	close(fd);
	EXPECT_EQ(0, reap(pid));
	is = receive_identity(self->home);
	EXPECT_EQ(pid, is.pid);
	EXPECT_EQ(UID_B, is.uid);
	EXPECT_TRUE(same(&is, &p->r.who));
	close_all(socks, 2);
}

/* ---- where the reply is received ---- */

struct looking {
	env_t *env;
	uid_t inside, outside;
	struct identity want;
};

static int look_from_userns(void *arg)
{
	struct looking *l = arg;
	struct identity is;

	MUST_BE(0, enter_userns(l->inside, l->outside, 1));
	is = receive_identity(l->env->home);
	MUST(same(&is, &l->want));
	return 0;
}

static int look(void *arg)
{
	struct looking *l = arg;
	struct identity is = receive_identity(l->env->home);

	MUST(same(&is, &l->want));
	return 0;
}

static int look_from_pidns(void *arg)
{
	return in_pidns(look, arg, NULL);
}

/* UID_B where it is 7, where it is not, and where its process is not visible. */
TEST_F(replier, seen_from_namespaces)
{
	static const struct {
		int (*look)(void *arg);
		uid_t inside, outside, is;
		bool visible;
	} cases[] = {
		{ look_from_userns, 7, UID_B, 7, true },
		{ look_from_userns, 0, UID_A, OVERFLOW_ID, true },
		{ look_from_userns, UID_B, UID_A, OVERFLOW_ID, true },
		{ look_from_pidns, 0, 0, UID_B, false },
		{ look, 0, 0, UID_B, true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct replier *r = new_replier(self, -1);
		struct looking l = {
			.env = self, .inside = cases[i].inside, .outside = cases[i].outside,
		};

		ASSERT_EQ(1, post_call_number(self->to, 1, self->home));
		ASSERT_EQ(0, in_child(reply_as_b, r));
		l.want = r->who;
		l.want.uid = l.want.gid = cases[i].is;
		if (!cases[i].visible)
			l.want.pid = l.want.tid = 0;
		EXPECT_EQ(0, in_child(cases[i].look, &l)) {
			TH_LOG("case %zu", i);
		}
	}
}

static int look_at_notice(void *arg)
{
	struct looking *l = arg;

	MUST_BE(0, enter_userns(l->inside, l->outside, 1));
	MUST(comes_notice(l->env->home, IPCX_MSG_REPLY | IPCX_MSG_DEAD, l->env->port, 3));
	return 0;
}

/* What the kernel writes is nobody's in every namespace. */
TEST_F(replier, nobody)
{
	struct looking l = { .env = self, .inside = 0, .outside = UID_A };
	__u64 number, token;

	ASSERT_EQ(1, post_call_number(self->to, 3, self->home));
	token = take_call(self->mbox, &number);
	ASSERT_EQ(0, discard_call(self->mbox, token));
	EXPECT_EQ(0, in_child(look_at_notice, &l));
}

/* ---- what the replier writes ---- */

/* Each byte of it: refused, or replied by the same. */
TEST_F(replier, reply_bytes)
{
	static const unsigned char flips[] = { 0x01, 0x80, 0xff };
	static char payload[65536];
	struct identity me = myself(self->port), is;
	__u64 number, token;
	size_t at, i;

	for (at = 0; at < sizeof(struct ipcx_mbox_msg); at++) {
		for (i = 0; i < ARRAY_SIZE(flips); i++) {
			struct ipcx_reply r = { .reply = make_mail(payload, 8, 1, 1) };

			ASSERT_EQ(1, post_call_number(self->to, 1, self->home));
			token = take_call(self->mbox, &number);
			r.token = token;
			((unsigned char *)&r.reply)[at] ^= flips[i];
			if (op(self->mbox, IPCX_REPLY, &r) < 0)
				ASSERT_EQ(0, reply_number(self->mbox, token, 1));
			is = receive_identity(self->home);
			EXPECT_TRUE(same(&is, &me)) {
				TH_LOG("byte %zu", at);
			}
		}
	}
}

TEST_HARNESS_MAIN
