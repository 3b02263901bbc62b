// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What can be seen of objects: stat, list, fdinfo, debugfs, /proc/PID/fd. Here of queues;
 * mbox_info.c has what mailboxes have.
 */
#include "info.h"

/* ---- stat ---- */

TEST(defaults)
{
	struct ipcx_queue_attr attr = { 0 };

	expect_attributes(_metadata, new_queue(0, NULL), 1024, 65536, 1 << 20);
	expect_attributes(_metadata, new_queue(0, &attr), 1024, 65536, 1 << 20);
	attr.max_msgs = 7;
	expect_attributes(_metadata, new_queue(0, &attr), 7, 65536, 1 << 20);
	/* Large messages bring their room along. */
	attr.max_msg_size = 2 << 20;
	expect_attributes(_metadata, new_queue(0, &attr), 7, 2 << 20, 2 << 20);
	attr.max_bytes = 3 << 20;
	expect_attributes(_metadata, new_queue(0, &attr), 7, 2 << 20, 3 << 20);
}

/* Given bytes are the caller's word, and the default message has to fit. */
TEST(few_bytes)
{
	struct ipcx_queue_attr attr = { .max_bytes = 1000, .max_msg_size = 1000 };

	expect_attributes(_metadata, new_queue(0, &attr), 1024, 1000, 1000);
	attr.max_msg_size = 0;
	expect_attributes(_metadata, new_queue(0, &attr), 1024, 1000, 1000);
}

TEST(fresh)
{
	struct ipcx_queue_attr attr = { .overflow = IPCX_OVERFLOW_DROP };
	long long before = now_ns(CLOCK_REALTIME);
	int fd = new_queue(0, &attr);

	expect_fresh(_metadata, fd, IPCX_KIND_QUEUE, IPCX_OVERFLOW_DROP, before);
	close(fd);
}

TEST(counters)
{
	char big[FIRST_LEN] = { 0 };
	int fd = new_queue(0, NULL);

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_msg(fd, big, FIRST_LEN, 0, 0, 0));
	ASSERT_EQ(1, send_msg(fd, big, 0, 0, 0, 0));
	ASSERT_EQ(1, send_msg(fd, big, LAST_LEN, 0, 9, 0));
	expect_three_sent(_metadata, fd);
	/* Looking is not receiving. The last has priority. */
	ASSERT_EQ(1, recv_msg(fd, big, sizeof(big), NULL, IPCX_RECV_PEEK));
	ASSERT_EQ(1, recv_msg(fd, big, sizeof(big), NULL, 0));
	expect_one_received(_metadata, fd, LAST_LEN);
	EXPECT_EQ(2, drain(fd));
	expect_three_received(_metadata, fd);
	close(fd);
}

static int receive_one(void *arg)
{
	__u64 number;

	return recv_number(*(int *)arg, &number) != 1;
}

static int send_one(void *arg)
{
	return send_number(*(int *)arg, 1, 0) != 1;
}

TEST(waiters)
{
	struct ipcx_stat stat;
	pid_t pids[3];
	int fd = small_queue(1), i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 3; i++)
		pids[i] = spawn(receive_one, &fd);
	ASSERT_EQ(0, wait_receivers(fd, 3));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(1, send_number(fd, i, 0));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, reap(pids[i]));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.recv_waiters);
	EXPECT_EQ(3, stat.recv_blocked);
	EXPECT_EQ(0, stat.depth);

	ASSERT_EQ(1, send_number(fd, 0, 0));
	for (i = 0; i < 3; i++)
		pids[i] = spawn(send_one, &fd);
	ASSERT_EQ(0, wait_senders(fd, 3));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.recv_waiters);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, receive_one(&fd));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, reap(pids[i]));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.send_waiters);
	/* One may have waited for a receiver above to finish its copy, too. */
	EXPECT_LE(3, stat.send_blocked);
	EXPECT_EQ(7, stat.sent);
	close(fd);
}

