/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mailbox to be given bad input, which none of it may change. */
#ifndef IPCX_SELFTESTS_MBOX_BADINPUT_H
#define IPCX_SELFTESTS_MBOX_BADINPUT_H

#include "badmem.h"
#include "mbox.h"

FIXTURE(bad) {
	int control;
	int mbox;
	int to;			/* right to send */
	__u64 port;
	char name[UNIQUE_NAME_SIZE];
	struct bad_memory mem;
};

typedef FIXTURE_DATA(bad) env_t;

FIXTURE_SETUP(bad)
{
	make_bad_memory(&self->mem);
	unique_name(self->name, "bad");
	self->control = open_control();
	ASSERT_LE(0, self->control);
	self->mbox = new_mbox(&self->port);
	ASSERT_LE(0, self->mbox);
	self->to = open_port(self->port, 0);
	ASSERT_LE(0, self->to);
}

FIXTURE_TEARDOWN(bad)
{
	EXPECT_EQ(-ENOENT, open_mbox(self->name, IPCX_OPEN_WRITE, 0));
	EXPECT_TRUE(is_empty(self->mbox));
	close(self->to);
	close(self->mbox);
	close(self->control);
}

#endif /* IPCX_SELFTESTS_MBOX_BADINPUT_H */
