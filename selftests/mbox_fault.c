// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every allocation and every copy from or to user memory of every operation on
 * mailboxes fails once, as faultinj.c does with queues. Needs a kernel with fault
 * injection.
 */
#include "mbox.h"
#include "fault.h"

#include <sys/resource.h>

#define MANY	1000	/* no operation has as many places to fail */
#define LARGE	5000
#define PIECES	10

static char out[LARGE], in[LARGE];

FIXTURE(fault)
{
	int control;
	int mbox;	/* right to receive */
	int fd;		/* right to send */
	int own;	/* the sender's mailbox */
	__u64 port;
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_iovec out_iov[PIECES], in_iov[PIECES];
};

FIXTURE_SETUP(fault)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	int i;

	ASSERT_EQ(0, set_up_injectors());
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &unlimited));
	for (i = 0; i < LARGE; i++)
		out[i] = 1 + i % 251;
	for (i = 0; i < PIECES; i++) {
		self->out_iov[i] = (struct ipcx_iovec){ addr(out + i * 5), 5 };
		self->in_iov[i] = (struct ipcx_iovec){ addr(in + i * 5), 5 };
	}
	ASSERT_EQ(0, mlockall(MCL_CURRENT));
	ASSERT_EQ(0, open_fail_nth());
	self->control = open_control();
	ASSERT_LE(0, self->control);
	self->own = new_mbox(NULL);
	ASSERT_LE(0, self->own);
	unique_name(self->name, "fault");
}

FIXTURE_TEARDOWN(fault)
{
	close(self->own);
	close(self->control);
}

typedef FIXTURE_DATA(fault) env_t;

/* A mailbox of its own for each try: none has messages to reuse. */
static int make_mailbox(env_t *env)
{
	env->mbox = open_mbox_attr(env->name, MBOX_CREATE, 0600, NULL, &env->port);
	env->fd = open_port(env->port, 0);
	return env->mbox < 0 ? env->mbox : env->fd;
}

static void close_mailbox(env_t *env)
{
	close(env->fd);
	close(env->mbox);
}

/* ---- operations of one task ---- */

static int run_post(env_t *env, size_t len)
{
	return post_mail(env->fd, out, len, 1, 2, -1, IPCX_XFER_NONBLOCK);
}

static int post_small(env_t *env)
{
	return run_post(env, 50);
}

static int post_large(env_t *env)
{
	return run_post(env, LARGE);
}

static int post_by(env_t *env, __u32 how)
{
	struct ipcx_mbox_msg msg = {
		.buf = addr(env->out_iov), .len = PIECES, .flags = IPCX_MSG_IOV,
		.type = 1, .cookie = 2,
	};
	struct ipcx_post post = make_post(&msg, 1, IPCX_XFER_NONBLOCK | how);

	post.dest = how == IPCX_TO_NAME ? addr(env->name) : env->port;
	post.dest_len = how == IPCX_TO_NAME ? strlen(env->name) : 0;
	post.from = env->own;
	return op(env->control, IPCX_POST, &post);
}

static int post_to_port(env_t *env)
{
	return post_by(env, IPCX_TO_PORT);
}

static int post_to_name(env_t *env)
{
	return post_by(env, IPCX_TO_NAME);
}

static int run_open(env_t *env, unsigned int flags, const char *name)
{
	struct ipcx_mbox_attr attr = { .max_msgs = 10 };
	bool create = flags & IPCX_OPEN_CREATE;
	struct ipcx_open req = {
		.name = addr(name), .name_len = name ? strlen(name) : 0,
		.kind = IPCX_KIND_MBOX, .flags = flags, .mode = create ? 0600 : 0,
		.attr = create ? addr(&attr) : 0, .attr_size = create ? sizeof(attr) : 0,
		.id = env->port,
	};
	int fd = op(env->control, IPCX_OPEN, &req);

	if (fd < 0)
		return fd;
	close(fd);
	return 1;
}

static int create(env_t *env)
{
	return run_open(env, MBOX_CREATE, NULL);
}

static int create_named(env_t *env)
{
	char name[UNIQUE_NAME_SIZE + 2];

	snprintf(name, sizeof(name), "%s-2", env->name);
	return run_open(env, MBOX_CREATE | IPCX_OPEN_EXCL, name);
}

