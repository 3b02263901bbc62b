// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What one user may take (EDQUOT), what any queue may be (the module's hard
 * limits), and that all of it is given back.
 */
#include "common.h"
#include "params.h"

#include <sys/socket.h>

FIXTURE(limits) {
	struct parameters saved;
};

FIXTURE_SETUP(limits)
{
	ASSERT_EQ(0, save_parameters(&self->saved));
}

FIXTURE_TEARDOWN(limits)
{
	EXPECT_EQ(0, restore_parameters(&self->saved));
}

static long long charged_bytes(void)
{
	struct ipcx_info info;
	int ret = get_info(&info);

	return ret ? ret : (long long)info.user_bytes;
}

static long long charged_objects(void)
{
	struct ipcx_info info;
	int ret = get_info(&info);

	return ret ? ret : (long long)info.user_objects;
}

/* Sends until refused; the number sent, and the refusal in *error. */
static int fill(int fd, size_t len, int *error)
{
	static char payload[1 << 20];
	int n = 0;

	while ((*error = send_msg(fd, payload, len, 0, 0, IPCX_XFER_NONBLOCK)) == 1)
		n++;
	return n;
}

/* ---- bytes ---- */

#define SMALL_QUOTA	(256 * 1024)
#define UNIT		2000

static const struct ipcx_queue_attr roomy = {
	.max_msgs = 100000, .max_msg_size = 1 << 20, .max_bytes = 64 << 20,
};

static int fill_as_a(void *arg)
{
	size_t len = *(size_t *)arg;
	struct ipcx_info info;
	int fd, n, again, error;

	MUST_BE(0, become(UID_A));
	fd = new_queue(0, &roomy);
	MUST(fd >= 0);
	n = fill(fd, len, &error);
	MUST_BE(-EDQUOT, error);
	MUST(n > 0);
	/* Near the limit, and never beyond. */
	MUST_BE(0, get_info(&info));
	MUST_BE(SMALL_QUOTA, info.user_bytes_limit);
	MUST(info.user_bytes <= SMALL_QUOTA);
	MUST(info.user_bytes + 2 * len + 512 > SMALL_QUOTA);
	MUST_BE(n, get_depth(fd));
	/* An object is more than what is left for one message may pay. */
	if (len < 64)
		MUST_BE(-EDQUOT, new_queue(0, NULL));
	/* Given back: as many again. */
	MUST_BE(n, drain(fd));
	again = fill(fd, len, &error);
	MUST_BE(-EDQUOT, error);
	MUST_BE(n, again);
	/* One place. */
	MUST_BE(1, recv_msg(fd, &error, 0, NULL, IPCX_RECV_TRUNC));
	MUST_BE(1, fill(fd, len, &error));
	close(fd);
	MUST_BE(0, charged_bytes());
	MUST_BE(0, charged_objects());
	return 0;
}

TEST_F(limits, bytes)
{
	static size_t lens[] = { 0, 8, 64, 65, 1000, 4096, 65536, 70000 };
	size_t i;

	ASSERT_EQ(0, set_parameter("user_max_bytes", SMALL_QUOTA));
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		EXPECT_EQ(0, in_child(fill_as_a, &lens[i])) {
			TH_LOG("%zu bytes", lens[i]);
		}
	}
}

static int use_as_b(void *arg)
{
	int error, fd;

	(void)arg;
	MUST_BE(0, become(UID_B));
	MUST_BE(0, charged_bytes());
	fd = new_queue(0, &roomy);
	MUST(fd >= 0);
	MUST(fill(fd, 1000, &error) > 100);
	MUST_BE(-EDQUOT, error);
	return 0;
}

static int hold_until_told(void *arg)
{
	int *socks = arg, fd, error;
	char byte = 0;

	MUST_BE(0, become(UID_A));
	fd = new_queue(0, &roomy);
	MUST(fd >= 0);
	MUST(fill(fd, 1000, &error) > 100);
	MUST(write(socks[1], &byte, 1) == 1);
	MUST(read(socks[1], &byte, 1) == 1);
	return 0;
}

