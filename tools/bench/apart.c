// SPDX-License-Identifier: LGPL-2.1-or-later
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apart.h"
#include "region.h"

struct apart *apart_new(void)
{
	struct apart *apart = mmap(NULL, sizeof(*apart), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (apart == MAP_FAILED)
		return NULL;
	apart->outcome.latencies = apart->latencies;
	return apart;
}

void apart_free(struct apart *apart)
{
	munmap(apart, sizeof(*apart));
}

/* It cleans up before it ends: so it is asked to, and not killed. */
static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
		if (signals_stop())
			kill(pid, SIGTERM);
	}
	if (signals_stop())
		return -EINTR;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

int apart_measure(const struct options *options, const struct bench_case *c,
		  unsigned long count, unsigned long number, struct apart *apart, char *why)
{
	pid_t parent = getpid(), pid;
	int err;

	if (!(c->transport->caps & IPCX_TRANSPORT_LINGERS))
		return measure(options, c, count, number, &apart->outcome, why);
	why[0] = '\0';
	apart->why[0] = '\0';
	apart->outcome.opened = false;
	pid = measure_fork(why);
	if (pid < 0)
		return (int)pid;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(ECHILD);
		_exit(-measure(options, c, count, number, &apart->outcome, apart->why));
	}
	err = wait_for(pid);
	/* The plugin counts the regions of both. */
	if (apart->outcome.region > region_count)
		region_count = apart->outcome.region;
	if (err)
		snprintf(why, IPCX_TRANSPORT_WHY, "%s",
			 apart->why[0] ? apart->why : "the measuring process was killed");
	return err;
}
