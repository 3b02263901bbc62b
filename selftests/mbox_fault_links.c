// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every allocation and every copy from or to user memory fails once in what mailboxes
 * give away and are tied by: granted rights, token fds, asynchronous calls and their
 * replies, watches, subscriptions, messages to groups; as mbox_fault.c does with their
 * messages. Needs a kernel with fault injection.
 */
#include "mbox_more.h"
#include "fault.h"

#define LARGE	5000
#define MEMBERS	3

static char out[LARGE], in[LARGE];

FIXTURE(fault)
{
	int control;
	int files[2];		/* to be carried */
};

FIXTURE_SETUP(fault)
{
	int i;

	for (i = 0; i < LARGE; i++)
		out[i] = 1 + i % 251;
	ASSERT_EQ(0, set_up_faults(0));
	self->control = open_control();
	ASSERT_LE(0, self->control);
	ASSERT_EQ(0, pipe(self->files));
	setvbuf(stdout, NULL, _IONBF, 0);
}

FIXTURE_TEARDOWN(fault)
{
	EXPECT_EQ(0, charged_files());
	close_all(self->files, 2);
	close(self->control);
}

/* Mailboxes of their own for each try: none has memory to reuse. */
struct world {
	int control;
	const int *files;
	char name[UNIQUE_NAME_SIZE];
	int mbox, to, home;
	__u64 port;
	int group, to_group;
	__u64 group_port;
	int member[MEMBERS];	/* one of each policy */
	__u64 token;		/* of a call that was received */
	int token_fd;
	size_t len;
	unsigned int nfiles;
};

typedef struct world world_t;

static int make_world(world_t *w)
{
	struct ipcx_mbox_attr attr = { .flags = IPCX_MBOX_FILES };

	unique_name(w->name, "fault");
	w->mbox = open_mbox_attr(w->name, MBOX_CREATE, 0600, &attr, &w->port);
	w->to = open_port(w->port, 0);
	w->home = files_mbox(NULL);
	attr.flags = IPCX_MBOX_GROUP | IPCX_MBOX_GROUP_BLOCK | IPCX_MBOX_ADDRESSABLE;
	w->group = open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, &w->group_port);
	w->to_group = grant(w->group, IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_WRITE);
	w->token_fd = -1;
	return w->to_group < 0 || w->home < 0 || w->to < 0 ? -EIO : 0;
}

static void end_world(world_t *w)
{
	close(w->to_group);
	close(w->group);
	close(w->home);
	close(w->to);
	close(w->mbox);
}

static struct ipcx_stat stat_of(int fd)
{
	struct ipcx_stat stat = { 0 };

	get_stat(fd, &stat);
	return stat;
}

/* The next message at home: a reply that is what was given, with its files. */
static bool has_reply(world_t *w)
{
	int fds[2];
	struct ipcx_mbox_recv mail = make_fd_room(in, sizeof(in), fds, 2);
	struct ipcx_xfer xfer = make_mail_xfer(&mail, 1, IPCX_XFER_NONBLOCK);

	memset(in, 0, sizeof(in));
	if (op(w->home, IPCX_RECV, &xfer) != 1)
		return false;
	close_all(fds, mail.fd_count);
	return mail.flags == (IPCX_MSG_REPLY | IPCX_MSG_CLOEXEC) && mail.cookie == 5 &&
	       mail.len == w->len && mail.fd_count == w->nfiles &&
	       !memcmp(in, out, w->len) && is_empty(w->home);
}

static bool has_notice(world_t *w, __u32 flags)
{
	return comes_notice(w->home, flags, w->port, 5) && is_empty(w->home);
}

/* ---- rights ---- */

static int run_grant(world_t *w)
{
	return grant(w->mbox, IPCX_OPEN_WRITE);
}

static bool after_grant(world_t *w, int ret)
{
	if (ret >= 0)
		close(ret);
	return stat_of(w->mbox).handles == 2;
}

