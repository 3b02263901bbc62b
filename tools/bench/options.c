// SPDX-License-Identifier: LGPL-2.1-or-later
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "options.h"
#include "pin.h"
#include "report.h"
#include "size.h"

#define SIZE_LIMIT	((size_t)1 << 30)
#define DURATION_LIMIT	600000
#define RATE_LIMIT	100000000

enum {
	OPT_COUNT = 256,
	OPT_DURATION,
	OPT_DEPTH,
	OPT_CPUS,
	OPT_POLICY,
	OPT_WAIT,
	OPT_UNIT,
	OPT_CHECK,
	OPT_FRAMED,
	OPT_RAW,
	OPT_NOISE,
	OPT_RATE,
	OPT_RESUME,
	OPT_PAIRS,
	OPT_REGIONS,
	OPT_LIST,
	OPT_QUICK,
	OPT_FULL,
};

static const struct argp_option arguments[] = {
	{ "transports", 't', "NAME,...", 0, "Mechanisms to compare (default: all; see --list)", 1 },
	{ "modes", 'm', "MODE,...", 0,
	  "pair: one process sends and receives; oneway: throughput between two processes; roundtrip: there and back between two processes; switch: for reference, what a round trip would take without a message, by a test module; setup: to create, attach to and close a pair; latency: one way, by the clock of both processes (default: pair, oneway, roundtrip, switch)", 1 },
	{ "sizes", 's', "SIZE,...", 0, "Payloads in bytes, or 4K, 1M (default: 64,4K,64K)", 1 },
	{ "batch", 'b', "N,...", 0,
	  "Messages per call in the modes pair and oneway (default: 1); mechanisms without batches are skipped for more, and a round trip has none", 1 },
	{ "quick", OPT_QUICK, NULL, 0,
	  "A first look, in less than a minute: three short repetitions", 2 },
	{ "full", OPT_FULL, NULL, 0,
	  "Everything: sizes from 1 byte to 16M, 11 longer repetitions; says at the start how long it takes", 2 },
	{ "pairs", OPT_PAIRS, "SxR,...", 0,
	  "Senders and receivers in mode oneway, up to 16 each; mechanisms that have one of each are skipped for more (default: 1x1)", 1 },
	{ "repeat", 'r', "N", 0, "Repetitions (default: 5 for ns, 32 for instructions)", 2 },
	{ "count", OPT_COUNT, "N", 0, "Messages per repetition (default: as --duration says)", 2 },
	{ "duration", OPT_DURATION, "MS", 0,
	  "Milliseconds that a repetition should take (default: 30)", 2 },
	{ "depth", OPT_DEPTH, "N", 0,
	  "Messages that may be on their way between two processes, as near as each mechanism can (default: 64)", 2 },
	{ "cpus", OPT_CPUS, "same|two|any", 0,
	  "Both processes on one CPU, on two, or wherever (default: same)", 2 },
	{ "policy", OPT_POLICY, "normal|batch", 0,
	  "Scheduling: batch keeps a woken process from taking the CPU at once, which makes context switches repeatable (default: normal for ns, batch for instructions)", 2 },
	{ "wait", OPT_WAIT, "block|adaptive|spin", 0,
	  "Who has to wait blocks in the kernel, tries again for a while before that, or tries again until it succeeds, all mechanisms alike; between two processes spin needs --cpus two or any (default: block)", 2 },
	{ "unit", OPT_UNIT, "ns|instructions|auto", 0,
	  "What to measure; instructions need a VM that counts them, which auto finds out (default: auto)", 2 },
	{ "check", OPT_CHECK, "inside|outside", 0,
	  "Write and check every payload inside the measured loop, or only in the messages before and after it (default: inside for ns, outside for instructions)", 2 },
	{ "rate", OPT_RATE, "N", 0,
	  "Messages per second in mode latency, sent at fixed times, from which the latency counts (default: each when the one before has arrived)", 2 },
	{ "noise", OPT_NOISE, "PERCENT", 0,
	  "Spread (median distance from the median) above which a row is marked as noisy (default: 10)", 2 },
	{ "framed", OPT_FRAMED, NULL, 0,
	  "Pipes and streams send a length header, as they would need for messages of different sizes", 2 },
	{ "json", 'j', "FILE", 0, "Write everything to FILE too, - for stdout instead of the table", 3 },
	{ "resume", OPT_RESUME, "OLD", 0,
	  "Take over the repetitions in OLD, a file of the same machine and rules, and do the others", 3 },
	{ "raw", OPT_RAW, NULL, 0, "FILE gets every single latency", 3 },
	{ "regions", OPT_REGIONS, "FILE", 0,
	  "Take counts from FILE, which the QEMU plugin of tools/bench/plugin writes", 3 },
	{ "quiet", 'q', NULL, 0, "No progress on the terminal", 3 },
	{ "list", OPT_LIST, NULL, 0, "List the transports, and why those that cannot be used cannot", 4 },
	{ 0 }
};

