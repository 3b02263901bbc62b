/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the examples of rings share: with --memfd they do without the kernel module. */
#ifndef IPCX_EXAMPLE_RING_H
#define IPCX_EXAMPLE_RING_H

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "example.h"

/* A ring without a name: children inherit its handle, others could be passed its fd. */
static inline struct ipcx_ring *make_ring(int argc, char **argv, enum ipcx_ring_mode type,
					  uint64_t size)
{
	IPCX_OPTS(ipcx_ring_opts, opts);
	struct ipcx_dev *dev = NULL;
	struct ipcx_ring *ring;

	opts.type = type;
	opts.size = size;
	if (argc > 1 && !strcmp(argv[1], "--memfd"))
		opts.flags = IPCX_RING_MEMFD;
	else
		check("open the device", ipcx_dev_open(&dev, NULL));
	check("make a ring", ipcx_ring_open(&ring, dev, NULL, IPCX_RW, &opts));
	ipcx_dev_close(dev);
	return ring;
}

static inline pid_t start(int (*what)(struct ipcx_ring *ring, int number),
			  struct ipcx_ring *ring, int number)
{
	pid_t pid = fork();

	if (pid < 0)
		check("fork", -errno);
	if (!pid) {
		alarm(60);
		exit(what(ring, number));
	}
	return pid;
}

/* Of all children: did one of them fail? */
static inline int join_all(void)
{
	int failed = 0, status;

	while (wait(&status) > 0)
		failed |= status;
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif /* IPCX_EXAMPLE_RING_H */