/* Two users are two users. */
TEST_F(limits, bytes_of_two_users)
{
	int socks[2];
	char byte;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(0, set_parameter("user_max_bytes", SMALL_QUOTA));
	pid = spawn(hold_until_told, socks);
	ASSERT_EQ(1, read(socks[0], &byte, 1));
	EXPECT_EQ(0, in_child(use_as_b, NULL));
	ASSERT_EQ(1, write(socks[0], "", 1));
	EXPECT_EQ(0, reap(pid));
	close(socks[0]);
	close(socks[1]);
}

static int send_as_a(void *arg)
{
	int fd = *(int *)arg, error;

	MUST_BE(0, become(UID_A));
	MUST(fill(fd, 1000, &error) > 100);
	MUST_BE(-EDQUOT, error);
	return 0;
}

static int charged_as_a(void *arg)
{
	(void)arg;
	MUST_BE(0, become(UID_A));
	/* In units that fit an exit status. */
	return charged_bytes() / UNIT;
}

/* A message is the sender's, in whosoever's queue; received, it is nobody's. */
TEST_F(limits, sender_pays)
{
	long long mine = charged_bytes(), with_queue;
	int fd = new_queue(0, &roomy), n;

	ASSERT_LE(0, fd);
	with_queue = charged_bytes();
	ASSERT_EQ(0, set_parameter("user_max_bytes", SMALL_QUOTA));
	EXPECT_EQ(0, in_child(send_as_a, &fd));
	EXPECT_EQ(with_queue, charged_bytes());
	EXPECT_LE(SMALL_QUOTA / UNIT - 2, in_child(charged_as_a, NULL));
	n = drain(fd);
	EXPECT_LT(100, n);
	/* A few are kept by the queue for reuse. */
	EXPECT_GE(90, in_child(charged_as_a, NULL));
	EXPECT_EQ(0, in_child(send_as_a, &fd));
	EXPECT_LE(n - 1, drain(fd));
	close(fd);
	EXPECT_EQ(0, in_child(charged_as_a, NULL));
	EXPECT_EQ(mine, charged_bytes());
}

/* What was sent before the limit counts; the rest is as before. */
static int batch_as_a(void *arg)
{
	static char payload[4096];
	struct ipcx_msg msgs[200];
	struct ipcx_xfer xfer = make_xfer(msgs, ARRAY_SIZE(msgs), 0);
	int fd, n;
	size_t i;

	(void)arg;
	MUST_BE(0, become(UID_A));
	fd = new_queue(0, &roomy);
	MUST(fd >= 0);
	for (i = 0; i < ARRAY_SIZE(msgs); i++)
		msgs[i] = make_msg(payload, sizeof(payload), i, 0);
	n = op(fd, IPCX_SEND, &xfer);
	MUST(n > 10 && n < 100);
	MUST_BE(n, get_depth(fd));
	MUST_BE(-EDQUOT, op(fd, IPCX_SEND, &xfer));
	MUST_BE(n, get_depth(fd));
	for (i = 0; i < (size_t)n; i++) {
		struct ipcx_msg got;

		MUST_BE(1, recv_msg(fd, payload, sizeof(payload), &got, 0));
		MUST_BE((long long)i, got.type);
	}
	return 0;
}

static int send_and_receive_as_a(void *arg)
{
	int fd = *(int *)arg;
	__u64 number;

	MUST_BE(0, become(UID_A));
	MUST_BE(1, send_number(fd, 1, 0));
	MUST_BE(1, try_recv_number(fd, &number));
	/* The queue keeps the memory for the next message, and A pays for it. */
	MUST(charged_bytes() > 0);
	return 0;
}

static int beyond_the_limit_as_b(void *arg)
{
	int fd = *(int *)arg, own, error;

	MUST_BE(0, become(UID_B));
	own = new_queue(0, &roomy);
	MUST(own >= 0);
	fill(own, 1000, &error);
	fill(own, 0, &error);
	MUST_BE(-EDQUOT, error);
	MUST_BE(-EDQUOT, send_number(fd, 2, 0));
	return 0;
}

static int nothing_charged_as_a(void *arg)
{
	(void)arg;
	MUST_BE(0, become(UID_A));
	MUST_BE(0, charged_bytes());
	return 0;
}