static int run_open(world_t *w)
{
	struct ipcx_open req = {
		.kind = IPCX_KIND_MBOX, .id = w->group_port,
		.flags = IPCX_OPEN_SUBSCRIBE | IPCX_OPEN_PORT,
	};

	return op(w->control, IPCX_OPEN, &req);
}

static bool after_open(world_t *w, int ret)
{
	if (ret >= 0)
		close(ret);
	return stat_of(w->group).handles == 2;
}

/* ---- asynchronous calls ---- */

static int run_call(world_t *w)
{
	struct ipcx_mbox_msg msg = make_parcel(out, w->len, w->files, w->nfiles);
	struct ipcx_post post = make_post(&msg, 1, IPCX_POST_CALL | IPCX_XFER_NONBLOCK);

	msg.cookie = 5;
	post.from = w->home;
	return op(w->to, IPCX_POST, &post);
}

/* Whoever was told that it is sent has an answer, and nobody else has one. */
static bool after_call(world_t *w, int ret)
{
	if (ret < 0)
		return is_empty(w->mbox) && is_empty(w->home);
	if (drain_mail(w->mbox) != 1 || get_calls(w->mbox) != 1)
		return false;
	close(w->mbox);
	w->mbox = -1;
	return has_notice(w, IPCX_MSG_REPLY | IPCX_MSG_DEAD);
}

static int prepare_token(world_t *w)
{
	__u64 number;

	post_mail(w->to, "request", 8, 0, 5, w->home, IPCX_POST_CALL);
	w->token = take_call(w->mbox, &number);
	return w->token ? 0 : -EIO;
}

static int prepare_token_fd(world_t *w)
{
	int ret = prepare_token(w);

	w->token_fd = token_fd(w->mbox, w->token);
	w->token = 0;
	return ret ? ret : w->token_fd < 0;
}

static int run_token(world_t *w)
{
	return token_fd(w->mbox, w->token);
}

/* It is a number or an fd, and one of them. */
static bool after_token(world_t *w, int fd)
{
	int as_number = discard_call(w->mbox, w->token);

	if (fd >= 0)
		close(fd);
	return as_number == (fd < 0 ? 0 : -ESTALE) &&
	       has_notice(w, IPCX_MSG_REPLY | IPCX_MSG_DEAD);
}

static int run_reply(world_t *w)
{
	struct ipcx_reply r = {
		.token = w->token, .reply = make_parcel(out, w->len, w->files, w->nfiles),
	};

	return op(w->token_fd < 0 ? w->mbox : w->token_fd, IPCX_REPLY, &r);
}

/* Given, or the token is good: in the end there is one reply. */
static bool after_reply(world_t *w, int ret)
{
	if (ret < 0 && (!is_empty(w->home) || run_reply(w)))
		return false;
	if (w->token_fd >= 0)
		close(w->token_fd);
	return has_reply(w) && get_calls(w->mbox) == 0;
}

static int run_discard(world_t *w)
{
	return discard_call(w->mbox, w->token);
}

static bool after_discard(world_t *w, int ret)
{
	if (ret < 0 && (!is_empty(w->home) || run_discard(w)))
		return false;
	return has_notice(w, IPCX_MSG_REPLY | IPCX_MSG_DEAD);
}

/* ---- watches ---- */

static int run_watch(world_t *w)
{
	return watch_fd(w->to, w->home, 5);
}

static int run_watch_by(world_t *w, __u32 flags, __u64 dest, __u32 len)
{
	struct ipcx_watch req = {
		.flags = flags, .from = w->home, .dest = dest, .dest_len = len, .cookie = 5,
	};

	return op(w->control, IPCX_WATCH, &req);
}

static int run_watch_port(world_t *w)
{
	return run_watch_by(w, IPCX_TO_PORT, w->port, 0);
}

static int run_watch_name(world_t *w)
{
	return run_watch_by(w, IPCX_TO_NAME, addr(w->name), strlen(w->name));
}

