// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What one user may have in mailboxes: files in messages, replies to come, watches.
 * EDQUOT where it ends, and all of it is given back.
 */
#include "mbox_more.h"
#include "params.h"

FIXTURE(limits)
{
	struct parameters saved;
	int mbox;
	int to;
	__u64 port;
	int rd, wr;
	int kept;		/* one message of A's is there: its account stays */
	long long charged;	/* to A for that message */
};

typedef FIXTURE_DATA(limits) env_t;

static long long charged_bytes(void)
{
	struct ipcx_info info;
	int ret = get_info(&info);

	return ret ? ret : (long long)info.user_bytes;
}

static int post_as_a(void *arg)
{
	MUST_BE(0, become(UID_A));
	MUST_BE(1, post_number(*(int *)arg, 1));
	return 0;
}

static int tell_charge_of_a(void *arg)
{
	MUST_BE(0, become(UID_A));
	*(long long *)arg = charged_bytes();
	return 0;
}

static long long charged_to_a(void)
{
	long long *bytes = shared_memory(sizeof(*bytes)), ret;

	*bytes = -1;
	in_child(tell_charge_of_a, bytes);
	ret = *bytes;
	munmap(bytes, sizeof(*bytes));
	return ret;
}

FIXTURE_SETUP(limits)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE | IPCX_MBOX_FILES, .max_msgs = 10000,
	};
	int pipes[2], to_kept;
	__u64 port;

	ASSERT_EQ(0, save_parameters(&self->saved));
	self->kept = new_mbox(&port);
	to_kept = open_port(port, 0);
	ASSERT_EQ(0, in_child(post_as_a, &to_kept));
	close(to_kept);
	self->charged = charged_to_a();
	ASSERT_LT(0, self->charged);
	self->mbox = open_mbox_attr(NULL, MBOX_CREATE, 0666, &attr, &self->port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(self->port, 0);
	ASSERT_LE(0, self->to);
	ASSERT_EQ(0, pipe(pipes));
	self->rd = pipes[0];
	self->wr = pipes[1];
}

FIXTURE_TEARDOWN(limits)
{
	EXPECT_EQ(0, restore_parameters(&self->saved));
	EXPECT_EQ(0, charged_files());
	close(self->rd);
	close(self->wr);
	close(self->to);
	close(self->mbox);
	close(self->kept);
}

/* ---- files ---- */

#define FILES	20

/* Messages with @n files each until one is refused; how many. */
static int fill(env_t *env, int n, int *error)
{
	int fds[IPCX_FDS_MAX], i, sent = 0;

	for (i = 0; i < n; i++)
		fds[i] = env->wr;
	while ((*error = post_files(env->to, fds, n)) == 1)
		sent++;
	return sent;
}

static int fill_as_a(void *arg)
{
	env_t *env = arg;
	struct ipcx_info info;
	int error;

	MUST_BE(0, become(UID_A));
	MUST_BE(0, charged_files());
	MUST_BE(FILES / 8, fill(env, 8, &error));
	MUST_BE(-EDQUOT, error);
	MUST_BE(0, get_info(&info));
	MUST_BE(FILES, info.user_files_limit);
	MUST_BE(FILES / 8 * 8, info.user_files);
	/* What is left is enough for less. */
	MUST_BE(FILES % 8, fill(env, 1, &error));
	MUST_BE(-EDQUOT, error);
	MUST_BE(FILES, charged_files());
	MUST_BE(1, post_files(env->to, NULL, 0));
	return 0;
}

static int charged_as_a(void *arg)
{
	(void)arg;
	MUST_BE(0, become(UID_A));
	return charged_files();
}

/* The sender's until they are received, by whomever. */
TEST_F(limits, files)
{
	int in[8], i;

	ASSERT_EQ(0, set_parameter("user_max_files", FILES));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, in_child(fill_as_a, self));
		EXPECT_EQ(0, charged_files());
		EXPECT_EQ(FILES, in_child(charged_as_a, NULL));
		ASSERT_EQ(1, recv_files(self->mbox, in, 8, NULL, 0));
		EXPECT_EQ(FILES - 8, in_child(charged_as_a, NULL));
		close_all(in, 8);
		/* Cut, they are given back as well. */
		drain_mail(self->mbox);
		EXPECT_EQ(0, in_child(charged_as_a, NULL));
	}
	EXPECT_EQ(0, in_child(fill_as_a, self));
	close(self->mbox);
	self->mbox = -1;
	EXPECT_EQ(0, in_child(charged_as_a, NULL));
}

