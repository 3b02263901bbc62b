// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Send and receive in turns: to oneself, which shows a mechanism's own cost
 * without any waiting, or to a peer that sends everything back.
 *
 * The loops are compiled twice, with and without the payload's writing and
 * checking, and are the same for every transport.
 */
#include "blocks.h"

static inline __attribute__((always_inline)) int
exchange(struct link *link, uint64_t first, bool check)
{
	int err;

	if (check)
		link_write(link, first, link->batch);
	err = link_exchange(link);
	if (!err && check)
		err = link_check(link, first, link->batch);
	return err;
}

static int unchecked(struct link *link, unsigned long count)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < count && !err; i += link->batch)
		err = exchange(link, 0, false);
	return err;
}

static int checked(struct link *link, uint64_t first, unsigned long count)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < count && !err; i += link->batch)
		err = exchange(link, first + i, true);
	return err;
}

static inline __attribute__((always_inline)) int
exchanges(struct link *link, uint64_t first, unsigned long count, bool check)
{
	return check ? checked(link, first, count) : unchecked(link, count);
}

static int single(const struct phase *phase, struct link *link, struct outcome *outcome)
{
	unsigned long i, n = phase->count / link->batch;
	uint64_t start;
	int err = 0;

	for (i = 0; i < n && !err; i++) {
		start = clock_now();
		err = exchanges(link, phase->first + i * link->batch, link->batch, phase->check);
		outcome->latencies[i] = clock_now() - start;
		if (!err && signals_stop())
			err = -EINTR;
	}
	outcome->latency_count = i;
	return err;
}

int exchange_measure(const struct plan *plan, struct link *link, struct outcome *outcome)
{
	int err;

	err = in_pieces(link, plan->warm_up.first, plan->warm_up.count, true, exchanges);
	if (!err)
		err = blocks_measure(&plan->timed, link, outcome, exchanges);
	if (!err)
		err = single(&plan->single, link, outcome);
	return err ? err : in_pieces(link, plan->after.first, plan->after.count, true, exchanges);
}

/* With the check, what goes back is written anew, as a server's answer is. */
static inline __attribute__((always_inline)) int
echo(struct link *link, uint64_t first, bool check)
{
	int err = link->calls ? link_answer(link) : link_recv(link, link->batch);

	if (err)
		return err;
	if (check) {
		err = link_check(link, first, link->batch);
		if (err)
			return err;
		link_write(link, first, link->batch);
	}
	/* An answer goes with the receipt of what comes next. */
	return link->calls ? 0 : link_send(link, link->batch);
}

static int echoes(const struct phase *phase, struct link *link)
{
	unsigned long i;
	int err = 0;

	if (phase->check)
		for (i = 0; i < phase->count && !err; i += link->batch)
			err = echo(link, phase->first + i, true);
	else
		for (i = 0; i < phase->count && !err; i += link->batch)
			err = echo(link, 0, false);
	return err;
}

int exchange_peer(const struct plan *plan, struct link *link)
{
	int err = echoes(&plan->warm_up, link);

	*plan->peer_usage = usage_now();
	if (!err)
		err = echoes(&plan->timed, link);
	usage_since(plan->peer_usage);
	if (!err)
		err = echoes(&plan->single, link);
	if (!err)
		err = echoes(&plan->after, link);
	return err || !link->owes ? err : ipcx_transport_answer(link->recv, link->out, NULL);
}
