// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who may create, receive from and send to a mailbox, by its name, by its port
 * and by an fd: two users. Namespaces are in mbox_namespaces.c.
 */
#include "mbox_reach.h"

#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* ---- the right to receive ---- */

TEST(one_receiver)
{
	char name[UNIQUE_NAME_SIZE];
	__u64 first, second;
	int fd, to;

	unique_name(name, "receiver");
	EXPECT_EQ(-ENOENT, try_open(name, IPCX_OPEN_READ));
	EXPECT_EQ(-ENOENT, reach_name(name));
	fd = open_mbox_attr(name, MBOX_CREATE, 0600, NULL, &first);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, try_open(name, IPCX_OPEN_READ));
	EXPECT_EQ(-EBUSY, try_open(name, MBOX_CREATE));
	EXPECT_EQ(-EBUSY, try_open(name, CREATE_RW));
	EXPECT_EQ(-EBUSY, try_open(name, RW));
	EXPECT_EQ(-EEXIST, try_open(name, MBOX_CREATE | IPCX_OPEN_EXCL));
	EXPECT_EQ(0, reach_name(name));
	/* With it the mailbox goes, and what was sent; a right to send stays one. */
	to = open_mbox(name, IPCX_OPEN_WRITE, 0);
	ASSERT_LE(0, to);
	close(fd);
	EXPECT_EQ(-ENOENT, reach_name(name));
	EXPECT_EQ(-ENOENT, reach_port(first));
	EXPECT_EQ(-EPIPE, post_number(to, 1));
	fd = open_mbox_attr(name, MBOX_CREATE | IPCX_OPEN_EXCL, 0600, NULL, &second);
	ASSERT_LE(0, fd);
	EXPECT_NE(first, second);
	EXPECT_TRUE(is_empty(fd));
	EXPECT_EQ(-EPIPE, post_number(to, 1));
	EXPECT_EQ(0, reach_name(name));
	close(to);
	close(fd);
}

/* Attributes and mode are for who makes one. */
TEST(busy_changes_nothing)
{
	struct ipcx_mbox_attr attr = { .max_msgs = 3 };
	char name[UNIQUE_NAME_SIZE];
	struct ipcx_stat stat;
	int fd;

	unique_name(name, "busy");
	fd = open_mbox_attr(name, MBOX_CREATE, 0600, &attr, NULL);
	ASSERT_LE(0, fd);
	attr.max_msgs = 5;
	EXPECT_EQ(-EBUSY, open_mbox_attr(name, MBOX_CREATE, 0666, &attr, NULL));
	ASSERT_EQ(0, get_stat(fd, &stat));
	EXPECT_EQ(3, stat.max_msgs);
	EXPECT_EQ(0600, stat.mode);
	EXPECT_EQ(1, stat.handles);
	close(fd);
}

TEST(rights_of_an_fd)
{
	int receives = open_mbox(NULL, MBOX_CREATE, 0600);
	int both = open_mbox(NULL, MBOX_CREATE | IPCX_OPEN_WRITE, 0);
	__u64 number = 0, port;
	int mbox = new_mbox(&port), sends = open_port(port, 0);

	ASSERT_LE(0, receives);
	ASSERT_LE(0, both);
	ASSERT_LE(0, sends);
	EXPECT_EQ(-EBADF, try_post_number(receives, 1));
	EXPECT_EQ(-EBADF, call_number(receives, 1, &number));
	EXPECT_EQ(-EAGAIN, take_number(receives, &number));
	EXPECT_EQ(1, try_post_number(both, 5));
	EXPECT_EQ(1, take_number(both, &number));
	EXPECT_EQ(5, number);
	EXPECT_EQ(1, try_post_number(sends, 6));
	EXPECT_EQ(-EBADF, take_number(sends, &number));
	EXPECT_EQ(-EBADF, recv_mail(sends, &number, 8, NULL, IPCX_RECV_PEEK));
	EXPECT_EQ(-EBADF, reply_number(sends, 1, 1));
	/* Rights come first: without them, what else is wrong is nobody's business. */
	EXPECT_EQ(-EBADF, op(receives, IPCX_POST, NULL));
	EXPECT_EQ(-EBADF, op(sends, IPCX_REPLY, NULL));
	EXPECT_EQ(1, get_depth(mbox));
	EXPECT_EQ(FD_CLOEXEC, fcntl(sends, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(mbox, F_GETFD));
	close(receives);
	close(both);
	close(sends);
	close(mbox);
}

static int receive_question(void *arg)
{
	__u64 number;

	MUST_BE(1, recv_mail(*(int *)arg, &number, sizeof(number), NULL, 0));
	MUST_BE(QUESTION, number);
	return 0;
}

/* The one right has as many fds as there are forks; the last close ends it. */
TEST(shared_over_fork)
{
	__u64 port;
	int fd = new_mbox(&port), to = open_port(port, 0);
	struct ipcx_stat stat;
	pid_t pid;

	ASSERT_LE(0, to);
	pid = spawn(receive_question, &fd);
	ASSERT_EQ(0, wait_receivers(fd, 1));
	close(fd);
	ASSERT_EQ(0, get_stat(to, &stat));
	EXPECT_EQ(0, stat.state & IPCX_STAT_DEAD);
	EXPECT_EQ(0, close_ok(open_port(port, 0)));
	EXPECT_EQ(1, post_number(to, QUESTION));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-EPIPE, post_number(to, 1));
	EXPECT_EQ(-ENOENT, reach_port(port));
	ASSERT_EQ(0, get_stat(to, &stat));
	EXPECT_EQ(IPCX_STAT_DEAD, stat.state);
	close(to);
}

