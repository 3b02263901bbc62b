// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What looking costs. times(2) does the same work with and without an answer, but for the
 * copy of its 32 bytes: so the one is a call that copies nothing, and the difference is a
 * copy. Both are timed before the programs are attached and after, in rounds of which the
 * fastest counts: what else a machine does only makes them slower.
 *
 * A part of a copy's cost, from the clock's reading before it to that after it, is in the
 * time that it seems to take; the rest is in that of the call.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "trace.h"

#define ROUNDS		9
#define CALLS		500

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static double round_of(struct tms *answer)
{
	double start = now_ns();

	for (int i = 0; i < CALLS; i++)
		syscall(SYS_times, answer);
	return (now_ns() - start) / CALLS;
}

static void measure(double *call, double *copy)
{
	double with = 0, without = 0;
	struct tms answer;

	for (int i = 0; i < ROUNDS; i++) {
		double plain = round_of(NULL), copied = round_of(&answer);

		if (!i || plain < without)
			without = plain;
		if (!i || copied < with)
			with = copied;
	}
	*call = without;
	*copy = with > without ? with - without : 0;
}

void calibrate_plain(struct calibration *calibration)
{
	*calibration = (struct calibration){ 0 };
	measure(&calibration->plain_call, &calibration->plain_copy);
}

int calibrate_traced(struct calibration *calibration, struct programs *programs)
{
	const struct ledger_row *row;
	struct ledger ledger = { 0 };
	int err;

	err = programs_clear(programs);
	if (!err)
		err = programs_follow(programs, getpid());
	if (err)
		return err;
	measure(&calibration->traced_call, &calibration->traced_copy);
	err = programs_unfollow(programs, getpid());
	if (!err)
		err = ledger_read(&ledger, programs);
	if (err)
		return err;
	row = &ledger.rows[LEDGER_OTHER];
	if (row->argument_copies)
		calibration->seen_copy = (double)row->argument_ns / (double)row->argument_copies;
	ledger_free(&ledger);
	return programs_clear(programs);
}

static double at_least_zero(double value)
{
	return value > 0 ? value : 0;
}

double calibration_call(const struct calibration *c)
{
	return at_least_zero(c->traced_call - c->plain_call);
}

double calibration_copy(const struct calibration *c)
{
	return at_least_zero(c->traced_copy - c->plain_copy);
}

double calibration_inside(const struct calibration *c)
{
	return at_least_zero(c->seen_copy - c->plain_copy);
}