static const char doc[] =
	"Compare ways of moving a message between processes, on the same work under the same rules."
	"\v"
	"Examples:\n"
	"  ipcx-bench                                  all transports, modes, sizes\n"
	"  ipcx-bench -m latency --rate 10000 --cpus two   one way, 10000 messages per second\n"
	"  ipcx-bench --quick                          a first look, in less than a minute\n"
	"  ipcx-bench --full --json all.json           everything; it says how long\n"
	"  ipcx-bench -t pipe,posix-mq -m roundtrip    two of them, there and back\n"
	"  ipcx-bench -m pair -s 64 -b 1,32            one by one, and 32 per call\n"
	"  ipcx-bench -s 0,1,1M --json out.json        unusual sizes, results as JSON\n"
	"  ipcx-bench list                             what each mechanism can do\n"
	"  ipcx-bench choose --size 1M --unrelated     which one fits, by figures\n"
	"  ipcx-bench --resume out.json -j out.json    go on where a run was cut off\n"
	"  ipcx-bench merge a.json b.json -o c.json    two runs as one\n"
	"  ipcx-bench compare a.json b.json            what has changed?\n"
	"  ipcx-bench depth                            cost against what is queued\n"
	"  ipcx-bench memory                           memory of a queued message\n"
	"  ipcx-bench group                            a group of mailboxes, against each of them\n"
	"  ipcx-bench mailboxes                        a call among many open mailboxes\n"
	"  ipcx-bench --cpus two --wait spin           all wait by trying again\n"
	"  ipcx-bench ring                             shared rings, and the least beside them\n"
	"  ipcx-bench wait                             ways of waiting for a reply\n"
	"  ipcx-bench report out.json -o report        a page of results, with plots\n"
	"\n"
	"Exit status: 0: measured (rows may be skipped, with the reason); 1: a payload was wrong, "
	"a process died, or a file could not be written; 2: wrong usage; 3: nothing could be "
	"measured; 130: interrupted.";

static int take_mode(const char *word, void *to)
{
	struct options *options = to;
	enum mode mode;

	for (mode = 0; mode < MODE_COUNT; mode++)
		if (strcmp(word, mode_names[mode]) == 0)
			break;
	if (mode == MODE_COUNT)
		return -EINVAL;
	if (options->mode_count == MODE_COUNT)
		return -ERANGE;
	options->modes[options->mode_count++] = mode;
	return 0;
}

static int take_size(const char *word, void *to)
{
	struct options *options = to;
	size_t size;
	int err = size_parse(word, &size);

	if (err)
		return err;
	if (size > SIZE_LIMIT || options->size_count == LIST_MAX)
		return -ERANGE;
	options->sizes[options->size_count++] = size;
	return 0;
}

static int take_batch(const char *word, void *to)
{
	struct options *options = to;
	unsigned long batch;
	int err = number_parse(word, 1, IPCX_TRANSPORT_BATCH_MAX, &batch);

	if (err)
		return err;
	if (options->batch_count == LIST_MAX)
		return -ERANGE;
	options->batches[options->batch_count++] = (unsigned int)batch;
	return 0;
}

/* "4x1": four senders, one receiver. */
static int take_pairs(const char *word, void *to)
{
	struct options *options = to;
	struct pairs *pairs = &options->pairs[options->pairs_count];
	char rest;

	if (options->pairs_count == LIST_MAX)
		return -ERANGE;
	if (sscanf(word, "%2ux%2u%c", &pairs->senders, &pairs->receivers, &rest) != 2 ||
	    !pairs->senders || !pairs->receivers)
		return -EINVAL;
	if (pairs->senders > MANY_MAX || pairs->receivers > MANY_MAX)
		return -ERANGE;
	options->pairs_count++;
	return 0;
}

