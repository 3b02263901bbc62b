// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every allocation and every copy from or to user memory of every operation
 * fails once: the first, the second, ... until an operation is through without
 * meeting the failure. After each the operation either failed and changed
 * nothing, or got along without. Here of queues; what waits is in faultinj_wait.c,
 * loading in faultinj_module.c, the other kinds in mbox_fault*.c and ring_fault.c. Needs
 * a kernel with fault injection.
 */
#include "fault_queue.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define BATCH		40
#define BUFFERS		20
#define PIECE		5	/* bytes in each of the buffers */
#define SLOT		(BIG / BATCH)	/* room for each message of a batch */

_Static_assert(BATCH <= TYPES, "each message of a batch has its type");

/* ---- steps ---- */

FIXTURE(fault) {
	int control;
	int queue;
	int event;
	int epoll;
	char name[UNIQUE_NAME_SIZE];
	/* To gather from, side by side, and to scatter into, with gaps. */
	struct ipcx_iovec out_iov[BUFFERS], in_iov[BUFFERS];
	struct iovec out_uiov[BUFFERS], in_uiov[BUFFERS];
	struct ipcx_msg msgs[BATCH];
	size_t len;
};

FIXTURE_VARIANT(fault) {
	uid_t uid;
};

FIXTURE_VARIANT_ADD(fault, root) { .uid = 0 };
/* One who has nothing yet: the account itself has to be made, too. */
FIXTURE_VARIANT_ADD(fault, user) { .uid = UID_A };

typedef FIXTURE_DATA(fault) env_t;

static char *piece_of_payload(int i)
{
	return payload + i * PIECE;
}

static char *piece_of_room(int i)
{
	return room + i * 2 * PIECE;
}

static void make_buffers(env_t *env)
{
	int i;

	for (i = 0; i < BUFFERS; i++) {
		env->out_iov[i] = (struct ipcx_iovec) { addr(piece_of_payload(i)), PIECE };
		env->out_uiov[i] = (struct iovec) { piece_of_payload(i), PIECE };
		env->in_iov[i] = (struct ipcx_iovec) { addr(piece_of_room(i)), PIECE };
		env->in_uiov[i] = (struct iovec) { piece_of_room(i), PIECE };
	}
}

static void set_up(struct __test_metadata *_metadata, env_t *env, uid_t uid)
{
	make_payload();
	make_buffers(env);
	ASSERT_EQ(0, set_up_faults(uid));
	unique_name(env->name, "fault");
	env->control = open_control();
	ASSERT_LE(0, env->control);
	env->event = eventfd(0, EFD_CLOEXEC);
	env->epoll = epoll_create1(EPOLL_CLOEXEC);
	env->queue = -1;
}

static void tear_down(env_t *env)
{
	close(env->epoll);
	close(env->event);
	close(env->control);
}

FIXTURE_SETUP(fault)
{
	set_up(_metadata, self, variant->uid);
}

FIXTURE_TEARDOWN(fault)
{
	tear_down(self);
}

/*
 * What is in the queue before, which operation is tried, and how many of the
 * messages are there afterwards: types count from 0, so that it shows which.
 */
struct step {
	const char *what;
	int (*run)(env_t *env);
	size_t len;		/* bytes per message */
	int before;		/* messages in the queue */
	int expected;		/* result without a failure */
	enum { STAYS, SENDS, RECEIVES } effect;
	void (*undo)(env_t *env, int ret);
	bool lent;		/* the queue has memory of another user to reuse */
};

static void close_result(env_t *env, int fd)
{
	(void)env;
	if (fd >= 0)
		close(fd);
}

static void unlink_result(env_t *env, int fd)
{
	close_result(env, fd);
	unlink_name(env->name);
}

static int run_control(env_t *env)
{
	(void)env;
	return open_control();
}

