// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pairs are created and closed, one after the other, with the room that the mechanism has by
 * itself; nothing is sent. They are opened by the transport's own functions: what the library
 * does around them, to look whether the mechanism is there and to try the room, is none of
 * the mechanism's.
 *
 * What the second process does to have its end is measured in that process, by pairs of their
 * own: a fork makes the next accesses of both processes dearer, which would show in the rest.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pin.h"
#include "region.h"
#include "setup.h"
#include "stats.h"

/* A fork for each. */
#define ATTACHES	8

static int open_one(struct ipcx_transport_pair **pair, const struct options *options,
		    const struct bench_case *c, char *why)
{
	IPCX_OPTS(ipcx_transport_opts, opts);
	int err;

	opts.msg_size = c->size;
	opts.flags = options->framed ? 0 : IPCX_TRANSPORT_FIXED;
	*pair = NULL;
	err = c->transport->open(pair, &opts, why);
	if (err && !why[0])
		snprintf(why, IPCX_TRANSPORT_WHY, "%s", strerror(-err));
	if (err && *pair)
		c->transport->close(*pair);
	return err;
}

static int creates(const struct options *options, const struct bench_case *c,
		   double create[BLOCKS], double close[BLOCKS], struct outcome *outcome, char *why)
{
	struct ipcx_transport_pair *pair;
	uint64_t start, middle;
	unsigned int i;
	int err = 0;

	outcome->usage = usage_now();
	region_begin();
	outcome->region = region_count;
	for (i = 0; i < BLOCKS && !err; i++) {
		start = clock_now();
		err = open_one(&pair, options, c, why);
		middle = clock_now();
		if (err)
			break;
		c->transport->close(pair);
		close[i] = (double)(clock_now() - middle - clock_own_cost);
		create[i] = (double)(middle - start - clock_own_cost);
		if (signals_stop())
			err = -EINTR;
	}
	region_end();
	usage_since(&outcome->usage);
	if (outcome->usage.syscalls >= 0)
		outcome->usage.syscalls /= BLOCKS;
	outcome->usage.cpu_ns /= BLOCKS;
	outcome->usage.switches /= BLOCKS;
	return err;
}

static int second(const struct options *options, struct ipcx_transport_pair *pair,
		  uint64_t *took)
{
	int err = pin_peer(options->cpus);
	uint64_t start;

	if (err)
		return err;
	start = clock_now();
	ipcx_transport_attach(pair, 1);
	*took = clock_now() - start - clock_own_cost;
	pair->ops->close(pair);
	return 0;
}

static int attach_one(const struct options *options, struct ipcx_transport_pair *pair,
		      uint64_t *took, char *why)
{
	pid_t pid = measure_fork(why);
	int status = 0;

	if (pid < 0)
		return (int)pid;
	if (pid == 0) {
		signals_peer();
		_exit(-second(options, pair, took));
	}
	/* Some meet there: neither can have its end before the other has given it up. */
	ipcx_transport_attach(pair, 0);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		if (signals_stop())
			kill(pid, SIGKILL);
	if (signals_stop())
		return -EINTR;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

static int attaches(const struct options *options, const struct bench_case *c, uint64_t *took,
		    double attach[ATTACHES], char *why)
{
	struct ipcx_transport_pair *pair;
	unsigned int i;
	int err = 0;

	for (i = 0; i < ATTACHES && !err; i++) {
		err = open_one(&pair, options, c, why);
		if (err)
			break;
		err = attach_one(options, pair, took, why);
		c->transport->close(pair);
		attach[i] = (double)*took;
	}
	return err;
}

/* Nothing but to use what it has inherited: a mechanism without such a step. */
static int second_process(const struct options *options, const struct bench_case *c,
			  double *took, char *why)
{
	double attach[ATTACHES];
	uint64_t *shared;
	int err;

	*took = 0;
	if (!c->transport->attach)
		return 0;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		return -errno;
	/* The page is there already. */
	*shared = 0;
	err = attaches(options, c, shared, attach, why);
	munmap(shared, sizeof(*shared));
	if (!err)
		*took = stats_of(attach, ATTACHES).median;
	return err;
}

int setup_measure(const struct options *options, const struct bench_case *c,
		  struct outcome *outcome, char *why)
{
	double create[BLOCKS], close[BLOCKS];
	unsigned int i;
	int err = creates(options, c, create, close, outcome, why);

	if (err)
		return err;
	outcome->opened = true;
	err = second_process(options, c, &outcome->parts[SETUP_ATTACH], why);
	if (err)
		return err;
	for (i = 0; i < BLOCKS; i++)
		outcome->blocks[i] = create[i] + outcome->parts[SETUP_ATTACH] + close[i];
	outcome->parts[SETUP_CREATE] = stats_of(create, BLOCKS).median;
	outcome->parts[SETUP_CLOSE] = stats_of(close, BLOCKS).median;
	return 0;
}