static void take_list(struct argp_state *state, const char *text,
		      int (*take)(const char *word, void *to), void *to, const char *what)
{
	int err = list_parse(text, take, to);

	if (err)
		argp_error(state, "%s: %s: '%s'%s", what,
			   err == -ERANGE ? "too large or too many" : "not known", text,
			   take == list_take_transport ? "; --list names them" : "");
}

unsigned long options_number(struct argp_state *state, const char *text, unsigned long max,
			     const char *what)
{
	unsigned long value = 0;

	if (number_parse(text, 1, max, &value))
		argp_error(state, "%s: not a number from 1 to %lu: '%s'", what, max, text);
	return value;
}

double options_percent(struct argp_state *state, const char *text, const char *what)
{
	char *end;
	double percent = strtod(text, &end);

	if (end == text || *end || !(percent >= 0) || isinf(percent))
		argp_error(state, "%s: not a percentage: '%s'", what, text);
	return percent;
}

static unsigned int choice(struct argp_state *state, const char *text, const char *const *names,
			   unsigned int count, const char *what)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	argp_error(state, "%s: not known: '%s'", what, text);
	return 0;
}

static const char *const units[] = { "ns", "instructions", "auto" };
static const char *const checks[] = { "outside", "inside" };

/* Choices that have not been made yet. */
static unsigned int unit = 2, check = 2, policy = 2;

/* On one processor who spins keeps the other from what it spins for. */
static void check_wait(struct argp_state *state, const struct options *options)
{
	bool one = options->cpus == CPUS_SAME || pin_init() < 2;
	unsigned int i;

	for (i = 0; i < options->mode_count; i++)
		if (options->wait == IPCX_WAIT_SPIN && one && options->modes[i] != MODE_PAIR && options->modes[i] != MODE_SETUP)
			argp_failure(state, EXIT_USAGE, 0,
				     "--wait spin: two processes that spin need two CPUs: add --cpus two, or --modes pair");
}

static void check_rate(struct argp_state *state, const struct options *options)
{
	unsigned int i;

	if (!options->rate)
		return;
	if (clock_unit == CLOCK_INSTRUCTIONS)
		argp_failure(state, EXIT_USAGE, 0,
			     "--rate: a clock that counts instructions has no seconds: add --unit ns, or leave the rate out");
	for (i = 0; i < options->mode_count; i++)
		if (options->modes[i] == MODE_LATENCY)
			return;
	argp_failure(state, EXIT_USAGE, 0, "--rate is of mode latency: add --modes latency");
}

enum {
	PRESET_DEFAULT,
	PRESET_QUICK,
	PRESET_FULL,
};

/**
 * struct preset - What is measured where nothing else was asked for.
 * @modes: which
 * @sizes: payloads
 * @pairs: senders and receivers
 * @repeat: repetitions, of nanoseconds
 * @cycle: the same of instructions
 * @duration_ms: of a repetition
 */
static const struct preset {
	const char *modes;
	const char *sizes;
	const char *pairs;
	unsigned long repeat;
	unsigned long cycle;
	unsigned long duration_ms;
} presets[] = {
	[PRESET_DEFAULT] = { "pair,oneway,roundtrip,switch", "64,4K,64K", "1x1", 5, MEASURE_CYCLE, 30 },
	[PRESET_QUICK] = { "pair,oneway,roundtrip,switch,setup,latency", "64,4K,64K", "1x1", 3, 5, 10 },
	[PRESET_FULL] = { "pair,oneway,roundtrip,switch,setup,latency",
			  "1,16,64,256,1K,4K,16K,64K,256K,1M,4M,16M", "1x1,4x1,1x4,4x4", 11, MEASURE_CYCLE, 50 },
};

static unsigned int preset;

static void take_preset(struct argp_state *state, unsigned int which)
{
	if (preset && preset != which)
		argp_error(state, "--quick and --full: one of them, please");
	preset = which;
}

