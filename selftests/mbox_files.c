// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files that messages carry: they arrive, in both directions, and a receiver
 * that cannot have them leaves everything as it was. Which files may be carried is
 * in mbox_kinds.c, what becomes of those that nobody receives in mbox_undelivered.c.
 */
#include "mbox_more.h"
#include "badmem.h"

FIXTURE(files)
{
	int mbox;		/* right to receive */
	int to;			/* right to send */
	__u64 port;
	int rd, wr;		/* a pipe */
	int file;		/* "0123456789", read up to the 3 */
	int fds;		/* open before any test */
};

typedef FIXTURE_DATA(files) env_t;

static int make_file(void)
{
	int fd = memfd_create("files", MFD_CLOEXEC);

	if (fd < 0 || write(fd, "0123456789", 10) != 10 || lseek(fd, 3, SEEK_SET) != 3)
		return -errno;
	return fd;
}

FIXTURE_SETUP(files)
{
	int pipes[2];

	self->mbox = files_mbox(&self->port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(self->port, 0);
	ASSERT_LE(0, self->to);
	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	self->rd = pipes[0];
	self->wr = pipes[1];
	self->file = make_file();
	ASSERT_LE(0, self->file);
	self->fds = count_fds();
}

FIXTURE_TEARDOWN(files)
{
	EXPECT_TRUE(is_empty(self->mbox));
	EXPECT_EQ(0, charged_files());
	EXPECT_EQ(self->fds, count_fds());
	close(self->file);
	close(self->rd);
	close(self->wr);
	close(self->to);
	close(self->mbox);
}

/* The next byte of a file, or -1. */
static int next_byte(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1 ? byte : -1;
}

/* ---- they arrive ---- */

/* The file itself, not another opening of it: its position is common to both. */
TEST_F(files, same_open_file)
{
	struct ipcx_mbox_recv mail;
	int fd = -1;

	ASSERT_EQ(1, post_file(self->to, self->file));
	EXPECT_EQ(1, charged_files());
	ASSERT_EQ(1, recv_files(self->mbox, &fd, 1, &mail, 0));
	EXPECT_EQ(0, charged_files());
	EXPECT_EQ(1, mail.fd_count);
	EXPECT_EQ(1, mail.fd_room);
	EXPECT_EQ(0, mail.flags & IPCX_MSG_FD_TRUNC);
	ASSERT_LE(0, fd);
	EXPECT_NE(self->file, fd);
	EXPECT_EQ('3', next_byte(fd));
	EXPECT_EQ('4', next_byte(self->file));
	EXPECT_EQ(5, lseek(fd, 0, SEEK_CUR));
	close(fd);
	EXPECT_EQ('5', next_byte(self->file));
}

TEST_F(files, close_on_exec)
{
	int fd = -1;
	struct ipcx_mbox_recv mail = make_fd_room(NULL, 0, &fd, 1);
	struct ipcx_xfer xfer = make_mail_xfer(&mail, 1, 0);

	ASSERT_EQ(1, post_file(self->to, self->file));
	ASSERT_EQ(1, op(self->mbox, IPCX_RECV, &xfer));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	close(fd);
	mail = make_fd_room(NULL, 0, &fd, 1);
	mail.flags = 0;
	ASSERT_EQ(1, post_file(self->to, self->file));
	ASSERT_EQ(1, op(self->mbox, IPCX_RECV, &xfer));
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	close(fd);
}

/* As many as can be, all of one kind: each is the one that it should be. */
TEST_F(files, in_their_order)
{
	int pipes[IPCX_FDS_MAX][2], out[IPCX_FDS_MAX], in[IPCX_FDS_MAX + 1], i;
	struct ipcx_mbox_recv mail;
	char byte;

	for (i = 0; i < IPCX_FDS_MAX; i++) {
		ASSERT_EQ(0, pipe(pipes[i]));
		out[i] = pipes[i][1];
	}
	ASSERT_EQ(1, post_files(self->to, out, IPCX_FDS_MAX));
	EXPECT_EQ(IPCX_FDS_MAX, charged_files());
	ASSERT_EQ(1, recv_files(self->mbox, in, IPCX_FDS_MAX + 1, &mail, 0));
	ASSERT_EQ(IPCX_FDS_MAX, mail.fd_count);
	for (i = 0; i < IPCX_FDS_MAX; i++) {
		byte = 'a' + i;
		ASSERT_EQ(1, write(in[i], &byte, 1));
		close(in[i]);
	}
	for (i = 0; i < IPCX_FDS_MAX; i++) {
		EXPECT_EQ('a' + i, next_byte(pipes[i][0]));
		close_all(pipes[i], 2);
	}
}

/* One file may come more than once, and each fd is one of its own. */
TEST_F(files, the_same_several_times)
{
	int out[3] = { self->wr, self->wr, self->wr }, in[3], i;

	ASSERT_EQ(1, post_files(self->to, out, 3));
	EXPECT_EQ(3, charged_files());
	close(self->wr);
	ASSERT_EQ(1, recv_files(self->mbox, in, 3, NULL, 0));
	for (i = 0; i < 3; i++) {
		EXPECT_TRUE(has_writer(self->rd));
		close(in[i]);
	}
	EXPECT_TRUE(hung_up(self->rd));
	self->wr = dup(self->rd);
}

TEST_F(files, with_a_payload)
{
	static const size_t lens[] = { 1, 64, 65, 5000 };
	static char out[5000], in[5000];
	struct ipcx_mbox_msg msg;
	struct ipcx_mbox_recv mail;
	struct ipcx_post post = make_post(&msg, 1, 0);
	struct ipcx_xfer xfer = make_mail_xfer(&mail, 1, 0);
	size_t i;
	int fd;

	memset(out, 'p', sizeof(out));
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		msg = make_parcel(out, lens[i], &self->wr, 1);
		ASSERT_EQ(1, op(self->to, IPCX_POST, &post));
		mail = make_fd_room(in, sizeof(in), &fd, 1);
		memset(in, 0, sizeof(in));
		ASSERT_EQ(1, op(self->mbox, IPCX_RECV, &xfer));
		EXPECT_EQ(lens[i], mail.len);
		EXPECT_EQ(0, memcmp(in, out, lens[i]));
		ASSERT_EQ(1, write(fd, "x", 1));
		EXPECT_EQ('x', next_byte(self->rd));
		close(fd);
	}
}