static int run_open(env_t *env, const char *name, unsigned int flags, bool with_attr)
{
	struct ipcx_queue_attr attr = { .max_msgs = 10 };
	struct ipcx_open req = {
		.name = addr(name), .name_len = name ? strlen(name) : 0,
		.kind = IPCX_KIND_QUEUE, .flags = flags,
		.mode = flags & IPCX_OPEN_CREATE ? 0600 : 0,
		.attr = with_attr ? addr(&attr) : 0,
		.attr_size = with_attr ? sizeof(attr) : 0,
	};

	return op(env->control, IPCX_OPEN, &req);
}

static int run_create(env_t *env)
{
	return run_open(env, NULL, CREATE_RW, true);
}

static int run_create_named(env_t *env)
{
	return run_open(env, env->name, CREATE_RW | IPCX_OPEN_EXCL, false);
}

static int run_open_existing(env_t *env)
{
	return run_open(env, env->name, RW, false);
}

static int run_unlink(env_t *env)
{
	struct ipcx_unlink req = { .name = addr(env->name), .name_len = strlen(env->name) };

	return op(env->control, IPCX_UNLINK, &req);
}

static int run_stat(env_t *env)
{
	struct ipcx_stat stat;

	return get_stat(env->queue, &stat);
}

static int run_info(env_t *env)
{
	struct ipcx_info info = { 0 };

	return op(env->control, IPCX_INFO, &info);
}

static int run_list(env_t *env)
{
	struct ipcx_stat stats[3];
	struct ipcx_list list = {
		.entries = addr(stats), .count = 3, .entry_size = sizeof(stats[0]),
	};

	return op(env->control, IPCX_LIST, &list);
}

static int run_send(env_t *env)
{
	return send_msg(env->queue, payload, env->len, 0, 3, IPCX_XFER_NONBLOCK);
}

/* Of all lengths. */
static size_t batch_len(int i)
{
	return i * i * 10;
}

static int run_send_batch(env_t *env)
{
	struct ipcx_xfer xfer = make_xfer(env->msgs, BATCH, IPCX_XFER_NONBLOCK);
	int i;

	for (i = 0; i < BATCH; i++)
		env->msgs[i] = make_msg(payload + i, batch_len(i), i, 3);
	return op(env->queue, IPCX_SEND, &xfer);
}

static int run_send_iov(env_t *env)
{
	struct ipcx_msg msg = {
		.buf = addr(env->out_iov), .len = BUFFERS, .flags = IPCX_MSG_IOV,
	};
	struct ipcx_xfer xfer = make_xfer(&msg, 1, IPCX_XFER_NONBLOCK);

	return op(env->queue, IPCX_SEND, &xfer);
}

static bool pieces_are_whole(size_t len)
{
	int i;

	for (i = 0; i * PIECE < (int)len; i++)
		if (memcmp(piece_of_room(i), piece_of_payload(i), PIECE))
			return false;
	return true;
}

static int receive_pieces(env_t *env, __u32 flags)
{
	struct ipcx_msg msg = {
		.buf = addr(env->in_iov), .len = BUFFERS, .flags = IPCX_MSG_IOV,
	};
	struct ipcx_xfer xfer = make_xfer(&msg, 1, flags);
	int ret = op(env->queue, IPCX_RECV, &xfer);

	if (ret == 1 && (msg.len != env->len || !pieces_are_whole(env->len)))
		return -EIO;
	return ret;
}

static int run_recv_iov(env_t *env)
{
	return receive_pieces(env, IPCX_XFER_NONBLOCK);
}

static int run_peek_iov(env_t *env)
{
	return receive_pieces(env, IPCX_RECV_PEEK);
}

static int run_recv(env_t *env)
{
	struct ipcx_msg msg;
	int ret = recv_msg(env->queue, room, sizeof(room), &msg, IPCX_XFER_NONBLOCK);

	return whole(ret, &msg, env->len);
}