static int open_by_name(env_t *env)
{
	return run_open(env, IPCX_OPEN_WRITE, env->name);
}

static int open_by_port(env_t *env)
{
	return run_open(env, IPCX_OPEN_WRITE | IPCX_OPEN_PORT, NULL);
}

static const struct {
	const char *what;
	int (*run)(env_t *env);
	int sends;
} alone[] = {
	{ "create", create, 0 },
	{ "create named", create_named, 0 },
	{ "open by name", open_by_name, 0 },
	{ "open by port", open_by_port, 0 },
	{ "post, 50 bytes", post_small, 50 },
	{ "post, 5000 bytes", post_large, LARGE },
	{ "post to a port, gathered", post_to_port, 5 * PIECES },
	{ "post to a name, gathered", post_to_name, 5 * PIECES },
};

/* What is there is one message, as it was sent. */
static bool is_there(env_t *env, size_t len)
{
	struct ipcx_mbox_recv mail;

	memset(in, 0, sizeof(in));
	return recv_mail(env->mbox, in, sizeof(in), &mail, IPCX_XFER_NONBLOCK) == 1 &&
	       mail.len == len && !memcmp(in, out, len) && mail.type == 1 &&
	       mail.cookie == 2 && is_empty(env->mbox);
}

TEST_F(fault, operations_of_one)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(alone); i++) {
		bool met = true;
		unsigned int n;

		for (n = 1; met && n < MANY; n++) {
			int ret;

			ASSERT_LE(0, make_mailbox(self));
			arm(n);
			ret = alone[i].run(self);
			met = disarm();
			ASSERT_TRUE(ret == 1 || (met && (ret == -ENOMEM || ret == -EFAULT))) {
				TH_LOG("%s, place %u: %d", alone[i].what, n, ret);
			}
			if (ret == 1 && alone[i].sends) {
				ASSERT_TRUE(is_there(self, alone[i].sends));
			}
			ASSERT_TRUE(is_empty(self->mbox));
			close_mailbox(self);
		}
		printf("# %s: %u places\n", alone[i].what, n - 2);
		ASSERT_LT(2, n);
	}
}

static int recv_plain(env_t *env, struct ipcx_mbox_recv *mail, __u32 flags)
{
	return recv_mail(env->mbox, in, sizeof(in), mail, flags);
}

static int recv_scattered(env_t *env, struct ipcx_mbox_recv *mail, __u32 flags)
{
	struct ipcx_xfer xfer = {
		.msgs = addr(mail), .count = 1, .msg_size = sizeof(*mail), .flags = flags,
	};

	*mail = (struct ipcx_mbox_recv){
		.buf = addr(env->in_iov), .len = PIECES, .flags = IPCX_MSG_IOV,
	};
	return op(env->mbox, IPCX_RECV, &xfer);
}

/* A message that could not be received is there for the next one. */
TEST_F(fault, receiving)
{
	static int (*const ways[])(env_t *env, struct ipcx_mbox_recv *mail, __u32 flags) = {
		recv_plain, recv_scattered, recv_plain,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		size_t len = i == 2 ? LARGE : 5 * PIECES;
		bool met = true;
		unsigned int n;

		for (n = 1; met && n < MANY; n++) {
			struct ipcx_mbox_recv mail;
			int ret;

			ASSERT_LE(0, make_mailbox(self));
			ASSERT_EQ(1, run_post(self, len));
			memset(in, 0, sizeof(in));
			arm(n);
			ret = ways[i](self, &mail, IPCX_XFER_NONBLOCK);
			met = disarm();
			if (ret == 1) {
				ASSERT_EQ(0, memcmp(in, out, len));
				ASSERT_EQ(len, mail.len);
			} else {
				ASSERT_TRUE(met && (ret == -ENOMEM || ret == -EFAULT));
				ASSERT_TRUE(is_there(self, len));
			}
			ASSERT_TRUE(is_empty(self->mbox));
			close_mailbox(self);
		}
		printf("# receive, %zu: %u places\n", i, n - 2);
		ASSERT_LT(2, n);
	}
}

/* ---- calls: the caller's side ---- */