/* Without files nothing about them is told, whatever room there is. */
TEST_F(files, none)
{
	struct ipcx_mbox_recv mail;
	int fd = 77;

	ASSERT_EQ(1, post_files(self->to, NULL, 0));
	ASSERT_EQ(1, recv_files(self->mbox, &fd, 1, &mail, 0));
	EXPECT_EQ(0, mail.fd_count);
	ASSERT_EQ(1, post_files(self->to, NULL, 0));
	ASSERT_EQ(1, recv_files(self->mbox, NULL, 0, &mail, 0));
	EXPECT_EQ(0, mail.fd_count);
}

static int receive_and_write(void *arg)
{
	env_t *env = arg;
	int fd;

	/* Only what the message brings is a way into the pipe. */
	close(env->wr);
	fd = recv_file(env->mbox);
	MUST(fd >= 0);
	MUST_BE(1, write(fd, "w", 1));
	return 0;
}

TEST_F(files, handed_to_one_who_waits)
{
	pid_t pid = spawn(receive_and_write, self);

	ASSERT_EQ(0, wait_receivers(self->mbox, 1));
	ASSERT_EQ(1, post_file(self->to, self->wr));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ('w', next_byte(self->rd));
}

static int post_own_number(void *arg)
{
	env_t *env = arg;
	int number = env->rd, fd;

	/* The number is another file in this process. */
	fd = dup(env->wr);
	MUST(fd >= 0);
	MUST_BE(number, dup2(fd, number));
	MUST_BE(1, post_file(env->to, number));
	return 0;
}

