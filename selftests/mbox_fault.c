// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every allocation and every copy from or to user memory of every operation on
 * mailboxes fails once, as faultinj.c does with queues. Needs a kernel with fault
 * injection.
 */
#include "mbox_more.h"
#include "fault.h"

#define LARGE	5000
#define PIECES	10
#define FILES	2

static char out[LARGE], in[LARGE];

FIXTURE(fault)
{
	int control;
	int mbox;	/* right to receive */
	int fd;		/* right to send */
	int own;	/* the sender's mailbox */
	__u64 port;
	char name[UNIQUE_NAME_SIZE];
	int files[FILES];	/* to be carried */
	struct ipcx_iovec out_iov[PIECES], in_iov[PIECES];
};

FIXTURE_SETUP(fault)
{
	int i;

	for (i = 0; i < LARGE; i++)
		out[i] = 1 + i % 251;
	for (i = 0; i < PIECES; i++) {
		self->out_iov[i] = (struct ipcx_iovec){ addr(out + i * 5), 5 };
		self->in_iov[i] = (struct ipcx_iovec){ addr(in + i * 5), 5 };
	}
	ASSERT_EQ(0, set_up_faults(0));
	self->control = open_control();
	ASSERT_LE(0, self->control);
	self->own = new_mbox(NULL);
	ASSERT_LE(0, self->own);
	unique_name(self->name, "fault");
	ASSERT_EQ(0, pipe(self->files));
}

FIXTURE_TEARDOWN(fault)
{
	EXPECT_EQ(0, charged_files());
	close_all(self->files, FILES);
	close(self->own);
	close(self->control);
}

typedef FIXTURE_DATA(fault) env_t;

/* A mailbox of its own for each try: none has messages to reuse. */
static int make_mailbox(env_t *env)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_FILES };

	env->mbox = open_mbox_attr(env->name, MBOX_CREATE, 0600, &attr, &env->port);
	env->fd = open_port(env->port, 0);
	return env->mbox < 0 ? env->mbox : env->fd;
}

static void close_mailbox(env_t *env)
{
	close(env->fd);
	close(env->mbox);
}

/* ---- operations of one task ---- */

static int run_post_with(env_t *env, size_t len, unsigned int files)
{
	struct ipcx_mbox_msg msg = make_parcel(out, len, env->files, files);
	struct ipcx_post post = make_post(&msg, 1, IPCX_XFER_NONBLOCK);

	msg.type = 1;
	msg.cookie = 2;
	return op(env->fd, IPCX_POST, &post);
}

static int run_post(env_t *env, size_t len)
{
	return run_post_with(env, len, 0);
}

static int post_small(env_t *env)
{
	return run_post(env, 50);
}

static int post_large(env_t *env)
{
	return run_post(env, LARGE);
}

static int post_with_files(env_t *env)
{
	return run_post_with(env, 50, FILES);
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
	unsigned int files;
} alone[] = {
	{ "create", create, 0 },
	{ "create named", create_named, 0 },
	{ "open by name", open_by_name, 0 },
	{ "open by port", open_by_port, 0 },
	{ "post, 50 bytes", post_small, 50 },
	{ "post, 5000 bytes", post_large, LARGE },
	{ "post with files", post_with_files, 50, FILES },
	{ "post to a port, gathered", post_to_port, 5 * PIECES },
	{ "post to a name, gathered", post_to_name, 5 * PIECES },
};

/* What is there is one message, as it was sent. */
static bool is_there(env_t *env, size_t len, unsigned int files)
{
	int fds[FILES];
	struct ipcx_mbox_recv mail = make_fd_room(in, sizeof(in), fds, FILES);
	struct ipcx_xfer xfer = make_mail_xfer(&mail, 1, IPCX_XFER_NONBLOCK);

	memset(in, 0, sizeof(in));
	if (op(env->mbox, IPCX_RECV, &xfer) != 1 || mail.fd_count != files)
		return false;
	close_all(fds, files);
	return mail.len == len && !memcmp(in, out, len) && mail.type == 1 &&
	       mail.cookie == 2 && is_empty(env->mbox) && charged_files() == 0;
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
				ASSERT_TRUE(is_there(self, alone[i].sends, alone[i].files));
			}
			ASSERT_EQ(0, charged_files());
			ASSERT_TRUE(is_empty(self->mbox));
			close_mailbox(self);
		}
		printf("# %s: %u places\n", alone[i].what, n - 2);
		ASSERT_LT(2, n);
	}
}

