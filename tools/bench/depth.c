// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx-bench depth: what a send and a receive cost with much queued already.
 *
 * The queue is filled with messages spread over the priorities; then one more is
 * sent, with the priorities in turn, and the first one received, again and
 * again, so that the number queued stays. In the end everything is taken out
 * and has to come in order.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "env.h"
#include "json.h"
#include "link.h"
#include "measure.h"
#include "pin.h"
#include "size.h"
#include "stats.h"

#define MESSAGES	4000
#define REPETITIONS	5
#define FILL_AGAIN	10000
/* Odd, so that it meets all of a power of two of priorities, in no simple order. */
#define SCATTER		40503

struct depth {
	struct transport_list transports;
	struct number_list queued;
	struct number_list priorities;
	size_t size;
	const char *json;
};

/**
 * struct depth_row - One measurement.
 * @transport: mechanism
 * @queued: messages in the queue
 * @priorities: different ones among them
 * @stats: cost of a send and a receive
 * @err: 0, or that it could not be measured
 * @why: reason
 */
struct depth_row {
	const struct ipcx_transport_ops *transport;
	unsigned int queued;
	unsigned int priorities;
	struct stats stats;
	int err;
	char why[IPCX_TRANSPORT_WHY];
};

static const struct argp_option arguments[] = {
	{ "transports", 't', "NAME,...", 0, "Mechanisms (default: those with priorities)", 1 },
	{ "queued", 'n', "N,...", 0, "Messages queued (default: 10,1000,100000)", 1 },
	{ "priorities", 'p', "N,...", 0, "Priorities they are spread over (default: 1,32,32768)", 1 },
	{ "size", 's', "SIZE", 0, "Payload (default: 64)", 1 },
	{ "json", 'j', "FILE", 0, "Write the results to FILE too", 2 },
	{ 0 }
};

static void defaults(struct depth *depth)
{
	list_default_transports(&depth->transports, IPCX_TRANSPORT_PRIORITY);
	if (!depth->queued.count)
		list_parse("10,1000,100000", list_take_number, &depth->queued);
	if (!depth->priorities.count)
		list_parse("1,32,32768", list_take_number, &depth->priorities);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct depth *depth = state->input;
	int err = 0;

	switch (key) {
	case 't':
		err = list_parse(arg, list_take_transport, &depth->transports);
		break;
	case 'n':
		err = list_parse(arg, list_take_number, &depth->queued);
		break;
	case 'p':
		err = list_parse(arg, list_take_number, &depth->priorities);
		break;
	case 's':
		err = size_parse(arg, &depth->size);
		break;
	case 'j':
		depth->json = arg;
		break;
	case ARGP_KEY_END:
		defaults(depth);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	if (err)
		argp_error(state, "not understood, or too many: '%s'", arg);
	return 0;
}

static unsigned int priority_of(const struct depth_row *row, uint64_t number)
{
	return (unsigned int)(number * SCATTER % row->priorities);
}

static int put(const struct depth_row *row, struct link *link, uint64_t number)
{
	link->out->priority = priority_of(row, number);
	return link_send_one(link);
}

static int fill(const struct depth_row *row, struct link *link)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < row->queued && !err; i++)
		err = put(row, link, i);
	return err;
}

static int turns(const struct depth_row *row, struct link *link, double *values)
{
	uint64_t start, number = row->queued;
	unsigned int block, i;
	int err = 0;

	for (block = 0; block < BLOCKS && !err; block++) {
		start = clock_now();
		for (i = 0; i < MESSAGES / BLOCKS && !err; i++) {
			err = put(row, link, number++);
			if (!err)
				err = link_recv_one(link);
		}
		values[block] = (double)(clock_now() - start) / (MESSAGES / BLOCKS);
	}
	return err;
}

static int drain(const struct depth_row *row, struct link *link)
{
	bool ordered = link->recv->ops->caps & IPCX_TRANSPORT_PRIORITY;
	unsigned int i, before = IPCX_PRIO_MAX;
	int err = 0;

	for (i = 0; i < row->queued && !err; i++) {
		err = link_recv_one(link);
		if (!err && ordered && link->in->priority > before)
			return -ENOTRECOVERABLE;
		before = link->in->priority;
	}
	return err;
}

static int measure_once(const struct depth *depth, struct depth_row *row, struct stats *stats)
{
	IPCX_OPTS(ipcx_transport_opts, opts);
	struct ipcx_transport_pair *pair;
	struct link link = { 0 };
	double values[BLOCKS];
	int err;

	opts.msg_size = depth->size;
	opts.depth = row->queued + 1;
	opts.flags = IPCX_TRANSPORT_FIXED;
	err = link_init(&link, depth->size, 1);
	if (!err)
		err = ipcx_transport_open(&pair, row->transport, &opts, row->why);
	if (!err) {
		link.send = pair->end[0];
		link.recv = pair->end[1];
		err = fill(row, &link);
		if (!err)
			err = turns(row, &link, values);
		if (!err)
			err = drain(row, &link);
		if (!err)
			*stats = stats_of(values, BLOCKS);
		ipcx_transport_close(pair);
	}
	link_free(&link);
	if (err && !row->why[0])
		snprintf(row->why, sizeof(row->why), "%s", err == -ENOTRECOVERABLE ?
			 "messages came out of order" : strerror(-err));
	return err;
}