/* Numbers are those of the process that sends. */
TEST_F(files, of_the_sending_process)
{
	int fd;

	ASSERT_EQ(0, in_child(post_own_number, self));
	fd = recv_file(self->mbox);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, write(fd, "x", 1));
	EXPECT_EQ('x', next_byte(self->rd));
	close(fd);
}

TEST_F(files, through_another_mailbox)
{
	__u64 port;
	int mbox = files_mbox(&port), to = open_port(port, 0), fd, again;

	ASSERT_LE(0, to);
	ASSERT_EQ(1, post_file(self->to, self->file));
	fd = recv_file(self->mbox);
	ASSERT_EQ(1, post_file(to, fd));
	close(fd);
	again = recv_file(mbox);
	ASSERT_LE(0, again);
	EXPECT_EQ('3', next_byte(again));
	close(again);
	close(to);
	close(mbox);
}

/* ---- several messages ---- */

TEST_F(files, batch)
{
	struct ipcx_mbox_msg msgs[4] = {
		make_parcel(NULL, 0, &self->wr, 1), make_parcel(NULL, 0, NULL, 0),
		make_parcel(NULL, 0, (int[]){ self->file, self->wr }, 2),
		make_parcel(NULL, 0, &self->file, 1),
	};
	static const unsigned int counts[] = { 1, 0, 2, 1 };
	struct ipcx_post post = make_post(msgs, 4, 0);
	struct ipcx_mbox_recv mails[4];
	struct ipcx_xfer xfer = make_mail_xfer(mails, 4, 0);
	int fds[4][2], i;

	ASSERT_EQ(4, op(self->to, IPCX_POST, &post));
	EXPECT_EQ(4, charged_files());
	for (i = 0; i < 4; i++)
		mails[i] = make_fd_room(NULL, 0, fds[i], 2);
	/* There is no room for the third: it ends the batch, and stays. */
	mails[2].fd_room = 1;
	ASSERT_EQ(2, op(self->mbox, IPCX_RECV, &xfer));
	EXPECT_EQ(self->fds + 1, count_fds());
	EXPECT_EQ(3, charged_files());
	xfer.msgs = addr(&mails[2]);
	mails[2] = make_fd_room(NULL, 0, fds[2], 2);
	ASSERT_EQ(2, op(self->mbox, IPCX_RECV, &xfer));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(counts[i], mails[i].fd_count);
		if (i != 1) {
			EXPECT_EQ(i == 0 ? -1 : '3' + i - 2, next_byte(fds[i][0]));
		}
		close_all(fds[i], counts[i]);
	}
}

/* The third cannot be sent: the two before it are, and only their files. */
TEST_F(files, batch_with_a_bad_one)
{
	struct ipcx_mbox_msg msgs[4] = {
		make_parcel(NULL, 0, &self->wr, 1), make_parcel(NULL, 0, &self->wr, 1),
		make_parcel(NULL, 0, (int[]){ self->wr, -1 }, 2),
		make_parcel(NULL, 0, &self->wr, 1),
	};
	struct ipcx_post post = make_post(msgs, 4, 0);
	int i, fd;

	ASSERT_EQ(2, op(self->to, IPCX_POST, &post));
	EXPECT_EQ(2, charged_files());
	for (i = 0; i < 2; i++) {
		fd = recv_file(self->mbox);
		ASSERT_LE(0, fd);
		close(fd);
	}
	EXPECT_TRUE(is_empty(self->mbox));
	post.msgs = addr(&msgs[2]);
	post.count = 2;
	EXPECT_EQ(-EBADF, op(self->to, IPCX_POST, &post));
}

/* ---- what cannot be sent ---- */

