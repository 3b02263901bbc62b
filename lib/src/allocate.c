// SPDX-License-Identifier: LGPL-2.1-or-later
/* The blocks of a file. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

#include "internal.h"

int ipcx_allocate(int fd, size_t len)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	err = posix_fallocate(fd, 0, (off_t)len);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}
