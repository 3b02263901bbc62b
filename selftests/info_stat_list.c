// SPDX-License-Identifier: LGPL-2.1-or-later
/* What can be seen of objects: stat, list, fdinfo, debugfs, /proc/PID/fd. */
#include "mbox.h"

#define DEBUGFS_OBJECTS "/sys/kernel/debug/ipcx/objects"

/* ---- stat ---- */

static void expect_attributes(struct __test_metadata *_metadata, int fd,
			      __u64 msgs, __u64 msg_size, __u64 bytes)
{
	struct ipcx_stat stat;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(msgs, stat.max_msgs);
	EXPECT_EQ(msg_size, stat.max_msg_size);
	EXPECT_EQ(bytes, stat.max_bytes);
	close(fd);
}

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
	struct ipcx_stat stat, zero;
	int fd = new_queue(0, &attr);

	memset(&zero, 0, sizeof(zero));
	memset(&stat, 0x55, sizeof(stat));
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_LT(0, stat.id);
	EXPECT_EQ(IPCX_KIND_QUEUE, stat.kind);
	EXPECT_EQ(0600, stat.mode);
	EXPECT_EQ(0, stat.uid);
	EXPECT_EQ(0, stat.gid);
	EXPECT_EQ(0, stat.state);
	EXPECT_EQ(IPCX_OVERFLOW_DROP, stat.overflow);
	EXPECT_EQ(1, stat.handles);
	EXPECT_EQ(0, stat.name_len);
	EXPECT_EQ(0, stat.recv_waiters);
	EXPECT_EQ(0, stat.send_waiters);
	EXPECT_LE(before - 10 * NSEC_PER_MSEC, stat.created_ns);
	EXPECT_GE(now_ns(CLOCK_REALTIME), stat.created_ns);
	/* All counters, and every byte of the name. */
	EXPECT_EQ(0, memcmp(&stat.depth, &zero, offsetof(struct ipcx_stat, created_ns) -
						offsetof(struct ipcx_stat, depth)));
	EXPECT_EQ(0, memcmp(stat.name, zero.name, sizeof(zero.name)));
	close(fd);
}

TEST(counters)
{
	char big[100] = { 0 };
	struct ipcx_stat stat;
	int fd = new_queue(0, NULL);

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_msg(fd, big, 100, 0, 0, 0));
	ASSERT_EQ(1, send_msg(fd, big, 0, 0, 0, 0));
	ASSERT_EQ(1, send_msg(fd, big, 7, 0, 9, 0));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(3, stat.depth);
	EXPECT_EQ(107, stat.bytes);
	EXPECT_EQ(3, stat.sent);
	EXPECT_EQ(107, stat.sent_bytes);
	EXPECT_EQ(0, stat.received);
	/* Looking is not receiving. */
	ASSERT_EQ(1, recv_msg(fd, big, sizeof(big), NULL, IPCX_RECV_PEEK));
	ASSERT_EQ(1, recv_msg(fd, big, sizeof(big), NULL, 0));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(2, stat.depth);
	EXPECT_EQ(0, stat.inflight);
	EXPECT_EQ(100, stat.bytes);
	EXPECT_EQ(1, stat.received);
	EXPECT_EQ(7, stat.received_bytes);
	EXPECT_EQ(2, drain(fd));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.depth);
	EXPECT_EQ(0, stat.bytes);
	EXPECT_EQ(3, stat.received);
	EXPECT_EQ(107, stat.received_bytes);
	EXPECT_EQ(3, stat.depth_max);
	EXPECT_EQ(107, stat.bytes_max);
	EXPECT_EQ(0, stat.dropped);
	EXPECT_EQ(0, stat.send_blocked);
	EXPECT_EQ(0, stat.recv_blocked);
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

