// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apart.h"
#include "estimate.h"
#include "many.h"
#include "measure.h"
#include "progress.h"
#include "run.h"
#include "signals.h"
#include "stats.h"
#include "switch.h"

/* Under instruction counting the same work is done every time. */
static const unsigned long fixed_counts[MODE_COUNT] = {
	[MODE_PAIR] = 200,
	[MODE_ONEWAY] = 2000,
	[MODE_ROUNDTRIP] = 200,
	[MODE_SWITCH] = 4000,
	[MODE_LATENCY] = 200,
};

#define FEWEST		40
#define PROBES		4

const char *const mode_names[MODE_COUNT] = { "pair", "oneway", "roundtrip", "switch", "setup", "latency" };
const char *const setup_names[SETUP_PARTS] = { "create", "attach", "close" };
const char *const policy_names[2] = { "normal", "batch" };
const char *const wait_names[3] = { "block", "adaptive", "spin" };
const char *const cpus_names[3] = { "same", "two", "any" };

static int case_init(struct bench_case *c, const struct options *options)
{
	c->samples = calloc(options->repeat, sizeof(*c->samples));
	c->latencies = calloc(1, sizeof(*c->latencies));
	if (!c->samples || !c->latencies)
		return -ENOMEM;
	if (!options->raw || !mode_has_latencies(c->mode))
		return 0;
	c->raw = calloc(options->repeat * LATENCIES_MAX, sizeof(*c->raw));
	return c->raw ? 0 : -ENOMEM;
}

/* A round trip is of one message, so it has no batches; nor has what is sent one by one. */
static bool makes_sense(enum mode mode, unsigned int batch)
{
	return (mode != MODE_ROUNDTRIP && mode != MODE_LATENCY) || batch == 1;
}

static int add_case(struct results *results, const struct options *options,
		    const struct bench_case *like, const struct ipcx_transport_ops *transport)
{
	struct bench_case *c = &results->cases[results->count++];

	*c = *like;
	c->transport = transport;
	c->depth = measure_depth(options, c);
	c->syscalls = -1;
	return case_init(c, options);
}

static int add_transports(struct results *results, const struct options *options,
			  const struct bench_case *like)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < options->transports.count && !err; i++)
		err = add_case(results, options, like, options->transports.item[i]);
	return err;
}

static int add_pairs(struct results *results, const struct options *options,
		     struct bench_case *like)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < options->pairs_count && !err; i++) {
		like->senders = options->pairs[i].senders;
		like->receivers = options->pairs[i].receivers;
		err = add_transports(results, options, like);
	}
	return err;
}

static int add_mode(struct results *results, const struct options *options, enum mode mode)
{
	struct bench_case like = { .mode = mode, .batch = 1, .senders = 1, .receivers = 1 };
	unsigned int s, b;
	int err = 0;

	if (mode == MODE_SWITCH)
		return add_case(results, options, &like, &switch_ops);
	like.size = options->sizes[0];
	if (mode == MODE_SETUP)
		return add_transports(results, options, &like);
	for (s = 0; s < options->size_count; s++)
		for (b = 0; b < options->batch_count && !err; b++) {
			like.size = options->sizes[s];
			like.batch = options->batches[b];
			if (mode == MODE_ONEWAY)
				err = add_pairs(results, options, &like);
			else if (makes_sense(mode, like.batch))
				err = add_transports(results, options, &like);
		}
	return err;
}

int run_prepare(const struct options *options, struct results *results)
{
	/* Room for one row at least in each mode. */
	size_t most = (size_t)options->mode_count * options->size_count * options->batch_count *
		      options->pairs_count * options->transports.count;
	unsigned int m;
	int err = 0;

	results->cases = calloc(most, sizeof(*results->cases));
	if (!results->cases)
		return -ENOMEM;
	for (m = 0; m < options->mode_count && !err; m++)
		err = add_mode(results, options, options->modes[m]);
	return err;
}

void results_free(struct results *results)
{
	unsigned int i;

	for (i = 0; i < results->count; i++) {
		free(results->cases[i].samples);
		free(results->cases[i].latencies);
		free(results->cases[i].raw);
	}
	free(results->cases);
}