static int receive_passed(void *arg)
{
	int fd;

	MUST_BE(0, become(UID_B));
	fd = take_fd(*(int *)arg);
	MUST(fd >= 0);
	return receive_question(&fd);
}

/* In flight between processes it is a right as well; it is no one user's. */
TEST(passed_right_to_receive)
{
	int socks[2], fd, to;
	__u64 port;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	pid = spawn(receive_passed, &socks[1]);
	fd = new_mbox(&port);
	ASSERT_LE(0, fd);
	to = open_port(port, 0);
	ASSERT_LE(0, to);
	ASSERT_EQ(0, fchmod(fd, 0));
	ASSERT_EQ(1, post_number(to, QUESTION));
	ASSERT_EQ(0, pass_fd(socks[0], fd));
	close(fd);
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(-EPIPE, post_number(to, 1));

	/* Never taken out of the socket: it dies there. */
	fd = new_mbox(&port);
	ASSERT_EQ(0, pass_fd(socks[0], fd));
	close(fd);
	EXPECT_EQ(0, reach_port(port));
	close(socks[0]);
	close(socks[1]);
	EXPECT_EQ(-ENOENT, reach_port(port));
	close(to);
}

/* ---- modes ---- */

static const unsigned int some_modes[] = {
	0000, 0400, 0200, 0600, 0040, 0020, 0060, 0004, 0002, 0006, 0066, 0606, 0660, 0666,
	0777, 0111, 0642,
};

struct matrix {
	struct mailbox boxes[ARRAY_SIZE(some_modes)];
	enum class class;
};

static int check_modes(void *arg)
{
	struct matrix *matrix = arg;
	size_t i;

	MUST_BE(0, become_class(matrix->class));
	for (i = 0; i < ARRAY_SIZE(some_modes); i++) {
		unsigned int bits = some_modes[i] >> (6 - 3 * matrix->class);
		const struct mailbox *m = &matrix->boxes[i];

		MUST_BE(bits & 2 ? 0 : -EACCES, reach_name(m->name));
		MUST_BE(bits & 2 ? 0 : -ENOENT, reach_port(m->port));
		/* Who may not receive does not learn whether somebody does. */
		MUST_BE(bits & 4 ? -EBUSY : -EACCES, try_open(m->name, IPCX_OPEN_READ));
		MUST_BE((bits & 6) == 6 ? -EBUSY : -EACCES, try_open(m->name, RW));
		MUST_BE(bits & 4 ? -EBUSY : -EACCES, try_open(m->name, MBOX_CREATE));
	}
	return 0;
}

TEST(modes)
{
	struct matrix matrix;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(some_modes); i++)
		ASSERT_EQ(0, mailbox_of(&matrix.boxes[i], UID_A, some_modes[i]));
	for (matrix.class = OWNER; matrix.class <= OTHER; matrix.class++)
		EXPECT_EQ(0, in_child(check_modes, &matrix));
	for (i = 0; i < ARRAY_SIZE(some_modes); i++)
		close(matrix.boxes[i].fd);
}

