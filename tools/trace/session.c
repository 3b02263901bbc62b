// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the commands have in common: from the command line to programs that count, and
 * waiting until there is a reason not to wait any more.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "session.h"

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* The device is told of ourselves for a while: closing it again takes that back. */
static int calibrate(struct session *s, struct calibration *calibration)
{
	struct probe probe = { .fd = -1 };
	int err = 0;

	if (programs_see_copies(s->programs)) {
		err = probe_open(&probe);
		if (!err)
			err = probe_follow(&probe, getpid());
	}
	if (!err)
		err = calibrate_traced(calibration, s->programs);
	probe_close(&probe);
	return err;
}

/* The process that a thread is of; 0: there is none. */
static pid_t process_of(pid_t pid)
{
	char path[64], line[128];
	int process = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (!process && fgets(line, sizeof(line), file))
		sscanf(line, "Tgid: %d", &process);
	fclose(file);
	return process;
}

static int follow_one(struct session *s, pid_t pid)
{
	pid_t process = process_of(pid);
	int err = 0;

	if (!process) {
		say("process %d: %s", (int)pid, strerror(ESRCH));
		return -ESRCH;
	}
	if (s->probe.fd >= 0)
		err = probe_follow(&s->probe, process);
	return err ? err : programs_follow(s->programs, process);
}

static int follow(struct session *s)
{
	int err = 0;

	if (s->options->all) {
		if (s->probe.fd >= 0)
			err = probe_follow_all(&s->probe);
		programs_follow_all(s->programs);
		return err;
	}
	if (s->options->command)
		return follow_one(s, s->child.pid);
	for (size_t i = 0; !err && i < s->options->pid_count; i++)
		err = follow_one(s, s->options->pids[i]);
	return err;
}

/* ---- waiting ---- */

/* Ctrl-C, or the end of the command. */
static bool is_over(struct session *s)
{
	struct signalfd_siginfo info;
	siginfo_t ended = { 0 };

	if (read(s->signals, &info, sizeof(info)) < 0)
		return false;
	if (info.ssi_signo != SIGCHLD)
		return true;
	return s->child.pid > 0 &&
	       waitid(P_PID, (id_t)s->child.pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       ended.si_pid == s->child.pid;
}

/* Where to look: signals, the terminal's keys, and the end of each process. */
enum {
	ON_SIGNALS,
	ON_KEYS,
	ON_PROCESSES,
};

static int watch(struct session *s)
{
	size_t count = s->options->pid_count;

	s->fds = calloc(ON_PROCESSES + count, sizeof(*s->fds));
	if (!s->fds)
		return -ENOMEM;
	s->fds[ON_SIGNALS] = (struct pollfd){ .fd = s->signals, .events = POLLIN };
	s->fds[ON_KEYS] = (struct pollfd){ .fd = -1, .events = POLLIN };
	for (size_t i = 0; i < count; i++) {
		struct pollfd *fd = &s->fds[ON_PROCESSES + i];

		fd->fd = (int)syscall(SYS_pidfd_open, s->options->pids[i], 0);
		fd->events = POLLIN;
	}
	s->fd_count = ON_PROCESSES + count;
	return 0;
}

/* All of those that are followed have ended. */
static bool all_ended(struct session *s)
{
	bool any = false;

	for (size_t i = ON_PROCESSES; i < s->fd_count; i++) {
		if (s->fds[i].fd >= 0 && s->fds[i].revents) {
			close(s->fds[i].fd);
			s->fds[i].fd = -1;
		}
		any |= s->fds[i].fd >= 0;
	}
	return s->fd_count > ON_PROCESSES && !any;
}

static int ms_until(double until)
{
	double left = until - now();

	if (left <= 0)
		return 0;
	return left > 1e6 ? 1000000000 : (int)(left * 1000) + 1;
}

enum session_event session_wait(struct session *s, double until, int keys)
{
	s->fds[ON_KEYS].fd = keys;
	for (;;) {
		int ready = poll(s->fds, s->fd_count, until > 0 ? ms_until(until) : -1);

		if (ready > 0 && s->fds[ON_SIGNALS].revents && is_over(s))
			return SESSION_OVER;
		if (ready > 0 && all_ended(s))
			return SESSION_OVER;
		if (ready > 0 && s->fds[ON_KEYS].revents)
			return SESSION_KEY;
		if (until > 0 && now() >= until)
			return SESSION_TIME;
	}
}

/* ---- beginning and end ---- */

static int catch_signals(struct session *s)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, &s->mask);
	s->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals >= 0)
		return 0;
	say("signalfd: %s", strerror(errno));
	return -errno;
}

static int prepare(struct session *s)
{
	int err;

	calibrate_plain(&s->calibration);
	err = programs_load(&s->programs);
	if (!err)
		err = calibrate(s, &s->calibration);
	if (err || !programs_see_copies(s->programs))
		return err;
	err = probe_open(&s->probe);
	return err ? err : probe_lost(&s->probe, &s->before);
}

int session_open(struct session *s, const struct options *options)
{
	int err;

	*s = (struct session){ .options = options, .probe = { .fd = -1 }, .signals = -1 };
	err = catch_signals(s);
	if (!err && options->command)
		err = child_start(&s->child, options->command, &s->mask);
	return err ? err : watch(s);
}

void session_go(struct session *s)
{
	s->start = now();
	if (s->options->command)
		child_release(&s->child);
	else
		say("tracing%s", s->options->seconds > 0 ? "" : ": Ctrl-C ends it");
}

int session_begin(struct session *s, const struct options *options)
{
	int err;

	if (session_open(s, options))
		return EXIT_BAD;
	if (prepare(s))
		return EXIT_NOTHING;
	err = follow(s);
	if (!err && options->pin)
		err = programs_pin(s->programs, options->pin);
	if (err)
		return EXIT_BAD;
	s->missed = programs_missed(s->programs);
	session_go(s);
	return EXIT_DONE;
}

int session_read(struct session *s, struct report *report)
{
	int err;

	report->calibration = s->calibration;
	report->sees_copies = programs_see_copies(s->programs);
	report->seconds = now() - s->start;
	err = ledger_read(&report->ledger, s->programs);
	if (err)
		return err;
	report->ledger.programs_missed -= s->missed;
	if (s->probe.fd >= 0)
		err = probe_lost(&s->probe, &report->ledger.probe);
	report->ledger.probe.missed -= s->before.missed;
	report->ledger.probe.children -= s->before.children;
	return err;
}

/* As a shell gives it. Where it was interrupted or takes too long, it goes on. */
int session_status(struct session *s)
{
	pid_t pid = s->child.pid;
	int status;

	if (!s->options->command)
		return EXIT_DONE;
	s->child.pid = 0;
	if (waitpid(pid, &status, WNOHANG) <= 0)
		return EXIT_DONE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void session_end(struct session *s)
{
	child_end(&s->child);
	probe_close(&s->probe);
	programs_free(s->programs);
	for (size_t i = ON_PROCESSES; i < s->fd_count; i++)
		if (s->fds[i].fd >= 0)
			close(s->fds[i].fd);
	free(s->fds);
	if (s->signals >= 0)
		close(s->signals);
}