static int fill_as_b(void *arg)
{
	env_t *env = arg;
	int error;

	MUST_BE(0, become(UID_B));
	MUST_BE(FILES, fill(env, 1, &error));
	MUST_BE(-EDQUOT, error);
	return 0;
}

TEST_F(limits, files_of_two_users)
{
	ASSERT_EQ(0, set_parameter("user_max_files", FILES));
	EXPECT_EQ(0, in_child(fill_as_a, self));
	EXPECT_EQ(0, in_child(fill_as_b, self));
	EXPECT_EQ(FILES, in_child(charged_as_a, NULL));
	drain_mail(self->mbox);
}

static int fill_in_userns(void *arg)
{
	env_t *env = arg;
	int error;

	MUST_BE(0, become(UID_A));
	MUST_BE(1, post_file(env->to, env->wr));
	MUST_BE(0, enter_userns(0, UID_A, 1));
	/* A new name, but above it the same account. */
	MUST_BE(0, charged_files());
	MUST_BE(FILES - 1, fill(env, 1, &error));
	MUST_BE(-EDQUOT, error);
	MUST_BE(FILES - 1, charged_files());
	return 0;
}

TEST_F(limits, files_of_a_user_namespace)
{
	ASSERT_EQ(0, set_parameter("user_max_files", FILES));
	EXPECT_EQ(0, in_child(fill_in_userns, self));
	EXPECT_EQ(FILES, in_child(charged_as_a, NULL));
	drain_mail(self->mbox);
	EXPECT_EQ(0, in_child(charged_as_a, NULL));
}

/* A limit below what is in use refuses what is new and takes nothing away. */
TEST_F(limits, files_lowered_below_use)
{
	int in[2], out[2] = { self->wr, self->wr };

	ASSERT_EQ(1, post_files(self->to, out, 2));
	ASSERT_EQ(0, set_parameter("user_max_files", 1));
	EXPECT_EQ(-EDQUOT, post_file(self->to, self->wr));
	ASSERT_EQ(0, set_parameter("user_max_files", 0));
	EXPECT_EQ(1, recv_files(self->mbox, in, 2, NULL, 0));
	close_all(in, 2);
	EXPECT_EQ(-EDQUOT, post_file(self->to, self->wr));
	EXPECT_EQ(1, post_files(self->to, NULL, 0));
	EXPECT_EQ(1, drain_mail(self->mbox));
}

/* What was sent before the limit counts; the rest is as before. */
TEST_F(limits, batch_of_files)
{
	int fds[3] = { self->wr, self->wr, self->wr }, i;
	struct ipcx_mbox_msg msgs[10];
	struct ipcx_post post = make_post(msgs, 10, 0);

	ASSERT_EQ(0, set_parameter("user_max_files", FILES));
	for (i = 0; i < 10; i++)
		msgs[i] = make_parcel(NULL, 0, fds, 3);
	EXPECT_EQ(FILES / 3, op(self->to, IPCX_POST, &post));
	EXPECT_EQ(-EDQUOT, op(self->to, IPCX_POST, &post));
	EXPECT_EQ(FILES / 3 * 3, charged_files());
	EXPECT_EQ(FILES / 3, drain_mail(self->mbox));
}

static int call_for_files(void *arg)
{
	env_t *env = arg;
	int fds[8];
	struct ipcx_call call = { .from = -1, .reply = make_fd_room(NULL, 0, fds, 8) };

	MUST_BE(0, op(env->to, IPCX_CALL, &call));
	MUST_BE(4, call.reply.fd_count);
	return 0;
}