/* Memory that another user's message left behind is no way around the limit. */
TEST_F(limits, reuse)
{
	int fd = new_queue(0, NULL);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, in_child(send_and_receive_as_a, &fd));
	ASSERT_EQ(0, set_parameter("user_max_bytes", SMALL_QUOTA));
	EXPECT_EQ(0, in_child(beyond_the_limit_as_b, &fd));
	EXPECT_TRUE(is_empty(fd));
	/* It was given back instead. */
	EXPECT_EQ(0, in_child(nothing_charged_as_a, NULL));
	close(fd);
}

TEST_F(limits, batch)
{
	ASSERT_EQ(0, set_parameter("user_max_bytes", SMALL_QUOTA));
	EXPECT_EQ(0, in_child(batch_as_a, NULL));
}

/* A limit below what is in use refuses what is new and takes nothing away. */
TEST_F(limits, lowered_below_use)
{
	int fd = new_queue(0, &roomy), i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(1, send_number(fd, i, 0));
	ASSERT_EQ(0, set_parameter("user_max_bytes", 4096));
	EXPECT_EQ(-EDQUOT, send_number(fd, i, 0));
	EXPECT_EQ(100, drain(fd));
	close(fd);
}

/* ---- objects ---- */

static int objects_as_a(void *arg)
{
	char name[UNIQUE_NAME_SIZE];
	int fds[10], i;

	(void)arg;
	unique_name(name, "quota");
	MUST_BE(0, become(UID_A));
	for (i = 0; i < 10; i++) {
		fds[i] = new_queue(0, NULL);
		MUST(fds[i] >= 0);
	}
	MUST_BE(-EDQUOT, new_queue(0, NULL));
	MUST_BE(-EDQUOT, open_queue(name, CREATE_RW, 0600));
	MUST_BE(-ENOENT, open_queue(name, RW, 0));
	MUST_BE(10, charged_objects());
	close(fds[0]);
	MUST_BE(9, charged_objects());
	fds[0] = open_queue(name, CREATE_RW, 0600);
	MUST(fds[0] >= 0);
	MUST_BE(-EDQUOT, new_queue(0, NULL));
	/* Opening is not making. */
	close(open_queue(name, RW, 0));
	/* A named one without fds still counts, until it is unlinked. */
	close(fds[0]);
	MUST_BE(-EDQUOT, new_queue(0, NULL));
	MUST_BE(0, unlink_name(name));
	MUST_BE(9, charged_objects());
	fds[0] = new_queue(0, NULL);
	MUST(fds[0] >= 0);
	return 0;
}

TEST_F(limits, objects)
{
	ASSERT_EQ(0, set_parameter("user_max_objects", 10));
	EXPECT_EQ(0, in_child(objects_as_a, NULL));
	/* And once more: all was given back. */
	EXPECT_EQ(0, in_child(objects_as_a, NULL));
}

/* ---- nested user namespaces ---- */

static int make_objects(int n)
{
	int i;

	for (i = 0; i < n; i++)
		MUST(new_queue(0, NULL) >= 0);
	return 0;
}

static int deeper(void *arg)
{
	(void)arg;
	MUST_BE(0, enter_userns(0, 0, 1));
	MUST_BE(0, charged_objects());
	MUST_BE(0, make_objects(3));
	MUST_BE(-EDQUOT, new_queue(0, NULL));
	MUST_BE(3, charged_objects());
	return 0;
}

static int nested(void *arg)
{
	(void)arg;
	MUST_BE(0, become(UID_A));
	MUST_BE(0, make_objects(3));
	MUST_BE(0, enter_userns(0, UID_A, 1));
	/* A new name, but above it the same account. */
	MUST_BE(0, charged_objects());
	MUST_BE(0, make_objects(4));
	MUST_BE(4, charged_objects());
	MUST_BE(0, in_child(deeper, NULL));
	MUST_BE(4, charged_objects());
	MUST_BE(0, make_objects(3));
	MUST_BE(-EDQUOT, new_queue(0, NULL));
	return 0;
}

TEST_F(limits, nested_user_namespaces)
{
	ASSERT_EQ(0, set_parameter("user_max_objects", 10));
	EXPECT_EQ(0, in_child(nested, NULL));
}

struct container {
	int socks[2];
	uid_t uid;
};

