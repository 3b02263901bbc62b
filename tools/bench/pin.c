// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <sched.h>

#include "pin.h"

static cpu_set_t allowed;

int pin_init(void)
{
	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return -errno;
	return CPU_COUNT(&allowed);
}

/* To the @nth of the processors allowed. */
static int pin(int nth)
{
	cpu_set_t one;
	int cpu;

	CPU_ZERO(&one);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && nth-- == 0)
			CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) < 0 ? -errno : 0;
}

int pin_self(enum cpus cpus)
{
	return cpus == CPUS_ANY ? 0 : pin(0);
}

int pin_peer(enum cpus cpus)
{
	return cpus == CPUS_ANY ? 0 : pin(cpus == CPUS_TWO ? 1 : 0);
}

int pin_policy(enum policy policy)
{
	struct sched_param param = { 0 };

	return sched_setscheduler(0, policy == POLICY_BATCH ? SCHED_BATCH : SCHED_OTHER,
				  &param) < 0 ? -errno : 0;
}
