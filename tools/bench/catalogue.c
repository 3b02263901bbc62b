// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx-bench list: every mechanism and what it can do, as a table for people and as JSON for
 * programs; --list, which is older, stays a line per mechanism.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "commands.h"
#include "env.h"
#include "features.h"
#include "json.h"
#include "limits.h"
#include "size.h"

#define TEXT	64

static const struct argp_option arguments[] = {
	{ "json", 'j', NULL, 0, "For programs: everything, with the settings that limit each", 1 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	switch (key) {
	case 'j':
		*json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'?", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- JSON ---- */

static const char *key_of(const struct feature *feature, char key[TEXT])
{
	char *dash = key;

	snprintf(key, TEXT, "%s", feature->key);
	while ((dash = strchr(dash, '-')))
		*dash = '_';
	return key;
}

static json_t *waits(const struct ipcx_transport_ops *ops)
{
	json_t *list = json_array();
	unsigned int policy;

	for (policy = IPCX_WAIT_BLOCK; policy <= IPCX_WAIT_SPIN; policy++)
		if (feature_waits(ops, policy))
			json_array_append_new(list, json_string(wait_names[policy]));
	return list;
}

static json_t *json_transport(const struct ipcx_transport_ops *ops)
{
	char why[IPCX_TRANSPORT_WHY], key[TEXT];
	bool here = ipcx_transport_available(ops, why) == 0;
	enum feature_id id;
	json_t *t;

	t = json_pack("{s:s, s:s, s:b, s:o}", "name", ops->name, "summary", ops->summary,
		      "available", here, "why", here ? json_null() : json_string(why));
	for (id = 0; id < FEATURE_COUNT; id++)
		json_object_set_new(t, key_of(&features[id], key),
				    json_boolean(feature_has(ops, id)));
	json_object_set_new(t, "max_priority", feature_has(ops, FEATURE_PRIORITY) ?
			    json_integer(ops->max_priority) : json_null());
	json_object_set_new(t, "shared_memory", json_boolean(ops->caps & IPCX_TRANSPORT_SHARED));
	json_object_set_new(t, "calls", json_boolean(ops->caps & IPCX_TRANSPORT_CALL));
	json_object_set_new(t, "calls_only", json_boolean(ops->caps & IPCX_TRANSPORT_CALLS_ONLY));
	json_object_set_new(t, "persistence", json_string(persistence_names[ops->persistence]));
	json_object_set_new(t, "wait", waits(ops));
	json_object_set_new(t, "max_size", !ops->max_size && feature_moves(ops, 1) ?
			    json_null() : json_integer((json_int_t)ops->max_size));
	json_object_set_new(t, "notification",
			    json_boolean(ops->caps & IPCX_TRANSPORT_NOTIFICATION));
	json_object_set_new(t, "limits", limits_of(ops));
	return t;
}

static json_t *json_features(void)
{
	json_t *list = json_array();
	char key[TEXT];
	enum feature_id id;

	for (id = 0; id < FEATURE_COUNT; id++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "key",
						      key_of(&features[id], key), "column",
						      features[id].column, "text",
						      features[id].text));
	return list;
}

static int write_json(void)
{
	const struct ipcx_transport_ops *ops;
	json_t *transports = json_array(), *list;
	unsigned int i;

	for (i = 0; (ops = ipcx_transport_at(i)); i++)
		json_array_append_new(transports, json_transport(ops));
	list = json_pack("{s:i, s:s, s:o, s:o, s:o}", "ipcx-bench", JSON_FORMAT, "kind", "list",
			 "environment", env_collect(), "features", json_features(), "transports",
			 transports);
	return json_write(list, "-") < 0 ? EXIT_BAD : EXIT_DONE;
}

/* ---- table ---- */

static void print_head(void)
{
	enum feature_id id;

	printf("%-19s", "MECHANISM");
	for (id = 0; id < FEATURE_COUNT; id++)
		printf(" %s", features[id].column);
	printf(" %-7s %-5s %6s %s\n", "stays", "waits", "max", "here");
}

/* The size that a reader compares: 2147483647 is 2G. */
static const char *largest(const struct ipcx_transport_ops *ops, char text[SIZE_TEXT])
{
	static const char units[] = " KMG";
	size_t size = ops->max_size;
	unsigned int unit = 0;

	if (!size)
		return feature_moves(ops, 1) ? "-" : "0";
	for (; unit < 3 && (size >= 1000000 || (unit && size >= 1024)); unit++)
		size = (size + 512) / 1024;
	snprintf(text, SIZE_TEXT, "%zu%c", size, units[unit]);
	if (!unit)
		text[strlen(text) - 1] = '\0';
	return text;
}

static void print_transport(const struct ipcx_transport_ops *ops)
{
	char why[IPCX_TRANSPORT_WHY], text[SIZE_TEXT];
	enum feature_id id;

	printf("%-19s", ops->name);
	for (id = 0; id < FEATURE_COUNT; id++)
		printf(" %-*s", (int)strlen(features[id].column),
		       feature_has(ops, id) ? "yes" : "-");
	printf(" %-7s %s%s%s   %6s %s\n", persistence_names[ops->persistence],
	       feature_waits(ops, IPCX_WAIT_BLOCK) ? "b" : "-",
	       feature_waits(ops, IPCX_WAIT_ADAPTIVE) ? "a" : "-",
	       feature_waits(ops, IPCX_WAIT_SPIN) ? "s" : "-", largest(ops, text),
	       ipcx_transport_available(ops, why) == 0 ? "yes" : "no");
}

static void print_legend(void)
{
	enum feature_id id;

	puts("");
	for (id = 0; id < FEATURE_COUNT; id++)
		printf("%-7s %s\n", features[id].column, features[id].text);
	puts("stays   what outlives all processes, should a program want that: process: nothing; name: the\n"
	     "        name, without messages; kernel: messages, until removed or a restart; file: the file\n"
	     "waits   b: blocks; a: adaptive, tries again before it blocks; s: spins\n"
	     "max     largest message that the mechanism can ever move; -: no such limit");
}

static void print_reasons(void)
{
	const struct ipcx_transport_ops *ops;
	char why[IPCX_TRANSPORT_WHY];
	bool first = true;
	unsigned int i;

	for (i = 0; (ops = ipcx_transport_at(i)); i++) {
		if (ipcx_transport_available(ops, why) == 0)
			continue;
		if (first)
			puts("\nNot here:");
		first = false;
		printf("%-19s %s\n", ops->name, why);
	}
}

static int print_table(void)
{
	const struct ipcx_transport_ops *ops;
	unsigned int i;

	print_head();
	for (i = 0; (ops = ipcx_transport_at(i)); i++)
		print_transport(ops);
	print_legend();
	print_reasons();
	return fflush(stdout) ? EXIT_BAD : EXIT_DONE;
}

int command_list(int argc, char **argv)
{
	static const struct argp argp = {
		.options = arguments,
		.parser = parse,
		.doc = "Every mechanism, what it can do, and whether it can be used here."
		       "\vThis is what a mechanism offers to a program that uses it directly; what it costs, ipcx-bench measures, and what fits, ipcx-bench choose tells.",
	};
	bool json = false;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &json);
	return json ? write_json() : print_table();
}
