// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx recv --follow, subscribe, serve and group end on a signal, the first two also
 * when nobody reads their output any more. On a signal recv never has a message in
 * its hands; without a reader only where that one left after the message was taken.
 * serve may have taken one that it does not run any more: a caller gets EPIPE then.
 *
 * A flag alone would not do: a signal just before the receive's system call
 * would set it and then the receive would sleep. So the handler also makes the
 * object's fd nonblocking. A receive that has not begun then returns EAGAIN, one
 * that sleeps EINTR, and one that has taken a message returns it.
 *
 * The same signal again ends the program in the usual way; but for SIGPIPE, which
 * both a write and the watcher below may give.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

#define NSEC_PER_SEC 1000000000

static volatile sig_atomic_t stop;
static bool has_reader;
static volatile sig_atomic_t passed_on_to;
static int object_fd;
static pthread_t receiver;

static void on_signal(int sig)
{
	int saved = errno;

	stop = 1;
	if (passed_on_to)
		kill(-passed_on_to, sig);
	fcntl(object_fd, F_SETFL, O_RDWR | O_NONBLOCK);
	errno = saved;
}

bool stop_asked(void)
{
	return stop;
}

void stop_wait(void)
{
	sigset_t all, old;

	/* Between the look and the sleep no signal gets in. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	while (!stop)
		sigsuspend(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

int stop_poll(int fd, int64_t deadline_ns)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	struct timespec left = { 0 };
	int64_t ns = deadline_ns - ipcx_deadline_after(CLOCK_MONOTONIC, 0);
	int ret = -EINTR;
	sigset_t all, old;

	if (deadline_ns && ns > 0)
		left = (struct timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
	/* As above. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	if (!stop) {
		ret = ppoll(&in, 1, deadline_ns ? &left : NULL, &old);
		if (ret <= 0)
			ret = ret ? -errno : -ETIMEDOUT;
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ret < 0 ? ret : 0;
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

static int watch_pipe(void)
{
	pthread_t watcher;
	sigset_t all, old;
	int err;

	/* Signals are for the receiver, whose system call they are to end. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&watcher, NULL, watch_reader, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		pthread_detach(watcher);
	return -err;
}

int stop_without_reader(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct stat st;

	if (sigaction(SIGPIPE, &sa, NULL))
		return -errno;
	/* Only pipes and sockets have readers. */
	if (fstat(STDOUT_FILENO, &st) || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return 0;
	has_reader = true;
	return watch_pipe();
}

int stop_setup(int fd)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };

	object_fd = fd;
	receiver = pthread_self();
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction old;

		/* nohup and shells' background jobs ignore some, and so do we. */
		if (sigaction(signals[i], NULL, &old))
			return -errno;
		if (old.sa_handler != SIG_IGN && sigaction(signals[i], &sa, NULL))
			return -errno;
	}
	return 0;
}

void stop_pass_on(pid_t group)
{
	passed_on_to = group;
}
