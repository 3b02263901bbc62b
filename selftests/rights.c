// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who may open and unlink what, and what a handle may do: two users, two user
 * namespaces, two network namespaces.
 */
#include "common.h"

#include <linux/capability.h>
#include <sys/inotify.h>
#include <sys/socket.h>

#define OVERFLOW_ID 65534

static int close_ok(int fd)
{
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Opens and closes: 0 or the error. */
static int try_open(const char *name, unsigned int rights)
{
	return close_ok(open_queue(name, rights, 0));
}

struct make {
	char name[UNIQUE_NAME_SIZE];
	uid_t uid;
	unsigned int mode;
};

static int make_as(void *arg)
{
	struct make *make = arg;

	umask(0);
	MUST_BE(0, become(make->uid));
	MUST_BE(0, close_ok(open_queue(make->name, CREATE_RW | IPCX_OPEN_EXCL, make->mode)));
	return 0;
}

/* A queue of that user, made in a child. */
static int queue_of(struct make *make, uid_t uid, unsigned int mode)
{
	unique_name(make->name, "rights");
	make->uid = uid;
	make->mode = mode;
	return in_child(make_as, make);
}

/* ---- modes ---- */

static const unsigned int some_modes[] = {
	0000, 0400, 0200, 0600, 0040, 0020, 0060, 0004, 0002, 0006,
	0066, 0606, 0660, 0666, 0777, 0111, 0640, 0462,
};

struct matrix {
	struct make makes[ARRAY_SIZE(some_modes)];
	enum class class;
};

static int check_modes(void *arg)
{
	struct matrix *matrix = arg;
	size_t i;

	MUST_BE(0, become_class(matrix->class));
	for (i = 0; i < ARRAY_SIZE(some_modes); i++) {
		static const unsigned int rights[] = { IPCX_OPEN_READ, IPCX_OPEN_WRITE, RW };
		unsigned int bits = some_modes[i] >> (6 - 3 * matrix->class);
		const char *name = matrix->makes[i].name;
		size_t j;

		for (j = 0; j < ARRAY_SIZE(rights); j++) {
			unsigned int want = (rights[j] & IPCX_OPEN_READ ? 4 : 0) |
					    (rights[j] & IPCX_OPEN_WRITE ? 2 : 0);
			int expected = (bits & want) == want ? 0 : -EACCES;

			MUST_BE(expected, try_open(name, rights[j]));
			/* Creating what exists is opening it. */
			MUST_BE(expected, try_open(name, rights[j] | IPCX_OPEN_CREATE));
		}
	}
	return 0;
}

TEST(modes)
{
	struct matrix matrix;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(some_modes); i++)
		ASSERT_EQ(0, queue_of(&matrix.makes[i], UID_A, some_modes[i]));
	for (matrix.class = OWNER; matrix.class <= OTHER; matrix.class++)
		EXPECT_EQ(0, in_child(check_modes, &matrix));
	for (i = 0; i < ARRAY_SIZE(some_modes); i++)
		EXPECT_EQ(0, unlink_name(matrix.makes[i].name));
}

TEST(umask_applies)
{
	static const struct {
		mode_t umask;
		unsigned int mode, result;
	} cases[] = {
		{ 0, 0777, 0777 }, { 022, 0666, 0644 }, { 077, 0666, 0600 },
		{ 0777, 0777, 0 }, { 0222, 0755, 0555 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char name[UNIQUE_NAME_SIZE];
		struct ipcx_stat stat;
		mode_t was = umask(cases[i].umask);
		int fd;

		unique_name(name, "umask");
		fd = open_queue(name, CREATE_RW, cases[i].mode);
		umask(was);
		/* The creator has the rights asked for, whatever the mode. */
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, get_stat(fd, &stat));
		EXPECT_EQ(cases[i].result, stat.mode);
		EXPECT_EQ(1, send_number(fd, 1, 0));
		EXPECT_EQ(1, drain(fd));
		EXPECT_EQ(0, unlink_name(name));
		close(fd);
	}
}

static int create_for_nobody(void *arg)
{
	const char *name = arg;
	int fd;

	MUST_BE(0, become(UID_A));
	fd = open_queue(name, CREATE_RW, 0);
	MUST(fd >= 0);
	MUST_BE(1, send_number(fd, 1, 0));
	MUST_BE(1, drain(fd));
	MUST_BE(-EACCES, try_open(name, IPCX_OPEN_READ));
	MUST_BE(-EACCES, try_open(name, IPCX_OPEN_WRITE));
	MUST_BE(0, unlink_name(name));
	return 0;
}

