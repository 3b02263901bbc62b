/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fixture of the tests of ipcx-trace copies, and what they expect of its figures. */
#ifndef IPCX_SELFTESTS_TRACE_LEDGER_H
#define IPCX_SELFTESTS_TRACE_LEDGER_H

#include "trace.h"

FIXTURE(trace) {
	const struct traced *traced;
};

/* The module whose tracepoint ipcx-trace listens to. */
FIXTURE_SETUP(trace)
{
	if (access("/sys/module/ipcx_probe", F_OK) != 0)
		SKIP(return, "the module ipcx_probe is not loaded");
}

FIXTURE_TEARDOWN(trace)
{
}

/* Also which exit status the works had in the end. */
#define RUN_TO(wanted, names) do {					\
	self->traced = traced_works(names);				\
	ASSERT_NE(NULL, self->traced);					\
	if (self->traced->status != (wanted))				\
		TH_LOG("%s", self->traced->text);			\
	ASSERT_EQ((wanted), self->traced->status);			\
} while (0)

#define RUN(names)	RUN_TO(0, names)

#define FIGURE(mechanism, key)	traced_figure(self->traced, mechanism, key)

/* What a mechanism moved, each message copied so often. */
#define EXPECT_PASSES(mechanism, n, bytes, times) do {			\
	EXPECT_EQ((n), FIGURE(mechanism, "messages"));			\
	EXPECT_EQ((bytes), FIGURE(mechanism, "message_bytes"));		\
	EXPECT_EQ((times) * (double)(bytes), FIGURE(mechanism, "payload_bytes")); \
	EXPECT_EQ((times), FIGURE(mechanism, "passes"));		\
	EXPECT_NOTHING_LOST();						\
} while (0)

#define EXPECT_NOTHING_LOST() do {					\
	EXPECT_EQ(0, traced_number(self->traced, "copies"));		\
	EXPECT_EQ(0, traced_number(self->traced, "tasks"));		\
	EXPECT_EQ(0, traced_number(self->traced, "values"));		\
	EXPECT_EQ(0, traced_number(self->traced, "unread_arguments"));	\
	EXPECT_EQ(0, traced_number(self->traced, "too_many_arguments"));\
} while (0)

#endif /* IPCX_SELFTESTS_TRACE_LEDGER_H */
