// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which names there are, and what they mean to those who open them. */
#include "common.h"

FIXTURE(names) {
	int control;
};

FIXTURE_SETUP(names)
{
	self->control = open_control();
	ASSERT_LE(0, self->control);
}

FIXTURE_TEARDOWN(names)
{
	close(self->control);
}

/* The name's length is given apart, so that it can hold anything. */
static int open_bytes(int control, const void *name, size_t len, unsigned int flags)
{
	struct ipcx_open req = {
		.name = addr(name), .name_len = len, .kind = IPCX_KIND_QUEUE,
		.flags = flags, .mode = flags & IPCX_OPEN_CREATE ? 0600 : 0,
	};

	return op(control, IPCX_OPEN, &req);
}

static int unlink_bytes(int control, const void *name, size_t len)
{
	struct ipcx_unlink req = { .name = addr(name), .name_len = len };

	return op(control, IPCX_UNLINK, &req);
}

TEST_F(names, broken_ones)
{
	static const struct {
		const char *bytes;
		size_t len;
	} broken[] = {
		{ "/", 1 }, { "a", 1 }, { "name", 4 }, { "//", 2 }, { "/a/", 3 },
		{ "/a/b", 4 }, { "/a\0b", 4 }, { "/a\0", 3 }, { "\0/a", 3 }, { "/\0", 2 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(broken); i++) {
		const char *bytes = broken[i].bytes;
		size_t len = broken[i].len;

		EXPECT_EQ(-EINVAL, open_bytes(self->control, bytes, len, CREATE_RW)) {
			TH_LOG("%zu: %s", i, bytes);
		}
		EXPECT_EQ(-EINVAL, open_bytes(self->control, bytes, len, RW));
		EXPECT_EQ(-EINVAL, unlink_bytes(self->control, bytes, len));
	}
}

TEST_F(names, length)
{
	char name[IPCX_NAME_MAX + 2];
	struct ipcx_stat stat;
	int fd;

	memset(name, 'x', sizeof(name));
	name[0] = '/';
	EXPECT_EQ(-ENAMETOOLONG, open_bytes(self->control, name, IPCX_NAME_MAX + 1, CREATE_RW));
	EXPECT_EQ(-ENAMETOOLONG, open_bytes(self->control, name, IPCX_NAME_MAX + 1, RW));
	EXPECT_EQ(-ENAMETOOLONG, open_bytes(self->control, name, ~0U, CREATE_RW));
	EXPECT_EQ(-ENAMETOOLONG, unlink_bytes(self->control, name, IPCX_NAME_MAX + 1));

	fd = open_bytes(self->control, name, IPCX_NAME_MAX, CREATE_RW);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(IPCX_NAME_MAX, stat.name_len);
	EXPECT_EQ(0, memcmp(name, stat.name, IPCX_NAME_MAX));
	EXPECT_EQ(0, stat.name[IPCX_NAME_MAX]);
	EXPECT_EQ(0, unlink_bytes(self->control, name, IPCX_NAME_MAX));
	close(fd);

	fd = open_bytes(self->control, "/x", 2, CREATE_RW);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, unlink_bytes(self->control, "/x", 2));
	close(fd);
}

/* Names are bytes: any but '/' and NUL, and case matters. */
TEST_F(names, every_byte)
{
	unsigned int byte;

	for (byte = 1; byte < 256; byte++) {
		char name[] = { '/', byte, 'z' };
		int fd;

		if (byte == '/')
			continue;
		fd = open_bytes(self->control, name, sizeof(name), CREATE_RW | IPCX_OPEN_EXCL);
		ASSERT_LE(0, fd) {
			TH_LOG("byte %u: %d", byte, fd);
		}
		close(fd);
	}
	for (byte = 1; byte < 256; byte++) {
		char name[] = { '/', byte, 'z' };

		if (byte != '/')
			EXPECT_EQ(0, unlink_bytes(self->control, name, sizeof(name)));
	}
}

TEST_F(names, one_is_not_a_prefix_of_another)
{
	int fd = open_queue("/prefix", CREATE_RW, 0600);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOENT, open_queue("/prefi", RW, 0));
	EXPECT_EQ(-ENOENT, open_queue("/prefixx", RW, 0));
	EXPECT_EQ(-ENOENT, unlink_name("/prefixx"));
	EXPECT_EQ(0, unlink_name("/prefix"));
	close(fd);
}

