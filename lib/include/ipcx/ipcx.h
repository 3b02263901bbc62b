/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libipcx: the whole library in one include.
 *
 *	#include <ipcx/ipcx.h>		cc prog.c $(pkg-config --cflags --libs libipcx)
 *
 * One convention for results: a function that returns int, ssize_t or int64_t
 * gives 0 or a count when it succeeds and a negative errno value when it
 * fails, which the text of each function lists with its cause. errno itself
 * means nothing after a call and may have changed. Functions that cannot fail
 * return their value, or nothing.
 *
 * Objects are opaque and come through an out argument, which is NULL after an
 * error. Closing and freeing functions accept NULL.
 *
 * Options travel in structures that know their size: declare them with
 * IPCX_OPTS(), set what differs from the defaults, pass their address; NULL
 * means all defaults.
 *
 * The library starts no threads, installs no signal handlers and never raises
 * SIGPIPE (but see <ipcx/transport.h>). It keeps no global state but one atomic
 * counter, for the names of POSIX queues. Its fds are close-on-exec.
 *
 * The structures and constants that both the library and the kernel speak
 * (struct ipcx_msg, struct ipcx_stat, IPCX_OPEN_READ, ...) are those of
 * <linux/ipcx.h>, which this includes.
 */
#ifndef IPCX_IPCX_H
#define IPCX_IPCX_H

#include <ipcx/common.h>
#include <ipcx/dev.h>
#include <ipcx/group.h>
#include <ipcx/mbox.h>
#include <ipcx/mbox_ring.h>
#include <ipcx/queue.h>
#include <ipcx/ring.h>
#include <ipcx/token.h>
#include <ipcx/transport.h>
#include <ipcx/watch.h>

#endif /* IPCX_IPCX_H */