/* Told of the death if it watches, and of nothing else. */
static bool after_watch(world_t *w, int ret)
{
	if (get_watches(w->home) != (ret == 0))
		return false;
	close(w->mbox);
	w->mbox = -1;
	return ret == 0 ? has_notice(w, IPCX_MSG_DEAD) : is_empty(w->home);
}

static int run_unwatch(world_t *w)
{
	return unwatch(w->home, w->port);
}

static bool after_unwatch(world_t *w, int ret)
{
	return get_watches(w->home) == (ret < 0);
}

/* A death, and all that has to be told because of it. */
static int prepare_death(world_t *w)
{
	int ret = prepare_token(w);

	ret = ret ? ret : run_watch(w);
	w->nfiles = 2;
	return ret ? ret : run_call(w) != 1;
}

static int run_death(world_t *w)
{
	return close(w->mbox) < 0 ? -errno : 0;
}

static bool after_death(world_t *w, int ret)
{
	int i;

	w->mbox = -1;
	for (i = 0; i < 3; i++) {
		struct ipcx_mbox_recv mail;

		if (recv_mail(w->home, NULL, 0, &mail, IPCX_XFER_NONBLOCK) != 1 ||
		    !(mail.flags & IPCX_MSG_DEAD) || mail.cookie != 5)
			return false;
	}
	return ret == 0 && is_empty(w->home) && charged_files() == 0;
}

/* ---- subscriptions ---- */

static int subscribe(int group, int home, __u32 lag)
{
	struct ipcx_subscribe req = { .from = home, .lag = lag };

	return op(group, IPCX_SUBSCRIBE, &req);
}

static int run_subscribe(world_t *w)
{
	return subscribe(w->to_group, w->home, IPCX_LAG_DROP_NEWEST);
}

static int run_subscribe_port(world_t *w)
{
	struct ipcx_subscribe req = {
		.flags = IPCX_TO_PORT, .dest = w->group_port, .from = w->home,
		.lag = IPCX_LAG_BLOCK,
	};

	return op(w->control, IPCX_SUBSCRIBE, &req);
}

static bool after_subscribe(world_t *w, int ret)
{
	__u64 number = 0;

	if (stat_of(w->group).members != (ret == 0) || stat_of(w->home).members != (ret == 0) ||
	    post_number(w->to_group, 3) != 1)
		return false;
	return take_number(w->home, &number) == (ret == 0 ? 1 : -EAGAIN) &&
	       number == (ret == 0 ? 3 : 0);
}

static int run_unsubscribe(world_t *w)
{
	return leave(w->home, IPCX_UNSUBSCRIBE, w->group_port);
}

static bool after_unsubscribe(world_t *w, int ret)
{
	return stat_of(w->group).members == (ret < 0) && is_empty(w->home);
}

static int prepare_members(world_t *w)
{
	int i;

	for (i = 0; i < MEMBERS; i++) {
		w->member[i] = new_mbox(NULL);
		if (subscribe(w->to_group, w->member[i], i))
			return -EIO;
	}
	return 0;
}

static int run_group_send(world_t *w)
{
	return post_mail(w->to_group, out, w->len, 1, 5, -1, IPCX_XFER_NONBLOCK);
}

/* The message, or, where there was no memory for it, that it was lost. */
static bool has_or_lost(world_t *w, int member)
{
	struct ipcx_mbox_recv mail;
	__u64 lost = stat_of(member).lost;

	memset(in, 0, sizeof(in));
	if (recv_mail(member, in, sizeof(in), &mail, IPCX_XFER_NONBLOCK) == 1)
		return !lost && !mail.lost && mail.len == w->len && mail.cookie == 5 &&
		       mail.group == w->group_port && !memcmp(in, out, w->len);
	/* The next one tells. */
	return lost == 1 && run_group_send(w) == 1 &&
	       recv_mail(member, in, sizeof(in), &mail, IPCX_XFER_NONBLOCK) == 1 &&
	       mail.lost == 1;
}

