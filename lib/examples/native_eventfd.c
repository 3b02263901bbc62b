// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Notifications by eventfd(2), without ipcx: a counter of 64 bits in the kernel, which a write
 * adds to and a read fetches and sets to 0. None is lost, but those that nobody has read yet
 * come as one number: that something is there, not what. What it is about is in shared memory
 * here. Being a file descriptor it fits into any event loop.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS 5
#define ROOM 32

static void work(int event, char results[][ROOM])
{
	const uint64_t one = 1;

	for (int i = 0; i < JOBS; i++) {
		snprintf(results[i], ROOM, "job %d is done", i + 1);
		/* Who has read the counter sees what was written before. */
		if (write(event, &one, sizeof(one)) != sizeof(one))
			err(1, "write");
	}
}

/* How many since the last time. With EFD_SEMAPHORE it would be 1, as often as there are some. */
static uint64_t take(int event)
{
	uint64_t count;

	if (read(event, &count, sizeof(count)) == sizeof(count))
		return count;
	if (errno != EAGAIN && errno != EINTR)
		err(1, "read");
	return 0;
}

static void collect(int event, int worker, char results[][ROOM])
{
	struct pollfd fds[2] = {
		{ .fd = event, .events = POLLIN }, { .fd = worker, .events = POLLIN },
	};
	uint64_t done = 0, more;

	while (done < JOBS) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			err(1, "poll");
		}
		more = take(event);
		/* The counter tells nothing of who ends; and it is read after that was seen. */
		if (fds[1].revents && !more)
			errx(1, "the worker has died");
		for (; more > 0 && done < JOBS; more--)
			puts(results[done++]);
	}
}

int main(void)
{
	/* Nonblocking: a reader that was woken for nothing does not wait. */
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), worker, status;
	char (*results)[ROOM] = mmap(NULL, sizeof(*results) * JOBS, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (event < 0 || results == MAP_FAILED)
		err(1, "eventfd");
	/* It has no name: another process inherits it, or is handed it over a Unix socket. */
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		work(event, results);
		_exit(0);
	}
	worker = pidfd_open(pid, 0);
	if (worker < 0)
		err(1, "pidfd_open");
	collect(event, worker, results);
	return wait(&status) < 0 || status;
}