TEST_F(files, cannot_be_sent)
{
	int plain = new_mbox(NULL), closed = dup(self->wr), i;
	int fds[IPCX_FDS_MAX + 1], to = open_port(port_of(plain), 0);
	struct ipcx_mbox_msg msg = make_parcel(NULL, 0, NULL, 1);
	struct ipcx_post post = make_post(&msg, 1, 0);
	struct bad_memory mem;

	ASSERT_LE(0, to);
	close(closed);
	make_bad_memory(&mem);
	for (i = 0; i <= IPCX_FDS_MAX; i++)
		fds[i] = self->wr;
	EXPECT_EQ(-EOPNOTSUPP, post_files(to, fds, 1));
	EXPECT_EQ(1, post_files(to, NULL, 0));
	EXPECT_EQ(1, drain_mail(plain));
	EXPECT_EQ(-EINVAL, post_files(self->to, fds, IPCX_FDS_MAX + 1));
	EXPECT_EQ(-EINVAL, post_files(self->to, fds, ~0U));
	for (i = 0; i < (int)mem.n; i++) {
		msg.fds = mem.addrs[i];
		EXPECT_EQ(-EFAULT, op(self->to, IPCX_POST, &post)) {
			TH_LOG("fds at %#llx", mem.addrs[i]);
		}
	}
	EXPECT_EQ(-EFAULT, post_files(self->to, at_edge(&mem, fds, 7), 2));
	EXPECT_EQ(-EBADF, post_file(self->to, closed));
	EXPECT_EQ(-EBADF, post_file(self->to, -1));
	EXPECT_EQ(-EBADF, post_file(self->to, 0x7fffffff));
	fds[IPCX_FDS_MAX - 1] = closed;
	EXPECT_EQ(-EBADF, post_files(self->to, fds, IPCX_FDS_MAX));
	EXPECT_EQ(0, charged_files());
	EXPECT_TRUE(is_empty(self->mbox));
	/* No reference is left: what is closed is closed. */
	close(self->wr);
	EXPECT_TRUE(hung_up(self->rd));
	self->wr = dup(self->rd);
	close(to);
	close(plain);
}

/* Files that came with a payload that cannot be sent. */
TEST_F(files, payload_cannot_be_sent)
{
	struct ipcx_mbox_msg msg = make_parcel(guard_page(), 100, &self->wr, 1);
	struct ipcx_post post = make_post(&msg, 1, 0);

	EXPECT_EQ(-EFAULT, op(self->to, IPCX_POST, &post));
	msg.len = 1 << 20;
	EXPECT_EQ(-EMSGSIZE, op(self->to, IPCX_POST, &post));
	msg.len = 0;
	msg.priority = IPCX_PRIO_MAX + 1;
	EXPECT_EQ(-EINVAL, op(self->to, IPCX_POST, &post));
	EXPECT_EQ(0, charged_files());
	close(self->wr);
	EXPECT_TRUE(hung_up(self->rd));
	self->wr = dup(self->rd);
}

/* ---- what cannot be received ---- */

TEST_F(files, too_many_for_the_room)
{
	int out[3] = { self->wr, self->file, self->wr }, in[3] = { -1, -1, -1 };
	struct ipcx_mbox_recv mail;
	unsigned int room;

	ASSERT_EQ(1, post_files(self->to, out, 3));
	for (room = 0; room < 3; room++) {
		EXPECT_EQ(-EMSGSIZE, recv_files(self->mbox, room ? in : NULL, room, &mail, 0));
		EXPECT_EQ(3, mail.fd_count);
		EXPECT_EQ(0, mail.len);
		EXPECT_EQ(self->fds, count_fds());
		EXPECT_EQ(3, charged_files());
	}
	/* Nor for one who does not know of files. */
	EXPECT_EQ(-EMSGSIZE, recv_mail(self->mbox, NULL, 0, &mail, 0));
	EXPECT_EQ(3, mail.fd_count);
	ASSERT_EQ(1, recv_files(self->mbox, in, 3, &mail, 0));
	EXPECT_EQ('3', next_byte(in[1]));
	close_all(in, 3);
}