TEST(creator_has_what_it_asks_for)
{
	char name[UNIQUE_NAME_SIZE];

	unique_name(name, "nobody");
	EXPECT_EQ(0, in_child(create_for_nobody, name));
}

/* ---- effective ids, capabilities ---- */

static int open_effective(void *arg)
{
	const char *name = arg;

	MUST(setresgid(-1, UID_B, -1) == 0);
	MUST_BE(0, become_effective(UID_B));
	MUST_BE(-EACCES, try_open(name, RW));
	MUST_BE(-EACCES, unlink_name(name));
	MUST_BE(0, become_effective(0));
	MUST_BE(0, become_effective(UID_A));
	MUST_BE(0, try_open(name, RW));
	MUST_BE(0, unlink_name(name));
	return 0;
}

TEST(effective_ids_count)
{
	struct make make;

	ASSERT_EQ(0, queue_of(&make, UID_A, 0600));
	EXPECT_EQ(0, in_child(open_effective, make.name));
}

static int open_without_capability(void *arg)
{
	const char *name = arg;

	MUST_BE(0, try_open(name, RW));
	MUST_BE(0, drop_capability(CAP_IPC_OWNER));
	MUST_BE(-EACCES, try_open(name, RW));
	MUST_BE(-EACCES, unlink_name(name));
	return 0;
}

TEST(capability_to_own)
{
	struct make make;

	ASSERT_EQ(0, queue_of(&make, UID_A, 0));
	EXPECT_EQ(0, in_child(open_without_capability, make.name));
	EXPECT_EQ(0, unlink_name(make.name));
}

static int unlink_as_other(void *arg)
{
	MUST_BE(0, become(UID_B));
	MUST_BE(0, try_open(arg, RW));
	MUST_BE(-EACCES, unlink_name(arg));
	return 0;
}

static int unlink_as_owner(void *arg)
{
	MUST_BE(0, become(UID_A));
	MUST_BE(0, unlink_name(arg));
	MUST_BE(-ENOENT, unlink_name(arg));
	return 0;
}

/* Write permission is not enough, and no read or write permission is needed. */
TEST(unlink_is_the_owners)
{
	struct make open, closed;

	ASSERT_EQ(0, queue_of(&open, UID_A, 0666));
	ASSERT_EQ(0, queue_of(&closed, UID_A, 0));
	EXPECT_EQ(0, in_child(unlink_as_other, open.name));
	EXPECT_EQ(0, in_child(unlink_as_owner, open.name));
	EXPECT_EQ(0, in_child(unlink_as_owner, closed.name));
}

/* ---- what a handle may do ---- */

TEST(read_handle)
{
	int fd = new_queue(IPCX_OPEN_READ, NULL);
	struct ipcx_stat stat;
	__u64 number = 1;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADF, try_send_number(fd, 1, 0));
	EXPECT_EQ(-1, write(fd, &number, sizeof(number)));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-EAGAIN, try_recv_number(fd, &number));
	EXPECT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0, stat.depth);
	close(fd);
}

TEST(write_handle)
{
	int fd = new_queue(IPCX_OPEN_WRITE, NULL);
	struct ipcx_notify notify = { .how = IPCX_NOTIFY_SIGNAL, .signo = SIGUSR1 };
	struct ipcx_stat stat;
	__u64 number;

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, try_send_number(fd, 1, 0));
	EXPECT_EQ(-EBADF, try_recv_number(fd, &number));
	EXPECT_EQ(-EBADF, recv_msg(fd, &number, sizeof(number), NULL, IPCX_RECV_PEEK));
	EXPECT_EQ(-1, read(fd, &number, sizeof(number)));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-EBADF, op(fd, IPCX_NOTIFY, &notify));
	EXPECT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(1, stat.depth);
	close(fd);
}

/* Rights come first: without them, what else is wrong is nobody's business. */
TEST(rights_before_arguments)
{
	int fd = new_queue(IPCX_OPEN_READ, NULL);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADF, send_msg(fd, "x", 1, 0, 0, 1U << 31));
	EXPECT_EQ(-EBADF, op(fd, IPCX_SEND, NULL));
	close(fd);
}

static int use_passed(void *arg)
{
	int sock = *(int *)arg, fd;
	__u64 number;

	MUST_BE(0, become(UID_B));
	fd = take_fd(sock);
	MUST(fd >= 0);
	MUST_BE(1, recv_number(fd, &number));
	MUST_BE(17, number);
	MUST_BE(1, send_number(fd, 18, 0));
	/* The object itself stays out of reach. */
	MUST(fchmod(fd, 0666) < 0 && errno == EPERM);
	MUST(fchown(fd, UID_B, UID_B) < 0 && errno == EPERM);
	return 0;
}