/* What comes out dearer was disturbed; a long queue takes too long to fill again. */
static int measure_row(const struct depth *depth, struct depth_row *row)
{
	unsigned int i, n = row->queued <= FILL_AGAIN ? REPETITIONS : 1;
	struct stats stats;
	int err = 0;

	for (i = 0; i < n && !err; i++) {
		err = measure_once(depth, row, &stats);
		if (!err && (i == 0 || stats.mean < row->stats.mean))
			row->stats = stats;
	}
	return err;
}

static void print_row(const struct depth_row *row, double best)
{
	printf("%-19s %8u %10u", row->transport->name, row->queued, row->priorities);
	if (row->err)
		printf(" %s\n", row->why);
	else
		printf(" %10.1f %6.1f %10.1f %8.2f\n", row->stats.mean,
		       row->stats.mad_percent, row->stats.min, row->stats.mean / best);
}

static json_t *json_row(const struct depth_row *row, size_t size)
{
	json_t *json = json_pack("{s:s, s:s, s:I, s:i, s:i, s:i}",
				 "transport", row->transport->name, "mode", "depth",
				 "size", (json_int_t)size, "batch", 1,
				 "queued", (int)row->queued, "priorities", (int)row->priorities);

	if (row->err) {
		json_object_set_new(json, "skipped", json_string(row->why));
		return json;
	}
	json_object_set_new(json, "figure", json_real(row->stats.mean));
	json_object_set_new(json, "median", json_real(row->stats.median));
	json_object_set_new(json, "min", json_real(row->stats.min));
	json_object_set_new(json, "max", json_real(row->stats.max));
	json_object_set_new(json, "mad_percent", json_real(row->stats.mad_percent));
	return json;
}

/* Returns the number of rows measured, or -1 after a wrong order or Ctrl-C. */
static int transport_rows(const struct depth *depth, const struct ipcx_transport_ops *ops,
			  json_t *rows)
{
	struct depth_row row = { .transport = ops };
	double best = 0, worst = 0;
	unsigned int n, p;
	int measured = 0;

	for (n = 0; n < depth->queued.count; n++)
		for (p = 0; p < depth->priorities.count; p++) {
			row.queued = depth->queued.item[n];
			row.priorities = depth->priorities.item[p];
			row.why[0] = '\0';
			row.err = measure_row(depth, &row);
			if (!row.err && (!measured || row.stats.mean < best))
				best = row.stats.mean;
			if (!row.err && row.stats.mean > worst)
				worst = row.stats.mean;
			measured += !row.err;
			print_row(&row, best);
			json_array_append_new(rows, json_row(&row, depth->size));
			if (row.err == -ENOTRECOVERABLE || row.err == -EINTR)
				return -1;
		}
	if (measured)
		printf("%-19s dearest to cheapest: %.2f x\n", ops->name, worst / best);
	return measured;
}

static int report(const struct depth *depth, json_t *env, json_t *rows)
{
	unsigned int i;
	int n, measured = 0;

	env_print(env);
	printf("\none send and one receive with messages queued; %zu bytes; %s\n", depth->size,
	       clock_unit_name(clock_unit));
	printf("%-19s %8s %10s %10s %6s %10s %8s\n", "TRANSPORT", "QUEUED", "PRIORITIES",
	       "MEAN", "+-%", "MIN", "RATIO");
	for (i = 0; i < depth->transports.count; i++) {
		n = transport_rows(depth, depth->transports.item[i], rows);
		if (n < 0)
			return signals_stop() ? EXIT_INTERRUPTED : EXIT_BAD;
		measured += n;
	}
	return measured ? EXIT_DONE : EXIT_NOTHING;
}

int command_depth(int argc, char **argv)
{
	static const struct argp argp = {
		.options = arguments,
		.parser = parse,
		.doc = "Cost of a send and a receive against what is queued already."
		       "\vRATIO is to the cheapest row so far of the same transport.",
	};
	struct depth depth = {
		.queued = { .max = IPCX_TRANSPORT_DEPTH_MAX - 1 },
		.priorities = { .max = IPCX_PRIO_MAX + 1 },
		.size = 64,
	};
	json_t *env, *rows = json_array();
	int status;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &depth);
	clock_choose(clock_counts_instructions() ? CLOCK_INSTRUCTIONS : CLOCK_NS);
	pin_self(CPUS_SAME);
	env = env_collect();
	status = report(&depth, env, rows);
	if (json_save("depth", env, rows, depth.json) < 0)
		status = EXIT_BAD;
	return status;
}