TEST(handles)
{
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_stat stat;
	int fds[3], copy, i;

	unique_name(name, "handles");
	for (i = 0; i < 3; i++) {
		fds[i] = open_queue(name, i ? RW : CREATE_RW, i ? 0 : 0600);
		ASSERT_LE(0, fds[i]);
	}
	/* A duplicate is the same open file description. */
	copy = dup(fds[0]);
	ASSERT_EQ(0, get_stat(fds[0], &stat));
	EXPECT_EQ(3, stat.handles);
	close(fds[0]);
	ASSERT_EQ(0, get_stat(copy, &stat));
	EXPECT_EQ(3, stat.handles);
	close(fds[1]);
	close(fds[2]);
	ASSERT_EQ(0, get_stat(copy, &stat));
	EXPECT_EQ(1, stat.handles);
	EXPECT_EQ(0, unlink_name(name));
	close(copy);
}

TEST(notify_state)
{
	struct ipcx_notify notify = { .how = IPCX_NOTIFY_SIGNAL, .signo = SIGUSR1 };
	struct ipcx_stat stat;
	int fd = new_queue(0, NULL);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, op(fd, IPCX_NOTIFY, &notify));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(IPCX_STAT_NOTIFY, stat.state);
	notify = (struct ipcx_notify) { .how = IPCX_NOTIFY_NONE };
	ASSERT_EQ(0, op(fd, IPCX_NOTIFY, &notify));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.state);
	close(fd);
}

/* ---- info ---- */

TEST(charge)
{
	struct ipcx_info before, with, filled, after;
	int fd;

	ASSERT_EQ(0, get_info(&before));
	fd = new_queue(0, NULL);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_info(&with));
	EXPECT_EQ(before.user_objects + 1, with.user_objects);
	EXPECT_LT(before.user_bytes, with.user_bytes);
	ASSERT_EQ(1, send_msg(fd, &before, sizeof(before), 0, 0, 0));
	ASSERT_EQ(0, get_info(&filled));
	EXPECT_LE(with.user_bytes + sizeof(before), filled.user_bytes);
	close(fd);
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(before.user_objects, after.user_objects);
	EXPECT_EQ(before.user_bytes, after.user_bytes);
}

/* The documented size of a short message: 100 of them, in bytes charged. */
TEST(charge_of_short_messages)
{
	struct ipcx_info before, after;
	char payload[64] = { 0 };
	int fd = new_queue(0, NULL), i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_info(&before));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(1, send_msg(fd, payload, sizeof(payload), 0, 0, 0));
	ASSERT_EQ(0, get_info(&after));
	EXPECT_GE(before.user_bytes + 100 * 192, after.user_bytes);
	EXPECT_LE(before.user_bytes + 100 * 64, after.user_bytes);
	close(fd);
}

/* ---- list ---- */

struct walk {
	__u64 cursor;
	__u64 ids[2000];
	unsigned int n;
	bool sorted;
};

static int walk_list(struct walk *walk, int control, unsigned int at_once)
{
	struct ipcx_stat *stats = calloc(at_once, sizeof(*stats));
	struct ipcx_list list = {
		.entries = addr(stats), .count = at_once, .entry_size = sizeof(*stats),
	};
	int n, i;

	walk->n = 0;
	walk->sorted = true;
	while ((n = op(control, IPCX_LIST, &list)) > 0) {
		for (i = 0; i < n && walk->n < ARRAY_SIZE(walk->ids); i++) {
			if (walk->n && walk->ids[walk->n - 1] >= stats[i].id)
				walk->sorted = false;
			walk->ids[walk->n++] = stats[i].id;
		}
	}
	walk->cursor = list.cursor;
	free(stats);
	return n;
}

static bool walk_has(const struct walk *walk, __u64 id)
{
	unsigned int i;

	for (i = 0; i < walk->n; i++)
		if (walk->ids[i] == id)
			return true;
	return false;
}

FIXTURE(list) {
	int control;
	int fds[50];
	__u64 ids[50];
	struct walk walk;
};

FIXTURE_SETUP(list)
{
	size_t i;

	self->control = open_control();
	ASSERT_LE(0, self->control);
	for (i = 0; i < ARRAY_SIZE(self->fds); i++) {
		struct ipcx_stat stat;

		self->fds[i] = new_queue(0, NULL);
		ASSERT_LE(0, self->fds[i]);
		ASSERT_EQ(0, get_stat(self->fds[i], &stat));
		self->ids[i] = stat.id;
	}
}

