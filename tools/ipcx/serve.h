/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ipcx serve: what its files share. */
#ifndef IPCX_SERVE_H
#define IPCX_SERVE_H

#include "tool.h"

struct serve_args {
	const char *name;
	char **command;			/* up to a NULL */
	uint64_t count;			/* 0: no limit */
	bool files;			/* requests may carry some */
	struct birth birth;
};

/* serve-loop.c: receive and answer; the exit status */
int serve_run(const struct serve_args *args, struct ipcx_mbox *m);

/* serve-command.c */

/* One run of the command. */
struct run {
	const char *input;
	size_t input_len;
	const struct arrivals *files;	/* the command's fds from 3 on */
	bool capture;			/* standard output into @output, else to ours */
	size_t max;			/* most bytes of it */
	struct bytes output;
	int status;			/* as waitpid(2) says */
};

/*
 * Run it to its end; signals that end us are passed on. 0, or a negative errno
 * where it could not be started: -ECANCELED after such a signal. @output.data is
 * to be freed in any case.
 */
int run_command(char *const command[], struct run *run);

#endif /* IPCX_SERVE_H */
