// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx recv --follow ends on a signal, or when nobody reads its output any more;
 * on a signal never with a message in its hands, and without a reader only where
 * that one left after the message was taken.
 *
 * A flag alone would not do: a signal just before the receive's system call
 * would set it and then the receive would sleep. So the handler also makes the
 * queue's fd nonblocking. A receive that has not begun then returns EAGAIN, one
 * that sleeps EINTR, and one that has taken a message returns it.
 *
 * A second signal ends the program in the usual way; but for SIGPIPE, which both
 * a write and the watcher below may give.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recv.h"

static volatile sig_atomic_t stop;
static bool has_reader;
static int queue_fd;
static pthread_t receiver;

static void on_signal(int sig __attribute__((unused)))
{
	int saved = errno;

	stop = 1;
	fcntl(queue_fd, F_SETFL, O_RDWR | O_NONBLOCK);
	errno = saved;
}

bool stop_asked(void)
{
	return stop;
}

bool stop_no_reader(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return has_reader && poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP));
}

/* Waits until standard output has no reader, then acts as if written to. */
static void *watch_reader(void *arg __attribute__((unused)))
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	while (poll(&out, 1, -1) < 0 && errno == EINTR)
		;
	if (out.revents & (POLLERR | POLLHUP))
		pthread_kill(receiver, SIGPIPE);
	return NULL;
}

/* Only pipes and sockets have readers. */
static int start_watching(void)
{
	pthread_t watcher;
	struct stat st;
	sigset_t all, old;
	int err;

	if (fstat(STDOUT_FILENO, &st) || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return 0;
	has_reader = true;
	/* Signals are for the receiver, whose system call they are to end. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&watcher, NULL, watch_reader, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		pthread_detach(watcher);
	return -err;
}

int stop_setup(struct ipcx_queue *q)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct sigaction sa = { .sa_handler = on_signal };

	queue_fd = ipcx_queue_fd(q);
	receiver = pthread_self();
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction old;

		/* nohup and shells' background jobs ignore some, and so do we. */
		if (sigaction(signals[i], NULL, &old))
			return -errno;
		if (signals[i] != SIGPIPE && old.sa_handler == SIG_IGN)
			continue;
		sa.sa_flags = signals[i] == SIGPIPE ? 0 : SA_RESETHAND;
		if (sigaction(signals[i], &sa, NULL))
			return -errno;
	}
	return start_watching();
}
