// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kill -9 of the parties to a call: who calls, who serves, and who was handed the
 * token, in every order, at every step, and at random. Nobody hangs, whoever is left
 * is told, and no file, message or token stays behind.
 */
#include "mbox.h"
#include "endings.h"

#include <poll.h>
#include <sys/socket.h>

/* ---- what the parties do ---- */

static int new_file_mbox(__u64 *port)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE | IPCX_MBOX_FILES, .max_msgs = 64,
	};

	return open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, port);
}

static int token_fd(int mbox, __u64 token)
{
	struct ipcx_token req = { .token = token };

	return op(mbox, IPCX_TOKEN, &req);
}

/* A number and, unless it is -1, a file. */
static int reply_file(int fd, __u64 token, __u64 number, __s32 file)
{
	struct ipcx_reply reply = {
		.token = token, .reply = { .buf = addr(&number), .len = sizeof(number) },
	};

	if (file >= 0) {
		reply.reply.fds = addr(&file);
		reply.reply.fd_count = 1;
	}
	return op(fd, IPCX_REPLY, &reply);
}

/* Receives a number and, where one comes, a file. */
static int take_file(int mbox, struct ipcx_mbox_recv *mail, __u64 *number, __s32 *file,
		     __u32 flags)
{
	struct ipcx_xfer xfer = make_mail_xfer(mail, 1, flags);

	*mail = make_room(number, sizeof(*number));
	mail->fds = addr(file);
	mail->fd_room = 1;
	*file = -1;
	return op(mbox, IPCX_RECV, &xfer);
}

static int post_file(int fd, __u64 number, __s32 file)
{
	struct ipcx_mbox_msg msg = make_mail(&number, sizeof(number), number, number);
	struct ipcx_post post = make_post(&msg, 1, 0);

	msg.fds = addr(&file);
	msg.fd_count = 1;
	return op(fd, IPCX_POST, &post);
}

/* ---- in order: each step, each order of deaths ---- */

/* How far a call has come when the first one dies. */
enum step { QUEUED, RECEIVED, AS_A_FILE, ON_ITS_WAY, HANDED_OVER, STEPS };
enum party { CALLER, SERVER, THIRD, PARTIES };

struct scene {
	enum step step;
	bool async, with_file;
	int mbox, to;		/* the service */
	int own;		/* the caller's, for asynchronous calls */
	int socks[2];
	volatile bool there[PARTIES];
	volatile int ret;	/* of the call; 1: not over */
};

static int call_in_scene(struct scene *s)
{
	__u64 number = QUESTION, answer;
	struct ipcx_call call = make_call(&number, sizeof(number), &answer, sizeof(answer));
	__s32 file = open("/", O_PATH | O_CLOEXEC);

	if (s->with_file) {
		call.request.fds = addr(&file);
		call.request.fd_count = 1;
	}
	s->there[CALLER] = true;
	return op(s->to, IPCX_CALL, &call);
}

static int call_async_in_scene(struct scene *s)
{
	struct ipcx_mbox_recv mail;
	__u64 number;
	int ret = post_mail(s->to, "question", 8, 0, 7, s->own, IPCX_POST_CALL);

	s->there[CALLER] = true;
	if (ret == 1)
		ret = recv_mail_match(s->own, &number, 8, &mail, IPCX_MATCH_REPLY, 0, 0);
	if (ret != 1)
		return ret;
	return mail.flags & IPCX_MSG_DEAD ? -EPIPE : 0;
}

static int be_caller(void *arg)
{
	struct scene *s = arg;

	close(s->mbox);
	close(s->socks[0]);
	close(s->socks[1]);
	s->ret = s->async ? call_async_in_scene(s) : call_in_scene(s);
	pause();
	return 0;
}

