// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One way: a peer looks at the clock and sends, this process receives and looks at the same
 * clock. The peer's looks go into memory that both have and that this process reads when all
 * is over: in the payload they would leave none of a short message to be checked, and reading
 * them at once would bring a cache line from the other processor into what is measured.
 *
 * By itself the peer sends a message when a byte by a pipe says that the one before has
 * arrived: nothing queues. With a rate it sends at the times that were intended from the
 * beginning, and those are what counts: a message that a slow receiver keeps from being sent
 * has waited all the same (otherwise the slowest moments would be left out: coordinated
 * omission). It sleeps until shortly before that time if it has a processor for itself, and
 * then looks at the clock again and again; on the receiver's processor it can only sleep, and
 * how late it wakes up is in the figure, which is the same for all mechanisms.
 */
#include <sys/prctl.h>

#include "measure.h"
#include "region.h"

#define NS_PER_S	1000000000ULL
/* Waking up may take so long. */
#define EARLY_NS	100000
/* From the agreement to begin to the first message. */
#define LEAD_NS		1000000

static void sleep_ns(uint64_t ns)
{
	struct timespec time = {
		.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S),
	};

	nanosleep(&time, NULL);
}

static void wait_until(uint64_t when, bool alone)
{
	uint64_t early = alone ? EARLY_NS : 0, now;

	while ((now = clock_ns()) < when) {
		if (when - now > early)
			sleep_ns(when - now - early);
#ifdef __x86_64__
		else
			__builtin_ia32_pause();
#endif
	}
}

/* One after the other has arrived. */
static int send_in_turns(const struct plan *plan, const struct phase *phase, struct link *link,
			 uint64_t *stamps)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < phase->count && !err; i++) {
		if (phase->check)
			link_write(link, phase->first + i, 1);
		stamps[i] = clock_now();
		err = link_send(link, 1);
		if (!err)
			err = plan_wait(plan);
	}
	return err;
}

static int send_at_rate(const struct plan *plan, struct link *link)
{
	const struct phase *phase = &plan->timed;
	uint64_t start = clock_ns() + LEAD_NS;
	unsigned long i;
	int err = 0;

	/* Otherwise a sleep is 50 us longer than asked for. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	for (i = 0; i < phase->count && !err; i++) {
		if (phase->check)
			link_write(link, phase->first + i, 1);
		plan->stamps[i] = start + i * NS_PER_S / plan->rate;
		wait_until(plan->stamps[i], plan->alone);
		err = link_send(link, 1);
	}
	return err;
}

static int receive(const struct plan *plan, const struct phase *phase, struct link *link,
		   uint64_t *arrivals, bool turns)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < phase->count && !err; i++) {
		err = link_recv(link, 1);
		if (arrivals)
			arrivals[i] = clock_now();
		if (!err && phase->check)
			err = link_check(link, phase->first + i, 1);
		if (!err && turns)
			err = plan_go(plan);
		if (!err && signals_stop())
			err = -EINTR;
	}
	return err;
}

static int timed(const struct plan *plan, struct link *link, struct outcome *outcome)
{
	int err;

	outcome->usage = usage_now();
	region_begin();
	outcome->region = region_count;
	err = receive(plan, &plan->timed, link, outcome->latencies, !plan->rate);
	region_end();
	usage_since(&outcome->usage);
	return err;
}

/* From when they arrived to how long they took. */
static void evaluate(const struct plan *plan, struct outcome *outcome)
{
	unsigned long count = plan->timed.count, each = count / BLOCKS, i;
	uint64_t whole = outcome->latencies[count - 1] - plan->stamps[0];

	outcome->rate = whole ? (double)(count - 1) * 1e9 / (double)whole : 0;
	for (i = 0; i < BLOCKS; i++)
		outcome->blocks[i] = 0;
	for (i = 0; i < count; i++) {
		outcome->latencies[i] -= plan->stamps[i];
		outcome->blocks[i / each] += (double)outcome->latencies[i] / (double)each;
	}
	outcome->latency_count = count;
}

int latency_measure(const struct plan *plan, struct link *link, struct outcome *outcome)
{
	int err = receive(plan, &plan->warm_up, link, NULL, true);

	if (!err)
		err = timed(plan, link, outcome);
	if (!err)
		err = receive(plan, &plan->after, link, NULL, true);
	if (!err)
		evaluate(plan, outcome);
	return err;
}

int latency_peer(const struct plan *plan, struct link *link)
{
	uint64_t unused[MEASURE_BESIDE];
	int err = send_in_turns(plan, &plan->warm_up, link, unused);

	*plan->peer_usage = usage_now();
	if (!err)
		err = plan->rate ? send_at_rate(plan, link) :
				   send_in_turns(plan, &plan->timed, link, plan->stamps);
	usage_since(plan->peer_usage);
	return err ? err : send_in_turns(plan, &plan->after, link, unused);
}
