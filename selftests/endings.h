/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of random deaths share: nobody hangs, and nothing stays behind. */
#ifndef IPCX_SELFTESTS_ENDINGS_H
#define IPCX_SELFTESTS_ENDINGS_H

#include "common.h"

#include <sys/prctl.h>

/* For children that took another identity: the kernel has forgotten spawn()'s wish. */
static inline int die_with_parent(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -errno : 0;
}

/* Ends this test, and with it its children, after a time that only a hang takes. */
static inline void start_watchdog(void)
{
	alarm(scaled(30, 5000) * timeout_factor());
}

static inline bool is_back_to(void *arg)
{
	const struct ipcx_info *before = arg;
	struct ipcx_info now;

	return get_info(&now) == 0 && now.user_bytes == before->user_bytes &&
	       now.user_objects == before->user_objects &&
	       now.user_files == before->user_files;
}

/* The caller's accounts are as they were: 0, or -ETIMEDOUT. */
static inline int wait_back_to(struct ipcx_info *before)
{
	return wait_until(is_back_to, before);
}

static inline void sleep_ns(long ns)
{
	struct timespec time = { .tv_nsec = ns };

	nanosleep(&time, NULL);
}

#define CROWD_MAX 16

/*
 * Children that do one thing each, for ever. One of them is killed again and again,
 * at random, and replaced. Whoever ends by itself has found something wrong.
 */
struct crowd {
	int (*const *roles)(unsigned int self, void *arg);
	unsigned int size;	/* up to CROWD_MAX */
	void *arg;
	unsigned int self;	/* for a child: which one it is */
	pid_t pids[CROWD_MAX];
};

static inline int crowd_child(void *arg)
{
	const struct crowd *crowd = arg;

	return crowd->roles[crowd->self](crowd->self, crowd->arg);
}

static inline int crowd_spawn(struct crowd *crowd, unsigned int i)
{
	crowd->self = i;
	crowd->pids[i] = spawn(crowd_child, crowd);
	return crowd->pids[i] < 0 ? crowd->pids[i] : 0;
}

/* 0, or the status of one that had ended by itself. */
static inline int crowd_kill(struct crowd *crowd, unsigned int i)
{
	int status;

	kill(crowd->pids[i], SIGKILL);
	status = reap(crowd->pids[i]);
	return status == KILLED_BY(SIGKILL) ? 0 : status;
}

static inline int crowd_start(struct crowd *crowd)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < crowd->size && !ret; i++)
		ret = crowd_spawn(crowd, i);
	return ret;
}

/* So many die, each after up to @max_ns. */
static inline int crowd_suffer(struct crowd *crowd, long kills, uint64_t *seed, long max_ns)
{
	int ret = 0;

	while (kills-- && !ret) {
		unsigned int i = rnd_below(seed, crowd->size);

		sleep_ns(rnd_below(seed, max_ns));
		ret = crowd_kill(crowd, i);
		if (!ret)
			ret = crowd_spawn(crowd, i);
	}
	return ret;
}

static inline int crowd_end(struct crowd *crowd)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < crowd->size; i++) {
		int status = crowd_kill(crowd, i);

		ret = ret ? ret : status;
	}
	return ret;
}

#endif /* IPCX_SELFTESTS_ENDINGS_H */