/* A handle is a capability: it works for whoever has it. */
TEST(passed_on)
{
	int socks[2], fd = new_queue(0, NULL);
	__u64 number;
	pid_t pid;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fchmod(fd, 0));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(1, send_number(fd, 17, 0));
	pid = spawn(use_passed, &socks[1]);
	ASSERT_EQ(0, pass_fd(socks[0], fd));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, try_recv_number(fd, &number));
	EXPECT_EQ(18, number);
	close(socks[0]);
	close(socks[1]);
	close(fd);
}

/* A queue in flight between processes lives, and dies with the message. */
TEST(in_flight)
{
	int socks[2], fd = new_queue(0, NULL);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(1, send_number(fd, 5, 0));
	ASSERT_EQ(0, pass_fd(socks[0], fd));
	close(fd);
	fd = take_fd(socks[1]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, get_depth(fd));
	ASSERT_EQ(0, pass_fd(socks[0], fd));
	close(fd);
	close(socks[0]);
	close(socks[1]);
}

/* ---- fstat, fchmod, fchown ---- */

TEST(inode)
{
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_stat stat;
	struct stat a_stat, b_stat;
	int a, b, other;

	unique_name(name, "inode");
	umask(0);
	a = open_queue(name, CREATE_RW, 0640);
	b = open_queue(name, IPCX_OPEN_READ, 0);
	other = new_queue(0, NULL);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	ASSERT_EQ(0, get_stat(a, &stat));
	ASSERT_EQ(0, fstat(a, &a_stat));
	ASSERT_EQ(0, fstat(b, &b_stat));
	EXPECT_EQ(stat.id, a_stat.st_ino);
	EXPECT_EQ(stat.id, b_stat.st_ino);
	EXPECT_EQ(0640, a_stat.st_mode & 07777);
	ASSERT_EQ(0, fchmod(b, 0604));
	ASSERT_EQ(0, fstat(a, &a_stat));
	EXPECT_EQ(0604, a_stat.st_mode & 07777);
	ASSERT_EQ(0, get_stat(a, &stat));
	EXPECT_EQ(0604, stat.mode);
	ASSERT_EQ(0, fstat(other, &b_stat));
	EXPECT_NE(a_stat.st_ino, b_stat.st_ino);
	EXPECT_EQ(0600, b_stat.st_mode & 07777);
	close(other);
	close(a);
	close(b);
	/* The mode is the object's: it outlives the handles. */
	a = open_queue(name, RW, 0);
	ASSERT_LE(0, a);
	ASSERT_EQ(0, fstat(a, &a_stat));
	EXPECT_EQ(0604, a_stat.st_mode & 07777);
	EXPECT_EQ(0, unlink_name(name));
	close(a);
}

static int touch_as_b(void *path)
{
	MUST_BE(0, become(UID_B));
	return utimensat(AT_FDCWD, path, NULL, 0) < 0 ? errno : 0;
}

/* A descriptor of the path keeps the inode, and that stays the only one. */
TEST(inode_without_a_handle)
{
	char name[UNIQUE_NAME_SIZE], path[64];
	struct stat held, fresh;
	struct ipcx_stat stat;
	int fd, opath;

	unique_name(name, "opath");
	umask(0);
	fd = open_queue(name, CREATE_RW, 0666);
	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opath = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, opath);
	close(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", opath);

	fd = open_queue(name, RW, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fchmod(fd, 0600));
	ASSERT_EQ(0, fstat(opath, &held));
	ASSERT_EQ(0, fstat(fd, &fresh));
	EXPECT_EQ(fresh.st_dev, held.st_dev);
	EXPECT_EQ(fresh.st_ino, held.st_ino);
	EXPECT_EQ(0600, held.st_mode & 07777);
	/* Nothing that it is asked for brings the old mode back. */
	EXPECT_EQ(0, utimensat(AT_FDCWD, path, NULL, 0));
	EXPECT_EQ(EACCES, in_child(touch_as_b, path));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0600, stat.mode);
	/* And what changes by it changes the object. */
	EXPECT_EQ(0, chmod(path, 0640));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0640, stat.mode);
	close(fd);
	EXPECT_EQ(0, chmod(path, 0604));
	close(opath);
	fd = open_queue(name, RW, 0);
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(0604, stat.mode);
	EXPECT_EQ(0, unlink_name(name));
	close(fd);
}

