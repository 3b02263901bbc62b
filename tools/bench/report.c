// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <string.h>

#include "env.h"
#include "figure.h"
#include "measure.h"
#include "payload.h"
#include "report.h"
#include "run.h"
#include "size.h"
#include "stats.h"
#include "switch.h"

/* Bytes of all of them, at most: the longest message is 1 GiB. */
#define CHECK_BYTES	((size_t)128 << 20)
#define CHECKS	1000
/* Room for what figure() writes. */
#define FIGURE	32

static const char *const mode_texts[MODE_COUNT] = {
	"pair: one process sends and receives, nobody waits",
	"oneway: one process sends, another receives",
	"roundtrip: one process sends, another sends it back",
	"switch: for reference, one process wakes another, which wakes it, in the kernel; no message",
	"setup: a pair is created, the second process attaches to it, it is closed; nothing is sent",
	"latency: one process sends, another receives; from the one's clock to the other's",
};

static bool same_table(const struct bench_case *a, const struct bench_case *b)
{
	return a->mode == b->mode && a->size == b->size && a->batch == b->batch &&
	       a->senders == b->senders && a->receivers == b->receivers;
}

static const char *per(const struct bench_case *c)
{
	if (c->mode == MODE_SETUP)
		return "set-up";
	return c->mode != MODE_ROUNDTRIP && c->mode != MODE_SWITCH ? "message" : "round trip";
}

/* As case_rate() has it. */
static bool has_rate(const struct bench_case *c)
{
	return clock_unit == CLOCK_NS && (c->mode == MODE_PAIR || c->mode == MODE_ONEWAY);
}

/* One table, one set of columns, although some of its rows may lack figures. */
static bool counted(const struct results *results, const struct bench_case *like)
{
	unsigned int i;

	for (i = 0; i < results->count; i++)
		if (same_table(&results->cases[i], like) && results->cases[i].counted.known)
			return true;
	return false;
}

/* The plugin's count stands with its others. */
static bool knows_syscalls(const struct results *results, const struct bench_case *like)
{
	unsigned int i;

	if (counted(results, like))
		return false;
	for (i = 0; i < results->count; i++)
		if (same_table(&results->cases[i], like) && results->cases[i].sample_count &&
		    results->cases[i].syscalls >= 0)
			return true;
	return false;
}

static void print_head(const struct results *results, const struct bench_case *c)
{
	bool median = figure_kind(c->mode) == FIGURE_MEDIAN;

	printf("\n%s", mode_texts[c->mode]);
	if (c->mode != MODE_SWITCH)
		printf("; %zu bytes", c->size);
	if (c->senders > 1 || c->receivers > 1)
		printf(", %u sender%s, %u receiver%s", c->senders, c->senders > 1 ? "s" : "",
		       c->receivers, c->receivers > 1 ? "s" : "");
	if (c->batch > 1)
		printf(", %u messages per call", c->batch);
	printf("; %s per %s\n", clock_unit_name(clock_unit), per(c));
	printf("%-19s %9s %5s %7s %7s", "TRANSPORT", median ? "MEDIAN" : "FEWEST", "+-%",
	       median ? "MIN" : "MEDIAN", "MAX");
	if (mode_has_latencies(c->mode))
		printf(" | %6s %6s %6s %6s %6s", "p50", "p90", "p99", "p99.9", "max");
	if (clock_unit == CLOCK_NS)
		printf(" | %6s", "CPU ns");
	printf(" | %8s", "SWITCHES");
	if (knows_syscalls(results, c))
		printf(" %8s", "SYSCALLS");
	if (c->mode == MODE_SETUP)
		printf(" | %7s %7s %7s", "CREATE", "ATTACH", "CLOSE");
	if (has_rate(c))
		printf(" %6s %6s", "MSG/S", "MiB/s");
	if (c->mode == MODE_LATENCY && clock_unit == CLOCK_NS)
		printf(" | %9s", "ARRIVED/S");
	if (counted(results, c))
		printf(" | %7s %6s %8s", "COUNTED", "LOCKED", "SYSCALLS");
	puts("");
}

