// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx-bench ring: what a record of a shared ring takes of the processor, and how fast
 * records get from one CPU to another, beside the least that could be done instead.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "env.h"
#include "json.h"
#include "measure.h"
#include "options.h"
#include "pin.h"
#include "ring.h"
#include "signals.h"
#include "size.h"

#define REPETITIONS	15
#define ROUND_TRIPS	50500
#define BYTES		(64UL << 20)	/* in a repetition, of long messages */
#define SHORT		500000		/* messages, of short ones */

/**
 * struct options_of_ring - What to do.
 * @memfd: without the module
 * @alone: leave out what needs two CPUs
 * @repeat: repetitions
 * @json: file for the results, or NULL
 * @dev: the device, or NULL
 * @cpus: how many this process may use
 */
struct options_of_ring {
	bool memfd;
	bool alone;
	unsigned long repeat;
	const char *json;
	struct ipcx_dev *dev;
	int cpus;
};

/* What messages of each size are compared with; the ring itself: with nothing. */
static const struct {
	size_t size;
	enum ring_way beside;
} flows[] = {
	{ 8, WAY_SLOTS },
	{ 64, WAY_SLOTS },
	{ 1024, WAY_RING },
	{ 1024 * 1024, WAY_PLAIN },
};

static const char *const way_names[] = { "ring", "slots", "buffer", "cache-line" };
static const char *const mode_of_ring[] = { "spsc", "mpsc", "broadcast" };