static int as_uid_inside(void *arg)
{
	struct container *c = arg;

	MUST(setresuid(c->uid, c->uid, c->uid) == 0);
	MUST_BE(0, charged_objects());
	MUST_BE(0, make_objects(3));
	/* Stays until the parent closes its end. */
	MUST(write(c->socks[1], "", 1) == 1);
	pause();
	return 0;
}

/* UID_A's namespace with ten users in it: UID_A's limit is that of them all. */
static int full_of_users(void *arg)
{
	struct container *c = arg;
	pid_t pids[3];
	char byte;
	uid_t uid;

	MUST_BE(0, become(UID_A));
	MUST(unshare(CLONE_NEWUSER) == 0);
	MUST(write(c->socks[1], "", 1) == 1);
	MUST(read(c->socks[1], &byte, 1) == 1);
	MUST(setresuid(0, 0, 0) == 0);
	for (uid = 1; uid <= 3; uid++) {
		int pipes[2];
		struct container inside = { .uid = uid };

		MUST(pipe(pipes) == 0);
		inside.socks[1] = pipes[1];
		pids[uid - 1] = spawn(as_uid_inside, &inside);
		MUST(read(pipes[0], &byte, 1) == 1);
	}
	MUST_BE(0, make_objects(1));
	MUST_BE(-EDQUOT, new_queue(0, NULL));
	for (uid = 1; uid <= 3; uid++) {
		kill(pids[uid - 1], SIGKILL);
		MUST_BE(KILLED_BY(SIGKILL), reap(pids[uid - 1]));
	}
	MUST_BE(0, make_objects(9));
	MUST_BE(-EDQUOT, new_queue(0, NULL));
	return 0;
}

TEST_F(limits, container_full_of_users)
{
	struct container c;
	char byte, path[64];
	pid_t pid;

	ASSERT_EQ(0, set_parameter("user_max_objects", 10));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, c.socks));
	pid = spawn(full_of_users, &c);
	ASSERT_EQ(1, read(c.socks[0], &byte, 1));
	snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	ASSERT_EQ(0, write_file(path, "0 200000 10\n"));
	ASSERT_EQ(1, write(c.socks[0], "", 1));
	EXPECT_EQ(0, reap(pid));
	close(c.socks[0]);
	close(c.socks[1]);
}

static int bytes_below(void *arg)
{
	int fd = *(int *)arg, error;
	long long used;

	MUST_BE(0, become(UID_A));
	MUST_BE(0, enter_userns(0, UID_A, 1));
	MUST(fill(fd, 1000, &error) > 100);
	MUST_BE(-EDQUOT, error);
	used = charged_bytes();
	MUST(used > SMALL_QUOTA - 3000 && used <= SMALL_QUOTA);
	return 0;
}

/* The namespace is gone, the messages are not: the owner still pays. */
TEST_F(limits, messages_outlive_their_namespace)
{
	int fd = new_queue(0, &roomy);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_parameter("user_max_bytes", SMALL_QUOTA));
	EXPECT_EQ(0, in_child(bytes_below, &fd));
	EXPECT_LE(SMALL_QUOTA / UNIT - 3, in_child(charged_as_a, NULL));
	EXPECT_LT(100, drain(fd));
	close(fd);
	EXPECT_EQ(0, in_child(charged_as_a, NULL));
}

/* ---- the queue's own limits ---- */

TEST_F(limits, queue_messages_and_bytes)
{
	struct ipcx_queue_attr attr = {
		.max_msgs = 10, .max_msg_size = 100, .max_bytes = 350,
	};
	static char payload[101];
	int fd = new_queue(0, &attr), error, ret;

	ASSERT_LE(0, fd);
	EXPECT_EQ(10, fill(fd, 0, &error));
	EXPECT_EQ(-EAGAIN, error);
	EXPECT_EQ(10, drain(fd));
	EXPECT_EQ(10, fill(fd, 35, &error));
	EXPECT_EQ(10, drain(fd));
	EXPECT_EQ(3, fill(fd, 100, &error));
	EXPECT_EQ(-EAGAIN, error);
	/* The rest is big enough for a shorter one. */
	EXPECT_EQ(1, send_msg(fd, payload, 50, 0, 0, IPCX_XFER_NONBLOCK));
	EXPECT_EQ(-EAGAIN, send_msg(fd, payload, 1, 0, 0, IPCX_XFER_NONBLOCK));
	EXPECT_EQ(1, send_msg(fd, payload, 0, 0, 0, IPCX_XFER_NONBLOCK));
	ret = send_msg(fd, payload, 101, 0, 0, IPCX_XFER_NONBLOCK);
	EXPECT_EQ(-EMSGSIZE, ret);
	EXPECT_EQ(5, drain(fd));
	close(fd);
}