/* Both are told at once. */
TEST_F(files, too_long_and_too_many)
{
	struct ipcx_mbox_msg msg = make_parcel("payload", 8, (int[]){ self->wr, self->wr }, 2);
	struct ipcx_post post = make_post(&msg, 1, 0);
	char buf[8];
	int fds[2];
	struct ipcx_mbox_recv mail = make_fd_room(buf, 4, fds, 1);
	struct ipcx_xfer xfer = make_mail_xfer(&mail, 1, 0);

	ASSERT_EQ(1, op(self->to, IPCX_POST, &post));
	EXPECT_EQ(-EMSGSIZE, op(self->mbox, IPCX_RECV, &xfer));
	EXPECT_EQ(8, mail.len);
	EXPECT_EQ(2, mail.fd_count);
	/* With what was told it fits. */
	mail = make_fd_room(buf, mail.len, fds, mail.fd_count);
	ASSERT_EQ(1, op(self->mbox, IPCX_RECV, &xfer));
	EXPECT_STREQ("payload", buf);
	close_all(fds, 2);
}

TEST_F(files, peek)
{
	int out[2] = { self->wr, self->file }, in[2] = { 77, 77 };
	struct ipcx_mbox_recv mail;

	ASSERT_EQ(1, post_files(self->to, out, 2));
	ASSERT_EQ(1, recv_files(self->mbox, in, 2, &mail, IPCX_RECV_PEEK));
	EXPECT_EQ(2, mail.fd_count);
	ASSERT_EQ(1, recv_mail(self->mbox, NULL, 0, &mail, IPCX_RECV_PEEK));
	EXPECT_EQ(2, mail.fd_count);
	EXPECT_EQ(self->fds, count_fds());
	EXPECT_EQ(2, charged_files());
	ASSERT_EQ(1, recv_files(self->mbox, in, 2, &mail, 0));
	EXPECT_EQ('3', next_byte(in[1]));
	close_all(in, 2);
}

/* Who says so gets the message without its files, and they are closed. */
TEST_F(files, cut)
{
	struct ipcx_mbox_msg msg = make_parcel("payload", 8, (int[]){ self->wr, self->wr }, 2);
	struct ipcx_post post = make_post(&msg, 1, 0);
	struct ipcx_mbox_recv mail;
	struct ipcx_xfer xfer = make_mail_xfer(&mail, 1, IPCX_RECV_TRUNC);
	int fds[2] = { -1, -1 };
	char buf[8] = "";

	ASSERT_EQ(1, op(self->to, IPCX_POST, &post));
	close(self->wr);
	EXPECT_TRUE(has_writer(self->rd));
	mail = make_fd_room(buf, sizeof(buf), fds, 1);
	ASSERT_EQ(1, op(self->mbox, IPCX_RECV, &xfer));
	EXPECT_EQ(IPCX_MSG_FD_TRUNC, mail.flags & (IPCX_MSG_FD_TRUNC | IPCX_MSG_TRUNC));
	EXPECT_EQ(2, mail.fd_count);
	EXPECT_EQ(8, mail.len);
	EXPECT_STREQ("payload", buf);
	EXPECT_EQ(0, charged_files());
	EXPECT_EQ(self->fds - 1, count_fds());
	EXPECT_TRUE(hung_up(self->rd));
	self->wr = dup(self->rd);
}

/* A payload that is cut leaves the files whole. */
TEST_F(files, only_the_payload_is_cut)
{
	struct ipcx_mbox_msg msg = make_parcel("payload", 8, &self->wr, 1);
	struct ipcx_post post = make_post(&msg, 1, 0);
	char buf[4];
	int fd = -1;
	struct ipcx_mbox_recv mail = make_fd_room(buf, sizeof(buf), &fd, 1);
	struct ipcx_xfer xfer = make_mail_xfer(&mail, 1, IPCX_RECV_TRUNC);

	ASSERT_EQ(1, op(self->to, IPCX_POST, &post));
	ASSERT_EQ(1, op(self->mbox, IPCX_RECV, &xfer));
	EXPECT_EQ(IPCX_MSG_TRUNC, mail.flags & (IPCX_MSG_FD_TRUNC | IPCX_MSG_TRUNC));
	EXPECT_EQ(1, mail.fd_count);
	ASSERT_EQ(1, write(fd, "x", 1));
	EXPECT_EQ('x', next_byte(self->rd));
	close(fd);
}