static int receive_match(env_t *env, __u32 match, __u64 match_arg)
{
	struct ipcx_msg msg;
	int ret = recv_match(env->queue, room, sizeof(room), &msg, match, match_arg,
			     IPCX_XFER_NONBLOCK);

	return whole(ret, &msg, env->len);
}

static int run_recv_type(env_t *env)
{
	return receive_match(env, IPCX_MATCH_TYPE, 0);
}

static int run_recv_lowest(env_t *env)
{
	return receive_match(env, IPCX_MATCH_LOWEST_TYPE, 99);
}

static int run_recv_cut(env_t *env)
{
	struct ipcx_msg msg;
	int ret = recv_msg(env->queue, room, env->len / 2, &msg, IPCX_RECV_TRUNC);

	if (ret != 1)
		return ret;
	if (msg.len != env->len || !(msg.flags & IPCX_MSG_TRUNC) ||
	    memcmp(room, payload, env->len / 2) || room[env->len / 2])
		return -EIO;
	return ret;
}

static int run_too_long(env_t *env)
{
	int ret = recv_msg(env->queue, room, env->len / 2, NULL, 0);

	return ret == -EMSGSIZE ? 0 : ret;
}

static int run_peek(env_t *env)
{
	struct ipcx_msg msg;
	int ret = recv_msg(env->queue, room, sizeof(room), &msg, IPCX_RECV_PEEK);

	return whole(ret, &msg, env->len);
}

static int run_recv_batch(env_t *env)
{
	struct ipcx_xfer xfer = make_xfer(env->msgs, BATCH, IPCX_XFER_NONBLOCK);
	int i, ret;

	for (i = 0; i < BATCH; i++)
		env->msgs[i] = make_msg(room + i * SLOT, SLOT, 99, 0);
	ret = op(env->queue, IPCX_RECV, &xfer);
	for (i = 0; i < ret; i++) {
		const struct ipcx_msg *msg = &env->msgs[i];

		if (msg->len != env->len || msg->type != (__u64)i ||
		    memcmp(room + i * SLOT, payload + i, env->len))
			return -EIO;
	}
	return ret;
}

/* 1 where the call did its work, as the operations on messages say. */
static int done(ssize_t n, size_t expected)
{
	if (n < 0)
		return -errno;
	return n == (ssize_t)expected ? 1 : -EIO;
}

static int run_write(env_t *env)
{
	return done(write(env->queue, payload, env->len), env->len);
}

static int run_read(env_t *env)
{
	int ret = done(read(env->queue, room, sizeof(room)), env->len);

	return ret == 1 && memcmp(room, payload, env->len) ? -EIO : ret;
}

static int run_writev(env_t *env)
{
	return done(writev(env->queue, env->out_uiov, BUFFERS), BUFFERS * PIECE);
}

static int run_readv(env_t *env)
{
	int ret = done(readv(env->queue, env->in_uiov, BUFFERS), env->len);

	return ret == 1 && !pieces_are_whole(env->len) ? -EIO : ret;
}

static int run_notify_signal(env_t *env)
{
	struct ipcx_notify notify = { .how = IPCX_NOTIFY_SIGNAL, .signo = SIGUSR1 };

	return op(env->queue, IPCX_NOTIFY, &notify);
}

static int run_notify_eventfd(env_t *env)
{
	struct ipcx_notify notify = { .how = IPCX_NOTIFY_EVENTFD, .fd = env->event };

	return op(env->queue, IPCX_NOTIFY, &notify);
}

static int run_notify_none(env_t *env)
{
	struct ipcx_notify notify = { .how = IPCX_NOTIFY_NONE };

	return op(env->queue, IPCX_NOTIFY, &notify);
}

static void undo_notify(env_t *env, int ret)
{
	(void)ret;
	run_notify_none(env);
}

static int run_poll(env_t *env)
{
	struct pollfd pollfd = { .fd = env->queue, .events = POLLIN };
	int ret = poll(&pollfd, 1, 0);

	return ret < 0 ? -errno : ret;
}