static const struct argp_option arguments[] = {
	{ "memfd", 'm', NULL, 0, "Rings in a memfd, also where the module is (default: where it is not)", 1 },
	{ "alone", 'a', NULL, 0, "Leave out what needs two CPUs", 1 },
	{ "repeat", 'r', "N", 0, "Repetitions of what needs two CPUs (default: 15)", 1 },
	{ "json", 'j', "FILE", 0, "Write the results to FILE too", 2 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options_of_ring *o = state->input;

	switch (key) {
	case 'm':
		o->memfd = true;
		return 0;
	case 'a':
		o->alone = true;
		return 0;
	case 'r':
		o->repeat = options_number(state, arg, REPEAT_MAX, "--repeat");
		return 0;
	case 'j':
		o->json = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int ring_make(struct ipcx_ring **ring, const struct ring_kind *kind, uint64_t size)
{
	IPCX_OPTS(ipcx_ring_opts, opts);

	opts.size = size;
	opts.type = kind->mode;
	opts.flags = kind->dev ? 0 : IPCX_RING_MEMFD;
	opts.max_consumers = kind->mode == IPCX_RING_BROADCAST ? kind->consumers : 0;
	return ipcx_ring_open(ring, kind->dev, NULL,
			      IPCX_OPEN_CREATE | IPCX_OPEN_READ | IPCX_OPEN_WRITE, &opts);
}

static const char *reason(int err)
{
	return err == -ENOTRECOVERABLE ? "a payload was wrong" : strerror(-err);
}

/* What a part exits with; it tells what went wrong. */
static int status_of(const char *what, int err)
{
	if (!err)
		return EXIT_DONE;
	if (err == -EINTR)
		return EXIT_INTERRUPTED;
	printf("%s failed: %s\n", what, reason(err));
	return EXIT_BAD;
}

/* ---- one process ---- */

static void add_row(json_t *rows, const struct options_of_ring *o, const char *mode,
		    const char *what, size_t size, const struct stats *stats)
{
	char name[40];

	snprintf(name, sizeof(name), "%s%s", o->dev ? "ipcx-ring-" : "ipcx-ring-memfd-", what);
	json_array_append_new(rows, json_pack("{s:s, s:s, s:I, s:i, s:f, s:f, s:f}", "transport",
					      name, "mode", mode, "size", (json_int_t)size,
					      "batch", 1, "figure", stats->median, "min",
					      stats->min, "mad_percent", stats->mad_percent));
}

static int records(const struct options_of_ring *o, json_t *rows)
{
	struct ring_kind kind = { .dev = o->dev, .consumers = 1 };
	struct stats stats;
	unsigned int mode;
	int err;

	printf("\none process: reserve, write, commit, peek, read, release; 64 bytes; %s per record\n",
	       clock_unit_name(clock_unit));
	printf("%-12s %10s %5s\n", "RING", "MEDIAN", "+-%");
	for (mode = IPCX_RING_SPSC; mode <= IPCX_RING_BROADCAST; mode++) {
		kind.mode = mode;
		err = ring_record_cost(&kind, &stats);
		if (err)
			return status_of(mode_of_ring[mode], err);
		printf("%-12s %10.1f %5.1f\n", mode_of_ring[mode], stats.median,
		       stats.mad_percent);
		add_row(rows, o, "ring-record", mode_of_ring[mode], 64, &stats);
	}
	return EXIT_DONE;
}

static int consumers(const struct options_of_ring *o, json_t *rows)
{
	static const unsigned int counts[] = { 1, 4, 16 };
	struct ring_kind kind = { .dev = o->dev, .mode = IPCX_RING_BROADCAST };
	struct stats stats;
	char name[24];
	unsigned int i;
	int err;

	printf("\nthe producer's part of a broadcast, nobody asleep; 64 bytes; %s per record\n",
	       clock_unit_name(clock_unit));
	printf("%-12s %10s %5s\n", "CONSUMERS", "MEDIAN", "+-%");
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		kind.consumers = counts[i];
		err = ring_producer_cost(&kind, &stats);
		if (err)
			return status_of("broadcast", err);
		printf("%-12u %10.1f %5.1f\n", counts[i], stats.median, stats.mad_percent);
		snprintf(name, sizeof(name), "broadcast-%u", counts[i]);
		add_row(rows, o, "ring-producer", name, 64, &stats);
	}
	return EXIT_DONE;
}

/* ---- two CPUs ---- */

/**
 * struct compared - The ring, and what it is compared with.
 * @ns: of both, in each repetition
 * @stats: of both
 */
struct compared {
	double ns[2][REPEAT_MAX];
	struct stats stats[2];
};

/* In turns; nothing to compare with where @beside is WAY_RING. */
static int compare_with(const struct options_of_ring *o, struct ring_two two,
			enum ring_way beside, int (*measure_two)(const struct ring_two *, double *),
			struct compared *compared)
{
	unsigned int ways = beside == WAY_RING ? 1 : 2, way;
	unsigned long i;
	int err = 0;

	for (i = 0; i < o->repeat && !err; i++)
		for (way = 0; way < ways && !err; way++) {
			two.way = way ? beside : WAY_RING;
			err = measure_two(&two, &compared->ns[way][i]);
		}
	for (way = 0; way < ways && !err; way++)
		compared->stats[way] = stats_of(compared->ns[way], o->repeat);
	return err;
}

static void report_two(const struct ring_two *two, enum ring_way beside, const char *mode,
		       const struct compared *compared, json_t *rows)
{
	const char *between = two->processes ? "processes" : "threads";
	const struct stats *stats = compared->stats;
	char text[SIZE_TEXT];
	unsigned int i;

	printf("%-10s %6s %10.1f %5.1f", between, size_format(two->size, text), stats[0].median,
	       stats[0].mad_percent);
	if (beside != WAY_RING)
		printf(" %10.1f %5.1f %-10s %7.3f", stats[1].median, stats[1].mad_percent,
		       way_names[beside], stats[1].median / stats[0].median);
	if (beside != WAY_LINE)
		printf("%*s %13.0f", beside == WAY_RING ? 36 : 0, "", 1e9 / stats[0].median);
	puts("");
	for (i = 0; i < (beside == WAY_RING ? 1U : 2U); i++)
		json_array_append_new(rows, json_pack("{s:s, s:s, s:I, s:i, s:s, s:f, s:f, s:f}",
						      "transport", way_names[i ? beside : WAY_RING],
						      "mode", mode, "size",
						      (json_int_t)two->size, "batch", 1,
						      "between", between, "figure",
						      stats[i].median, "min", stats[i].min,
						      "mad_percent", stats[i].mad_percent));
}

static int flow(const struct options_of_ring *o, struct compared *compared, json_t *rows)
{
	struct ring_two two = { .dev = o->dev };
	unsigned int i;
	int err;

	printf("\none way, two CPUs, both look again and again; ns per message; the ratio is of messages per second\n");
	printf("%-10s %6s %10s %5s %10s %5s %-10s %7s %13s\n", "BETWEEN", "SIZE", "RING", "+-%",
	       "BESIDE", "+-%", "", "RATIO", "MESSAGES/S");
	for (i = 0; i < 2 * sizeof(flows) / sizeof(flows[0]); i++) {
		two.processes = i % 2;
		two.size = flows[i / 2].size;
		two.count = BYTES / two.size < SHORT ? BYTES / two.size : SHORT;
		err = compare_with(o, two, flows[i / 2].beside, ring_flow, compared);
		if (err)
			return status_of("one way", err);
		report_two(&two, flows[i / 2].beside, "ring-flow", compared, rows);
	}
	return EXIT_DONE;
}

static int latency(const struct options_of_ring *o, struct compared *compared, json_t *rows)
{
	struct ring_two two = { .dev = o->dev, .size = 8, .count = ROUND_TRIPS };
	int err;

	printf("\nthere and back, likewise; ns for one way: half of the round trip\n");
	printf("%-10s %6s %10s %5s %10s %5s %-10s %7s\n", "BETWEEN", "SIZE", "RING", "+-%",
	       "BESIDE", "+-%", "", "RATIO");
	do {
		err = compare_with(o, two, WAY_LINE, ring_latency, compared);
		if (err)
			return status_of("there and back", err);
		report_two(&two, WAY_LINE, "ring-latency", compared, rows);
		two.processes = !two.processes;
	} while (two.processes);
	return EXIT_DONE;
}

static int two_cpus(const struct options_of_ring *o, json_t *rows)
{
	struct compared *compared = malloc(sizeof(*compared));
	int status;

	if (!compared)
		return EXIT_BAD;
	status = flow(o, compared, rows);
	if (status == EXIT_DONE)
		status = latency(o, compared, rows);
	free(compared);
	return status;
}

static int measure_all(const struct options_of_ring *o, json_t *env, json_t *rows)
{
	int status;

	env_print(env);
	printf("rings    %s\n", o->dev ? "of the module" : "in a memfd");
	pin_self(CPUS_SAME);
	status = records(o, rows);
	if (status == EXIT_DONE)
		status = consumers(o, rows);
	if (status != EXIT_DONE || o->alone)
		return status;
	if (o->cpus < 2 || clock_unit == CLOCK_INSTRUCTIONS) {
		puts("\ntwo CPUs: skipped: this machine has one, or counts instructions");
		return status;
	}
	return two_cpus(o, rows);
}

int command_ring(int argc, char **argv)
{
	static const struct argp argp = {
		.options = arguments,
		.parser = parse,
		.doc = "Cost and speed of shared rings, by their public functions."
		       "\vslots: a queue of fixed slots of 64 bytes, the best simple one for one producer and one consumer. buffer: one that both sides have, and a flag. cache-line: a number that both write in turns.\n\n"
		       "Examples:\n"
		       "  ipcx-bench ring                  with the module, if it is there\n"
		       "  ipcx-bench ring --memfd -r 31    without it, and more often\n"
		       "  ipcx-bench ring --alone          one process only",
	};
	struct options_of_ring o = { .repeat = REPETITIONS, .cpus = pin_init() };
	json_t *env, *rows = json_array();
	int status;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	clock_choose(clock_counts_instructions() ? CLOCK_INSTRUCTIONS : CLOCK_NS);
	if (!o.memfd && ipcx_dev_open(&o.dev, NULL))
		o.dev = NULL;
	env = env_collect();
	status = measure_all(&o, env, rows);
	ipcx_dev_close(o.dev);
	if (json_save("ring", env, rows, o.json) < 0)
		status = EXIT_BAD;
	return status;
}