/* The value of a fdinfo line, or NULL. */
static const char *fdinfo_value(const char *text, const char *key)
{
	static char value[300];
	const char *at = text;

	while ((at = strstr(at, key))) {
		if ((at == text || at[-1] == '\n') && at[strlen(key)] == ':') {
			at += strlen(key) + 1;
			sscanf(at, " %299[^\n]", value);
			return value;
		}
		at++;
	}
	return NULL;
}

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
	char path[64], target[64], expected[64];
	struct ipcx_stat stat;
	int fd = new_queue(0, NULL);
	ssize_t n;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_stat(fd, &stat));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	ASSERT_LT(0, n);
	target[n] = '\0';
	snprintf(expected, sizeof(expected), "ipcx:[queue:%llu]", (unsigned long long)stat.id);
	EXPECT_STREQ(expected, target);
	close(fd);
}

TEST(debugfs)
{
	char name[UNIQUE_NAME_SIZE], text[65536];
	struct ipcx_stat stat;
	const char *line;
	int fd;

	unique_name(name, "debugfs");
	fd = open_queue(name, CREATE_RW, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_stat(fd, &stat));
	ASSERT_LT(0, read_file(DEBUGFS_OBJECTS, text, sizeof(text)));
	line = strstr(text, name);
	ASSERT_NE(NULL, line);
	while (line > text && line[-1] != '\n')
		line--;
	EXPECT_NE(NULL, strstr(line, "queue"));
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

/* ---- mailboxes ---- */

TEST(mbox_defaults)
{
	struct ipcx_mbox_attr attr = { 0 };

	expect_attributes(_metadata, open_mbox(NULL, MBOX_CREATE, 0600), 1024, 65536, 1 << 20);
	attr.max_msgs = 7;
	attr.max_msg_size = 2 << 20;
	expect_attributes(_metadata, open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, NULL), 7,
			  2 << 20, 2 << 20);
	attr.max_msg_size = 0;
	attr.max_bytes = 1000;
	expect_attributes(_metadata, open_mbox_attr(NULL, MBOX_CREATE, 0600, &attr, NULL), 7,
			  1000, 1000);
}

TEST(mbox_fresh)
{
	long long before = now_ns(CLOCK_REALTIME);
	struct ipcx_stat stat, zero;
	__u64 port;
	int fd = new_mbox(&port);

	memset(&zero, 0, sizeof(zero));
	memset(&stat, 0x55, sizeof(stat));
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(port, stat.id);
	EXPECT_EQ(IPCX_KIND_MBOX, stat.kind);
	EXPECT_EQ(0600, stat.mode);
	EXPECT_EQ(0, stat.uid);
	EXPECT_EQ(0, stat.gid);
	EXPECT_EQ(0, stat.state);
	EXPECT_EQ(IPCX_OVERFLOW_BLOCK, stat.overflow);
	EXPECT_EQ(1, stat.handles);
	EXPECT_EQ(0, stat.name_len);
	EXPECT_EQ(0, stat.recv_waiters);
	EXPECT_EQ(0, stat.send_waiters);
	EXPECT_LE(before - 10 * NSEC_PER_MSEC, stat.created_ns);
	EXPECT_GE(now_ns(CLOCK_REALTIME), stat.created_ns);
	EXPECT_EQ(0, memcmp(&stat.depth, &zero, offsetof(struct ipcx_stat, created_ns) -
						offsetof(struct ipcx_stat, depth)));
	EXPECT_EQ(0, memcmp(stat.name, zero.name, sizeof(zero.name)));
	EXPECT_EQ(0, stat.calls);
	close(fd);
}

