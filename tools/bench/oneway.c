// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A peer sends as fast as it can, this process receives. The peer waits for a
 * byte before what is measured and after it, so that the time begins and ends
 * with nothing on the way: every send and every receive is in it.
 */
#include "blocks.h"

static int receive(struct link *link, uint64_t first, unsigned long count, bool check)
{
	unsigned long i;
	int err = 0;

	if (!check) {
		for (i = 0; i < count && !err; i += link->batch)
			err = link_recv(link, link->batch);
		return err;
	}
	for (i = 0; i < count && !err; i += link->batch) {
		err = link_recv(link, link->batch);
		if (!err)
			err = link_check(link, first + i, link->batch);
	}
	return err;
}

static int send(const struct phase *phase, struct link *link)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < phase->count && !err; i += link->batch) {
		if (phase->check)
			link_write(link, phase->first + i, link->batch);
		err = link_send(link, link->batch);
	}
	return err;
}

static int timed(const struct plan *plan, struct link *link, struct outcome *outcome)
{
	const struct phase *phase = &plan->timed;
	unsigned long count = phase->count / BLOCKS, i;
	uint64_t start, now;
	int err;

	outcome->usage = usage_now();
	region_begin();
	outcome->region = region_count;
	start = clock_now();
	err = plan_go(plan);
	for (i = 0; i < BLOCKS && !err; i++) {
		err = in_pieces(link, phase->first + i * count, count, phase->check, receive);
		now = clock_now();
		outcome->blocks[i] = (double)(now - start) / (double)count;
		start = now;
		if (!err && signals_stop())
			err = -EINTR;
	}
	region_end();
	usage_since(&outcome->usage);
	return err;
}

int oneway_measure(const struct plan *plan, struct link *link, struct outcome *outcome)
{
	int err;

	err = in_pieces(link, plan->warm_up.first, plan->warm_up.count, true, receive);
	if (!err)
		err = timed(plan, link, outcome);
	if (!err)
		err = plan_go(plan);
	return err ? err : in_pieces(link, plan->after.first, plan->after.count, true, receive);
}

int oneway_peer(const struct plan *plan, struct link *link)
{
	int err = send(&plan->warm_up, link);

	if (!err)
		err = plan_wait(plan);
	*plan->peer_usage = usage_now();
	if (!err)
		err = send(&plan->timed, link);
	usage_since(plan->peer_usage);
	if (!err)
		err = plan_wait(plan);
	return err ? err : send(&plan->after, link);
}
