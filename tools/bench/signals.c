// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signals.h"

static volatile sig_atomic_t stop;
static volatile sig_atomic_t child;
static volatile pid_t watched;

static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGALRM };

#define CAUGHT	(sizeof(caught) / sizeof(caught[0]))

/* Other children, as the SysV transport has one, die without an alarm. */
static void handler(int signo)
{
	if (signo == SIGCHLD)
		child = watched != 0;
	else if (signo != SIGALRM)
		stop = 1;
	if (stop || child)
		alarm(1);
}

int signals_catch(void)
{
	struct sigaction action = { .sa_handler = handler };
	unsigned int i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < CAUGHT; i++)
		if (sigaction(caught[i], &action, NULL) < 0)
			return -errno;
	action.sa_handler = SIG_IGN;
	return sigaction(SIGPIPE, &action, NULL) < 0 ? -errno : 0;
}

void signals_peer(void)
{
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < CAUGHT; i++)
		signal(caught[i], SIG_DFL);
	/* The terminal sends it to both; the parent decides. */
	signal(SIGINT, SIG_IGN);
	alarm(0);
}

bool signals_stop(void)
{
	return stop;
}

static bool peer_died(void)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	if (!watched || waitid(P_PID, (id_t)watched, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return false;
	return info.si_pid == watched && (info.si_code != CLD_EXITED || info.si_status != 0);
}

/* A peer that died before it was watched gave a signal that nobody minded. */
void signals_watch(pid_t peer)
{
	child = 0;
	watched = peer;
	if (peer_died())
		child = 1;
	if (child)
		alarm(1);
	else if (!peer && !stop)
		alarm(0);
}

int signals_verdict(void)
{
	if (stop)
		return -EINTR;
	return peer_died() ? -ECHILD : 0;
}