static double mean(const double *values, unsigned int count)
{
	double sum = 0;
	unsigned int i;

	for (i = 0; i < count; i++)
		sum += values[i];
	return sum / count;
}

/*
 * A block takes the same every time unless an interrupt or another process came
 * between: the median leaves that out. One-way blocks begin and end anywhere
 * between two context switches: the mean.
 */
static double per_message(const struct bench_case *c, struct outcome *outcome)
{
	if (c->mode == MODE_ONEWAY)
		return mean(outcome->blocks, BLOCKS);
	return stats_of(outcome->blocks, BLOCKS).median;
}

static unsigned long round_up(unsigned long count, unsigned long step)
{
	return (count + step - 1) / step * step;
}

static unsigned long fixed_count(const struct bench_case *c)
{
	unsigned long count = fixed_counts[c->mode];

	if (c->size > 4096)
		count = count * 4096 / c->size;
	return count < FEWEST ? FEWEST : count;
}

/* Between two messages there is the word that the first has arrived. */
#define LATENCY_SHARE	2

/* Each has its place among the stamps. */
static unsigned long latency_count(const struct options *options, unsigned long count)
{
	if (!options->count && options->rate)
		count = options->duration_ms * options->rate / 1000;
	else if (!options->count && clock_unit == CLOCK_NS)
		count /= LATENCY_SHARE;
	return count < LATENCIES_MAX ? count : LATENCIES_MAX;
}

/* How many messages take the time that a repetition should. */
static int choose_count(const struct options *options, struct bench_case *c, struct apart *apart)
{
	unsigned long most = c->mode == MODE_LATENCY ? LATENCIES_MAX : COUNT_MAX;
	unsigned long step = measure_step(c), count = step;
	double wanted = (double)options->duration_ms * 1e6, one = 0;
	int i, err = 0;

	if (c->mode == MODE_SETUP) {
		c->count = BLOCKS;
		return apart_measure(options, c, c->count, 0, apart, c->why);
	}
	for (i = 0; i < PROBES && count <= most && !err; i++) {
		err = apart_measure(options, c, count, 0, apart, c->why);
		one = per_message(c, &apart->outcome);
		if (clock_unit == CLOCK_INSTRUCTIONS || options->count || options->rate ||
		    one * (double)count > wanted / 8)
			break;
		count *= 8;
	}
	if (err)
		return err;
	if (options->count)
		count = options->count;
	else if (clock_unit == CLOCK_INSTRUCTIONS)
		count = fixed_count(c);
	else
		count = one < 1 ? COUNT_MAX : (unsigned long)(wanted / one);
	if (c->mode == MODE_LATENCY)
		count = latency_count(options, count);
	/* One block each at least, where a message takes longer than a repetition should. */
	if (!count)
		count = step;
	c->count = round_up(count < COUNT_MAX ? count : COUNT_MAX, step);
	return 0;
}

static void keep_latencies(struct bench_case *c, const struct outcome *outcome)
{
	unsigned long i;

	for (i = 0; i < outcome->latency_count; i++) {
		histogram_record(c->latencies, outcome->latencies[i]);
		if (c->raw)
			c->raw[c->raw_count++] = outcome->latencies[i];
	}
}

static int repetition(const struct options *options, struct bench_case *c, struct apart *apart)
{
	struct outcome *outcome = &apart->outcome;
	struct sample *sample = &c->samples[c->sample_count];
	int err = apart_measure(options, c, c->count, c->sample_count, apart, c->why);

	if (err)
		return err;
	sample->per_message = per_message(c, outcome);
	sample->cpu_ns = outcome->usage.cpu_ns;
	sample->switches = outcome->usage.switches;
	sample->region = outcome->region;
	sample->rate = outcome->rate;
	memcpy(sample->parts, outcome->parts, sizeof(sample->parts));
	keep_latencies(c, outcome);
	c->sample_count++;
	return 0;
}

/* Whether the failure is the case's own, so that the others can go on. */
static bool note_failure(struct results *results, struct bench_case *c, int err, bool opened)
{
	if (err == -EINTR && signals_stop()) {
		results->interrupted = true;
		c->why[0] = '\0';
		return false;
	}
	c->err = err;
	c->skipped = !opened;
	return true;
}