/* Replies to all that comes with what came. */
static int echo_all(void *arg)
{
	env_t *env = arg;
	static char buf[LARGE];
	struct ipcx_mbox_recv mail;

	close(env->fd);
	for (;;) {
		int ret;

		MUST_BE(1, recv_mail(env->mbox, buf, sizeof(buf), &mail, 0));
		ret = reply_mail(env->mbox, mail.token, buf, mail.len);
		MUST(ret == 0 || ret == -ESTALE);
	}
}

static int call_echo(env_t *env, size_t len)
{
	struct ipcx_call call = make_call(out, len, in, sizeof(in));
	int ret;

	memset(in, 0, sizeof(in));
	ret = op(env->fd, IPCX_CALL, &call);
	if (ret == 0 && (call.reply.len != len || memcmp(in, out, len)))
		return -EBADMSG;
	return ret;
}

TEST_F(fault, calling)
{
	static const size_t lengths[] = { 50, LARGE };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		bool met = true;
		unsigned int n;

		for (n = 1; met && n < MANY; n++) {
			pid_t pid;
			int ret;

			ASSERT_LE(0, make_mailbox(self));
			pid = spawn(echo_all, self);
			arm(n);
			ret = call_echo(self, lengths[i]);
			met = disarm();
			ASSERT_TRUE(ret == 0 || (met && (ret == -ENOMEM || ret == -EFAULT))) {
				TH_LOG("place %u: %d", n, ret);
			}
			/* Whatever became of it, the next one is served. */
			ASSERT_EQ(0, call_echo(self, lengths[i]));
			kill(pid, SIGKILL);
			reap(pid);
			close_mailbox(self);
		}
		printf("# call, %zu bytes: %u places\n", lengths[i], n - 2);
		ASSERT_LT(3, n);
	}
}

/* ---- calls: the receiver's side ---- */

struct caller {
	env_t *env;
	size_t len;
};

static int call_once(void *arg)
{
	struct caller *c = arg;

	close(c->env->mbox);
	return call_echo(c->env, c->len) == 0 ? 0 : 1;
}

/*
 * Either the reply is given, once, or the token is still good. With @receive the
 * message that lies there is received too, or is still there.
 */
static int try_reply(env_t *env, struct __test_metadata *_metadata, size_t len, bool receive,
		     unsigned int n, bool *met)
{
	struct caller c = { env, len };
	struct ipcx_reply r = { .flags = receive ? IPCX_REPLY_RECV | IPCX_XFER_NONBLOCK : 0 };
	struct ipcx_mbox_recv mail;
	static char next[64];
	pid_t pid = spawn(call_once, &c);
	bool taken = false;
	int ret;

	ASSERT_EQ(1, recv_mail(env->mbox, in, sizeof(in), &mail, 0));
	ASSERT_EQ(1, run_post(env, 50));
	r.token = mail.token;
	r.reply = (struct ipcx_mbox_msg){ .buf = addr(out), .len = len };
	if (receive)
		r.next = (struct ipcx_mbox_recv){ .buf = addr(next), .len = sizeof(next) };
	arm(n);
	ret = op(env->mbox, IPCX_REPLY, &r);
	*met = disarm();
	if (ret >= 0) {
		taken = receive;
		EXPECT_EQ(receive, ret);
	} else {
		EXPECT_TRUE(*met && (ret == -ENOMEM || ret == -EFAULT));
		ret = reply_mail(env->mbox, mail.token, out, len);
		EXPECT_TRUE(ret == 0 || ret == -ESTALE);
	}
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-ESTALE, reply_mail(env->mbox, mail.token, out, len));
	if (!taken) {
		EXPECT_TRUE(is_there(env, 50));
	}
	return is_empty(env->mbox) ? 0 : -EIO;
}

TEST_F(fault, replying)
{
	static const struct { size_t len; bool receive; } ways[] = {
		{ 50, false }, { LARGE, false }, { 50, true }, { LARGE, true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		bool met = true;
		unsigned int n;

		for (n = 1; met && n < MANY; n++) {
			ASSERT_LE(0, make_mailbox(self));
			ASSERT_EQ(0, try_reply(self, _metadata, ways[i].len, ways[i].receive, n,
					       &met));
			close_mailbox(self);
		}
		printf("# reply, %zu bytes%s: %u places\n", ways[i].len,
		       ways[i].receive ? ", and receive" : "", n - 2);
		ASSERT_LT(2, n);
	}
}

TEST_HARNESS_MAIN