static int run_epoll(env_t *env)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT };

	return epoll_ctl(env->epoll, EPOLL_CTL_ADD, env->queue, &event) < 0 ? -errno : 0;
}

static int run_fdinfo(env_t *env)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", env->queue);
	ret = read_file(path, room, 4096);
	return ret < 0 ? ret : 0;
}

static int run_readlink(env_t *env)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", env->queue);
	return readlink(path, room, 100) < 0 ? -errno : 0;
}

static const struct step steps[] = {
	{ "control fd", run_control, .undo = close_result, .expected = 1 },
	{ "create", run_create, .undo = close_result, .expected = 1 },
	{ "create with a name", run_create_named, .undo = unlink_result, .expected = 1 },
	{ "info", run_info },
	{ "stat", run_stat, 10, 2 },
	{ "list", run_list, .expected = 1 },
	{ "send nothing", run_send, 0, 0, 1, SENDS },
	{ "send 64", run_send, 64, 0, 1, SENDS },
	{ "send 100", run_send, 100, 0, 1, SENDS },
	{ "send 5000", run_send, 5000, 0, 1, SENDS },
	{ "send 70000", run_send, 70000, 0, 1, SENDS },
	{ "send much", run_send, BIG, 0, 1, SENDS },
	{ "send a batch", run_send_batch, 0, 0, BATCH, SENDS },
	{ "send scattered", run_send_iov, BUFFERS * PIECE, 0, 1, SENDS },
	{ "write", run_write, 20, 0, 1, SENDS },
	{ "write 5000", run_write, 5000, 0, 1, SENDS },
	{ "writev", run_writev, BUFFERS * PIECE, 0, 1, SENDS },
	{ "receive nothing", run_recv, 0, 3, 1, RECEIVES },
	{ "receive 64", run_recv, 64, 3, 1, RECEIVES },
	{ "receive 5000", run_recv, 5000, 3, 1, RECEIVES },
	{ "receive 70000", run_recv, 70000, 3, 1, RECEIVES },
	{ "receive by type", run_recv_type, 20, 3, 1, RECEIVES },
	{ "receive the lowest type", run_recv_lowest, 20, 3, 1, RECEIVES },
	{ "receive cut", run_recv_cut, 5000, 3, 1, RECEIVES },
	{ "receive a batch", run_recv_batch, 20, BATCH, BATCH, RECEIVES },
	{ "receive a batch of long ones", run_recv_batch, 3000, BATCH, BATCH, RECEIVES },
	{ "receive scattered", run_recv_iov, 90, 3, 1, RECEIVES },
	{ "read", run_read, 20, 3, 1, RECEIVES },
	{ "read 5000", run_read, 5000, 3, 1, RECEIVES },
	{ "readv", run_readv, 90, 3, 1, RECEIVES },
	{ "too long a message", run_too_long, 20, 3, 0, STAYS },
	{ "peek", run_peek, 20, 3, 1, STAYS },
	{ "peek 5000", run_peek, 5000, 3, 1, STAYS },
	{ "peek scattered", run_peek_iov, 90, 3, 1, STAYS },
	{ "notify by signal", run_notify_signal, .undo = undo_notify },
	{ "notify by eventfd", run_notify_eventfd, .undo = undo_notify },
	{ "take a registration back", run_notify_none },
	{ "poll", run_poll, 10, 1, 1, STAYS },
	{ "epoll", run_epoll, 10, 1, 0, STAYS },
	{ "fdinfo", run_fdinfo, 10, 1, 0, STAYS },
	{ "readlink", run_readlink },
};

/* In these the memory of the messages is another user's until it is reused. */
static const struct step lent_steps[] = {
	{ "send in another user's memory", run_send, 20, 0, 1, SENDS, .lent = true },
	{ "send 5000 in another user's memory", run_send, 5000, 0, 1, SENDS, .lent = true },
	{ "write in another user's memory", run_write, 20, 0, 1, SENDS, .lent = true },
	{ "send a batch in another user's memory", run_send_batch, 20, 0, BATCH, SENDS,
	  .lent = true },
};