/* One fd less than it takes: none is installed, and the message is there. */
static int receive_without_fds(void *arg)
{
	int out[3] = { -1, -1, -1 }, before, spare;
	struct ipcx_mbox_recv mail;
	env_t *env = arg;

	before = count_fds();
	for (spare = 0; spare < 3; spare++) {
		MUST_BE(0, leave_fds(spare));
		MUST_BE(-EMFILE, recv_files(env->mbox, out, 3, &mail, 0));
		MUST_BE(0, allow_fds(1000));
		MUST_BE(before, count_fds());
		MUST_BE(1, get_depth(env->mbox));
		MUST_BE(3, charged_files());
	}
	/* It is no matter of room, then. */
	MUST_BE(0, leave_fds(0));
	MUST_BE(1, recv_mail(env->mbox, NULL, 0, &mail, IPCX_RECV_PEEK));
	MUST_BE(-EMSGSIZE, recv_mail(env->mbox, NULL, 0, &mail, 0));
	MUST_BE(0, allow_fds(1000));
	MUST_BE(0, leave_fds(3));
	MUST_BE(1, recv_files(env->mbox, out, 3, &mail, 0));
	MUST_BE('3', next_byte(out[1]));
	return 0;
}

TEST_F(files, at_the_limit_of_fds)
{
	int fds[3] = { self->wr, self->file, self->wr };

	ASSERT_EQ(1, post_files(self->to, fds, 3));
	EXPECT_EQ(0, in_child(receive_without_fds, self));
}

/* The array, the descriptor or the payload cannot be written: nothing is lost. */
TEST_F(files, cannot_be_told)
{
	int out[3] = { self->wr, self->file, self->wr }, in[3];
	struct ipcx_mbox_msg msg = make_parcel("payload", 8, out, 3);
	struct ipcx_post post = make_post(&msg, 1, 0);
	char buf[8];
	struct ipcx_mbox_recv mail = make_fd_room(buf, 8, in, 3);
	struct ipcx_xfer xfer = make_mail_xfer(&mail, 1, 0);
	struct bad_memory mem;
	size_t i;

	make_bad_memory(&mem);
	ASSERT_EQ(1, op(self->to, IPCX_POST, &post));
	for (i = 0; i < mem.n; i++) {
		mail = make_fd_room(buf, 8, NULL, 3);
		mail.fds = mem.addrs[i];
		EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer)) {
			TH_LOG("fds at %#llx", mem.addrs[i]);
		}
	}
	mail = make_fd_room(buf, 8, at_edge(&mem, in, 8), 3);
	EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
	mail.fds = addr(mem.readonly);
	EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
	mail = make_fd_room(guard_page(), 8, in, 3);
	EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
	/* The fds could be given, but not what is said about them. */
	mail = make_fd_room(buf, 8, in, 3);
	xfer.msgs = addr(as_readonly(&mem, &mail, sizeof(mail)));
	EXPECT_EQ(-EFAULT, op(self->mbox, IPCX_RECV, &xfer));
	EXPECT_EQ(self->fds, count_fds());
	EXPECT_EQ(3, charged_files());
	xfer.msgs = addr(&mail);
	ASSERT_EQ(1, op(self->mbox, IPCX_RECV, &xfer));
	EXPECT_EQ('3', next_byte(in[1]));
	close_all(in, 3);
}

/* ---- calls ---- */

