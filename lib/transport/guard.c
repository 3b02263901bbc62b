// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fd.h"
#include "guard.h"
#include "internal.h"

/*
 * A session of its own keeps a terminal's Ctrl-C away; fds that others wait on
 * for their end must not be held open here.
 */
static void watch(int fd, void (*remove)(void *what), void *what)
{
	sigset_t all;
	char byte;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	if (dup2(fd, 0) == 0)
		close_range(1, ~0U, 0);
	while (read(0, &byte, 1) < 0 && errno == EINTR)
		;
	remove(what);
	_exit(0);
}

int guard_start(struct guard *guard, void (*remove)(void *what), void *what, char *why)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return transport_why(why, -errno, "pipe: %m");
	guard->fd = fds[1];
	guard->pid = fork();
	if (guard->pid == 0)
		watch(fds[0], remove, what);
	close(fds[0]);
	return guard->pid < 0 ? transport_why(why, -errno, "fork: %m") : 0;
}

void guard_end(struct guard *guard, void (*remove)(void *what), void *what)
{
	bool mine = guard->owner == getpid();

	if (mine)
		remove(what);
	/*
	 * Another process may still hold the pipe: do not wait for it. While this
	 * one does the guard lives; later its id, in a program that ignores
	 * SIGCHLD, could be another process's.
	 */
	if (mine && guard->pid > 0)
		kill(guard->pid, SIGKILL);
	fd_close(&guard->fd);
	if (mine && guard->pid > 0) {
		while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
}