static const struct way {
	const char *what;
	size_t len;
	bool scattered;
	unsigned int files;
} ways[] = {
	{ "", 5 * PIECES }, { ", scattered", 5 * PIECES, true }, { ", 5000 bytes", LARGE },
	{ ", files", 5 * PIECES, false, FILES },
	{ ", 5000 bytes and files", LARGE, false, FILES },
};

static int receive(env_t *env, const struct way *way, struct ipcx_mbox_recv *mail, int *fds)
{
	struct ipcx_xfer xfer = make_mail_xfer(mail, 1, IPCX_XFER_NONBLOCK);

	*mail = make_fd_room(in, sizeof(in), fds, FILES);
	if (way->scattered) {
		mail->buf = addr(env->in_iov);
		mail->len = PIECES;
		mail->flags |= IPCX_MSG_IOV;
	}
	return op(env->mbox, IPCX_RECV, &xfer);
}

/* A message that could not be received is there for the next one, with its files. */
TEST_F(fault, receiving)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		size_t len = ways[i].len;
		bool met = true;
		unsigned int n;

		for (n = 1; met && n < MANY; n++) {
			struct ipcx_mbox_recv mail;
			int fds[FILES], before, ret;

			ASSERT_LE(0, make_mailbox(self));
			ASSERT_EQ(1, run_post_with(self, len, ways[i].files));
			memset(in, 0, sizeof(in));
			before = count_fds();
			arm(n);
			ret = receive(self, &ways[i], &mail, fds);
			met = disarm();
			if (ret == 1) {
				ASSERT_EQ(0, memcmp(in, out, len));
				ASSERT_EQ(len, mail.len);
				ASSERT_EQ(ways[i].files, mail.fd_count);
				close_all(fds, mail.fd_count);
			} else {
				ASSERT_TRUE(met && (ret == -ENOMEM || ret == -EFAULT));
				ASSERT_EQ(before, count_fds());
				ASSERT_TRUE(is_there(self, len, ways[i].files));
			}
			ASSERT_EQ(before, count_fds());
			ASSERT_TRUE(is_empty(self->mbox));
			close_mailbox(self);
		}
		printf("# receive%s: %u places\n", ways[i].what, n - 2);
		ASSERT_LT(2, n);
	}
}

/* ---- calls: the caller's side ---- */

/* Replies to all that comes with what came. */
static int echo_all(void *arg)
{
	env_t *env = arg;
	static char buf[LARGE];
	int fds[FILES];

	close(env->fd);
	for (;;) {
		struct ipcx_mbox_recv mail = make_fd_room(buf, sizeof(buf), fds, FILES);
		struct ipcx_xfer xfer = make_mail_xfer(&mail, 1, 0);
		struct ipcx_reply r;
		int ret;

		MUST_BE(1, op(env->mbox, IPCX_RECV, &xfer));
		r = (struct ipcx_reply) {
			.token = mail.token,
			.reply = make_parcel(buf, mail.len, fds, mail.fd_count),
		};
		ret = op(env->mbox, IPCX_REPLY, &r);
		MUST(ret == 0 || ret == -ESTALE);
		close_all(fds, mail.fd_count);
	}
}

static int call_echo(env_t *env, size_t len, unsigned int files)
{
	struct ipcx_call call = make_call(out, len, in, sizeof(in));
	int fds[FILES], ret;

	memset(in, 0, sizeof(in));
	call.request = make_parcel(out, len, env->files, files);
	call.reply = make_fd_room(in, sizeof(in), fds, FILES);
	ret = op(env->fd, IPCX_CALL, &call);
	if (ret)
		return ret;
	close_all(fds, call.reply.fd_count);
	if (call.reply.len != len || memcmp(in, out, len) || call.reply.fd_count != files)
		return -EBADMSG;
	return 0;
}

static const struct {
	size_t len;
	unsigned int files;
} calls[] = { { 50 }, { LARGE }, { 50, FILES }, { LARGE, FILES } };