TEST(mbox_counters)
{
	char big[100] = { 0 };
	struct ipcx_stat stat;
	__u64 port;
	int fd = new_mbox(&port), to = open_port(port, 0);

	ASSERT_LE(0, to);
	ASSERT_EQ(1, post_mail(to, big, 100, 0, 0, -1, 0));
	ASSERT_EQ(1, post_mail(to, big, 0, 0, 0, -1, 0));
	ASSERT_EQ(1, post_mail(to, big, 7, 0, 0, -1, 0));
	/* Both ends see the same. */
	ASSERT_EQ(0, get_stat(to, &stat));
	EXPECT_EQ(2, stat.handles);
	EXPECT_EQ(3, stat.depth);
	EXPECT_EQ(107, stat.bytes);
	EXPECT_EQ(3, stat.sent);
	EXPECT_EQ(107, stat.sent_bytes);
	EXPECT_EQ(0, stat.received);
	ASSERT_EQ(1, recv_mail(fd, big, sizeof(big), NULL, IPCX_RECV_PEEK));
	ASSERT_EQ(1, recv_mail(fd, big, sizeof(big), NULL, 0));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(2, stat.depth);
	EXPECT_EQ(0, stat.inflight);
	EXPECT_EQ(7, stat.bytes);
	EXPECT_EQ(1, stat.received);
	EXPECT_EQ(100, stat.received_bytes);
	EXPECT_EQ(2, drain_mail(fd));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.depth);
	EXPECT_EQ(0, stat.bytes);
	EXPECT_EQ(3, stat.received);
	EXPECT_EQ(107, stat.received_bytes);
	EXPECT_EQ(3, stat.depth_max);
	EXPECT_EQ(107, stat.bytes_max);
	EXPECT_EQ(0, stat.dropped);
	EXPECT_EQ(0, stat.send_blocked);
	EXPECT_EQ(0, stat.recv_blocked);
	EXPECT_EQ(0, stat.calls);
	close(to);
	close(fd);
}

static int take_one(void *arg)
{
	__u64 number;

	return recv_mail(*(int *)arg, &number, sizeof(number), NULL, 0) != 1;
}

static int post_one(void *arg)
{
	return post_number(*(int *)arg, 1) != 1;
}

TEST(mbox_waiters)
{
	struct ipcx_stat stat;
	pid_t pids[2];
	__u64 port;
	int fd = small_mbox(1, &port), to = open_port(port, 0), i;

	ASSERT_LE(0, to);
	for (i = 0; i < 2; i++)
		pids[i] = spawn(take_one, &fd);
	ASSERT_EQ(0, wait_receivers(to, 2));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(1, post_number(to, i));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, reap(pids[i]));
	ASSERT_EQ(1, post_number(to, 0));
	for (i = 0; i < 2; i++)
		pids[i] = spawn(post_one, &to);
	ASSERT_EQ(0, wait_senders(fd, 2));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, take_one(&fd));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(0, reap(pids[i]));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.recv_waiters);
	EXPECT_EQ(0, stat.send_waiters);
	EXPECT_EQ(2, stat.recv_blocked);
	/* One may have waited for a receiver above to finish its copy, too. */
	EXPECT_LE(2, stat.send_blocked);
	EXPECT_EQ(5, stat.sent);
	close(to);
	close(fd);
}

/* A call is mail first, and counted as one when it was received. */
TEST(mbox_calls)
{
	struct ipcx_mbox_recv mails[3];
	struct ipcx_stat stat;
	__u64 port, number;
	int fd = new_mbox(&port), to = open_port(port, 0), i;
	pid_t pids[3];

	ASSERT_LE(0, to);
	for (i = 0; i < 3; i++) {
		pids[i] = spawn(ask, &to);
		ASSERT_EQ(0, wait_depth(fd, i + 1));
	}
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.calls);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, recv_mail(fd, &number, sizeof(number), &mails[i], 0));
		ASSERT_EQ(0, get_stat(to, &stat));
		EXPECT_EQ(i + 1, stat.calls);
		EXPECT_EQ(2 - i, stat.depth);
	}
	/* The reply comes to the first, the end to the second. */
	EXPECT_EQ(0, reply_number(fd, mails[0].token, ANSWER));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(2, stat.calls);
	EXPECT_EQ(0, reap(pids[0]));
	EXPECT_EQ(0, discard_call(fd, mails[1].token));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(1, stat.calls);
	EXPECT_EQ(EPIPE, reap(pids[1]));
	/* The third is killed, and nobody waits for its reply any more. */
	kill(pids[2], SIGKILL);
	EXPECT_EQ(KILLED_BY(SIGKILL), reap(pids[2]));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.calls);
	EXPECT_EQ(3, stat.sent);
	EXPECT_EQ(3, stat.received);
	close(to);
	close(fd);
}