static int be_server(void *arg)
{
	struct scene *s = arg;
	struct ipcx_mbox_recv mail = { 0 };
	__u64 number;
	__s32 file;
	int fd = -1;

	close(s->own);
	close(s->socks[1]);
	if (s->step >= RECEIVED) {
		MUST_BE(1, take_file(s->mbox, &mail, &number, &file, 0));
		MUST(mail.token);
	}
	if (s->step >= AS_A_FILE) {
		fd = token_fd(s->mbox, mail.token);
		MUST(fd >= 0);
	}
	if (s->step >= ON_ITS_WAY) {
		MUST_BE(0, pass_fd(s->socks[0], fd));
		close(fd);
	}
	s->there[SERVER] = true;
	pause();
	return 0;
}

static int be_third(void *arg)
{
	struct scene *s = arg;

	close(s->mbox);
	close(s->own);
	close(s->socks[0]);
	if (s->step >= HANDED_OVER)
		MUST(take_fd(s->socks[1]) >= 0);
	s->there[THIRD] = true;
	pause();
	return 0;
}

static bool all_there(void *arg)
{
	const struct scene *s = arg;

	return s->there[CALLER] && s->there[SERVER] && s->there[THIRD];
}

static bool call_is_over(void *arg)
{
	const struct scene *s = arg;

	return s->ret != 1;
}

/*
 * Whoever could have answered is dead. A token that has become a file is whose that
 * is, and outlives the mailbox; on its way it is in the socket of who is to have it.
 */
static bool nobody_can_answer(const struct scene *s, const bool *dead, bool mbox_lives)
{
	if (s->step == QUEUED)
		return dead[SERVER] && !mbox_lives;
	return dead[s->step >= ON_ITS_WAY ? THIRD : SERVER];
}

static const enum party orders[][PARTIES] = {
	{ CALLER, SERVER, THIRD }, { CALLER, THIRD, SERVER }, { SERVER, CALLER, THIRD },
	{ SERVER, THIRD, CALLER }, { THIRD, CALLER, SERVER }, { THIRD, SERVER, CALLER },
};

static int play(struct scene *s, const enum party *order, bool mbox_lives)
{
	static int (*const roles[PARTIES])(void *arg) = { be_caller, be_server, be_third };
	bool dead[PARTIES] = { false };
	pid_t pids[PARTIES];
	int i;

	for (i = 0; i < PARTIES; i++)
		pids[i] = spawn(roles[i], s);
	close(s->socks[0]);
	close(s->socks[1]);
	close(s->own);
	if (!mbox_lives)
		close(s->mbox);
	MUST_BE(0, wait_until(all_there, s));
	if (s->step == QUEUED)
		MUST_BE(0, wait_depth(s->to, 1));
	MUST_BE(1, s->ret);
	for (i = 0; i < PARTIES; i++) {
		kill(pids[order[i]], SIGKILL);
		MUST_BE(KILLED_BY(SIGKILL), reap(pids[order[i]]));
		dead[order[i]] = true;
		if (dead[CALLER])
			continue;
		if (nobody_can_answer(s, dead, mbox_lives)) {
			MUST_BE(0, wait_until(call_is_over, s));
			MUST_BE(-EPIPE, s->ret);
		} else {
			MUST_BE(1, s->ret);
		}
	}
	if (mbox_lives) {
		MUST_BE(0, get_calls(s->mbox));
		/* An asynchronous call that was not received is a message like any other. */
		MUST_BE(s->async && s->step == QUEUED, drain_mail(s->mbox));
		MUST(is_empty(s->mbox));
		close(s->mbox);
	}
	close(s->to);
	return 0;
}

static int play_all(struct scene *s, bool mbox_lives)
{
	struct ipcx_info before;
	__u64 port;
	size_t i;

	MUST_BE(0, get_info(&before));
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		s->mbox = new_file_mbox(&port);
		s->to = open_port(port, 0);
		s->own = new_mbox(NULL);
		MUST(s->to >= 0 && s->own >= 0);
		MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s->socks) == 0);
		memset((void *)s->there, 0, sizeof(s->there));
		s->ret = 1;
		if (play(s, orders[i], mbox_lives)) {
			fprintf(stderr, "# step %d, order %zu, %s, mailbox %s\n", s->step, i,
				s->async ? "asynchronous" : "call",
				mbox_lives ? "lives" : "dies with the server");
			return 1;
		}
	}
	MUST_BE(0, wait_back_to(&before));
	return 0;
}