/* Messages of types first ... last-1 and no others are there, whole. */
static void expect_messages(struct __test_metadata *_metadata, env_t *env,
			    const struct step *step, int first, int last)
{
	int type;

	for (type = first; type < last; type++)
		expect_message(_metadata, env->queue, step->what, type,
			       step->run == run_send_batch ? batch_len(type) : step->len);
	expect_no_message(_metadata, env->queue, step->what);
}

/* What must not change where the operation fails. */
struct snapshot {
	struct ipcx_stat stat;
	__u64 objects;
	int free_fd;
};

static void take_snapshot(env_t *env, struct snapshot *shot)
{
	struct ipcx_info info;

	memset(shot, 0, sizeof(*shot));
	get_info(&info);
	shot->objects = info.user_objects;
	if (env->queue >= 0)
		get_stat(env->queue, &shot->stat);
	shot->free_fd = dup(env->control);
	close(shot->free_fd);
}

static void expect_whole(struct __test_metadata *_metadata, env_t *env,
			 const struct step *step, int ret, const struct snapshot *before)
{
	struct snapshot after;
	int moved = ret > 0 ? ret : 0;

	if (ret < 0) {
		ASSERT_TRUE(ret == -ENOMEM || ret == -EFAULT) {
			TH_LOG("%s: %s", step->what, strerror(-ret));
		}
		take_snapshot(env, &after);
		ASSERT_EQ(0, memcmp(before, &after, sizeof(after))) {
			TH_LOG("%s: failed and changed something", step->what);
		}
	}
	if (env->queue < 0)
		return;
	if (step->effect == SENDS)
		expect_messages(_metadata, env, step, 0, moved);
	else if (step->effect == RECEIVES)
		expect_messages(_metadata, env, step, moved, step->before);
	else
		expect_messages(_metadata, env, step, 0, step->before);
}

static int roomy_queue(void)
{
	struct ipcx_queue_attr attr = {
		.max_msg_size = BIG, .max_bytes = 4 * BIG,
	};

	return new_queue(0, &attr);
}

struct lender {
	int sock;
	size_t len;
};

/* Another user's queue, in which one message was: it keeps the memory. */
static int lend_queue(void *arg)
{
	struct lender *lender = arg;
	int queue;

	MUST_BE(0, become(UID_B));
	queue = roomy_queue();
	MUST(queue >= 0);
	MUST_BE(1, send_msg(queue, payload, lender->len, 0, 3, 0));
	MUST_BE(1, recv_msg(queue, room, sizeof(room), NULL, 0));
	MUST_BE(0, pass_fd(lender->sock, queue));
	return 0;
}

static int lent_queue(size_t len)
{
	int socks[2], queue = -EIO;
	struct lender lender;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, socks) < 0)
		return -errno;
	lender = (struct lender) { socks[1], len };
	if (in_child(lend_queue, &lender) == 0)
		queue = take_fd(socks[0]);
	close(socks[0]);
	close(socks[1]);
	return queue;
}

/* A queue of its own for each try: none has messages to reuse but what is lent. */
static void make_queue(struct __test_metadata *_metadata, env_t *env, const struct step *step)
{
	int type;

	env->len = step->len;
	env->queue = step->lent ? lent_queue(step->len) : roomy_queue();
	ASSERT_LE(0, env->queue);
	for (type = 0; type < step->before; type++)
		ASSERT_EQ(1, send_msg(env->queue, payload + type, step->len, type, 3, 0));
}

