// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who may receive from and send to a mailbox from another user namespace, and from another
 * network namespace.
 */
#include "mbox_reach.h"

#include <sys/socket.h>

/* ---- user namespaces ---- */

/* Root there, with all capabilities there, is UID_B here. */
static int root_of_another_ns(void *arg)
{
	struct mailbox *m = arg;

	MUST_BE(0, enter_userns(0, UID_B, 1));
	MUST_BE(-EACCES, reach_name(m->name));
	MUST_BE(-ENOENT, reach_port(m->port));
	MUST_BE(-EACCES, try_open(m->name, IPCX_OPEN_READ));
	MUST_BE(-EACCES, unlink_name(m->name));
	return 0;
}

/* UID_A by another name is still the owner. */
static int owner_by_another_name(void *arg)
{
	struct mailbox *m = arg;
	struct ipcx_stat stat;
	int to;

	MUST_BE(0, enter_userns(7, UID_A, 1));
	MUST_BE(0, reach_name(m->name));
	MUST_BE(0, reach_port(m->port));
	to = open_port(m->port, 0);
	MUST(to >= 0);
	MUST_BE(0, get_stat(to, &stat));
	MUST_BE(7, stat.uid);
	MUST_BE(7, stat.gid);
	MUST_BE(0, unlink_name(m->name));
	return 0;
}

TEST(capable_elsewhere)
{
	struct mailbox m;

	ASSERT_EQ(0, mailbox_of(&m, UID_A, 0600));
	EXPECT_EQ(0, in_child(root_of_another_ns, &m));
	EXPECT_EQ(0, in_child(owner_by_another_name, &m));
	EXPECT_EQ(-ENOENT, reach_name(m.name));
	close(m.fd);
}

struct made {
	char name[UNIQUE_NAME_SIZE];
	int sock;
};

/* Makes a mailbox for nobody, and gives the right to receive away. */
static int make_and_pass(void *arg)
{
	struct made *made = arg;
	int fd;

	MUST_BE(0, setresuid(1, 1, 1));
	fd = open_mbox(made->name, MBOX_CREATE, 0);
	MUST(fd >= 0);
	MUST_BE(0, pass_fd(made->sock, fd));
	return 0;
}

/* A capability in the namespace where the mailbox was made is enough. */
static int capable_in_its_ns(void *arg)
{
	struct made *made = arg;

	MUST_BE(0, enter_userns(0, UID_A, 2));
	MUST_BE(0, in_child(make_and_pass, made));
	MUST_BE(0, reach_name(made->name));
	return 0;
}

TEST(its_user_namespace)
{
	struct mailbox m;
	struct made made;
	int socks[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	unique_name(made.name, "userns");
	made.sock = socks[1];
	EXPECT_EQ(0, in_child(capable_in_its_ns, &made));
	/* And in its parents. The namespace has no process any more. */
	m.fd = take_fd(socks[0]);
	ASSERT_LE(0, m.fd);
	m.port = port_of(m.fd);
	strcpy(m.name, made.name);
	EXPECT_EQ(0, reach_name(m.name));
	EXPECT_EQ(0, reach_port(m.port));
	EXPECT_EQ(EACCES, in_child(reach_both_ways, &m));
	close(m.fd);
	close(socks[0]);
	close(socks[1]);
}

/* ---- network namespaces ---- */

static int other_netns(void *arg)
{
	struct mailbox *m = arg;
	struct ipcx_mbox_msg msg = make_mail("x", 1, 0, 0);
	struct ipcx_post post = make_post(&msg, 1, IPCX_TO_PORT);
	int outside = open_control(), to = open_port(m->port, 0), fd;
	__u64 port;

	MUST(outside >= 0 && to >= 0);
	MUST_BE(0, enter_netns());
	MUST_BE(-ENOENT, reach_name(m->name));
	MUST_BE(-ENOENT, reach_port(m->port));
	MUST_BE(-ENOENT, unlink_name(m->name));
	/* The same name is another mailbox here, whose port means nothing there. */
	fd = open_mbox_attr(m->name, MBOX_CREATE | IPCX_OPEN_EXCL, 0600, NULL, &port);
	MUST(fd >= 0);
	MUST_BE(0, reach_name(m->name));
	MUST_BE(0, reach_port(port));
	MUST_BE(2, get_depth(fd));
	post.dest = port;
	MUST_BE(-ENOENT, op(outside, IPCX_POST, &post));
	/* A control fd belongs where it was opened, and an fd where it leads. */
	post.dest = m->port;
	MUST_BE(1, op(outside, IPCX_POST, &post));
	MUST_BE(1, post_number(to, 1));
	return 0;
}

TEST(network_namespace)
{
	struct mailbox m;

	ASSERT_EQ(0, mailbox_of(&m, 0, 0600));
	EXPECT_EQ(0, in_child(other_netns, &m));
	EXPECT_EQ(2, drain_mail(m.fd));
	EXPECT_EQ(0, reach_name(m.name));
	close(m.fd);
}

static int make_in_netns(void *arg)
{
	int sock = *(int *)arg, fd;

	MUST_BE(0, enter_netns());
	fd = open_mbox("/gone", MBOX_CREATE | IPCX_OPEN_WRITE, 0600);
	MUST(fd >= 0);
	MUST_BE(1, post_number(fd, 3));
	MUST_BE(0, pass_fd(sock, fd));
	return 0;
}

static bool has_no_name(void *arg)
{
	struct ipcx_stat stat;

	return get_stat(*(int *)arg, &stat) == 0 && !(stat.state & IPCX_STAT_NAMED);
}

/* A mailbox whose receiver lives outlives its network namespace, nameless. */
TEST(end_of_a_network_namespace)
{
	int socks[2], fd;
	__u64 number;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(0, in_child(make_in_netns, &socks[1]));
	fd = take_fd(socks[0]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, wait_until(has_no_name, &fd));
	EXPECT_EQ(1, take_number(fd, &number));
	EXPECT_EQ(3, number);
	EXPECT_EQ(1, post_number(fd, 5));
	EXPECT_EQ(-ENOENT, reach_port(port_of(fd)));
	close(fd);
	close(socks[0]);
	close(socks[1]);
}

TEST_HARNESS_MAIN