FIXTURE(order)
{
	struct scene *scene;
};

FIXTURE_VARIANT(order)
{
	bool async, with_file;
};

FIXTURE_VARIANT_ADD(order, call)
{
};

FIXTURE_VARIANT_ADD(order, call_with_a_file)
{
	.with_file = true,
};

FIXTURE_VARIANT_ADD(order, asynchronous)
{
	.async = true,
};

FIXTURE_SETUP(order)
{
	start_watchdog();
	self->scene = shared_memory(sizeof(*self->scene));
	self->scene->async = variant->async;
	self->scene->with_file = variant->with_file;
}

FIXTURE_TEARDOWN(order)
{
}

TEST_F(order, of_death_in_a_mailbox_that_lives)
{
	for (self->scene->step = QUEUED; self->scene->step < STEPS; self->scene->step++) {
		ASSERT_EQ(0, play_all(self->scene, true));
	}
}

TEST_F(order, of_death_in_the_servers_own_mailbox)
{
	for (self->scene->step = QUEUED; self->scene->step < STEPS; self->scene->step++) {
		ASSERT_EQ(0, play_all(self->scene, false));
	}
}

/* ---- who is left ---- */

static bool file_is_stale(void *arg)
{
	struct pollfd p = { .fd = *(int *)arg, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && p.revents == (POLLERR | POLLHUP);
}

/* Whoever has the token learns that there is nobody to answer. */
TEST(the_caller_dies_first)
{
	struct scene *s = shared_memory(sizeof(*s));
	struct ipcx_mbox_recv mail;
	__u64 port, number;
	__s32 file;
	pid_t pid;
	int fd;

	*s = (struct scene){ .ret = 1, .with_file = true, .own = -1, .socks = { -1, -1 } };
	s->mbox = new_file_mbox(&port);
	s->to = open_port(port, 0);
	ASSERT_LE(0, s->to);
	pid = spawn(be_caller, s);
	ASSERT_EQ(1, take_file(s->mbox, &mail, &number, &file, 0));
	EXPECT_LE(0, file);
	fd = token_fd(s->mbox, mail.token);
	ASSERT_LE(0, fd);
	EXPECT_FALSE(file_is_stale(&fd));
	kill(pid, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pid));
	EXPECT_EQ(0, wait_until(file_is_stale, &fd));
	EXPECT_EQ(-ESTALE, reply_file(fd, 0, 1, -1));
	EXPECT_EQ(-ESTALE, reply_file(fd, 0, 1, file));
	EXPECT_EQ(0, get_calls(s->mbox));
	close(fd);
	close(file);
	close(s->to);
	close(s->mbox);
}

/* The server is not needed any more once another has the token. */
TEST(the_server_dies_first)
{
	struct scene *s = shared_memory(sizeof(*s));
	pid_t caller, server;
	__u64 port;
	int fd;

	*s = (struct scene){ .ret = 1, .step = ON_ITS_WAY, .own = -1 };
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s->socks));
	s->mbox = new_file_mbox(&port);
	s->to = open_port(port, 0);
	ASSERT_LE(0, s->to);
	caller = spawn(be_caller, s);
	server = spawn(be_server, s);
	fd = take_fd(s->socks[1]);
	ASSERT_LE(0, fd);
	kill(server, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(server));
	ASSERT_EQ(0, wait_sleeping(caller));
	EXPECT_EQ(1, s->ret);
	EXPECT_EQ(0, reply_file(fd, 0, 1, -1));
	EXPECT_EQ(0, wait_until(call_is_over, s));
	EXPECT_EQ(0, s->ret);
	EXPECT_EQ(-ESTALE, reply_file(fd, 0, 1, -1));
	kill(caller, SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(caller));
	close(fd);
	close(s->socks[0]);
	close(s->socks[1]);
	close(s->to);
	close(s->mbox);
}