/* At most six characters: 5.2, 419, 52340, 4059k, 320M. */
static const char *figure(double value, char text[FIGURE])
{
	if (value < 99.95)
		snprintf(text, FIGURE, "%.1f", value);
	else if (value < 99999.5)
		snprintf(text, FIGURE, "%.0f", value);
	else if (value < 99999.5e3)
		snprintf(text, FIGURE, "%.0fk", value / 1e3);
	else
		snprintf(text, FIGURE, "%.0fM", value / 1e6);
	return text;
}

static void print_latencies(const struct bench_case *c)
{
	static const double percents[] = { 50, 90, 99, 99.9, 100 };
	char text[FIGURE];
	unsigned int i;

	printf(" |");
	for (i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
		printf(" %6s", figure((double)histogram_percentile(c->latencies, percents[i]),
				      text));
}

static void print_parts(const struct bench_case *c)
{
	char text[FIGURE];
	unsigned int i;

	printf(" |");
	for (i = 0; i < SETUP_PARTS; i++)
		if (i == SETUP_ATTACH && !c->transport->attach)
			printf(" %7s", "-");
		else
			printf(" %7s", figure(case_part(c, i), text));
}

static void print_rates(const struct bench_case *c)
{
	double rate = case_rate(c);
	char text[FIGURE];

	printf(" %6s", figure(rate, text));
	printf(" %6s", figure(rate * (double)c->size / (1 << 20), text));
}

static void print_figures(const struct bench_case *c, double noise, bool syscalls)
{
	struct stats stats = case_stats(c);
	/* The one of the two that is not the figure. */
	double other = figure_kind(c->mode) == FIGURE_MEDIAN ? stats.min : stats.median;
	char text[FIGURE], max[FIGURE];

	printf(" %9.1f %5.1f %7s %7s", figure_of(c->mode, &stats), stats.mad_percent,
	       figure(other, text), figure(stats.max, max));
	if (mode_has_latencies(c->mode))
		print_latencies(c);
	if (clock_unit == CLOCK_NS)
		printf(" | %6s", figure(case_cpu_ns(c), text));
	printf(" | %8.3f", case_switches(c));
	if (syscalls && c->syscalls >= 0)
		printf(" %8.3f", c->syscalls);
	else if (syscalls)
		printf(" %8s", "-");
	if (c->mode == MODE_SETUP)
		print_parts(c);
	if (has_rate(c))
		print_rates(c);
	if (c->mode == MODE_LATENCY && clock_unit == CLOCK_NS)
		printf(" | %9s", figure(case_arrived(c), text));
	if (c->counted.known)
		printf(" | %7s %6.2f %8.3f", figure(c->counted.instructions, text),
		       c->counted.locked, c->counted.syscalls);
	if (stats_noisy(&stats, noise))
		printf(" | NOISY");
}

static void print_row(const struct bench_case *c, double noise, bool syscalls)
{
	printf("%-19s", c->transport->name);
	if (c->sample_count)
		print_figures(c, noise, syscalls);
	else if (!c->err)
		printf(" not measured");
	if (c->err)
		printf(" %s: %s", c->skipped ? "skipped" : "FAILED", c->why);
	puts("");
}

/* What writing and checking takes by itself: the same for every transport. */
static double check_cost(size_t size)
{
	unsigned int i, rounds = size > CHECK_BYTES / CHECKS ? CHECK_BYTES / size : CHECKS;
	void *buf = ipcx_transport_buffer(size);
	uint64_t start;

	if (!buf)
		return 0;
	rounds = rounds ? rounds : 1;
	start = clock_now();
	for (i = 0; i < rounds; i++) {
		payload_write(buf, size, i);
		if (!payload_check(buf, size, i))
			break;
	}
	start = clock_now() - start;
	ipcx_transport_buffer_free(buf);
	return (double)start / rounds;
}

static void print_check(const struct options *options)
{
	char size[SIZE_TEXT];
	unsigned int i;

	if (!options->check_inside) {
		puts("payload  written and checked before and after what is measured; the measured loop only calls");
		return;
	}
	printf("payload  written and checked in every message, which is part of the figures:");
	for (i = 0; i < options->size_count; i++)
		printf(" %s: %.0f %s%s", size_format(options->sizes[i], size),
		       check_cost(options->sizes[i]), clock_unit_name(clock_unit),
		       i + 1 < options->size_count ? "," : "\n");
}

static const char *const cpus_texts[] = {
	"both processes on one CPU",
	"two processes on two CPUs",
	"not pinned",
};

static const char *const wait_texts[] = {
	"block in the kernel",
	"adaptive, try again for a while, then block",
	"spin, try again until it succeeds",
};

/* Such rows do not exist: say so, or nothing would. */
static bool round_trips_left_out(const struct options *options)
{
	bool batches = false, round_trips = false;
	unsigned int i;

	for (i = 0; i < options->batch_count; i++)
		batches |= options->batches[i] > 1;
	for (i = 0; i < options->mode_count; i++)
		round_trips |= options->modes[i] == MODE_ROUNDTRIP;
	return batches && round_trips;
}

/* The heads of the tables say it too, each for itself. */
static const char *figures_text(const struct options *options)
{
	bool kinds[2] = { false, false };
	unsigned int i;

	for (i = 0; i < options->mode_count; i++)
		kinds[figure_kind(options->modes[i])] = true;
	if (kinds[FIGURE_MEDIAN] && kinds[FIGURE_FEWEST])
		return "fewest (one way: median)";
	return figure_names[kinds[FIGURE_FEWEST] ? FIGURE_FEWEST : FIGURE_MEDIAN];
}

static unsigned int largest(const struct options *options)
{
	unsigned int i, at = 0;

	for (i = 1; i < options->size_count; i++)
		if (options->sizes[i] > options->sizes[at])
			at = i;
	return at;
}

static void print_latency_rules(const struct options *options)
{
	unsigned int i;

	for (i = 0; i < options->mode_count; i++)
		if (options->modes[i] == MODE_LATENCY)
			break;
	if (i == options->mode_count)
		return;
	if (!options->rate)
		puts("latency  both processes read the same clock; one message at a time, the next when a byte by a pipe has said that it arrived");
	else
		printf("latency  both processes read the same clock; %lu messages per second, counted from when they should have been sent; the sender %s\n",
		       options->rate, options->cpus == CPUS_TWO ? "has a processor for itself" :
		       "sleeps until then, and how late it wakes up is in the figures");
}

static void print_rules(const struct options *options, const json_t *env)
{
	printf("rules    waiting: %s; %s, %s scheduling; %s and spread of %lu interleaved repetitions\n",
	       wait_texts[options->wait], cpus_texts[options->cpus], policy_names[options->policy], figures_text(options),
	       options->repeat);
	if (options->wait != IPCX_WAIT_BLOCK)
		puts("         ipcx-mbox spins in the kernel, and only while the other process runs on another CPU; all others repeat nonblocking calls");
	print_check(options);
	printf("depth    between two processes room for %u messages, or a batch of more; byte streams and sockets as near as pages and the kernel's own bytes per message allow\n",
	       options->depth);
	if (options->sizes[largest(options)] > MEASURE_ROOM / options->depth)
		puts("         where that is more than 16 MiB: as many as fit into that, or one; byte streams their own room");
	if (round_trips_left_out(options))
		puts("batches  a round trip is of one message: no rows of it with more per call");
	print_latency_rules(options);
	printf("streams  %s\n", options->framed ? "4-byte length header before each message" :
		"all messages of a row have one size, so pipes and streams need no header (but for size 0)");
	printf("clock    reading it takes %llu %s, which is part of every percentile\n",
	       (unsigned long long)clock_own_cost, clock_unit_name(clock_unit));
	if (clock_unit == CLOCK_INSTRUCTIONS)
		puts("unit     instructions, by the VM's instruction counter; large copies cost hardware less than this suggests");
	else if (env_emulated(env))
		puts("unit     ns OF AN EMULATED PROCESSOR: they measure the emulator; compare rows, not machines");
	if (options->cpus == CPUS_TWO && clock_unit == CLOCK_NS && options->wait != IPCX_WAIT_SPIN)
		puts("         waking a process on another CPU of a virtual machine can take 50-100 us, which drowns the rest");
}

static void print_noisy(const struct options *options, const struct results *results)
{
	unsigned int i, noisy = 0;
	struct stats stats;

	for (i = 0; i < results->count; i++)
		if (results->cases[i].sample_count) {
			stats = case_stats(&results->cases[i]);
			noisy += stats_noisy(&stats, options->noise);
		}
	if (noisy)
		printf("\nNOISY: the repetitions of %u row%s spread by more than +-%g %%: rely on the order of magnitude only; more of them (--repeat), longer ones (--duration) or a quieter machine help\n",
		       noisy, noisy > 1 ? "s" : "", options->noise);
}

void report_results(const struct options *options, const struct results *results,
		    const json_t *env)
{
	unsigned int i;

	env_print(env);
	print_rules(options, env);
	for (i = 0; i < results->count; i++) {
		if (i == 0 || !same_table(&results->cases[i - 1], &results->cases[i]))
			print_head(results, &results->cases[i]);
		print_row(&results->cases[i], options->noise,
			  knows_syscalls(results, &results->cases[i]));
	}
	print_noisy(options, results);
	if (results->interrupted)
		puts("\ninterrupted: figures are over the repetitions that were finished");
}

static const struct {
	unsigned int cap;
	const char *name;
} caps[] = {
	{ IPCX_TRANSPORT_BOUNDARIES, "boundaries" }, { IPCX_TRANSPORT_PRIORITY, "priority" },
	{ IPCX_TRANSPORT_RELATED, "related-only" },  { IPCX_TRANSPORT_BATCH, "batch" },
	{ IPCX_TRANSPORT_PEER_DEATH, "peer-death" }, { IPCX_TRANSPORT_SHARED, "shared-memory" },
	{ IPCX_TRANSPORT_POLL, "poll" },	     { IPCX_TRANSPORT_CALL, "calls" },
	{ IPCX_TRANSPORT_CALLS_ONLY, "calls-only" }, { IPCX_TRANSPORT_LOSSY, "lossy" },
	{ IPCX_TRANSPORT_SENDER_KEEPS, "sender-keeps" },
	{ IPCX_TRANSPORT_SPIN_ONLY, "spin-only" },
	{ IPCX_TRANSPORT_NOTIFICATION, "notification" },
	{ IPCX_TRANSPORT_LINGERS, "lingers" },
	{ IPCX_TRANSPORT_MANY_SENDERS, "many-senders" },
	{ IPCX_TRANSPORT_MANY_RECEIVERS, "many-receivers" },
	{ IPCX_TRANSPORT_BROADCAST, "broadcast" },
};

static void print_transport(const struct ipcx_transport_ops *ops)
{
	char why[IPCX_TRANSPORT_WHY];
	unsigned int c;

	printf("%-19s %s:", ops->name, ops->summary);
	for (c = 0; c < sizeof(caps) / sizeof(caps[0]); c++)
		if (ops->caps & caps[c].cap)
			printf(" %s", caps[c].name);
	puts(ops == &switch_ops ? " reference, of mode switch" : "");
	if (ipcx_transport_available(ops, why) < 0)
		printf("%-19s cannot be used: %s\n", "", why);
}

void report_transports(void)
{
	const struct ipcx_transport_ops *ops;
	unsigned int i;

	for (i = 0; (ops = ipcx_transport_at(i)); i++)
		print_transport(ops);
	print_transport(&switch_ops);
}