static int create_for_nobody(void *arg)
{
	struct mailbox *m = arg;
	struct ipcx_stat stat;
	__u64 number;

	umask(022);
	MUST_BE(0, become(UID_A));
	m->fd = open_mbox(m->name, MBOX_CREATE | IPCX_OPEN_WRITE, 0055);
	MUST(m->fd >= 0);
	MUST_BE(0, get_stat(m->fd, &stat));
	MUST_BE(0055, stat.mode);
	MUST_BE(UID_A, stat.uid);
	MUST_BE(UID_A, stat.gid);
	MUST_BE(1, try_post_number(m->fd, 1));
	MUST_BE(1, take_number(m->fd, &number));
	MUST_BE(-EACCES, reach_name(m->name));
	MUST_BE(0, close_ok(m->fd));
	/* What the umask has is not in the mode. */
	m->fd = open_mbox(m->name, MBOX_CREATE, 0666);
	MUST_BE(0, get_stat(m->fd, &stat));
	MUST_BE(0644, stat.mode);
	return 0;
}

TEST(creator_has_what_it_asks_for)
{
	struct mailbox m;

	unique_name(m.name, "nobody");
	EXPECT_EQ(0, in_child(create_for_nobody, &m));
}

static int reach_effective(void *arg)
{
	struct mailbox *m = arg;

	MUST_BE(0, become_effective(UID_B));
	MUST_BE(-EACCES, reach_name(m->name));
	MUST_BE(-ENOENT, reach_port(m->port));
	MUST_BE(0, become_effective(0));
	MUST_BE(0, become_effective(UID_A));
	MUST_BE(0, reach_name(m->name));
	MUST_BE(0, reach_port(m->port));
	MUST_BE(0, become_effective(0));
	/* Root without the capability is one of the others. */
	MUST_BE(0, reach_port(m->port));
	MUST_BE(0, drop_capability(CAP_IPC_OWNER));
	MUST_BE(-EACCES, reach_name(m->name));
	MUST_BE(-ENOENT, reach_port(m->port));
	return 0;
}

TEST(effective_ids_and_capabilities)
{
	struct mailbox m;

	ASSERT_EQ(0, mailbox_of(&m, UID_A, 0600));
	EXPECT_EQ(0, in_child(reach_effective, &m));
	close(m.fd);
}

static int change_mode_as_b(void *arg)
{
	MUST_BE(0, become(UID_B));
	MUST(fchmod(*(int *)arg, 0666) < 0 && errno == EPERM);
	MUST(fchown(*(int *)arg, UID_B, UID_B) < 0 && errno == EPERM);
	return 0;
}

/* The mode counts when a right is taken; a right that is there stays. */
TEST(fchmod_and_fchown)
{
	struct ipcx_stat stat;
	struct mailbox m;
	int to;

	ASSERT_EQ(0, mailbox_of(&m, UID_A, 0600));
	EXPECT_EQ(EACCES, in_child(reach_both_ways, &m));
	EXPECT_EQ(0, in_child(change_mode_as_b, &m.fd));
	ASSERT_EQ(0, fchmod(m.fd, 0602));
	EXPECT_EQ(0, in_child(reach_both_ways, &m));
	to = open_port(m.port, 0);
	ASSERT_LE(0, to);
	ASSERT_EQ(0, fchmod(m.fd, 0));
	EXPECT_EQ(EACCES, in_child(reach_both_ways, &m));
	EXPECT_EQ(1, try_post_number(to, 1));
	/* Through a right to send as well: the inode is the mailbox's. */
	ASSERT_EQ(0, fchmod(to, 0600));
	ASSERT_EQ(0, get_stat(m.fd, &stat));
	EXPECT_EQ(0600, stat.mode);
	ASSERT_EQ(0, fchown(to, UID_B, UID_B));
	EXPECT_EQ(0, in_child(reach_both_ways, &m));
	close(to);
	close(m.fd);
}

/* ---- ports ---- */