struct caller {
	env_t *env;
	int give, get;		/* files of the request, room for those of the reply */
	__u32 flags;
	int spare;		/* fds that it may open, or -1 */
	int ret;
	struct ipcx_mbox_recv reply;
	int fds[IPCX_FDS_MAX];
	int byte;		/* that the first of them gave */
	int left;		/* fds that the call left behind */
	pid_t pid;
};

/* Calls with its pipe, and reads from what it gets. */
static int call_with_files(void *arg)
{
	struct caller *c = arg;
	int out[IPCX_FDS_MAX], i, before = count_fds();
	struct ipcx_call call = { .from = -1, .flags = c->flags };

	for (i = 0; i < c->give; i++)
		out[i] = c->env->wr;
	call.request = make_parcel(NULL, 0, out, c->give);
	call.reply = make_fd_room(NULL, 0, c->get ? c->fds : NULL, c->get);
	if (c->spare >= 0)
		MUST_BE(0, leave_fds(c->spare));
	c->ret = op(c->env->to, IPCX_CALL, &call);
	MUST_BE(0, allow_fds(1000));
	c->left = count_fds() - before;
	c->reply = call.reply;
	if (c->ret == 0 && call.reply.fd_count && !(call.reply.flags & IPCX_MSG_FD_TRUNC))
		c->byte = next_byte(c->fds[0]);
	return 0;
}

static struct caller *start_caller(env_t *env, int give, int get, __u32 flags, int spare)
{
	struct caller *c = shared_memory(sizeof(*c));

	*c = (struct caller){
		.env = env, .give = give, .get = get, .flags = flags, .spare = spare, .ret = 1,
	};
	c->pid = spawn(call_with_files, c);
	return c;
}

TEST_F(files, of_request_and_reply)
{
	static const int counts[][2] = {
		{ 1, 1 }, { IPCX_FDS_MAX, IPCX_FDS_MAX }, { 0, 2 }, { 2, 0 },
	};
	struct ipcx_mbox_recv mail;
	int in[IPCX_FDS_MAX], out[IPCX_FDS_MAX], i;
	struct caller *c;
	size_t k;

	for (i = 0; i < IPCX_FDS_MAX; i++)
		out[i] = self->file;
	for (k = 0; k < ARRAY_SIZE(counts); k++) {
		c = start_caller(self, counts[k][0], counts[k][1], 0, -1);
		ASSERT_EQ(1, recv_files(self->mbox, in, IPCX_FDS_MAX, &mail, 0));
		ASSERT_EQ(counts[k][0], mail.fd_count);
		if (mail.fd_count) {
			ASSERT_EQ(1, write(in[mail.fd_count - 1], "x", 1));
			EXPECT_EQ('x', next_byte(self->rd));
		}
		close_all(in, mail.fd_count);
		lseek(self->file, 3, SEEK_SET);
		ASSERT_EQ(0, reply_files(self->mbox, mail.token, out, counts[k][1]));
		EXPECT_EQ(0, reap(c->pid));
		EXPECT_EQ(0, c->ret);
		EXPECT_EQ(counts[k][1], c->reply.fd_count);
		EXPECT_EQ(counts[k][1], c->left);
		EXPECT_EQ(counts[k][1] ? '3' : 0, c->byte);
	}
}

/* A request with files that is refused is none. */
TEST_F(files, of_a_request_that_cannot_be_sent)
{
	int fds[2] = { self->wr, -1 };
	struct ipcx_call call = { .from = -1, .request = make_parcel(NULL, 0, fds, 2) };

	EXPECT_EQ(-EBADF, op(self->to, IPCX_CALL, &call));
	call.request.fd_count = IPCX_FDS_MAX + 1;
	EXPECT_EQ(-EINVAL, op(self->to, IPCX_CALL, &call));
	EXPECT_TRUE(is_empty(self->mbox));
	EXPECT_EQ(0, charged_files());
}

