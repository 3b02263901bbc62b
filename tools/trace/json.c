// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <jansson.h>

#include "trace.h"

/* Version of the format: the "ipcx-trace" member. */
#define JSON_FORMAT	1

static json_t *real_or_null(double value)
{
	return value < 0 ? json_null() : json_real(value);
}

static json_t *json_times(const struct times *times)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "copy_p50", real_or_null(times->copy_p50),
			 "copy_p99", real_or_null(times->copy_p99),
			 "per_kib", real_or_null(times->per_kib),
			 "copy_share", real_or_null(times->copy_share));
}

static json_t *json_figures(const struct figures *f)
{
	json_t *row = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
				"mechanism", mechanisms[f->mechanism].name,
				"calls", (json_int_t)f->calls,
				"messages", (json_int_t)f->messages,
				"message_bytes", (json_int_t)f->message_bytes,
				"payload_bytes", (json_int_t)f->payload_bytes,
				"payload_copies", (json_int_t)f->payload_copies,
				"argument_bytes", (json_int_t)f->argument_bytes,
				"argument_copies", (json_int_t)f->argument_copies);

	json_object_set_new(row, "estimate", json_boolean(f->estimate));
	json_object_set_new(row, "side", json_string(f->only_sent ? "sent" :
						     f->only_received ? "received" : "both"));
	json_object_set_new(row, "passes", real_or_null(f->passes));
	json_object_set_new(row, "copies_per_message", real_or_null(f->copies_per_message));
	json_object_set_new(row, "bytes_per_copy", real_or_null(f->bytes_per_copy));
	json_object_set_new(row, "blocked_share", real_or_null(f->blocked_share));
	json_object_set_new(row, "wake_p50", real_or_null(f->wake_p50));
	json_object_set_new(row, "raw", json_times(&f->raw));
	json_object_set_new(row, "corrected", json_times(&f->corrected));
	return row;
}

static json_t *json_rows(const struct report *report)
{
	json_t *rows = json_array();
	struct figures f;

	for (int i = 0; i < LEDGER_MECHANISMS; i++)
		if (figures_of(&report->ledger, i, &report->calibration, &f))
			json_array_append_new(rows, json_figures(&f));
	return rows;
}

static json_t *json_lost(const struct ledger *ledger)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:i}",
			 "copies", (json_int_t)ledger->probe.missed,
			 "events", (json_int_t)ledger->programs_missed,
			 "tasks", (json_int_t)(ledger->lost.tasks + ledger->probe.children),
			 "values", (json_int_t)ledger->lost.buckets,
			 "unread_arguments", (json_int_t)ledger->lost.unread,
			 "too_many_arguments", (json_int_t)ledger->lost.ranges,
			 "unseen_functions", (int)ledger->probe.failed);
}

static json_t *json_calibration(const struct calibration *c)
{
	return json_pack("{s:f, s:f, s:f, s:f, s:f}", "call", calibration_call(c),
			 "copy", calibration_copy(c), "inside", calibration_inside(c),
			 "plain_call", c->plain_call, "plain_copy", c->plain_copy);
}

int json_print(const struct report *report)
{
	json_t *document = json_pack("{s:i, s:s, s:f, s:s, s:b, s:b, s:o, s:o, s:o}",
				     PROGRAM, JSON_FORMAT, "kind", "copies",
				     "seconds", report->seconds, "unit", "ns",
				     "emulated", report->emulated,
				     "copies_seen", report->sees_copies,
				     "own_cost", json_calibration(&report->calibration),
				     "lost", json_lost(&report->ledger),
				     "mechanisms", json_rows(report));
	int bad = !document || json_dumpf(document, stdout, JSON_INDENT(1) |
					  JSON_REAL_PRECISION(9)) < 0 || puts("") < 0;

	json_decref(document);
	if (bad)
		say("the results cannot be written");
	return bad ? -EIO : 0;
}