/* ---- at random ---- */

/* All live on in the parent, and so does what is in them. */
struct service {
	int mbox, to;			/* requests */
	int third_mbox, third_to;	/* tokens */
	int directory;			/* some file to carry */
	volatile long calls, async_calls, failed, handed_over;
};

/* Not one of these waits takes as long, unless somebody hangs. */
static __s64 hang_ns(void)
{
	return now_ns(CLOCK_MONOTONIC) + 30 * NSEC_PER_SEC * timeout_factor();
}

static int answer(struct service *v, const struct ipcx_mbox_recv *mail, __u64 number,
		  uint64_t *seed)
{
	int fd, ret;

	switch (rnd_below(seed, 5)) {
	case 0:
		return reply_file(v->mbox, mail->token, number + 1, v->directory);
	case 1:
		return discard_call(v->mbox, mail->token);
	case 2:
	case 3:
		fd = token_fd(v->mbox, mail->token);
		if (fd < 0)
			return fd;
		if (rnd_below(seed, 2))
			ret = reply_file(fd, 0, number + 1, -1);
		else
			ret = post_file(v->third_to, number, fd);
		close(fd);
		return ret;
	default:
		return reply_number(v->mbox, mail->token, number + 1);
	}
}

static int be_a_server(unsigned int self, void *arg)
{
	uint64_t seed = now_ns(CLOCK_MONOTONIC) + self;
	struct service *v = arg;
	struct ipcx_mbox_recv mail;
	__u64 number;
	__s32 file;

	for (;;) {
		int ret;

		MUST_BE(1, take_file(v->mbox, &mail, &number, &file,
				     self % 2 ? IPCX_XFER_ADAPTIVE : 0));
		if (file >= 0)
			close(file);
		if (!mail.token)
			continue;
		ret = answer(v, &mail, number, &seed);
		MUST(ret >= 0 || ret == -ESTALE);
	}
}

static int be_a_third(unsigned int self, void *arg)
{
	struct service *v = arg;
	struct ipcx_mbox_recv mail;
	__u64 number;
	__s32 fd;

	(void)self;
	for (;;) {
		int ret;

		MUST_BE(1, take_file(v->third_mbox, &mail, &number, &fd, 0));
		MUST(fd >= 0);
		ret = reply_file(fd, 0, number + 1, -1);
		MUST(ret == 0 || ret == -ESTALE);
		close(fd);
		v->handed_over++;
	}
}

static int be_a_caller(unsigned int self, void *arg)
{
	struct service *v = arg;
	__u64 number, got;

	for (number = self; ; number += CROWD_MAX) {
		struct ipcx_call call = make_call(&number, sizeof(number), &got, sizeof(got));
		__s32 file = -1;
		int ret;

		call.flags = IPCX_XFER_DEADLINE | (number % 3 ? 0 : IPCX_XFER_ADAPTIVE);
		call.clock = CLOCK_MONOTONIC;
		call.deadline_ns = hang_ns();
		if (number % 2) {
			call.request.fds = addr(&v->directory);
			call.request.fd_count = 1;
		}
		call.reply.fds = addr(&file);
		call.reply.fd_room = 1;
		ret = op(v->to, IPCX_CALL, &call);
		MUST(ret == -EPIPE || (ret == 0 && got == number + 1));
		if (file >= 0)
			close(file);
		v->calls += !ret;
		v->failed += !!ret;
	}
}