/* A reply that cannot be given leaves the token good, and takes no file. */
TEST_F(files, of_a_reply_that_cannot_be_given)
{
	struct caller *c = start_caller(self, 0, 1, 0, -1);
	int fds[3] = { self->file, self->wr, -1 };
	__u64 token, number;

	token = take_call(self->mbox, &number);
	ASSERT_NE(0, token);
	EXPECT_EQ(-EMSGSIZE, reply_files(self->mbox, token, fds, 2));
	EXPECT_EQ(-EBADF, reply_files(self->mbox, token, &fds[2], 1));
	EXPECT_EQ(-EINVAL, reply_files(self->mbox, token, fds, IPCX_FDS_MAX + 1));
	EXPECT_EQ(-EFAULT, reply_files(self->mbox, token, guard_page(), 1));
	EXPECT_EQ(0, charged_files());
	EXPECT_EQ(1, c->ret);
	EXPECT_EQ(0, reply_files(self->mbox, token, fds, 1));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ('3', c->byte);
}

TEST_F(files, of_a_reply_that_is_cut)
{
	struct caller *c = start_caller(self, 0, 1, IPCX_RECV_TRUNC, -1);
	int fds[2] = { self->wr, self->wr };
	__u64 token, number;

	token = take_call(self->mbox, &number);
	ASSERT_NE(0, token);
	ASSERT_EQ(0, reply_files(self->mbox, token, fds, 2));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(0, c->ret);
	EXPECT_EQ(2, c->reply.fd_count);
	EXPECT_TRUE(c->reply.flags & IPCX_MSG_FD_TRUNC);
	EXPECT_EQ(0, c->left);
	close(self->wr);
	EXPECT_TRUE(hung_up(self->rd));
	self->wr = dup(self->rd);
}

/* The caller has no fd left: it is told so, and the reply is lost. */
TEST_F(files, of_a_reply_at_the_limit_of_fds)
{
	struct caller *c = start_caller(self, 0, 2, 0, 1);
	int fds[2] = { self->wr, self->wr };
	__u64 token, number;

	token = take_call(self->mbox, &number);
	ASSERT_NE(0, token);
	ASSERT_EQ(0, reply_files(self->mbox, token, fds, 2));
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ(-EMFILE, c->ret);
	EXPECT_EQ(0, c->left);
	close(self->wr);
	EXPECT_TRUE(hung_up(self->rd));
	self->wr = dup(self->rd);
}

/* Reply and receive: files go and come in one system call. */
TEST_F(files, of_reply_and_next_message)
{
	struct caller *c = start_caller(self, 0, 1, 0, -1);
	int fd = -1;
	struct ipcx_reply r = {
		.flags = IPCX_REPLY_RECV, .reply = make_parcel(NULL, 0, &self->file, 1),
		.next = make_fd_room(NULL, 0, &fd, 1),
	};
	__u64 number;

	r.token = take_call(self->mbox, &number);
	ASSERT_NE(0, r.token);
	ASSERT_EQ(1, post_file(self->to, self->wr));
	ASSERT_EQ(1, op(self->mbox, IPCX_REPLY, &r));
	EXPECT_EQ(1, r.next.fd_count);
	ASSERT_EQ(1, write(fd, "n", 1));
	EXPECT_EQ('n', next_byte(self->rd));
	close(fd);
	EXPECT_EQ(0, reap(c->pid));
	EXPECT_EQ('3', c->byte);
}

static int post_sync(void *arg)
{
	env_t *env = arg;
	struct ipcx_mbox_msg msg = make_parcel(NULL, 0, &env->wr, 1);
	struct ipcx_post post = make_post(&msg, 1, IPCX_POST_SYNC);

	MUST_BE(1, op(env->to, IPCX_POST, &post));
	return 0;
}

TEST_F(files, of_a_synchronous_post)
{
	pid_t pid = spawn(post_sync, self);
	int fd = recv_file(self->mbox);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, reap(pid));
	ASSERT_EQ(1, write(fd, "s", 1));
	EXPECT_EQ('s', next_byte(self->rd));
	close(fd);
}

TEST_HARNESS_MAIN