/* Those of a reply are the replier's; refused, the token is still good. */
TEST_F(limits, files_of_a_reply)
{
	int fds[8] = { self->wr, self->wr, self->wr, self->wr, self->wr }, i;
	pid_t pid = spawn(call_for_files, self);
	__u64 number, token = take_call(self->mbox, &number);
	int home = files_mbox(NULL);

	ASSERT_NE(0, token);
	ASSERT_EQ(0, set_parameter("user_max_files", 4));
	EXPECT_EQ(-EDQUOT, reply_files(self->mbox, token, fds, 5));
	EXPECT_EQ(0, reply_files(self->mbox, token, fds, 4));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(0, charged_files());
	/* An asynchronous one's until it is received. */
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(1, post_call_number(self->to, i, home));
		token = take_call(self->mbox, &number);
		EXPECT_EQ(i ? -EDQUOT : 0, reply_files(self->mbox, token, fds, 3));
		EXPECT_EQ(3, charged_files());
	}
	EXPECT_EQ(1, drain_mail(home));
	EXPECT_EQ(0, reply_files(self->mbox, token, fds, 3));
	close(home);
}

/* ---- replies to come, and watches ---- */

#define QUOTA	(64 * 1024)

struct asking {
	env_t *env;
	int (*ask)(env_t *env, int home, int i);
	int messages;		/* that are charged for each, and something more */
	int home;
	int asked;
};

static int ask_call(env_t *env, int home, int i)
{
	return post_mail(env->to, NULL, 0, 0, i, home, IPCX_POST_CALL | IPCX_XFER_NONBLOCK);
}

/* Each watch needs a mailbox of its own, which root pays for. */
static int targets[2000];

static int ask_watch(env_t *env, int home, int i)
{
	(void)env;
	return watch_fd(targets[i], home, i);
}

static int ask_until_refused(void *arg)
{
	struct asking *a = arg;
	long long with_home;
	int ret;

	MUST_BE(0, become(UID_A));
	with_home = charged_bytes();
	while ((ret = a->ask(a->env, a->home, a->asked)) >= 0)
		a->asked++;
	MUST_BE(-EDQUOT, ret);
	/* Each of them costs, and all together no more than the limit. */
	MUST(a->asked > 10);
	MUST(charged_bytes() - with_home >= a->asked * 64LL);
	MUST(charged_bytes() <= QUOTA);
	return 0;
}

static struct asking *new_asking(env_t *env, int (*ask)(env_t *env, int home, int i))
{
	struct asking *a = shared_memory(sizeof(*a));

	*a = (struct asking){ .env = env, .ask = ask, .home = files_mbox(NULL) };
	return a;
}

/* With more and more allowed, until it is enough: what is refused has cost nothing. */
static int ask_beyond_limits(void *arg)
{
	struct asking *a = arg;
	long long limit;
	int ret;

	MUST_BE(0, seteuid(UID_A));
	for (limit = a->env->charged;; limit += 8) {
		MUST_BE(0, seteuid(0));
		MUST_BE(0, set_parameter("user_max_bytes", limit));
		MUST_BE(0, seteuid(UID_A));
		ret = a->ask(a->env, a->home, 0);
		if (ret >= 0)
			break;
		MUST_BE(-EDQUOT, ret);
		MUST_BE(a->env->charged, charged_bytes());
	}
	MUST(limit > a->env->charged * (1 + a->messages));
	return 0;
}

TEST_F(limits, refused_for_nothing)
{
	int mbox = new_mbox(NULL), i;

	targets[0] = grant(mbox, IPCX_OPEN_WRITE);
	ASSERT_LE(0, targets[0]);
	for (i = 0; i < 2; i++) {
		struct asking *a = new_asking(self, i ? ask_call : ask_watch);

		/* A notice; a request and its reply. */
		a->messages = 1 + i;
		EXPECT_EQ(0, in_child(ask_beyond_limits, a));
		ASSERT_EQ(0, restore_parameters(&self->saved));
		close(a->home);
	}
	close(targets[0]);
	close(mbox);
	/* With the mailbox goes the call that was allowed. */
	close(self->mbox);
	self->mbox = -1;
	EXPECT_EQ(self->charged, charged_to_a());
}

