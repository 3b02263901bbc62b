/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A run of a command: whom it follows, and what it waits for. */
#ifndef TRACE_SESSION_H
#define TRACE_SESSION_H

#include <poll.h>

#include "trace.h"

/**
 * struct session - A run.
 * @options: what is wanted
 * @programs: the BPF programs
 * @probe: the module that sees copies, or without a file
 * @child: the command that is followed, if it is one
 * @signals: where Ctrl-C, and the end of @child, are told
 * @mask: the signals that were blocked before
 * @fds: all that is waited for
 * @fd_count: how many they are
 * @calibration: what looking costs
 * @before: what had been lost when it began
 * @missed: likewise, of the programs
 * @start: when it began
 */
struct session {
	const struct options *options;
	struct programs *programs;
	struct probe probe;
	struct child child;
	int signals;
	sigset_t mask;
	struct pollfd *fds;
	size_t fd_count;
	struct calibration calibration;
	struct probe_lost before;
	__u64 missed;
	double start;
};

enum session_event {
	/* Interrupted, or all that was followed has ended. */
	SESSION_OVER,
	SESSION_TIME,
	SESSION_KEY,
};

/* Seconds of a clock that only goes on. */
double now(void);

/* What needs no BPF programs: signals, and a command that is held. To be ended in any case. */
int session_open(struct session *s, const struct options *options);
/* Everything looks: the time begins, and the command runs. */
void session_go(struct session *s);

/* Both, for the copy ledger. An exit status: EXIT_DONE when it counts. To be ended in any case. */
int session_begin(struct session *s, const struct options *options);
/* @until: that time, or 0; @keys: a file where keys may come, or -1. */
enum session_event session_wait(struct session *s, double until, int keys);
/* What was counted up to now. */
int session_read(struct session *s, struct report *report);
/* The exit status of the command that was followed, if there was one. */
int session_status(struct session *s);
void session_end(struct session *s);

#endif /* TRACE_SESSION_H */