static int try_attr(__u64 msgs, __u64 msg_size, __u64 bytes)
{
	struct ipcx_queue_attr attr = {
		.max_msgs = msgs, .max_msg_size = msg_size, .max_bytes = bytes,
	};
	int fd = new_queue(0, &attr);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

TEST_F(limits, hard_limits)
{
	struct ipcx_info info;
	int fd;

	fd = new_queue(0, &roomy);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_parameter("max_msg_size", 10000));
	ASSERT_EQ(0, set_parameter("max_queue_msgs", 500));
	ASSERT_EQ(0, set_parameter("max_queue_bytes", 20000));
	ASSERT_EQ(0, get_info(&info));
	EXPECT_EQ(10000, info.max_msg_size);
	EXPECT_EQ(500, info.max_queue_msgs);
	EXPECT_EQ(20000, info.max_queue_bytes);
	EXPECT_EQ(0, try_attr(500, 10000, 20000));
	EXPECT_EQ(-EINVAL, try_attr(501, 10000, 20000));
	EXPECT_EQ(-EINVAL, try_attr(500, 10001, 20000));
	EXPECT_EQ(-EINVAL, try_attr(500, 10000, 20001));
	/* Queues that exist keep what they were made with. */
	EXPECT_EQ(1, send_msg(fd, parameters, 0, 0, 0, 0));
	EXPECT_EQ(1, drain(fd));
	close(fd);
}

/* Defaults never exceed the hard limits. */
TEST_F(limits, defaults_under_low_limits)
{
	struct ipcx_stat stat;
	int fd;

	ASSERT_EQ(0, set_parameter("max_msg_size", 10000));
	ASSERT_EQ(0, set_parameter("max_queue_msgs", 500));
	ASSERT_EQ(0, set_parameter("max_queue_bytes", 20000));
	fd = new_queue(0, NULL);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(500, stat.max_msgs);
	EXPECT_EQ(10000, stat.max_msg_size);
	EXPECT_EQ(20000, stat.max_bytes);
	close(fd);
}

TEST_F(limits, nonsense_parameters)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parameters); i++) {
		char path[128];

		snprintf(path, sizeof(path), PARAMETERS "%s", parameters[i]);
		EXPECT_GT(0, write_file(path, "-1"));
		EXPECT_GT(0, write_file(path, "many"));
		EXPECT_GT(0, write_file(path, "\n"));
		EXPECT_GT(0, write_file(path, "99999999999999999999999"));
		EXPECT_EQ(self->saved.value[i], get_parameter(parameters[i]));
	}
	EXPECT_GT(0, set_parameter("max_msg_size", ~0ULL));
	EXPECT_GT(0, set_parameter("max_queue_msgs", ~0ULL));
}

/* The largest message that the module allows goes through whole. */
TEST_F(limits, largest_message)
{
	struct ipcx_info info;
	struct ipcx_queue_attr attr = { .max_msgs = 2 };
	unsigned char *out, *in;
	uint64_t state = 1;
	size_t len, i;
	int fd;

	ASSERT_EQ(0, get_info(&info));
	len = info.max_msg_size;
	attr.max_msg_size = len;
	fd = new_queue(0, &attr);
	ASSERT_LE(0, fd);
	out = malloc(len + 1);
	in = calloc(1, len);
	for (i = 0; i + 8 <= len; i += 8) {
		uint64_t word = rnd(&state);

		memcpy(out + i, &word, 8);
	}
	EXPECT_EQ(-EMSGSIZE, send_msg(fd, out, len + 1, 0, 0, 0));
	ASSERT_EQ(1, send_msg(fd, out, len, 0, 0, 0));
	ASSERT_EQ(1, recv_msg(fd, in, len, NULL, 0));
	EXPECT_EQ(0, memcmp(out, in, len));
	free(out);
	free(in);
	close(fd);
}

TEST_HARNESS_MAIN
