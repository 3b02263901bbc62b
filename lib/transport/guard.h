/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What would outlive its users: a small process waits for their end, which it learns from a
 * pipe whose other end all of them hold, and removes it, also when they were killed.
 */
#ifndef IPCX_TRANSPORT_GUARD_H
#define IPCX_TRANSPORT_GUARD_H

#include <sys/types.h>
#include <unistd.h>

/**
 * struct guard - Such a process; GUARD_NONE before it is started.
 * @owner: who opened what it removes
 * @pid: it, or -1
 * @fd: this process's hold, or -1
 */
struct guard {
	pid_t owner, pid;
	int fd;
};

#define GUARD_NONE	((struct guard){ getpid(), -1, -1 })

/* @remove(@what) is called there; 0, or a negative errno with the reason. */
int guard_start(struct guard *guard, void (*remove)(void *what), void *what, char *why);

/* Its owner removes @what by itself, and ends it; others only let go. */
void guard_end(struct guard *guard, void (*remove)(void *what), void *what);

#endif /* IPCX_TRANSPORT_GUARD_H */
