// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the counts mean.
 *
 * A message is what one call moved, and counts once: where it was sent, if a followed task
 * sent any, else where it was received. Passes are the bytes that were copied for messages,
 * in both directions, over the bytes of messages.
 */
#include <string.h>

#include "trace.h"

static double ratio(double a, double b)
{
	return b > 0 ? a / b : NO_FIGURE;
}

static void count_messages(const struct ledger_row *row, bool one_sided, struct figures *f)
{
	const struct ledger_side *sent = &row->side[LEDGER_FROM_USER];
	const struct ledger_side *received = &row->side[LEDGER_TO_USER];

	f->payload_bytes = sent->payload_bytes + received->payload_bytes;
	f->payload_copies = sent->payload_copies + received->payload_copies;
	if (one_sided) {
		f->messages = sent->messages + received->messages;
		f->message_bytes = sent->message_bytes + received->message_bytes;
		return;
	}
	f->messages = sent->messages ? sent->messages : received->messages;
	f->message_bytes = sent->messages ? sent->message_bytes : received->message_bytes;
	f->only_sent = sent->messages && !received->messages;
	f->only_received = received->messages && !sent->messages;
}

static double less(double value, double cost)
{
	if (value < 0)
		return value;
	return value > cost ? value - cost : 0;
}

/* @inside and @copy: what a copy's measuring cost, in its own time and in its call's. */
static void add_times(const struct ledger *ledger, const struct figures *f, double inside,
		      double copy, struct times *times)
{
	const struct ledger_row *row = &ledger->rows[f->mechanism];
	const struct distribution *copies = &ledger->copies[f->mechanism];
	double copies_all = (double)(f->payload_copies + f->argument_copies);
	double payload_ns, copy_ns, call_ns;

	payload_ns = (double)(row->side[LEDGER_FROM_USER].payload_ns +
			      row->side[LEDGER_TO_USER].payload_ns);
	copy_ns = less(payload_ns + (double)row->argument_ns, inside * copies_all);
	payload_ns = less(payload_ns, inside * (double)f->payload_copies);
	call_ns = less((double)(row->call_ns - row->off_cpu_ns), copy * copies_all);

	times->copy_p50 = NO_FIGURE;
	times->copy_p99 = NO_FIGURE;
	if (copies->total) {
		times->copy_p50 = less(distribution_percentile(copies, 50), inside);
		times->copy_p99 = less(distribution_percentile(copies, 99), inside);
	}
	times->per_kib = f->estimate ? NO_FIGURE :
		ratio(payload_ns * 1024, (double)f->payload_bytes);
	times->copy_share = row->calls && copies_all > 0 ? ratio(copy_ns, call_ns) : NO_FIGURE;
	/* Two ways of measuring meet here: more than all is all. */
	if (times->copy_share > 1)
		times->copy_share = 1;
}

bool figures_of(const struct ledger *ledger, enum ledger_mechanism mechanism,
		const struct calibration *calibration, struct figures *f)
{
	const struct ledger_row *row = &ledger->rows[mechanism];
	const struct distribution *wakes = &ledger->wakes[mechanism];

	*f = (struct figures){ .mechanism = mechanism };
	count_messages(row, mechanisms[mechanism].one_sided, f);
	f->calls = row->calls;
	f->estimate = ledger->estimates && f->payload_bytes && !f->payload_copies;
	f->argument_bytes = row->argument_bytes;
	f->argument_copies = row->argument_copies;
	f->passes = ratio((double)f->payload_bytes, (double)f->message_bytes);
	f->copies_per_message = f->estimate ? NO_FIGURE :
		ratio((double)f->payload_copies, (double)f->messages);
	f->bytes_per_copy = ratio((double)f->payload_bytes, (double)f->payload_copies);
	f->blocked_share = ratio((double)row->blocked_ns, (double)row->call_ns);
	f->wake_p50 = wakes->total ? distribution_percentile(wakes, 50) : NO_FIGURE;
	add_times(ledger, f, 0, 0, &f->raw);
	add_times(ledger, f, calibration_inside(calibration), calibration_copy(calibration),
		  &f->corrected);
	return f->calls || f->payload_bytes || f->argument_copies;
}
