// SPDX-License-Identifier: LGPL-2.1-or-later
/* Figures for people: a table of counts and one of times, then what has to be known of them. */
#include <string.h>

#include "trace.h"

#define CELL	24

static const char *number(char cell[CELL], double value, int decimals)
{
	if (value < 0)
		return "-";
	snprintf(cell, CELL, "%.*f", decimals, value);
	return cell;
}

static const char *percent(char cell[CELL], double share)
{
	if (share < 0)
		return "-";
	snprintf(cell, CELL, "%.1f%%", share * 100);
	return cell;
}

/* ---- counts ---- */

static void print_counts_title(void)
{
	printf("%-14s %9s %9s %13s %13s %7s %7s %10s %10s\n", "MECHANISM", "CALLS", "MESSAGES",
	       "MESSAGE-BYTES", "COPIED-BYTES", "PASSES", "COPIES", "BYTES/COPY", "ARG-BYTES");
}

/* An estimate says so. */
static const char *estimated(char cell[CELL], const struct figures *f, double value, int decimals)
{
	if (value < 0)
		return "-";
	snprintf(cell, CELL, "%s%.*f", f->estimate ? "~" : "", decimals, value);
	return cell;
}

static void print_counts(const struct figures *f)
{
	char bytes[CELL], passes[CELL], copies[CELL], size[CELL];

	printf("%-14s %9llu %9llu %13llu %13s %7s %7s %10s %10llu\n",
	       mechanisms[f->mechanism].name, f->calls, f->messages, f->message_bytes,
	       estimated(bytes, f, (double)f->payload_bytes, 0),
	       estimated(passes, f, f->passes, 3),
	       number(copies, f->copies_per_message, 2), number(size, f->bytes_per_copy, 0),
	       f->argument_bytes);
}

/* ---- times ---- */

static void print_times_title(void)
{
	printf("\n%-14s|%33s |%33s |\n", "", "as measured", "less what measuring cost");
	printf("%-14s|%8s %8s %8s %6s |%8s %8s %8s %6s | %8s %8s\n", "MECHANISM",
	       "P50", "P99", "NS/KIB", "COPY", "P50", "P99", "NS/KIB", "COPY", "BLOCKED",
	       "WAKE-P50");
}

static void print_four(const struct times *times)
{
	char p50[CELL], p99[CELL], kib[CELL], share[CELL];

	printf("|%8s %8s %8s %6s ", number(p50, times->copy_p50, 0),
	       number(p99, times->copy_p99, 0), number(kib, times->per_kib, 0),
	       percent(share, times->copy_share));
}

static void print_times(const struct figures *f)
{
	char blocked[CELL], wake[CELL];

	printf("%-14s", mechanisms[f->mechanism].name);
	print_four(&f->raw);
	print_four(&f->corrected);
	printf("| %8s %8s\n", percent(blocked, f->blocked_share), number(wake, f->wake_p50, 0));
}

/* ---- remarks ---- */

static void print_calibration(const struct calibration *c)
{
	printf("own cost    %.0f ns a call, %.0f ns a copy, of which %.0f ns seem to be the copy's "
	       "(calibrated: times(2) took %.0f ns, a copy of 32 bytes %.0f ns more)\n",
	       calibration_call(c), calibration_copy(c), calibration_inside(c), c->plain_call,
	       c->plain_copy);
}

static void print_lost(const struct ledger *ledger)
{
	const struct ledger_lost *lost = &ledger->lost;

	printf("lost        %llu copies (probes), %llu events (programs), %llu "
	       "tasks, %llu values\n", ledger->probe.missed, ledger->programs_missed,
	       lost->tasks + ledger->probe.children, lost->buckets);
	if (lost->unread + lost->ranges)
		printf("unsure      %llu calls whose arguments could not be read: payload and "
		       "arguments may be mixed up\n", lost->unread + lost->ranges);
	if (ledger->probe.failed)
		printf("unseen      %u copy functions could not be probed; see "
		       "/sys/kernel/debug/ipcx_probe/primitives\n", ledger->probe.failed);
}

static void print_side(const struct figures *f)
{
	if (f->only_sent)
		printf("one side    %s: nobody who is followed received: passes are those of "
		       "sending\n", mechanisms[f->mechanism].name);
	else if (f->only_received)
		printf("one side    %s: nobody who is followed sent: passes are those of "
		       "receiving\n", mechanisms[f->mechanism].name);
}

static void print_remarks(const struct report *report)
{
	struct figures f;

	printf("\nseconds     %.3f\n", report->seconds);
	print_calibration(&report->calibration);
	print_lost(&report->ledger);
	for (int i = 0; i < LEDGER_MECHANISMS; i++)
		if (figures_of(&report->ledger, i, &report->calibration, &f))
			print_side(&f);
	puts("uncovered   what the kernel fetches word by word (get_user, put_user)");
	if (!report->sees_copies)
		puts("estimates   ~: bytes that functions say they moved; with the module "
		     "ipcx_probe loaded every copy, its time, and the arguments would be seen");
	if (report->emulated)
		puts("unit        ns OF AN EMULATED PROCESSOR: they measure the emulator; compare "
		     "rows, not machines");
}

void table_print(const struct report *report)
{
	struct figures f;

	print_counts_title();
	for (int i = 0; i < LEDGER_MECHANISMS; i++)
		if (figures_of(&report->ledger, i, &report->calibration, &f))
			print_counts(&f);
	print_times_title();
	for (int i = 0; i < LEDGER_MECHANISMS; i++)
		if (figures_of(&report->ledger, i, &report->calibration, &f))
			print_times(&f);
	print_remarks(report);
}
