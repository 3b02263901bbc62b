/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ctrl-C, and the death of the peer, as things that a blocked call can be woken
 * by: from the first such signal on an alarm comes every second, so that none
 * that arrives just before a call blocks is lost.
 */
#ifndef BENCH_SIGNALS_H
#define BENCH_SIGNALS_H

#include <stdbool.h>
#include <sys/types.h>

/* Catches the signals. Returns 0 or a negative errno. */
int signals_catch(void);

/* In the peer: default actions again, and only the parent ends it. */
void signals_peer(void);

/* Which process's death matters from now on; 0: none. */
void signals_watch(pid_t peer);

/* Ctrl-C, or SIGTERM, came. */
bool signals_stop(void);

/*
 * What a call that gave -EINTR should become: 0: repeat it; -EINTR: give up, the
 * user wants it; -ECHILD: the peer died.
 */
int signals_verdict(void);

#endif /* BENCH_SIGNALS_H */
