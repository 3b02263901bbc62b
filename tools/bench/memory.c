// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx-bench memory: what a queued message costs in memory, as the memory cgroup
 * of this process sees it: memory.current with the messages queued, less what it
 * was with the queue open and empty.
 *
 * A cgroup is charged by the page, and takes up to 64 pages in advance on each
 * processor: that is how far a figure can be off, and why many messages are
 * needed.
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

#define FIRST	64

struct memory {
	struct transport_list transports;
	unsigned long count;
	size_t size;
	const char *json;
	char file[512];
};

static const struct argp_option arguments[] = {
	{ "transports", 't', "NAME,...", 0, "Mechanisms (default: all)", 1 },
	{ "count", 'n', "N", 0, "Messages to queue (default: 50000)", 1 },
	{ "size", 's', "SIZE", 0, "Payload (default: 64)", 1 },
	{ "json", 'j', "FILE", 0, "Write the results to FILE too", 2 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct memory *memory = state->input;
	int err = 0;

	switch (key) {
	case 't':
		err = list_parse(arg, list_take_transport, &memory->transports);
		break;
	case 'n':
		err = number_parse(arg, FIRST, IPCX_TRANSPORT_DEPTH_MAX, &memory->count);
		break;
	case 's':
		err = size_parse(arg, &memory->size);
		break;
	case 'j':
		memory->json = arg;
		break;
	case ARGP_KEY_END:
		list_default_transports(&memory->transports, 0);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	if (err)
		argp_error(state, "not understood, or out of range: '%s'", arg);
	return 0;
}

static int current(const struct memory *memory, long long *bytes)
{
	FILE *file = fopen(memory->file, "re");
	int n;

	if (!file)
		return -errno;
	n = fscanf(file, "%lld", bytes);
	fclose(file);
	return n == 1 ? 0 : -EIO;
}

static int send_many(struct link *link, unsigned long count)
{
	unsigned long i;
	int err = 0;

	for (i = 0; i < count && !err; i++)
		err = link_send_one(link);
	return err;
}

/* The first few messages bring in what is needed once, not once per message. */
static int measure_open(const struct memory *memory, struct link *link, double *bytes)
{
	long long before, after;
	int err = send_many(link, FIRST);

	if (!err)
		err = current(memory, &before);
	if (!err)
		err = send_many(link, memory->count - FIRST);
	if (!err)
		err = current(memory, &after);
	if (!err)
		*bytes = (double)(after - before) / (double)(memory->count - FIRST);
	return err == -EAGAIN || err == -ENOBUFS ? -ENOSPC : err;
}

static int measure_row(const struct memory *memory, const struct ipcx_transport_ops *ops,
		       double *bytes, char *why)
{
	IPCX_OPTS(ipcx_transport_opts, opts);
	struct ipcx_transport_pair *pair;
	struct link link = { 0 };
	int err = link_init(&link, memory->size, 1);

	opts.msg_size = memory->size;
	opts.depth = (unsigned int)memory->count;
	opts.flags = IPCX_TRANSPORT_FIXED;
	why[0] = '\0';
	if (!err)
		err = ipcx_transport_open(&pair, ops, &opts, why);
	if (!err) {
		link.send = pair->end[0];
		/* Rather an error than a wait for ever, should they not fit. */
		err = ops->set_nonblock(link.send, 1);
		if (!err)
			err = measure_open(memory, &link, bytes);
		ipcx_transport_close(pair);
	}
	link_free(&link);
	if (err && !why[0])
		snprintf(why, IPCX_TRANSPORT_WHY, "%s", err == -ENOSPC ?
			 "does not hold so many messages" : strerror(-err));
	return err;
}

static int report(const struct memory *memory, json_t *env, json_t *rows)
{
	char why[IPCX_TRANSPORT_WHY];
	int err, measured = 0;
	unsigned int i;
	double bytes;

	env_print(env);
	printf("\nmemory of a queued message of %zu bytes, over %lu messages\n", memory->size,
	       memory->count);
	printf("%-19s %10s\n", "TRANSPORT", "BYTES");
	for (i = 0; i < memory->transports.count && !signals_stop(); i++) {
		json_t *row = json_pack("{s:s, s:s, s:I, s:i, s:I}", "transport",
					memory->transports.item[i]->name, "mode", "memory",
					"size", (json_int_t)memory->size, "batch", 1,
					"queued", (json_int_t)memory->count);

		err = measure_row(memory, memory->transports.item[i], &bytes, why);
		measured += !err;
		printf("%-19s ", memory->transports.item[i]->name);
		if (err)
			printf("skipped: %s\n", why);
		else
			printf("%10.1f\n", bytes);
		json_object_set_new(row, err ? "skipped" : "figure",
				    err ? json_string(why) : json_real(bytes));
		json_array_append_new(rows, row);
	}
	if (signals_stop())
		return EXIT_INTERRUPTED;
	return measured ? EXIT_DONE : EXIT_NOTHING;
}

int command_memory(int argc, char **argv)
{
	static const struct argp argp = {
		.options = arguments,
		.parser = parse,
		.doc = "Memory of a queued message, read from this process's memory cgroup.",
	};
	struct memory memory = { .size = 64, .count = 50000 };
	json_t *env, *rows = json_array();
	char path[400];
	long long bytes;
	int status;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &memory);
	if (env_cgroup(path, sizeof(path)) == 0)
		snprintf(memory.file, sizeof(memory.file), "%s/memory.current", path);
	if (current(&memory, &bytes) < 0) {
		fprintf(stderr, "ipcx-bench: no memory cgroup: run in one, for example: systemd-run --scope -p MemoryMax=1G ipcx-bench memory\n");
		json_decref(rows);
		return EXIT_NOTHING;
	}
	pin_self(CPUS_SAME);
	env = env_collect();
	status = report(&memory, env, rows);
	if (json_save("memory", env, rows, memory.json) < 0)
		status = EXIT_BAD;
	return status;
}