/* The n-th place fails; false when there are not so many. */
static bool try_nth(struct __test_metadata *_metadata, env_t *env,
		    const struct step *step, unsigned int n)
{
	struct snapshot before;
	bool met;
	int ret;

	take_snapshot(env, &before);
	memset(room, 0, sizeof(room));
	arm(n);
	ret = step->run(env);
	met = disarm();
	if (!met) {
		/* An fd may have any number. */
		ASSERT_TRUE(step->undo == close_result || step->undo == unlink_result ?
			    ret >= 0 : ret == step->expected) {
			TH_LOG("%s: %d without a failure", step->what, ret);
		}
	}
	expect_whole(_metadata, env, step, ret, &before);
	if (step->undo)
		step->undo(env, ret);
	return met;
}

static void walk(struct __test_metadata *_metadata, env_t *env, const struct step *step)
{
	unsigned int n = 0;
	bool met = true;

	while (met && n < MANY) {
		make_queue(_metadata, env, step);
		met = try_nth(_metadata, env, step, ++n);
		close(env->queue);
		env->queue = -1;
	}
	ASSERT_GT(MANY, n);
	printf("# %s: %u places\n", step->what, n - 1);
	/* An operation without a single one was not really tested. */
	ASSERT_LT(1, n) {
		TH_LOG("%s: nothing could fail", step->what);
	}
}

TEST_F(fault, every_operation)
{
	size_t i;

	setvbuf(stdout, NULL, _IONBF, 0);
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		walk(_metadata, self, &steps[i]);
}

static unsigned long long charged(void)
{
	struct ipcx_info info = { 0 };

	get_info(&info);
	return info.user_bytes;
}

static int tell_charge(void *arg)
{
	unsigned long long *bytes = arg;

	MUST_BE(0, become(UID_B));
	*bytes = charged();
	return 0;
}

/* Sent by another user, a message's memory changes hands: it is that user's charge. */
static void expect_adoption(struct __test_metadata *_metadata, env_t *env, size_t len)
{
	unsigned long long *before = shared_memory(2 * sizeof(*before)), *after = before + 1;
	unsigned long long mine = charged();

	env->queue = lent_queue(len);
	ASSERT_LE(0, env->queue);
	ASSERT_EQ(0, in_child(tell_charge, before));
	ASSERT_EQ(1, send_msg(env->queue, payload, len, 0, 3, 0));
	ASSERT_EQ(0, in_child(tell_charge, after));
	EXPECT_LE(len, *before - *after);
	EXPECT_EQ(*before - *after, charged() - mine);
	close(env->queue);
	env->queue = -1;
	munmap(before, 2 * sizeof(*before));
}

/* One who has no account yet takes over what another user paid for. */
TEST(memory_of_another_user)
{
	env_t *env = calloc(1, sizeof(*env));
	size_t i;

	setvbuf(stdout, NULL, _IONBF, 0);
	set_up(_metadata, env, 0);
	expect_adoption(_metadata, env, 20);
	expect_adoption(_metadata, env, 5000);
	for (i = 0; i < ARRAY_SIZE(lent_steps); i++)
		walk(_metadata, env, &lent_steps[i]);
	tear_down(env);
	free(env);
}

/* Names: what exists before has to be there again each time. */
TEST_F(fault, open_and_unlink)
{
	static const struct step opening = {
		"open", run_open_existing, .undo = close_result,
	};
	static const struct step unlinking = { "unlink", run_unlink };
	unsigned int n;
	bool met;

	close(open_queue(self->name, CREATE_RW, 0600));
	for (n = 1, met = true; met; n++)
		met = try_nth(_metadata, self, &opening, n);
	EXPECT_LT(3, n);
	for (n = 1, met = true; met; n++) {
		int fd = open_queue(self->name, CREATE_RW, 0600);

		ASSERT_LE(0, fd);
		close(fd);
		met = try_nth(_metadata, self, &unlinking, n);
	}
	EXPECT_LT(2, n);
	EXPECT_EQ(-ENOENT, unlink_name(self->name));
}

TEST_HARNESS_MAIN