/* Marks would hold an inode beyond its mount. */
TEST(no_marks)
{
	int fd = new_queue(0, NULL), in = inotify_init1(IN_CLOEXEC);
	char path[64];

	ASSERT_LE(0, fd);
	ASSERT_LE(0, in);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_EQ(-1, inotify_add_watch(in, path, IN_ALL_EVENTS));
	EXPECT_EQ(EACCES, errno);
	close(in);
	close(fd);
}

static int owner_changes_mode(void *arg)
{
	const char *name = arg;
	int fd;

	MUST_BE(0, become(UID_A));
	fd = open_queue(name, IPCX_OPEN_READ, 0);
	MUST(fd >= 0);
	MUST(fchmod(fd, 0) == 0);
	MUST_BE(-EACCES, try_open(name, IPCX_OPEN_READ));
	MUST(fchmod(fd, 0600) == 0);
	MUST_BE(0, try_open(name, RW));
	/* Set-id and sticky bits mean nothing here and are not kept. */
	MUST(fchmod(fd, 07600) == 0);
	MUST_BE(0, try_open(name, RW));
	MUST(fchown(fd, UID_B, -1) < 0 && errno == EPERM);
	return 0;
}

static int unlink_refused_to_a(void *arg)
{
	MUST_BE(0, become(UID_A));
	MUST_BE(-EACCES, unlink_name(arg));
	return 0;
}

static int try_rw_as_b(void *arg)
{
	MUST_BE(0, become(UID_B));
	return -try_open(arg, RW);
}

TEST(fchmod_and_fchown)
{
	struct make make;
	struct ipcx_stat stat;
	int fd;

	ASSERT_EQ(0, queue_of(&make, UID_A, 0600));
	EXPECT_EQ(0, in_child(owner_changes_mode, make.name));
	EXPECT_EQ(EACCES, in_child(try_rw_as_b, make.name));
	fd = open_queue(make.name, RW, 0);
	ASSERT_LE(0, fd);
	/* A capable caller gives it away: unlinking goes with it. */
	ASSERT_EQ(0, fchown(fd, UID_B, UID_B));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(UID_B, stat.uid);
	EXPECT_EQ(UID_B, stat.gid);
	EXPECT_EQ(0600, stat.mode);
	EXPECT_EQ(0, in_child(try_rw_as_b, make.name));
	EXPECT_EQ(0, in_child(unlink_refused_to_a, make.name));
	EXPECT_EQ(0, unlink_name(make.name));
	close(fd);
}

/* Not reopened with more rights through /proc, nor truncated. */
TEST(no_way_around)
{
	int fd = new_queue(IPCX_OPEN_READ, NULL);
	char path[64];

	ASSERT_LE(0, fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_EQ(-1, open(path, O_RDWR));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, ftruncate(fd, 1));
	EXPECT_EQ(-1, truncate(path, 1));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(ENODEV, errno);
	close(fd);
}

/* ---- user namespaces ---- */

struct in_userns {
	char name[UNIQUE_NAME_SIZE];
	char other[UNIQUE_NAME_SIZE];
};

/* Root there, with all capabilities there, is UID_B here. */
static int root_of_another_ns(void *arg)
{
	struct in_userns *in = arg;
	struct ipcx_stat stat;
	int fd;

	MUST_BE(0, enter_userns(0, UID_B, 1));
	MUST_BE(-EACCES, try_open(in->name, RW));
	MUST_BE(-EACCES, unlink_name(in->name));
	fd = open_queue(in->other, RW, 0);
	MUST(fd >= 0);
	/* UID_A is nobody there. */
	MUST_BE(0, get_stat(fd, &stat));
	MUST_BE(OVERFLOW_ID, stat.uid);
	MUST_BE(OVERFLOW_ID, stat.gid);
	MUST_BE(-EACCES, unlink_name(in->other));
	return 0;
}

TEST(capable_elsewhere)
{
	struct in_userns in;
	struct make closed, open;

	ASSERT_EQ(0, queue_of(&closed, UID_A, 0600));
	ASSERT_EQ(0, queue_of(&open, UID_A, 0666));
	strcpy(in.name, closed.name);
	strcpy(in.other, open.name);
	EXPECT_EQ(0, in_child(root_of_another_ns, &in));
	EXPECT_EQ(0, unlink_name(closed.name));
	EXPECT_EQ(0, unlink_name(open.name));
}

/* UID_A by another name is still the owner. */
static int owner_by_another_name(void *arg)
{
	struct ipcx_stat stat;
	int fd;

	MUST_BE(0, enter_userns(7, UID_A, 1));
	fd = open_queue(arg, RW, 0);
	MUST(fd >= 0);
	MUST_BE(0, get_stat(fd, &stat));
	MUST_BE(7, stat.uid);
	MUST_BE(7, stat.gid);
	MUST_BE(0, unlink_name(arg));
	return 0;
}

