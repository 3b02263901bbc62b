// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Records through a shared ring: one process writes them where the other one reads
 * them. The end of file comes when the last producer has gone.
 */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "example.h"

#define ROOM 32

/* Writes into the ring's memory; nobody sees a record before it is committed. */
static void produce(struct ipcx_ring *ring)
{
	struct ipcx_producer *p;
	void *buf;

	check("become a producer", ipcx_producer_attach(&p, ring));
	for (int i = 1; i <= 3; i++) {
		check("wait for room", ipcx_producer_wait(p, ROOM, NULL));
		check("reserve", ipcx_producer_reserve(p, ROOM, &buf));
		snprintf(buf, ROOM, "record %d", i);
		check("commit", ipcx_producer_commit(p));
	}
	/* The same with a copy, in one call. */
	check("send", ipcx_producer_send(p, "the last", sizeof("the last"), NULL));
	ipcx_producer_detach(p);
}

/* Reads there; what is released may be written over. */
static void consume(struct ipcx_ring *ring)
{
	struct ipcx_consumer *c;
	const void *buf;
	ssize_t len;
	int err;

	check("become a consumer", ipcx_consumer_attach(&c, ring, 0));
	for (;;) {
		len = ipcx_consumer_peek(c, &buf);
		if (len >= 0) {
			printf("%.*s\n", (int)len, (const char *)buf);
			check("release", ipcx_consumer_release(c));
			continue;
		}
		err = len == -EAGAIN ? ipcx_consumer_wait(c, NULL) : (int)len;
		if (err == -ENODATA)
			break;
		check("wait for a record", err);
	}
	ipcx_consumer_detach(c);
}

int main(void)
{
	struct ipcx_ring *ring;
	struct ipcx_dev *dev;
	int status;
	pid_t pid;

	check("open the device", ipcx_dev_open(&dev, NULL));
	check("make a ring",
	      ipcx_ring_open(&ring, dev, NULL, IPCX_RW | IPCX_OPEN_CREATE, NULL));
	pid = fork();
	if (pid < 0)
		check("fork", -errno);
	if (!pid) {
		produce(ring);
		ipcx_ring_close(ring);
		return EXIT_SUCCESS;
	}

	/* A child that failed sends nothing: SIGALRM is our end then. */
	alarm(60);
	consume(ring);
	waitpid(pid, &status, 0);
	ipcx_ring_close(ring);
	ipcx_dev_close(dev);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