/* Pass 0 looks what can run and how long it takes; it gives no sample. */
static bool pass(const struct options *options, struct results *results, unsigned long number,
		 struct apart *apart)
{
	struct outcome *outcome = &apart->outcome;
	struct bench_case *c;
	unsigned int i;
	uint64_t start;
	int err;

	for (i = 0; i < results->count; i++) {
		c = &results->cases[i];
		if (c->err || (number ? c->sample_count >= number : c->sample_count > 0))
			continue;
		progress_step(number * results->count + i, (options->repeat + 1) * results->count,
			      estimate_left(options, results, number, i), c);
		outcome->latency_count = 0;
		start = clock_ns();
		outcome->count_syscalls = !number && options->count_syscalls;
		err = number ? repetition(options, c, apart) : choose_count(options, c, apart);
		if (!number && !err)
			c->syscalls = outcome->usage.syscalls;
		if (number)
			c->took_ms = (double)(clock_ns() - start) / 1e6;
		if (err && !note_failure(results, c, err, outcome->opened))
			return false;
	}
	return true;
}

/* Those that cannot run here are known at once, and take no time. */
static void look_what_runs(const struct options *options, struct results *results)
{
	struct bench_case *c;
	unsigned int i;

	for (i = 0; i < results->count; i++) {
		c = &results->cases[i];
		if (c->sample_count)
			continue;
		c->err = ipcx_transport_available(c->transport, c->why);
		if (!c->err && !many_is_one(c))
			c->err = many_possible(options, c, c->why);
		c->skipped = c->err != 0;
	}
}

static void announce(const struct options *options, struct results *results)
{
	double left = estimate_left(options, results, 0, 0);
	char text[ESTIMATE_TEXT];

	if (!options->announce || options->quiet)
		return;
	fprintf(stderr, "ipcx-bench: rows: %u, repetitions: %lu, takes %s%s; Ctrl-C keeps what is finished\n",
		results->count, options->repeat, left < 0 ? "its time" : "about ",
		left < 0 ? "" : estimate_text(left, text));
}

int run_all(const struct options *options, struct results *results,
	    void (*keep)(const struct options *options, const struct results *results, void *with),
	    void *with)
{
	struct apart *apart = apart_new();
	unsigned long number;

	if (!apart)
		return -ENOMEM;
	look_what_runs(options, results);
	progress_init(options->quiet);
	announce(options, results);
	for (number = 0; number <= options->repeat; number++) {
		if (!pass(options, results, number, apart))
			break;
		if (number && number < options->repeat)
			keep(options, results, with);
	}
	progress_end();
	apart_free(apart);
	return 0;
}

struct stats case_stats(const struct bench_case *c)
{
	double values[REPEAT_MAX];
	unsigned int i;

	for (i = 0; i < c->sample_count; i++)
		values[i] = c->samples[i].per_message;
	return stats_of(values, c->sample_count);
}

double case_cpu_ns(const struct bench_case *c)
{
	double sum = 0;
	unsigned int i;

	for (i = 0; i < c->sample_count; i++)
		sum += c->samples[i].cpu_ns;
	return sum / c->sample_count;
}

double case_switches(const struct bench_case *c)
{
	double sum = 0;
	unsigned int i;

	for (i = 0; i < c->sample_count; i++)
		sum += c->samples[i].switches;
	return sum / c->sample_count;
}

double case_rate(const struct bench_case *c)
{
	double median = case_stats(c).median;

	if (clock_unit != CLOCK_NS || (c->mode != MODE_PAIR && c->mode != MODE_ONEWAY))
		return 0;
	return median > 0 ? 1e9 / median : 0;
}

double case_part(const struct bench_case *c, enum setup_part part)
{
	double values[REPEAT_MAX];
	unsigned int i;

	for (i = 0; i < c->sample_count; i++)
		values[i] = c->samples[i].parts[part];
	return stats_of(values, c->sample_count).median;
}

double case_arrived(const struct bench_case *c)
{
	double values[REPEAT_MAX];
	unsigned int i;

	for (i = 0; i < c->sample_count; i++)
		values[i] = c->samples[i].rate;
	return stats_of(values, c->sample_count).median;
}