TEST(mapped_owner)
{
	struct make make;

	ASSERT_EQ(0, queue_of(&make, UID_A, 0600));
	EXPECT_EQ(0, in_child(owner_by_another_name, make.name));
}

static int make_and_lose(void *arg)
{
	MUST_BE(0, setresuid(1, 1, 1));
	MUST_BE(0, close_ok(open_queue(arg, CREATE_RW, 0)));
	return 0;
}

/* A capability in the namespace where the object was made is enough. */
static int capable_in_the_objects_ns(void *arg)
{
	MUST_BE(0, enter_userns(0, UID_A, 2));
	MUST_BE(0, in_child(make_and_lose, arg));
	MUST_BE(0, try_open(arg, RW));
	return 0;
}

TEST(objects_user_namespace)
{
	char name[UNIQUE_NAME_SIZE];

	unique_name(name, "userns");
	EXPECT_EQ(0, in_child(capable_in_the_objects_ns, name));
	/* And in its parents. The namespace has no process any more. */
	EXPECT_EQ(0, try_open(name, RW));
	EXPECT_EQ(EACCES, in_child(try_rw_as_b, name));
	EXPECT_EQ(0, unlink_name(name));
}

/* ---- network namespaces ---- */

static int other_netns(void *arg)
{
	struct ipcx_stat stats[4];
	struct ipcx_list list = {
		.entries = addr(stats), .count = ARRAY_SIZE(stats),
		.entry_size = sizeof(stats[0]),
	};
	const char *name = arg;
	int outside = open_control(), inside, fd;

	MUST(outside >= 0);
	MUST_BE(0, enter_netns());
	inside = open_control();
	MUST(inside >= 0);
	/* The same name is another queue here. */
	MUST_BE(-ENOENT, try_open(name, RW));
	MUST_BE(-ENOENT, unlink_name(name));
	MUST_BE(0, op(inside, IPCX_LIST, &list));
	fd = open_queue(name, CREATE_RW | IPCX_OPEN_EXCL, 0600);
	MUST(fd >= 0);
	MUST(is_empty(fd));
	list.cursor = 0;
	MUST_BE(1, op(inside, IPCX_LIST, &list));
	/* A control fd belongs where it was opened. */
	list.cursor = 0;
	MUST(op(outside, IPCX_LIST, &list) >= 1);
	MUST(strcmp(stats[0].name, name) == 0);
	MUST_BE(1, stats[0].depth);
	/* Left behind with a message: the namespace's end takes it. */
	MUST_BE(1, send_number(fd, 1, 0));
	return 0;
}

TEST(network_namespace)
{
	char name[UNIQUE_NAME_SIZE];
	int fd;

	unique_name(name, "netns");
	fd = open_queue(name, CREATE_RW, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, send_number(fd, 1, 0));
	EXPECT_EQ(0, in_child(other_netns, name));
	EXPECT_EQ(1, get_depth(fd));
	EXPECT_EQ(0, unlink_name(name));
	close(fd);
}

static int make_in_netns(void *arg)
{
	int sock = *(int *)arg, fd[2], i;

	MUST_BE(0, enter_netns());
	fd[0] = open_queue("/gone", CREATE_RW, 0600);
	fd[1] = new_queue(0, NULL);
	for (i = 0; i < 2; i++) {
		MUST(fd[i] >= 0);
		MUST_BE(1, send_number(fd[i], 3 + i, 0));
		MUST_BE(0, pass_fd(sock, fd[i]));
	}
	return 0;
}

static bool has_no_name(void *arg)
{
	struct ipcx_stat stat;

	return get_stat(*(int *)arg, &stat) == 0 && !(stat.state & IPCX_STAT_NAMED);
}

/* A queue that somebody has open outlives its network namespace, nameless. */
TEST(end_of_a_network_namespace)
{
	int socks[2], fd[2], i;
	__u64 number;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(0, in_child(make_in_netns, &socks[1]));
	for (i = 0; i < 2; i++) {
		fd[i] = take_fd(socks[0]);
		ASSERT_LE(0, fd[i]);
	}
	EXPECT_EQ(0, wait_until(has_no_name, &fd[0]));
	/* The anonymous one went out of the registry with it. */
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(1, try_recv_number(fd[i], &number));
		EXPECT_EQ(3 + i, number);
		EXPECT_EQ(1, send_number(fd[i], 5, 0));
		close(fd[i]);
		close(socks[i]);
	}
}

TEST_HARNESS_MAIN