FIXTURE_TEARDOWN(list)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(self->fds); i++)
		close(self->fds[i]);
	close(self->control);
}

TEST_F(list, any_step)
{
	static const unsigned int steps[] = { 1, 3, 49, 50, 51, 1000 };
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		struct ipcx_stat entry;
		struct ipcx_list list = {
			.entries = addr(&entry), .count = 1, .entry_size = sizeof(entry),
		};

		ASSERT_EQ(0, walk_list(&self->walk, self->control, steps[i]));
		EXPECT_TRUE(self->walk.sorted);
		/* The end stays the end. */
		list.cursor = self->walk.cursor;
		EXPECT_EQ(0, op(self->control, IPCX_LIST, &list));
		EXPECT_EQ(ARRAY_SIZE(self->fds), self->walk.n);
		for (j = 0; j < ARRAY_SIZE(self->ids); j++)
			EXPECT_TRUE(walk_has(&self->walk, self->ids[j]));
	}
}

/* The entry is what stat says. */
TEST_F(list, same_as_stat)
{
	struct ipcx_stat stat, entry;
	struct ipcx_list list = {
		.entries = addr(&entry), .count = 1, .entry_size = sizeof(entry),
		.kind = IPCX_KIND_QUEUE,
	};

	ASSERT_EQ(1, send_number(self->fds[0], 4, 4));
	ASSERT_EQ(1, op(self->control, IPCX_LIST, &list));
	ASSERT_EQ(0, get_stat(self->fds[0], &stat));
	EXPECT_EQ(0, memcmp(&stat, &entry, sizeof(stat)));
	/* A cursor in the middle, and one beyond everything. */
	list.cursor = stat.id;
	EXPECT_LE(0, op(self->control, IPCX_LIST, &list));
	list.cursor = ~0ULL;
	EXPECT_EQ(0, op(self->control, IPCX_LIST, &list));
}

static int churn(void *arg)
{
	uint64_t state = getpid();
	int fds[20], i;

	(void)arg;
	memset(fds, -1, sizeof(fds));
	for (;;) {
		i = rnd_below(&state, ARRAY_SIZE(fds));
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = new_queue(0, NULL);
		MUST(fds[i] >= 0);
	}
	return 0;
}

/* What exists all the time is given exactly once, whatever comes and goes. */
TEST_F(list, while_objects_come_and_go)
{
	pid_t pids[2];
	long round;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = spawn(churn, NULL);
	for (round = 0; round < scaled(50, 5000); round++) {
		ASSERT_EQ(0, walk_list(&self->walk, self->control, 1 + round % 9));
		ASSERT_TRUE(self->walk.sorted);
		for (i = 0; i < ARRAY_SIZE(self->ids); i++)
			ASSERT_TRUE(walk_has(&self->walk, self->ids[i]));
	}
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		kill(pids[i], SIGKILL);
		EXPECT_EQ(KILLED_BY(SIGKILL), reap(pids[i]));
	}
	ASSERT_EQ(0, walk_list(&self->walk, self->control, 7));
	EXPECT_EQ(ARRAY_SIZE(self->fds), self->walk.n);
}

static int list_as_b(void *arg)
{
	FIXTURE_DATA(list) *self = arg;
	int control;

	MUST_BE(0, become(UID_B));
	control = open_control();
	MUST(control >= 0);
	MUST_BE(0, walk_list(&self->walk, control, 8));
	MUST_BE(2, self->walk.n);
	MUST(walk_has(&self->walk, self->ids[0]));
	MUST(walk_has(&self->walk, self->ids[1]));
	return 0;
}

/* Others see what they may read, nothing else. */
TEST_F(list, only_the_readable)
{
	ASSERT_EQ(0, fchmod(self->fds[0], 0604));
	ASSERT_EQ(0, fchmod(self->fds[1], 0004));
	ASSERT_EQ(0, fchmod(self->fds[2], 0662));
	EXPECT_EQ(0, in_child(list_as_b, self));
}

