// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Notifications by signals, without ipcx. Real-time signals are queued, each with a number that
 * sigqueue(3) gives it; of two the lower one is delivered first, and those of one number in
 * their order. Standard signals are not queued: while one is pending more of it are lost.
 *
 * No handler runs here, which could hardly call any function: the signals are blocked, and read
 * from a file descriptor, which fits into any event loop; sigwaitinfo(2) would do without one.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define DONE	(SIGRTMIN + 1)
#define URGENT	SIGRTMIN
#define NOTICES	4

static void notify(pid_t to, int signal, int number)
{
	/* EAGAIN: as many are pending as RLIMIT_SIGPENDING allows, counted for the user. */
	if (sigqueue(to, signal, (union sigval){ .sival_int = number }) < 0)
		err(1, "sigqueue");
}

static void work(pid_t to)
{
	notify(to, DONE, 1);
	notify(to, DONE, 2);
	notify(to, SIGUSR1, 0);
	notify(to, SIGUSR1, 0);
	notify(to, URGENT, 3);
}

static void print(const struct signalfd_siginfo *info, pid_t worker)
{
	int signal = (int)info->ssi_signo;

	/* Any process of the user can send any signal. The kernel says who did. */
	if (info->ssi_code != SI_QUEUE || (pid_t)info->ssi_pid != worker)
		errx(1, "a signal of somebody else");
	if (signal == SIGUSR1)
		puts("SIGUSR1, which was sent twice");
	else
		printf("%s: %d\n", signal == URGENT ? "urgent" : "done", info->ssi_int);
}

int main(void)
{
	struct signalfd_siginfo info;
	pid_t parent = getpid(), worker;
	sigset_t signals;
	int fd, status;

	/* Before anybody can send one: what is not blocked ends the process. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, URGENT);
	sigaddset(&signals, DONE);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		err(1, "sigprocmask");
	fd = signalfd(-1, &signals, SFD_CLOEXEC);
	if (fd < 0)
		err(1, "signalfd");
	worker = fork();
	if (worker < 0)
		err(1, "fork");
	if (worker == 0) {
		work(parent);
		_exit(0);
	}
	/* All are pending by then, and outlive their sender. */
	if (waitpid(worker, &status, 0) < 0 || status)
		errx(1, "the worker has failed");
	for (int i = 0; i < NOTICES; i++) {
		if (read(fd, &info, sizeof(info)) != sizeof(info))
			err(1, "read");
		print(&info, worker);
	}
	return 0;
}