/* Nobody, or everybody but who had no memory for it. */
static bool after_group_send(world_t *w, int ret)
{
	bool good = true;
	int i;

	for (i = 0; i < MEMBERS; i++) {
		if (ret < 0)
			good = good && is_empty(w->member[i]) && !stat_of(w->member[i]).lost;
		else
			good = good && has_or_lost(w, w->member[i]);
	}
	close_all(w->member, MEMBERS);
	return good;
}

/* ---- all of them ---- */

static const struct step {
	const char *what;
	int (*prepare)(world_t *w);
	int (*run)(world_t *w);
	bool (*after)(world_t *w, int ret);
	size_t len;
	unsigned int nfiles;
	bool never;		/* it cannot fail: places are none, or make no difference */
} steps[] = {
	{ "grant", NULL, run_grant, after_grant },
	{ "open to subscribe", NULL, run_open, after_open },
	{ "token fd", prepare_token, run_token, after_token },
	{ "asynchronous call, 50 bytes", NULL, run_call, after_call, 50 },
	{ "asynchronous call, 5000 bytes and files", NULL, run_call, after_call, LARGE, 2 },
	{ "reply to it, 50 bytes", prepare_token, run_reply, after_reply, 50 },
	{ "reply to it, 5000 bytes", prepare_token, run_reply, after_reply, LARGE },
	{ "reply to it, files", prepare_token, run_reply, after_reply, 50, 2 },
	{ "reply by token fd", prepare_token_fd, run_reply, after_reply, LARGE, 2 },
	{ "discard", prepare_token, run_discard, after_discard },
	{ "watch", NULL, run_watch, after_watch },
	{ "watch by port", NULL, run_watch_port, after_watch },
	{ "watch by name", NULL, run_watch_name, after_watch },
	{ "unwatch", run_watch, run_unwatch, after_unwatch },
	{ "death", prepare_death, run_death, after_death, .never = true },
	{ "subscribe", NULL, run_subscribe, after_subscribe },
	{ "subscribe by port", NULL, run_subscribe_port, after_subscribe },
	{ "unsubscribe", run_subscribe, run_unsubscribe, after_unsubscribe },
	{ "send to a group, 50 bytes", prepare_members, run_group_send, after_group_send, 50 },
	{ "send to a group, 5000 bytes", prepare_members, run_group_send, after_group_send,
	  LARGE },
};

/* The n-th place fails; false when there are not so many. */
static bool try_nth(struct __test_metadata *_metadata, world_t *w, const struct step *step,
		    unsigned int n)
{
	int before, ret;
	bool met;

	w->len = step->len;
	w->nfiles = step->nfiles;
	ASSERT_EQ(0, make_world(w));
	ASSERT_EQ(0, step->prepare ? step->prepare(w) : 0);
	before = count_fds();
	arm(n);
	ret = step->run(w);
	met = disarm();
	ASSERT_TRUE(ret >= 0 || (met && !step->never && (ret == -ENOMEM || ret == -EFAULT))) {
		TH_LOG("%s, place %u: %d", step->what, n, ret);
	}
	if (ret < 0) {
		ASSERT_EQ(before, count_fds());
	}
	ASSERT_TRUE(step->after(w, ret)) {
		TH_LOG("%s, place %u: %d", step->what, n, ret);
	}
	ASSERT_EQ(0, charged_files());
	end_world(w);
	return met;
}

TEST_F(fault, every_operation)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		world_t w = { .control = self->control, .files = self->files };
		int before = count_fds();
		unsigned int n = 1;

		while (n < MANY && try_nth(_metadata, &w, &steps[i], n))
			n++;
		printf("# %s: %u places\n", steps[i].what, n - 1);
		ASSERT_GT(MANY, n);
		/* An operation without a single one was not really tested. */
		ASSERT_TRUE(steps[i].never || n > 1);
		ASSERT_EQ(before, count_fds());
	}
}

TEST_HARNESS_MAIN
