/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ipcx recv: what its files share. */
#ifndef IPCX_RECV_H
#define IPCX_RECV_H

#include "tool.h"

struct recv_args {
	const char *name;
	struct ipcx_recv_opts opts;	/* sz and match; the rest is recv_run()'s */
	uint64_t count;			/* 0: one, or no limit with all or follow */
	bool all;
	bool follow;
	bool peek;
	bool nonblock;
	bool lines;
	bool has_timeout;
	int64_t timeout_ns;
};

/* recv-run.c: receive and write; the exit status */
int recv_run(const struct recv_args *args, struct ipcx_queue *q);

/* recv-stop.c: the end of --follow */

/* Catch what ends it; @q is no longer waited for then. */
int stop_setup(struct ipcx_queue *q);
bool stop_asked(void);
/* Nobody reads standard output any more: what is taken now could not be written. */
bool stop_no_reader(void);

#endif /* IPCX_RECV_H */
