/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes of a ring's mappings that may be touched, or not. */
#ifndef IPCX_SELFTESTS_RING_TOUCH_H
#define IPCX_SELFTESTS_RING_TOUCH_H

#include "ring.h"

#include <setjmp.h>

/* Does the program survive to look at, or to write, a byte? */
static sigjmp_buf fault_jump;

static inline void on_fault(int signo)
{
	siglongjmp(fault_jump, signo);
}

static inline int touch(volatile char *p, bool write)
{
	struct sigaction action = { .sa_handler = on_fault }, old_segv, old_bus;
	int signo;

	sigaction(SIGSEGV, &action, &old_segv);
	sigaction(SIGBUS, &action, &old_bus);
	signo = sigsetjmp(fault_jump, 1);
	if (!signo) {
		char byte = *p;

		if (write)
			*p = byte;
	}
	sigaction(SIGSEGV, &old_segv, NULL);
	sigaction(SIGBUS, &old_bus, NULL);
	return signo;
}

/* Every page, first and last byte. */
static inline int touch_all(char *p, size_t len, bool write)
{
	size_t at;
	int ret = 0;

	for (at = 0; !ret && at < len; at += PAGE) {
		ret = touch(p + at, write);
		ret = ret ? ret : touch(p + at + PAGE - 1, write);
	}
	return ret;
}

#endif /* IPCX_SELFTESTS_RING_TOUCH_H */
