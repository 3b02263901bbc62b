/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of libipcx's mailboxes share. */
#ifndef IPCX_SELFTESTS_LIB_MBOX_H
#define IPCX_SELFTESTS_LIB_MBOX_H

#include "common.h"

#include <ipcx/ipcx.h>
#include <pthread.h>

FIXTURE(mbox) {
	struct ipcx_dev *dev;
	struct ipcx_mbox *m;	/* right to receive */
	struct ipcx_mbox *to;	/* right to send */
	char name[UNIQUE_NAME_SIZE];
};

FIXTURE_SETUP(mbox)
{
	unique_name(self->name, "lib");
	ASSERT_EQ(0, ipcx_dev_open(&self->dev, NULL));
	ASSERT_EQ(0, ipcx_mbox_create(&self->m, self->dev, self->name, 0, NULL));
	ASSERT_EQ(0, ipcx_mbox_open(&self->to, self->dev, self->name, 0));
}

FIXTURE_TEARDOWN(mbox)
{
	ipcx_mbox_close(self->to);
	ipcx_mbox_close(self->m);
	ipcx_dev_close(self->dev);
}

static inline int small_box(struct ipcx_mbox **m, const struct ipcx_dev *dev,
			    unsigned int max_msgs)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);

	opts.max_msgs = max_msgs;
	return ipcx_mbox_create(m, dev, NULL, IPCX_OPEN_WRITE, &opts);
}

/* A mailbox without a name; @flags: IPCX_MBOX_* */
static inline int special_box(struct ipcx_mbox **m, const struct ipcx_dev *dev,
			      unsigned int flags, unsigned int rights)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);

	opts.flags = flags;
	return ipcx_mbox_create(m, dev, NULL, rights, &opts);
}

static inline int send_cookie(const struct ipcx_mbox *m, uint64_t cookie,
			      const struct ipcx_mbox_send_opts *opts)
{
	struct ipcx_mbox_msg msg;

	ipcx_mbox_msg_init(&msg, &cookie, sizeof(cookie), 0, cookie);
	return ipcx_mbox_send_msgs(m, &msg, 1, opts);
}

static inline unsigned long long depth(const struct ipcx_mbox *m)
{
	return get_depth(ipcx_mbox_fd(m));
}

/* What is there, into @buf; without room for files. */
static inline int try_recv(const struct ipcx_mbox *m, void *buf, size_t room,
			   struct ipcx_mbox_recv *mail)
{
	IPCX_OPTS(ipcx_recv_opts, opts);

	opts.flags = IPCX_XFER_NONBLOCK;
	ipcx_mbox_recv_init(mail, buf, room);
	return ipcx_mbox_recv_msgs(m, mail, 1, &opts);
}

/* A call by a thread of its own. */
struct caller {
	const struct ipcx_mbox *m;
	struct ipcx_mbox_send_opts opts;
	size_t room;
	unsigned int fd_room;
	pthread_t thread;
	int ret;
	struct ipcx_mbox_recv reply;
	uint64_t answer;
	int fds[2];
};

#define QUESTION 41

static inline void *call_thread(void *arg)
{
	struct caller *c = arg;
	uint64_t question = QUESTION;
	struct ipcx_mbox_msg msg;

	ipcx_mbox_msg_init(&msg, &question, sizeof(question), 5, 6);
	ipcx_mbox_recv_init(&c->reply, &c->answer, c->room);
	if (c->fd_room)
		ipcx_mbox_recv_set_fds(&c->reply, c->fds, c->fd_room);
	c->ret = ipcx_mbox_call_msg(c->m, &msg, &c->reply, &c->opts);
	return NULL;
}

/* @c says whom to call, how, and what there is room for. */
static inline int run_call(struct caller *c)
{
	c->opts.sz = sizeof(c->opts);
	return -pthread_create(&c->thread, NULL, call_thread, c);
}

static inline int start_call(struct caller *c, const struct ipcx_mbox *to, size_t room)
{
	*c = (struct caller){ .m = to, .room = room };
	return run_call(c);
}

static inline int end_call(struct caller *c)
{
	pthread_join(c->thread, NULL);
	return c->ret;
}

/* Token of the call that comes next. */
static inline uint64_t take_call(const struct ipcx_mbox *m)
{
	struct ipcx_mbox_recv mail;
	uint64_t question;

	if (ipcx_mbox_recv(m, &question, sizeof(question), &mail) != sizeof(question))
		return 0;
	return question == QUESTION ? mail.token : 0;
}

#endif /* IPCX_SELFTESTS_LIB_MBOX_H */