static void finish(struct argp_state *state, struct options *options)
{
	const struct preset *p = &presets[preset];
	bool counted = clock_counts_instructions();

	if (unit == CLOCK_INSTRUCTIONS && !counted)
		argp_failure(state, EXIT_USAGE, 0,
			     "the clock does not count instructions here: use a VM that does (tools/vm/run --icount)");
	clock_choose(unit == 2 ? (counted ? CLOCK_INSTRUCTIONS : CLOCK_NS) : unit);
	if (!options->repeat)
		options->repeat = clock_unit == CLOCK_NS ? p->repeat : p->cycle;
	if (!options->duration_ms)
		options->duration_ms = p->duration_ms;
	options->announce = preset == PRESET_FULL;
	options->check_inside = check == 2 ? clock_unit == CLOCK_NS : check;
	options->policy = policy == 2 ? clock_unit == CLOCK_INSTRUCTIONS : policy;
	if (options->cpus == CPUS_TWO && pin_init() < 2)
		argp_failure(state, EXIT_USAGE, 0, "--cpus two: this process may use one CPU only");
	list_default_transports(&options->transports, 0);
	if (!options->mode_count)
		list_parse(options->rate ? mode_names[MODE_LATENCY] : p->modes, take_mode, options);
	check_rate(state, options);
	check_wait(state, options);
	if (!options->size_count)
		list_parse(p->sizes, take_size, options);
	if (!options->pairs_count)
		list_parse(p->pairs, take_pairs, options);
	if (!options->batch_count)
		list_parse("1", take_batch, options);
}

/* What is measured and kept, beside what the shortest options say. */
static error_t parse_measurement(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPT_RAW:
		options->raw = true;
		return 0;
	case OPT_PAIRS:
		take_list(state, arg, take_pairs, options, "--pairs");
		return 0;
	case OPT_RESUME:
		options->resume = arg;
		return 0;
	case OPT_RATE:
		options->rate = options_number(state, arg, RATE_LIMIT, "--rate");
		return 0;
	case OPT_NOISE:
		options->noise = options_percent(state, arg, "--noise");
		return 0;
	case OPT_REGIONS:
		options->regions = arg;
		return 0;
	case OPT_QUICK:
		take_preset(state, PRESET_QUICK);
		return 0;
	case OPT_FULL:
		take_preset(state, PRESET_FULL);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The rules. */
static error_t parse_more(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPT_DEPTH:
		options->depth = (unsigned int)options_number(state, arg,
							      IPCX_TRANSPORT_DEPTH_MAX, "--depth");
		return 0;
	case OPT_CPUS:
		options->cpus = choice(state, arg, cpus_names, 3, "--cpus");
		return 0;
	case OPT_POLICY:
		policy = choice(state, arg, policy_names, 2, "--policy");
		return 0;
	case OPT_WAIT:
		options->wait = choice(state, arg, wait_names, 3, "--wait");
		return 0;
	case OPT_UNIT:
		unit = choice(state, arg, units, 3, "--unit");
		return 0;
	case OPT_CHECK:
		check = choice(state, arg, checks, 2, "--check");
		return 0;
	case OPT_FRAMED:
		options->framed = true;
		return 0;
	case OPT_LIST:
		report_transports();
		exit(EXIT_DONE);
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'?", arg);
		return 0;
	case ARGP_KEY_END:
		finish(state, options);
		return 0;
	default:
		return parse_measurement(key, arg, state);
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 't':
		take_list(state, arg, list_take_transport, &options->transports, "--transports");
		return 0;
	case 'm':
		take_list(state, arg, take_mode, options, "--modes");
		return 0;
	case 's':
		take_list(state, arg, take_size, options, "--sizes");
		return 0;
	case 'b':
		take_list(state, arg, take_batch, options, "--batch");
		return 0;
	case 'r':
		options->repeat = options_number(state, arg, REPEAT_MAX, "--repeat");
		return 0;
	case OPT_COUNT:
		options->count = options_number(state, arg, COUNT_MAX, "--count");
		return 0;
	case OPT_DURATION:
		options->duration_ms = options_number(state, arg, DURATION_LIMIT, "--duration");
		return 0;
	case 'j':
		options->json = arg;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	default:
		return parse_more(key, arg, state);
	}
}

void options_parse(int argc, char **argv, struct options *options)
{
	static const struct argp argp = {
		.options = arguments,
		.parser = parse,
		.args_doc = "\nlist [OPTION...]\nchoose [OPTION...]\ncompare A.json B.json"
			    "\nmerge A.json B.json... -o C.json\nreport RESULTS... -o DIR"
			    "\ndepth [OPTION...]\nmemory [OPTION...]"
			    "\ngroup [OPTION...]\nmailboxes [OPTION...]\nring [OPTION...]\nwait [OPTION...]",
		.doc = doc,
	};

	*options = (struct options){ .depth = 64, .noise = 10 };
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, options);
}