/* What was asked for before is answered all the same. */
TEST_F(limits, replies_to_come)
{
	struct asking *a = new_asking(self, ask_call);
	static char big[65536];
	struct ipcx_mbox_recv mail;
	__u64 number;
	int i;

	ASSERT_EQ(0, set_parameter("user_max_bytes", QUOTA));
	EXPECT_EQ(0, in_child(ask_until_refused, a));
	ASSERT_EQ(0, restore_parameters(&self->saved));
	for (i = 0; i < a->asked; i++) {
		__u64 token = take_call(self->mbox, &number);

		ASSERT_NE(0, token);
		ASSERT_EQ(0, i % 2 ? discard_call(self->mbox, token) :
				     reply_mail(self->mbox, token, big, 100));
	}
	EXPECT_TRUE(is_empty(self->mbox));
	for (i = 0; i < a->asked; i++) {
		ASSERT_EQ(1, recv_mail(a->home, big, 100, &mail, IPCX_XFER_NONBLOCK));
		ASSERT_EQ(i, mail.cookie);
	}
	close(a->home);
	/* What lies in a mailbox's cache goes with the mailbox. */
	close(self->mbox);
	self->mbox = -1;
	EXPECT_EQ(self->charged, charged_to_a());
}

/* A reply larger than its caller may have is refused, and the token stays good. */
static int call_as_a(void *arg)
{
	struct asking *a = arg;

	MUST_BE(0, become(UID_A));
	MUST_BE(1, ask_call(a->env, a->home, 7));
	return 0;
}

TEST_F(limits, reply_beyond_the_limit)
{
	struct asking *a = new_asking(self, ask_call);
	static char big[65536];
	struct ipcx_mbox_recv mail;
	__u64 number, token;

	ASSERT_EQ(0, in_child(call_as_a, a));
	token = take_call(self->mbox, &number);
	ASSERT_NE(0, token);
	ASSERT_EQ(0, set_parameter("user_max_bytes", QUOTA / 2));
	EXPECT_EQ(-EDQUOT, reply_mail(self->mbox, token, big, sizeof(big)));
	EXPECT_TRUE(is_empty(a->home));
	EXPECT_EQ(1, get_calls(self->mbox));
	ASSERT_EQ(0, restore_parameters(&self->saved));
	EXPECT_EQ(0, reply_mail(self->mbox, token, big, sizeof(big)));
	ASSERT_EQ(1, recv_mail(a->home, big, sizeof(big), &mail, IPCX_XFER_NONBLOCK));
	EXPECT_EQ(sizeof(big), mail.len);
	close(a->home);
	close(self->mbox);
	self->mbox = -1;
	EXPECT_EQ(self->charged, charged_to_a());
}

TEST_F(limits, watches)
{
	struct asking *a = new_asking(self, ask_watch);
	int mbox[ARRAY_SIZE(targets)], i;

	ASSERT_EQ(0, allow_fds(2 * ARRAY_SIZE(targets)));
	for (i = 0; i < (int)ARRAY_SIZE(targets); i++) {
		mbox[i] = new_mbox(NULL);
		targets[i] = grant(mbox[i], IPCX_OPEN_WRITE);
		ASSERT_LE(0, targets[i]);
	}
	ASSERT_EQ(0, set_parameter("user_max_bytes", QUOTA));
	EXPECT_EQ(0, in_child(ask_until_refused, a));
	ASSERT_EQ(0, restore_parameters(&self->saved));
	EXPECT_EQ(a->asked, get_watches(a->home));
	/* A third is taken back, a third comes true, a third goes with the fd. */
	for (i = 0; i < a->asked; i++) {
		if (i % 3 == 0) {
			ASSERT_EQ(0, unwatch(a->home, port_of(mbox[i])));
		} else if (i % 3 == 1) {
			__u64 port = port_of(mbox[i]);

			close(mbox[i]);
			ASSERT_TRUE(comes_notice(a->home, IPCX_MSG_DEAD, port, i));
		} else {
			close(targets[i]);
		}
	}
	EXPECT_EQ(0, get_watches(a->home));
	EXPECT_TRUE(is_empty(a->home));
	close(a->home);
	EXPECT_EQ(self->charged, charged_to_a());
}

TEST_HARNESS_MAIN