/* Whatever is wrong with a port: it is as if there were none. */
TEST(no_such_port)
{
	struct ipcx_mbox_attr addressable = { .flags = IPCX_MBOX_ADDRESSABLE };
	int hidden, queue, dead, mbox, queued;
	__u64 port, number;

	EXPECT_EQ(-ENOENT, reach_port(0));
	EXPECT_EQ(-ENOENT, reach_port(~0ULL));
	EXPECT_EQ(-ENOENT, reach_port(1ULL << 62));
	hidden = open_mbox_attr(NULL, MBOX_CREATE, 0666, NULL, &port);
	ASSERT_LE(0, hidden);
	EXPECT_EQ(-ENOENT, reach_port(port));
	queue = new_queue(0, NULL);
	ASSERT_LE(0, queue);
	EXPECT_EQ(-ENOENT, reach_port(port_of(queue)));
	dead = new_mbox(&port);
	ASSERT_LE(0, dead);
	EXPECT_EQ(0, reach_port(port));
	queued = open_port(port, 0);
	close(dead);
	/* The memory is still there, for the right to send. */
	EXPECT_EQ(-ENOENT, reach_port(port));
	mbox = open_mbox_attr(NULL, MBOX_CREATE, 0, &addressable, &port);
	ASSERT_LE(0, mbox);
	EXPECT_EQ(0, reach_port(port));
	/* Nothing came where it should not. */
	EXPECT_EQ(-EAGAIN, take_number(hidden, &number));
	EXPECT_TRUE(is_empty(queue));
	close(hidden);
	close(queue);
	close(queued);
	close(mbox);
}

/* While it has a name its port is known; without one only if it is to be. */
TEST(port_of_a_name)
{
	unsigned int flags;

	for (flags = 0; flags <= IPCX_MBOX_ADDRESSABLE; flags += IPCX_MBOX_ADDRESSABLE) {
		struct ipcx_mbox_attr attr = { .flags = flags };
		char name[UNIQUE_NAME_SIZE];
		__u64 port;
		int fd;

		unique_name(name, "port");
		fd = open_mbox_attr(name, MBOX_CREATE, 0600, &attr, &port);
		ASSERT_LE(0, fd);
		EXPECT_EQ(port, port_of(fd));
		EXPECT_EQ(0, reach_port(port));
		EXPECT_EQ(0, unlink_name(name));
		EXPECT_EQ(flags ? 0 : -ENOENT, reach_port(port));
		close(fd);
	}
}

/* ---- fds ---- */

static int use_passed(void *arg)
{
	struct mailbox *m = arg;
	__u64 answer;
	int to;

	MUST_BE(0, become(UID_B));
	MUST_BE(-EACCES, reach_name(m->name));
	MUST_BE(-ENOENT, reach_port(m->port));
	to = take_fd(m->fd);
	MUST(to >= 0);
	MUST_BE(1, post_number(to, 17));
	MUST_BE(0, call_number(to, QUESTION, &answer));
	MUST_BE(ANSWER, answer);
	MUST_BE(-EACCES, reach_name(m->name));
	return 0;
}

/* A right to send is a capability: it works for whoever has it. */
TEST(passed_right_to_send)
{
	struct ipcx_mbox_recv mail;
	struct mailbox m, theirs;
	int socks[2], to;
	__u64 number;
	pid_t pid;

	ASSERT_EQ(0, mailbox_of(&m, UID_A, 0));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	theirs = m;
	theirs.fd = socks[1];
	pid = spawn(use_passed, &theirs);
	to = open_port(m.port, 0);
	ASSERT_LE(0, to);
	ASSERT_EQ(0, pass_fd(socks[0], to));
	ASSERT_EQ(1, recv_mail(m.fd, &number, sizeof(number), &mail, 0));
	EXPECT_EQ(17, number);
	EXPECT_EQ(UID_B, mail.uid);
	ASSERT_EQ(1, recv_mail(m.fd, &number, sizeof(number), &mail, 0));
	EXPECT_EQ(QUESTION, number);
	EXPECT_EQ(0, reply_number(m.fd, mail.token, ANSWER));
	EXPECT_EQ(0, reap(pid));
	close(to);
	close(socks[0]);
	close(socks[1]);
	close(m.fd);
}