TEST_F(names, create_and_exclusive)
{
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_stat first, second;
	int a, b;

	unique_name(name, "excl");
	EXPECT_EQ(-ENOENT, open_queue(name, RW, 0));
	EXPECT_EQ(-ENOENT, unlink_name(name));
	a = open_queue(name, CREATE_RW | IPCX_OPEN_EXCL, 0600);
	ASSERT_LE(0, a);
	EXPECT_EQ(-EEXIST, open_queue(name, CREATE_RW | IPCX_OPEN_EXCL, 0600));
	b = open_queue(name, CREATE_RW, 0600);
	ASSERT_LE(0, b);
	ASSERT_EQ(0, get_stat(a, &first));
	ASSERT_EQ(0, get_stat(b, &second));
	EXPECT_EQ(first.id, second.id);
	EXPECT_EQ(2, second.handles);
	EXPECT_EQ(1, send_number(a, 42, 0));
	EXPECT_EQ(1, drain(b));
	close(b);
	EXPECT_EQ(0, unlink_name(name));
	close(a);
}

/* Attributes are the creator's: whoever comes later need not know them. */
TEST_F(names, attributes_of_the_first)
{
	struct ipcx_queue_attr first = { .max_msgs = 3 }, other = { .max_msgs = 5 };
	struct ipcx_queue_attr broken = { .flags = 1 };
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_stat stat;
	int a, b;

	unique_name(name, "attr");
	a = open_queue_attr(name, CREATE_RW, 0600, &first);
	ASSERT_LE(0, a);
	b = open_queue_attr(name, CREATE_RW, 0600, &other);
	ASSERT_LE(0, b);
	ASSERT_EQ(0, get_stat(b, &stat));
	EXPECT_EQ(3, stat.max_msgs);
	close(b);
	/* Not read where the name exists. */
	b = open_queue_attr(name, CREATE_RW, 0600, &broken);
	EXPECT_LE(0, b);
	close(b);
	EXPECT_EQ(0, unlink_name(name));
	close(a);
	EXPECT_EQ(-EINVAL, open_queue_attr(name, CREATE_RW, 0600, &broken));
	EXPECT_EQ(-ENOENT, open_queue(name, RW, 0));
}

/* A named queue lives without fds, with what is in it. */
TEST_F(names, persistence)
{
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_stat stat;
	__u64 number;
	int fd;

	unique_name(name, "persist");
	fd = open_queue(name, CREATE_RW, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_number(fd, 4711, 5));
	close(fd);
	fd = open_queue(name, RW, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(1, stat.handles);
	EXPECT_EQ(1, stat.depth);
	EXPECT_EQ(1, try_recv_number(fd, &number));
	EXPECT_EQ(4711, number);
	EXPECT_EQ(0, unlink_name(name));
	close(fd);
}

/* After an unlink the name is free, and the old queue goes on without it. */
TEST_F(names, unlinked_and_made_again)
{
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_stat was, old, new;
	__u64 number;
	int a, b;

	unique_name(name, "again");
	a = open_queue(name, CREATE_RW, 0600);
	ASSERT_LE(0, a);
	ASSERT_EQ(0, get_stat(a, &was));
	EXPECT_EQ(IPCX_STAT_NAMED, was.state & IPCX_STAT_NAMED);
	EXPECT_EQ(strlen(name), was.name_len);
	EXPECT_STREQ(name, was.name);
	ASSERT_EQ(0, unlink_name(name));
	EXPECT_EQ(-ENOENT, unlink_name(name));
	b = open_queue(name, CREATE_RW | IPCX_OPEN_EXCL, 0600);
	ASSERT_LE(0, b);
	ASSERT_EQ(0, get_stat(a, &old));
	ASSERT_EQ(0, get_stat(b, &new));
	EXPECT_EQ(was.id, old.id);
	EXPECT_LT(old.id, new.id);
	EXPECT_EQ(0, old.state & IPCX_STAT_NAMED);
	EXPECT_EQ(0, old.name_len);
	EXPECT_EQ(0, old.name[0]);
	EXPECT_EQ(IPCX_STAT_NAMED, new.state & IPCX_STAT_NAMED);
	EXPECT_EQ(1, send_number(a, 1, 0));
	EXPECT_EQ(-EAGAIN, try_recv_number(b, &number));
	EXPECT_EQ(1, try_recv_number(a, &number));
	EXPECT_EQ(0, unlink_name(name));
	close(a);
	close(b);
}

TEST_F(names, anonymous)
{
	struct ipcx_stat stat, other;
	int a = new_queue(0, NULL), b = new_queue(0, NULL);

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	ASSERT_EQ(0, get_stat(a, &stat));
	ASSERT_EQ(0, get_stat(b, &other));
	EXPECT_EQ(0, stat.name_len);
	EXPECT_EQ(0, stat.name[0]);
	EXPECT_EQ(0, stat.state & IPCX_STAT_NAMED);
	EXPECT_LT(stat.id, other.id);
	close(a);
	close(b);
}

/* Ids are never used again, also not those of objects that are gone. */
TEST_F(names, ids)
{
	__u64 last = 0;
	int i;

	for (i = 0; i < scaled(200, 20000); i++) {
		struct ipcx_stat stat;
		int fd = new_queue(0, NULL);

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, get_stat(fd, &stat));
		ASSERT_LT(last, stat.id);
		last = stat.id;
		close(fd);
	}
}