/* Several under way; each is answered once, with a reply or with the word of none. */
static int take_replies(struct service *v, int own, __u64 first, int count)
{
	bool seen[4] = { false };

	while (count--) {
		struct ipcx_mbox_recv mail = { 0 };
		struct ipcx_xfer xfer = make_mail_xfer(&mail, 1, IPCX_XFER_DEADLINE);
		__u64 number;
		__s32 file = -1;

		mail = make_room(&number, sizeof(number));
		mail.fds = addr(&file);
		mail.fd_room = 1;
		xfer.clock = CLOCK_MONOTONIC;
		xfer.deadline_ns = hang_ns();
		MUST_BE(1, op(own, IPCX_RECV, &xfer));
		if (file >= 0)
			close(file);
		MUST(mail.flags & IPCX_MSG_REPLY);
		MUST(mail.cookie >= first && mail.cookie < first + 4);
		MUST(!seen[mail.cookie - first]);
		seen[mail.cookie - first] = true;
		MUST(mail.flags & IPCX_MSG_DEAD ? !mail.len : number == mail.cookie + 1);
		v->async_calls++;
	}
	return 0;
}

static int be_an_async_caller(unsigned int self, void *arg)
{
	int own = new_file_mbox(NULL), count = 0, i;
	struct service *v = arg;
	struct ipcx_mbox_msg msgs[4];
	__u64 first, numbers[4];

	MUST(own >= 0);
	for (first = self << 20; ; first += 4) {
		struct ipcx_post post = make_post(msgs, 4, IPCX_POST_CALL);

		for (i = 0; i < 4; i++) {
			numbers[i] = first + i;
			msgs[i] = make_mail(&numbers[i], sizeof(numbers[i]), 0, first + i);
			if (i % 2) {
				msgs[i].fds = addr(&v->directory);
				msgs[i].fd_count = 1;
			}
		}
		post.from = own;
		count = op(v->to, IPCX_POST, &post);
		MUST_BE(4, count);
		if (take_replies(v, own, first, count))
			return 1;
	}
}

static int be_a_poster(unsigned int self, void *arg)
{
	struct service *v = arg;

	for (;;) {
		if (self % 2)
			MUST_BE(1, post_file(v->to, 1, v->directory));
		else
			MUST_BE(1, post_number_sync(v->to, 1, 0));
	}
}

TEST(anybody_at_any_time)
{
	static int (*const roles[])(unsigned int self, void *arg) = {
		be_a_server, be_a_server, be_a_third, be_a_third, be_a_caller, be_a_caller,
		be_an_async_caller, be_an_async_caller, be_a_poster, be_a_poster,
	};
	struct service *v = shared_memory(sizeof(*v));
	struct crowd crowd = { .roles = roles, .size = ARRAY_SIZE(roles), .arg = v };
	uint64_t seed = test_seed();
	struct ipcx_info before;
	__u64 port;

	start_watchdog();
	ASSERT_EQ(0, get_info(&before));
	v->mbox = new_file_mbox(&port);
	v->to = open_port(port, 0);
	v->third_mbox = new_file_mbox(&port);
	v->third_to = open_port(port, 0);
	v->directory = open("/", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, v->third_to);
	ASSERT_EQ(0, crowd_start(&crowd));
	EXPECT_EQ(0, crowd_suffer(&crowd, scaled_to_kernel(600, 10000), &seed, 4000000));
	EXPECT_EQ(0, crowd_end(&crowd));
	printf("# %ld calls, %ld that failed, %ld replies to others, %ld tokens handed over\n",
	       v->calls, v->failed, v->async_calls, v->handed_over);
	EXPECT_LT(0, v->calls);
	EXPECT_LT(0, v->async_calls);
	EXPECT_LT(0, v->handed_over);
	/* Tokens in messages fail with them; and what lies in the mailbox is no call yet. */
	EXPECT_LE(0, drain_mail(v->third_mbox));
	EXPECT_EQ(0, get_calls(v->mbox));
	EXPECT_LE(0, drain_mail(v->mbox));
	EXPECT_TRUE(is_empty(v->mbox));
	EXPECT_TRUE(is_empty(v->third_mbox));
	ASSERT_EQ(0, wait_receivers(v->mbox, 0));
	ASSERT_EQ(0, wait_senders(v->to, 0));
	close(v->directory);
	close(v->third_to);
	close(v->third_mbox);
	close(v->to);
	close(v->mbox);
	EXPECT_EQ(0, wait_back_to(&before));
}

TEST_HARNESS_MAIN
