// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "restore.h"

const char *const restore_environment[] = { "cgroup", "clock_cost", "ipc_namespace", "time",
					    NULL };
const char *const restore_rules[] = { "repeat", "noise_percent", "duration_ms", NULL };

static json_int_t integer(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

static bool is(const json_t *row, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(row, key));

	return value && strcmp(value, text) == 0;
}

struct pairs restore_pairs(const json_t *row)
{
	const char *text = json_string_value(json_object_get(row, "pairs"));
	struct pairs pairs = { 1, 1 };

	if (text && sscanf(text, "%ux%u", &pairs.senders, &pairs.receivers) != 2)
		pairs = (struct pairs){ 0, 0 };
	return pairs;
}

bool restore_matches(const struct bench_case *c, const json_t *row)
{
	struct pairs pairs = restore_pairs(row);

	return pairs.senders == c->senders && pairs.receivers == c->receivers &&
	       is(row, "transport", c->transport->name) && is(row, "mode", mode_names[c->mode]) &&
	       integer(row, "size") == (json_int_t)c->size &&
	       integer(row, "batch") == (json_int_t)c->batch;
}

/* Of the means that the file has, each sample gets the same: the mean stays what it was. */
static void fill(struct sample *sample, const json_t *row, double per_message)
{
	const json_t *parts = json_object_get(row, "setup");
	unsigned int i;

	memset(sample, 0, sizeof(*sample));
	sample->per_message = per_message;
	sample->cpu_ns = json_number_value(json_object_get(row, "cpu_ns"));
	sample->switches = json_number_value(json_object_get(row, "context_switches"));
	sample->rate = json_number_value(json_object_get(row, "arrived_per_second"));
	for (i = 0; i < SETUP_PARTS; i++)
		sample->parts[i] = json_number_value(json_object_get(parts, setup_names[i]));
}

static int restore_latencies(struct histogram *h, const json_t *latency)
{
	const json_t *list = json_object_get(latency, "histogram");
	uint64_t sum = 0;
	json_t *bucket;
	size_t i;

	json_array_foreach((json_t *)list, i, bucket) {
		json_int_t upper = json_integer_value(json_array_get(bucket, 0));
		json_int_t count = json_integer_value(json_array_get(bucket, 1));

		if (upper < 0 || count <= 0)
			return -EINVAL;
		histogram_add(h, (uint64_t)upper, (uint64_t)count);
		sum += (uint64_t)count;
	}
	if (sum != (uint64_t)integer(latency, "count"))
		return -EINVAL;
	if (sum)
		histogram_bounds(h, (uint64_t)integer(latency, "min"),
				 (uint64_t)integer(latency, "max"));
	return 0;
}

/* Those of the repetitions that are still to come need their room. */
static int restore_raw(struct bench_case *c, const json_t *row)
{
	json_t *list = json_object_get(row, "raw_latencies"), *value;
	size_t i;

	if (!c->raw)
		return 0;
	if (c->raw_count + json_array_size(list) > (size_t)c->sample_count * LATENCIES_MAX)
		return -EINVAL;
	json_array_foreach(list, i, value) {
		c->raw[c->raw_count++] = (uint64_t)json_integer_value(value);
	}
	return 0;
}

static void restore_counted(struct counted *counted, const json_t *list)
{
	if (!list)
		return;
	counted->known = true;
	counted->instructions = json_number_value(json_object_get(list, "instructions"));
	counted->kernel = json_number_value(json_object_get(list, "kernel_instructions"));
	counted->locked = json_number_value(json_object_get(list, "locked_instructions"));
	counted->syscalls = json_number_value(json_object_get(list, "system_calls"));
}

int restore_row(struct bench_case *c, const json_t *row, unsigned long most)
{
	json_t *list = json_object_get(row, "repetitions"), *value;
	size_t i;
	int err;

	if (!json_array_size(list))
		return 0;
	if (c->sample_count + json_array_size(list) > most)
		return -E2BIG;
	if (integer(row, "count") < 1)
		return -EINVAL;
	c->count = (unsigned long)integer(row, "count");
	if (json_object_get(row, "system_calls"))
		c->syscalls = json_number_value(json_object_get(row, "system_calls"));
	json_array_foreach(list, i, value) {
		if (!json_is_number(value))
			return -EINVAL;
		fill(&c->samples[c->sample_count++], row, json_number_value(value));
	}
	err = restore_latencies(c->latencies, json_object_get(row, "latency"));
	restore_counted(&c->counted, json_object_get(row, "counted"));
	return err ? err : restore_raw(c, row);
}

bool restore_excepted(const char *const *except, const char *key)
{
	for (; *except; except++)
		if (strcmp(*except, key) == 0)
			return true;
	return false;
}

/* One way: what one of them does not have at all is found by the other way. */
static bool differs(const json_t *a, const json_t *b, const char *name,
		    const char *const *except)
{
	const char *key;
	json_t *value;
	char *one, *other;

	json_object_foreach((json_t *)a, key, value) {
		if (restore_excepted(except, key) || json_equal(value, json_object_get(b, key)))
			continue;
		one = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		other = json_dumps(json_object_get(b, key), JSON_ENCODE_ANY | JSON_COMPACT);
		fprintf(stderr, "ipcx-bench: figures of different %s do not belong together: %s: %s here, %s there\n",
			name, key, one, other ? other : "nothing");
		free(one);
		free(other);
		return true;
	}
	return false;
}

bool restore_differs(const json_t *a, const json_t *b, const char *name,
		     const char *const *except)
{
	return differs(a, b, name, except) || differs(b, a, name, except);
}