TEST(mbox_dead)
{
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_stat stat, zero;
	int fd, to;

	memset(&zero, 0, sizeof(zero));
	unique_name(name, "dead");
	fd = open_mbox(name, MBOX_CREATE, 0600);
	to = open_mbox(name, IPCX_OPEN_WRITE, 0);
	ASSERT_LE(0, to);
	ASSERT_EQ(1, post_number(to, 1));
	ASSERT_EQ(0, get_stat(to, &stat));
	EXPECT_EQ(IPCX_STAT_NAMED, stat.state);
	EXPECT_STREQ(name, stat.name);
	EXPECT_EQ(strlen(name), stat.name_len);
	close(fd);
	ASSERT_EQ(0, get_stat(to, &stat));
	EXPECT_EQ(IPCX_STAT_DEAD, stat.state);
	EXPECT_EQ(0, stat.name_len);
	EXPECT_EQ(0, memcmp(stat.name, zero.name, sizeof(zero.name)));
	EXPECT_EQ(1, stat.handles);
	EXPECT_EQ(0, stat.depth);
	EXPECT_EQ(0, stat.bytes);
	EXPECT_EQ(1, stat.sent);
	EXPECT_EQ(0, stat.received);
	close(to);
}

/* The mailbox is its maker's, the mail its sender's; its end gives all back. */
TEST(mbox_charge)
{
	struct ipcx_info before, with, filled, after;
	char big[1000] = { 0 };
	__u64 port;
	int fd, to;

	/* What those before it have closed may go a moment later. */
	do {
		sched_yield();
		ASSERT_EQ(0, get_info(&before));
	} while (before.user_objects);
	fd = new_mbox(&port);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_info(&with));
	EXPECT_EQ(before.user_objects + 1, with.user_objects);
	EXPECT_LT(before.user_bytes, with.user_bytes);
	to = open_port(port, 0);
	ASSERT_EQ(1, post_mail(to, big, sizeof(big), 0, 0, -1, 0));
	ASSERT_EQ(1, post_mail(to, big, 10, 0, 0, -1, 0));
	ASSERT_EQ(0, get_info(&filled));
	EXPECT_LE(with.user_bytes + sizeof(big) + 10, filled.user_bytes);
	EXPECT_EQ(with.user_objects, filled.user_objects);
	close(fd);
	/* What a right to send keeps is only the mailbox itself. */
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(with.user_bytes, after.user_bytes);
	close(to);
	ASSERT_EQ(0, get_info(&after));
	EXPECT_EQ(before.user_objects, after.user_objects);
	EXPECT_EQ(before.user_bytes, after.user_bytes);
}

/* Ids of the listed objects of a kind: their number, or -errno. */
static int list_kind(__u32 kind, struct ipcx_stat *stats, __u32 count)
{
	struct ipcx_list list = {
		.entries = addr(stats), .count = count, .entry_size = sizeof(*stats),
		.kind = kind,
	};
	int control = open_control();
	int n = op(control, IPCX_LIST, &list);

	close(control);
	return n;
}

