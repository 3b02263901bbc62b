// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "figure.h"
#include "json.h"
#include "run.h"
#include "stats.h"

static json_t *repetitions(const struct bench_case *c)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < c->sample_count; i++)
		json_array_append_new(list, json_real(c->samples[i].per_message));
	return list;
}

static json_t *latencies(const struct bench_case *c)
{
	const struct histogram *h = c->latencies;

	if (!h->count)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "count", (json_int_t)h->count, "min", (json_int_t)h->min,
			 "p50", (json_int_t)histogram_percentile(h, 50),
			 "p90", (json_int_t)histogram_percentile(h, 90),
			 "p99", (json_int_t)histogram_percentile(h, 99),
			 "p99.9", (json_int_t)histogram_percentile(h, 99.9),
			 "max", (json_int_t)h->max);
}

static json_t *raw(const struct bench_case *c)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < c->raw_count; i++)
		json_array_append_new(list, json_integer((json_int_t)c->raw[i]));
	return list;
}

static void add_figures(json_t *row, const struct bench_case *c)
{
	struct stats stats = case_stats(c);

	json_object_set_new(row, "figure", json_real(figure_of(c->mode, &stats)));
	json_object_set_new(row, "figure_is", json_string(figure_names[figure_kind(c->mode)]));
	json_object_set_new(row, "mean", json_real(stats.mean));
	json_object_set_new(row, "median", json_real(stats.median));
	json_object_set_new(row, "min", json_real(stats.min));
	json_object_set_new(row, "max", json_real(stats.max));
	json_object_set_new(row, "mad_percent", json_real(stats.mad_percent));
	json_object_set_new(row, "repetitions", repetitions(c));
	json_object_set_new(row, "latency", latencies(c));
	json_object_set_new(row, "cpu_ns", json_real(case_cpu_ns(c)));
	json_object_set_new(row, "context_switches", json_real(case_switches(c)));
	if (c->counted.known)
		json_object_set_new(row, "counted",
				    json_pack("{s:f, s:f, s:f, s:f}",
					      "instructions", c->counted.instructions,
					      "kernel_instructions", c->counted.kernel,
					      "locked_instructions", c->counted.locked,
					      "system_calls", c->counted.syscalls));
	if (c->raw)
		json_object_set_new(row, "raw_latencies", raw(c));
}

static json_t *json_case(const struct bench_case *c)
{
	json_t *row = json_pack("{s:s, s:s, s:I, s:i, s:I}",
				"transport", c->transport->name,
				"mode", mode_names[c->mode], "size", (json_int_t)c->size,
				"batch", (int)c->batch, "count", (json_int_t)c->count);

	if (c->sample_count)
		add_figures(row, c);
	if (c->err)
		json_object_set_new(row, c->skipped ? "skipped" : "failed",
				    json_string(c->why));
	return row;
}

json_t *json_document(const char *kind, json_t *env, json_t *rows)
{
	return json_pack("{s:i, s:s, s:s, s:O, s:O}", "ipcx-bench", JSON_FORMAT, "kind", kind,
			 "unit", strcmp(kind, "memory") ? clock_unit_name(clock_unit) : "bytes",
			 "environment", env, "results", rows);
}

json_t *json_results(const struct options *options, const struct results *results, json_t *env)
{
	json_t *rows = json_array(), *document, *rules;
	unsigned int i;

	for (i = 0; i < results->count; i++)
		json_array_append_new(rows, json_case(&results->cases[i]));
	document = json_document("transports", env, rows);
	json_decref(rows);
	rules = json_pack("{s:s, s:s, s:s, s:b, s:s, s:I, s:I}", "wait", wait_names[options->wait],
			  "cpus", cpus_names[options->cpus],
			  "policy", policy_names[options->policy], "framed", options->framed,
			  "payload_checked", options->check_inside ? "inside" : "outside",
			  "depth", (json_int_t)options->depth,
			  "repeat", (json_int_t)options->repeat);
	json_object_set_new(document, "rules", rules);
	json_object_set_new(document, "interrupted", json_boolean(results->interrupted));
	return document;
}

int json_write(json_t *value, const char *path)
{
	size_t flags = JSON_INDENT(1) | JSON_REAL_PRECISION(9);
	int bad;

	if (!value)
		errno = ENOMEM;
	if (strcmp(path, "-") == 0)
		bad = !value || json_dumpf(value, stdout, flags) < 0 || puts("") < 0;
	else
		bad = !value || json_dump_file(value, path, flags) < 0;
	json_decref(value);
	if (bad)
		fprintf(stderr, "ipcx-bench: cannot write %s: %s\n", path, strerror(errno));
	return bad ? -1 : 0;
}

int json_save(const char *kind, json_t *env, json_t *rows, const char *path)
{
	int ret = path ? json_write(json_document(kind, env, rows), path) : 0;

	json_decref(env);
	json_decref(rows);
	return ret;
}

json_t *json_read(const char *path)
{
	json_error_t error;
	json_t *value = json_load_file(path, 0, &error);

	if (!value) {
		fprintf(stderr, "ipcx-bench: %s: %s\n", path, error.text);
		return NULL;
	}
	if (json_integer_value(json_object_get(value, "ipcx-bench")) != JSON_FORMAT) {
		fprintf(stderr, "ipcx-bench: %s: not a result of this version of ipcx-bench\n",
			path);
		json_decref(value);
		return NULL;
	}
	return value;
}