TEST_F(fault, calling)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		bool met = true;
		unsigned int n;

		for (n = 1; met && n < MANY; n++) {
			int before, ret;
			pid_t pid;

			ASSERT_LE(0, make_mailbox(self));
			pid = spawn(echo_all, self);
			before = count_fds();
			arm(n);
			ret = call_echo(self, calls[i].len, calls[i].files);
			met = disarm();
			ASSERT_TRUE(ret == 0 || (met && (ret == -ENOMEM || ret == -EFAULT))) {
				TH_LOG("place %u: %d", n, ret);
			}
			ASSERT_EQ(before, count_fds());
			/* Whatever became of it, the next one is served. */
			ASSERT_EQ(0, call_echo(self, calls[i].len, calls[i].files));
			kill(pid, SIGKILL);
			reap(pid);
			ASSERT_EQ(0, charged_files());
			close_mailbox(self);
		}
		printf("# call, %zu bytes, %u files: %u places\n", calls[i].len, calls[i].files,
		       n - 2);
		ASSERT_LT(3, n);
	}
}

/* ---- calls: the receiver's side ---- */

struct caller {
	env_t *env;
	size_t len;
	unsigned int files;
};

static int call_once(void *arg)
{
	struct caller *c = arg;
	int fds[FILES];
	struct ipcx_call call = make_call(out, c->len, in, sizeof(in));

	close(c->env->mbox);
	call.reply = make_fd_room(in, sizeof(in), fds, FILES);
	MUST_BE(0, op(c->env->fd, IPCX_CALL, &call));
	MUST_BE(c->len, call.reply.len);
	MUST_BE(c->files, call.reply.fd_count);
	MUST_BE(0, memcmp(in, out, c->len));
	return 0;
}

static const struct answer {
	size_t len;
	bool receive;
	unsigned int files;
} answers[] = {
	{ 50 }, { LARGE }, { 50, true }, { LARGE, true }, { 50, false, FILES },
	{ LARGE, true, FILES },
};

/*
 * Either the reply is given, once, or the token is still good. With @receive the
 * message that lies there is received too, or is still there.
 */
static int try_reply(env_t *env, struct __test_metadata *_metadata,
		     const struct answer *answer, unsigned int n, bool *met)
{
	struct caller c = { env, answer->len, answer->files };
	struct ipcx_reply r = {
		.flags = answer->receive ? IPCX_REPLY_RECV | IPCX_XFER_NONBLOCK : 0,
	};
	struct ipcx_mbox_recv mail;
	static char next[64];
	pid_t pid = spawn(call_once, &c);
	bool taken = false;
	int fds[FILES], ret;

	ASSERT_EQ(1, recv_mail(env->mbox, in, sizeof(in), &mail, 0));
	ASSERT_EQ(1, run_post_with(env, 50, answer->files));
	r.token = mail.token;
	r.reply = make_parcel(out, answer->len, env->files, answer->files);
	if (answer->receive)
		r.next = make_fd_room(next, sizeof(next), fds, FILES);
	arm(n);
	ret = op(env->mbox, IPCX_REPLY, &r);
	*met = disarm();
	if (ret >= 0) {
		taken = answer->receive;
		EXPECT_EQ(answer->receive, ret);
		if (taken)
			close_all(fds, r.next.fd_count);
	} else {
		EXPECT_TRUE(*met && (ret == -ENOMEM || ret == -EFAULT));
		r = (struct ipcx_reply) { .token = mail.token, .reply = r.reply };
		ret = op(env->mbox, IPCX_REPLY, &r);
		EXPECT_TRUE(ret == 0 || ret == -ESTALE);
	}
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-ESTALE, reply_mail(env->mbox, mail.token, out, answer->len));
	if (!taken) {
		EXPECT_TRUE(is_there(env, 50, answer->files));
	}
	return is_empty(env->mbox) && charged_files() == 0 ? 0 : -EIO;
}

TEST_F(fault, replying)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		bool met = true;
		unsigned int n;

		for (n = 1; met && n < MANY; n++) {
			int before = count_fds();

			ASSERT_LE(0, make_mailbox(self));
			ASSERT_EQ(0, try_reply(self, _metadata, &answers[i], n, &met));
			close_mailbox(self);
			ASSERT_EQ(before, count_fds());
		}
		printf("# reply, %zu bytes, %u files%s: %u places\n", answers[i].len,
		       answers[i].files, answers[i].receive ? ", and receive" : "", n - 2);
		ASSERT_LT(2, n);
	}
}

TEST_HARNESS_MAIN