TEST(list_of_kinds)
{
	struct ipcx_stat stats[8], stat;
	int queue = new_queue(0, NULL), mbox = open_mbox(NULL, MBOX_CREATE | IPCX_OPEN_WRITE, 0600);
	int dead, to;
	__u64 port;

	ASSERT_LE(0, queue);
	ASSERT_LE(0, mbox);
	ASSERT_EQ(1, post_number(mbox, 1));
	EXPECT_EQ(2, list_kind(0, stats, ARRAY_SIZE(stats)));
	ASSERT_EQ(1, list_kind(IPCX_KIND_QUEUE, stats, ARRAY_SIZE(stats)));
	EXPECT_EQ(IPCX_KIND_QUEUE, stats[0].kind);
	ASSERT_EQ(1, list_kind(IPCX_KIND_MBOX, stats, ARRAY_SIZE(stats)));
	/* A mailbox that no port leads to is in the list of who may read it. */
	ASSERT_EQ(0, get_stat(mbox, &stat));
	EXPECT_EQ(0, memcmp(&stat, &stats[0], sizeof(stat)));
	EXPECT_EQ(-EINVAL, list_kind(IPCX_KIND_RING + 1, stats, ARRAY_SIZE(stats)));
	/* The dead are not. */
	dead = new_mbox(&port);
	to = open_port(port, 0);
	ASSERT_LE(0, to);
	EXPECT_EQ(2, list_kind(IPCX_KIND_MBOX, stats, ARRAY_SIZE(stats)));
	close(dead);
	EXPECT_EQ(1, list_kind(IPCX_KIND_MBOX, stats, ARRAY_SIZE(stats)));
	close(to);
	close(mbox);
	close(queue);
}

static int list_mboxes_as_b(void *arg)
{
	struct ipcx_stat stats[4];
	__u64 port = *(__u64 *)arg;

	MUST_BE(0, become(UID_B));
	MUST_BE(1, list_kind(IPCX_KIND_MBOX, stats, ARRAY_SIZE(stats)));
	MUST(stats[0].id == port);
	return 0;
}

/* To read is what the mode's bits of who may receive say; to send is not enough. */
TEST(list_of_readable_mboxes)
{
	__u64 port;
	int readable = new_mbox(&port), writable = new_mbox(NULL);

	ASSERT_LE(0, readable);
	ASSERT_LE(0, writable);
	ASSERT_EQ(0, fchmod(readable, 0604));
	ASSERT_EQ(0, fchmod(writable, 0662));
	EXPECT_EQ(0, in_child(list_mboxes_as_b, &port));
	close(readable);
	close(writable);
}

TEST(mbox_text)
{
	char name[UNIQUE_NAME_SIZE], path[64], target[64], expected[64], text[65536];
	const char *line;
	struct ipcx_stat stat;
	ssize_t n;
	int fd;

	unique_name(name, "text");
	fd = open_mbox(name, MBOX_CREATE | IPCX_OPEN_WRITE, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, post_number(fd, 1));
	ASSERT_EQ(0, get_stat(fd, &stat));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	ASSERT_LT(0, read_file(path, text, sizeof(text)));
	ASSERT_NE(NULL, fdinfo_value(text, "ipcx-kind"));
	EXPECT_STREQ("mbox", fdinfo_value(text, "ipcx-kind"));
	ASSERT_NE(NULL, fdinfo_value(text, "ipcx-name"));
	EXPECT_STREQ(name, fdinfo_value(text, "ipcx-name"));
	ASSERT_NE(NULL, fdinfo_value(text, "ipcx-depth"));
	EXPECT_STREQ("1", fdinfo_value(text, "ipcx-depth"));

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	ASSERT_LT(0, n);
	target[n] = '\0';
	snprintf(expected, sizeof(expected), "ipcx:[mbox:%llu]", (unsigned long long)stat.id);
	EXPECT_STREQ(expected, target);

	ASSERT_LT(0, read_file(DEBUGFS_OBJECTS, text, sizeof(text)));
	line = strstr(text, name);
	ASSERT_NE(NULL, line);
	while (line > text && line[-1] != '\n')
		line--;
	EXPECT_NE(NULL, strstr(line, "mbox"));
	close(fd);
	ASSERT_LE(0, read_file(DEBUGFS_OBJECTS, text, sizeof(text)));
	EXPECT_EQ(NULL, strstr(text, name));
}

TEST_HARNESS_MAIN
