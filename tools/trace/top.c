// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The command top: what was counted since the last look, again and again. On a terminal
 * each look takes the place of the one before it, and keys choose the order; elsewhere
 * there is a line for each mechanism of each look.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "session.h"

#define CLEAR	"\033[H\033[J"

/* What rows are sorted by, largest first. */
static double by_calls(const struct figures *f)
{
	return (double)f->calls;
}

static double by_messages(const struct figures *f)
{
	return (double)f->messages;
}

static double by_bytes(const struct figures *f)
{
	return (double)f->payload_bytes;
}

static double by_passes(const struct figures *f)
{
	return f->passes;
}

static double by_arguments(const struct figures *f)
{
	return (double)f->argument_bytes;
}

static double by_copying(const struct figures *f)
{
	return f->corrected.copy_share;
}

static double by_blocking(const struct figures *f)
{
	return f->blocked_share;
}

static const struct order {
	const char *name;
	char key;
	double (*value)(const struct figures *f);
} orders[] = {
	{ "bytes", 'b', by_bytes },
	{ "calls", 'c', by_calls },
	{ "messages", 'm', by_messages },
	{ "passes", 'p', by_passes },
	{ "arguments", 'a', by_arguments },
	{ "copying", 'k', by_copying },
	{ "blocking", 'w', by_blocking },
};

#define ORDERS	(sizeof(orders) / sizeof(orders[0]))

int top_order(const char *name)
{
	for (size_t i = 0; i < ORDERS; i++)
		if (strcmp(orders[i].name, name) == 0)
			return (int)i;
	return -1;
}

static const struct order *order;

static int compare(const void *a, const void *b)
{
	double x = order->value(a), y = order->value(b);

	return (y > x) - (y < x);
}

/* ---- a look ---- */

static const char *cell(char text[16], double value, double scale, const char *fmt)
{
	if (value < 0)
		return "-";
	snprintf(text, 16, fmt, value * scale);
	return text;
}

static void print_title(void)
{
	printf("%-14s %9s %9s %11s %7s %7s %11s %8s %8s %6s %7s\n", "MECHANISM", "CALLS/S",
	       "MSGS/S", "KIB/S", "PASSES", "COPIES", "ARG-KIB/S", "P50-NS", "P99-NS", "COPY",
	       "BLOCKED");
}

static void print_row(const struct figures *f, double seconds)
{
	char passes[16], copies[16], p50[16], p99[16], copy[16], blocked[16];

	printf("%-14s %9.0f %9.0f %11.1f %7s %7s %11.1f %8s %8s %6s %7s\n",
	       mechanisms[f->mechanism].name, (double)f->calls / seconds,
	       (double)f->messages / seconds, (double)f->payload_bytes / seconds / 1024,
	       cell(passes, f->passes, 1, f->estimate ? "~%.3f" : "%.3f"),
	       cell(copies, f->copies_per_message, 1, "%.2f"),
	       (double)f->argument_bytes / seconds / 1024,
	       cell(p50, f->corrected.copy_p50, 1, "%.0f"),
	       cell(p99, f->corrected.copy_p99, 1, "%.0f"),
	       cell(copy, f->corrected.copy_share, 100, "%.1f%%"),
	       cell(blocked, f->blocked_share, 100, "%.1f%%"));
}

static void print_head(const struct report *report, double seconds, bool terminal)
{
	__u64 lost = report->ledger.probe.missed + report->ledger.programs_missed +
		     report->ledger.lost.tasks + report->ledger.lost.buckets;

	if (terminal)
		fputs(CLEAR, stdout);
	printf("%s%.1f s; copies less what measuring cost (%.0f ns); %llu lost%s%s\n",
	       terminal ? "" : "# ", seconds, calibration_copy(&report->calibration), lost,
	       report->sees_copies ? "" : "; ~ estimates: ipcx_probe is not loaded",
	       report->emulated ? "; EMULATED PROCESSOR" : "");
	if (!terminal)
		return;
	fputs("order:", stdout);
	for (size_t i = 0; i < ORDERS; i++)
		printf(" %c %s%s", orders[i].key, orders[i].name,
		       order == &orders[i] ? "*" : "");
	puts("; q quits\n");
}

static void print_look(const struct report *report, double seconds, bool terminal)
{
	struct figures rows[LEDGER_MECHANISMS];
	size_t count = 0;

	for (int i = 0; i < LEDGER_MECHANISMS; i++)
		count += figures_of(&report->ledger, i, &report->calibration, &rows[count]);
	qsort(rows, count, sizeof(rows[0]), compare);
	print_head(report, seconds, terminal);
	print_title();
	for (size_t i = 0; i < count; i++)
		print_row(&rows[i], seconds);
	if (!terminal)
		putchar('\n');
	fflush(stdout);
}

/* ---- the terminal ---- */

static bool is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && isatty(STDIN_FILENO) && term && strcmp(term, "dumb") != 0;
}

static void raw_keys(struct termios *before)
{
	struct termios raw;

	tcgetattr(STDIN_FILENO, before);
	raw = *before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

/* False: it is to end. */
static bool take_key(void)
{
	char key;

	if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q')
		return false;
	for (size_t i = 0; i < ORDERS; i++)
		if (orders[i].key == key)
			order = &orders[i];
	return true;
}

/* ---- the run ---- */

/* Keys only change the order: the next look shows it. */
static bool wait_for_look(struct session *s, double until, bool terminal)
{
	for (;;) {
		switch (session_wait(s, until, terminal ? STDIN_FILENO : -1)) {
		case SESSION_OVER:
			return false;
		case SESSION_TIME:
			return true;
		case SESSION_KEY:
			if (!take_key())
				return false;
		}
	}
}

static int look(struct session *s, struct report *report, struct ledger *before, double seconds,
		bool terminal)
{
	struct ledger all;
	int err = session_read(s, report);

	if (err)
		return err;
	all = report->ledger;
	err = ledger_since(&report->ledger, &all, before);
	if (!err)
		print_look(report, seconds, terminal);
	ledger_free(&report->ledger);
	ledger_free(before);
	*before = all;
	return err;
}

static int run(struct session *s, const struct options *options, bool terminal)
{
	struct report report = { .emulated = is_emulated() };
	double end = options->seconds > 0 ? s->start + options->seconds : 0;
	double last = s->start, next = last;
	struct ledger before = { 0 };
	bool more = true;
	int err = 0;

	while (more && !err) {
		next += options->interval;
		if (end > 0 && next > end)
			next = end;
		more = wait_for_look(s, next, terminal);
		err = look(s, &report, &before, now() - last, terminal);
		last = now();
		if (end > 0 && last >= end)
			more = false;
	}
	ledger_free(&before);
	return err || ferror(stdout) ? EXIT_BAD : session_status(s);
}

int command_top(int argc, char **argv)
{
	struct options options;
	struct session s;
	struct termios before;
	bool terminal = is_terminal();
	int status;

	options_parse_top(argc, argv, &options);
	order = &orders[options.order];
	status = session_begin(&s, &options);
	if (status == EXIT_DONE) {
		if (terminal)
			raw_keys(&before);
		status = run(&s, &options, terminal);
		if (terminal)
			tcsetattr(STDIN_FILENO, TCSANOW, &before);
	}
	session_end(&s);
	free(options.pids);
	return status;
}