TEST_F(names, close_on_exec_and_nonblock)
{
	int fd = new_queue(0, NULL);
	__u64 number;

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & O_ACCMODE);
	close(fd);
	fd = new_queue(IPCX_OPEN_NONBLOCK, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(O_NONBLOCK, fcntl(fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(-EAGAIN, recv_number(fd, &number));
	close(fd);
}

/* ---- creating, opening and unlinking one name from many processes ---- */

struct racer {
	const char *name;
	int rounds;
};

/* Whatever comes of it, only these errors are possible. */
static int race(void *arg)
{
	struct racer *racer = arg;
	uint64_t state = getpid();
	int i;

	for (i = 0; i < racer->rounds; i++) {
		int fd, ret;

		switch (rnd_below(&state, 3)) {
		case 0:
			fd = open_queue(racer->name, CREATE_RW | IPCX_OPEN_EXCL, 0600);
			if (fd < 0 && fd != -EEXIST)
				return 1;
			break;
		case 1:
			fd = open_queue(racer->name, CREATE_RW, 0600);
			if (fd < 0)
				return 2;
			break;
		default:
			fd = open_queue(racer->name, RW, 0);
			if (fd < 0 && fd != -ENOENT)
				return 3;
		}
		if (fd >= 0 && try_send_number(fd, i, 0) != 1)
			return 4;
		ret = unlink_name(racer->name);
		if (ret && ret != -ENOENT)
			return 5;
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

TEST_F(names, race)
{
	char name[UNIQUE_NAME_SIZE];
	struct racer racer = { name, scaled(300, 30000) };
	pid_t pids[4];
	size_t i;

	unique_name(name, "race");
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = spawn(race, &racer);
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(0, reap(pids[i]));
	EXPECT_EQ(-ENOENT, open_queue(name, RW, 0));
}

/* Exactly one of many creators makes the queue. */
static int create_exclusively(void *arg)
{
	int fd = open_queue(arg, CREATE_RW | IPCX_OPEN_EXCL, 0600);

	if (fd >= 0)
		return 0;
	return fd == -EEXIST ? 1 : 2;
}

TEST_F(names, exclusive_race)
{
	long round;

	for (round = 0; round < scaled(20, 2000); round++) {
		char name[UNIQUE_NAME_SIZE];
		pid_t pids[4];
		int winners = 0;
		size_t i;

		unique_name(name, "excl-race");
		for (i = 0; i < ARRAY_SIZE(pids); i++)
			pids[i] = spawn(create_exclusively, name);
		for (i = 0; i < ARRAY_SIZE(pids); i++) {
			int status = reap(pids[i]);

			ASSERT_TRUE(status == 0 || status == 1);
			winners += !status;
		}
		ASSERT_EQ(1, winners);
		ASSERT_EQ(0, unlink_name(name));
	}
}

TEST_HARNESS_MAIN