/* ---- text ---- */

TEST(fdinfo)
{
	char name[UNIQUE_NAME_SIZE], path[64], text[4096], id[32];
	struct ipcx_stat stat;
	int fd;

	unique_name(name, "fdinfo");
	fd = open_queue(name, CREATE_RW, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_number(fd, 1, 0));
	ASSERT_EQ(0, get_stat(fd, &stat));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	ASSERT_LT(0, read_file(path, text, sizeof(text)));
	ASSERT_NE(NULL, fdinfo_value(text, "ipcx-kind"));
	EXPECT_STREQ("queue", fdinfo_value(text, "ipcx-kind"));
	snprintf(id, sizeof(id), "%llu", (unsigned long long)stat.id);
	ASSERT_NE(NULL, fdinfo_value(text, "ipcx-id"));
	EXPECT_STREQ(id, fdinfo_value(text, "ipcx-id"));
	ASSERT_NE(NULL, fdinfo_value(text, "ipcx-name"));
	EXPECT_STREQ(name, fdinfo_value(text, "ipcx-name"));
	ASSERT_NE(NULL, fdinfo_value(text, "ipcx-depth"));
	EXPECT_STREQ("1", fdinfo_value(text, "ipcx-depth"));
	EXPECT_NE(NULL, fdinfo_value(text, "ipcx-rights"));
	EXPECT_EQ(0, unlink_name(name));
	close(fd);
}

/* A name of any bytes must not be able to fake lines of its own. */
TEST(text_of_hostile_names)
{
	char path[64], text[16384];
	const char *name = "/x\nipcx-kind: mailbox\t\033[31m";
	int fd = open_queue(name, CREATE_RW, 0600);

	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	ASSERT_LT(0, read_file(path, text, sizeof(text)));
	EXPECT_STREQ("queue", fdinfo_value(text, "ipcx-kind"));
	EXPECT_EQ(NULL, strstr(text, "\nipcx-kind: mailbox"));
	EXPECT_EQ(NULL, strchr(text, '\033'));
	ASSERT_LT(0, read_file(DEBUGFS_OBJECTS, text, sizeof(text)));
	EXPECT_EQ(NULL, strstr(text, "\nipcx-kind"));
	EXPECT_EQ(NULL, strchr(text, '\033'));
	EXPECT_EQ(0, unlink_name(name));
	close(fd);
}

TEST(readlink_of_fd)
{
	int fd = new_queue(0, NULL);

	ASSERT_LE(0, fd);
	expect_link(_metadata, fd, "queue");
	close(fd);
}

TEST(debugfs)
{
	char name[UNIQUE_NAME_SIZE], text[65536];
	int fd;

	unique_name(name, "debugfs");
	fd = open_queue(name, CREATE_RW, 0600);
	ASSERT_LE(0, fd);
	expect_object(_metadata, name, "queue");
	EXPECT_EQ(0, unlink_name(name));
	ASSERT_LT(0, read_file(DEBUGFS_OBJECTS, text, sizeof(text)));
	close(fd);
	ASSERT_LE(0, read_file(DEBUGFS_OBJECTS, text, sizeof(text)));
	EXPECT_EQ(NULL, strstr(text, name));
}

/* More than a page of text, with objects of other network namespaces. */
static int many_in_netns(void *arg)
{
	static char text[1 << 20];
	int i;

	(void)arg;
	MUST_BE(0, enter_netns());
	for (i = 0; i < 200; i++) {
		char name[UNIQUE_NAME_SIZE];

		unique_name(name, "many");
		MUST(open_queue(name, CREATE_RW, 0600) >= 0);
	}
	MUST(read_file(DEBUGFS_OBJECTS, text, sizeof(text)) > 200 * 20);
	for (i = 0; i < 200; i++) {
		char name[UNIQUE_NAME_SIZE];

		snprintf(name, sizeof(name), "/many-%d-%d", (int)getpid(), i);
		MUST(strstr(text, name));
	}
	return 0;
}

TEST(debugfs_of_many)
{
	EXPECT_EQ(0, in_child(many_in_netns, NULL));
}

TEST_HARNESS_MAIN