/* Bytes without a sender are not mail. */
TEST(no_files)
{
	int fd = open_mbox(NULL, MBOX_CREATE | IPCX_OPEN_WRITE, 0600), pipes[2];
	char bytes[16] = "bytes", path[64];
	struct iovec iov = { bytes, 8 };
	__u64 number;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(8, write(pipes[1], bytes, 8));
	ASSERT_EQ(1, post_number(fd, 3));
	EXPECT_EQ(-1, read(fd, bytes, sizeof(bytes)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, readv(fd, &iov, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(fd, bytes, 8));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, writev(fd, &iov, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, splice(fd, NULL, pipes[1], NULL, 8, SPLICE_F_NONBLOCK));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, splice(pipes[0], NULL, fd, NULL, 8, SPLICE_F_NONBLOCK));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pread(fd, bytes, 8, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, ftruncate(fd, 1));
	/* Nor is there a second right to receive by its path. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_EQ(-1, open(path, O_RDWR));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(1, take_number(fd, &number));
	EXPECT_EQ(3, number);
	EXPECT_TRUE(is_empty(fd));
	close(pipes[0]);
	close(pipes[1]);
	close(fd);
}

/* ---- names ---- */

static int unlink_as_b(void *arg)
{
	MUST_BE(0, become(UID_B));
	MUST_BE(0, reach_name(arg));
	return -unlink_name(arg);
}

static int unlink_as_owner(void *arg)
{
	MUST_BE(0, become(UID_A));
	return -unlink_name(arg);
}

TEST(unlink_while_it_lives)
{
	struct mailbox m, other;
	__u64 number;
	int to;

	ASSERT_EQ(0, mailbox_of(&m, UID_A, 0666));
	EXPECT_EQ(EACCES, in_child(unlink_as_b, m.name));
	to = open_mbox(m.name, IPCX_OPEN_WRITE, 0);
	ASSERT_LE(0, to);
	EXPECT_EQ(0, in_child(unlink_as_owner, m.name));
	EXPECT_EQ(-ENOENT, reach_name(m.name));
	EXPECT_EQ(-ENOENT, unlink_name(m.name));
	drain_mail(m.fd);
	EXPECT_EQ(1, post_number(to, 4));
	EXPECT_EQ(1, take_number(m.fd, &number));
	EXPECT_EQ(4, number);
	/* The name is another's now, whom the first one's end does not touch. */
	other.fd = open_mbox_attr(m.name, MBOX_CREATE | IPCX_OPEN_EXCL, 0600, NULL,
				  &other.port);
	ASSERT_LE(0, other.fd);
	EXPECT_NE(m.port, other.port);
	close(m.fd);
	EXPECT_EQ(-EPIPE, post_number(to, 4));
	EXPECT_EQ(0, reach_name(m.name));
	EXPECT_EQ(0, reach_port(other.port));
	EXPECT_EQ(2, drain_mail(other.fd));
	close(to);
	close(other.fd);
	EXPECT_EQ(-ENOENT, unlink_name(m.name));
}

/* Queues and mailboxes have their names from one space. */
TEST(names_of_queues)
{
	char queue_name[UNIQUE_NAME_SIZE], mbox_name[UNIQUE_NAME_SIZE];
	int queue, mbox;

	unique_name(queue_name, "queue");
	unique_name(mbox_name, "mbox");
	queue = open_queue(queue_name, CREATE_RW, 0600);
	mbox = open_mbox(mbox_name, MBOX_CREATE, 0600);
	ASSERT_LE(0, queue);
	ASSERT_LE(0, mbox);
	EXPECT_EQ(-EPROTOTYPE, reach_name(queue_name));
	EXPECT_EQ(-EPROTOTYPE, try_open(queue_name, IPCX_OPEN_READ));
	EXPECT_EQ(-EPROTOTYPE, try_open(queue_name, MBOX_CREATE));
	EXPECT_EQ(-EEXIST, try_open(queue_name, MBOX_CREATE | IPCX_OPEN_EXCL));
	EXPECT_EQ(-EPROTOTYPE, open_queue(mbox_name, IPCX_OPEN_READ, 0));
	EXPECT_EQ(-EPROTOTYPE, open_queue(mbox_name, IPCX_OPEN_WRITE, 0));
	EXPECT_EQ(-EPROTOTYPE, open_queue(mbox_name, CREATE_RW, 0600));
	EXPECT_EQ(-EEXIST, open_queue(mbox_name, CREATE_RW | IPCX_OPEN_EXCL, 0600));
	EXPECT_TRUE(is_empty(queue));
	EXPECT_TRUE(is_empty(mbox));
	/* Either gives its name up to the other. */
	EXPECT_EQ(0, unlink_name(queue_name));
	close(queue);
	close(mbox);
	queue = open_queue(mbox_name, CREATE_RW | IPCX_OPEN_EXCL, 0600);
	mbox = open_mbox(queue_name, MBOX_CREATE | IPCX_OPEN_EXCL, 0600);
	EXPECT_LE(0, queue);
	EXPECT_LE(0, mbox);
	EXPECT_EQ(0, unlink_name(mbox_name));
	close(queue);
	close(mbox);
}

TEST_HARNESS_MAIN
