// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx ls */
#include <inttypes.h>
#include <unistd.h>

#include "tool.h"

struct args {
	const char *kind;	/* NULL: all */
	bool quiet;
};

static const struct argp_option options[] = {
	{ "kind", 'k', "KIND", 0, "Only objects of this kind (queue, mbox, group)", 0 },
	{ "quiet", 'q', 0, 0, "Only names, one a line; nothing for objects without", 0 },
	{ 0 }
};

static bool is_kind(const char *name)
{
	static const char *const kinds[] = { "queue", "mbox", "group" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(name, kinds[i]))
			return true;
	return false;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case 'k':
		if (!is_kind(arg))
			argp_error(state, "'%s': no such kind: queue, mbox or group", arg);
		args->kind = arg;
		return 0;
	case 'q':
		args->quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	case ARGP_KEY_SUCCESS:
		if (args->quiet && tool.json)
			argp_error(state, "--quiet has names only: it does not go with --json");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "List the objects of this network namespace that you may receive from, and mailboxes that you may read.\v"
	       "RECV and SEND are the tasks that wait to receive and to send. CALLS, shown\n"
	       "where there are mailboxes, are those received that wait for their reply;\n"
	       "MEMBERS, shown where there are groups, the mailboxes that have subscribed. The\n"
	       "ID of a mailbox or group is its port. The name of an object that never had\n"
	       "one, or was removed while open, is shown as '-'.\n"
	       "With --json: one array of what 'ipcx stat --json' prints.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx ls\n"
	       "  ipcx ls --kind=group\n"
	       "  ipcx ls --json | jq '.[] | select(.depth > 0) | .name'\n"
	       "  ipcx ls --quiet | xargs -d '\\n' -r ipcx rm\n",
};

static const struct column columns[] = {
	{ "KIND", false },
	{ "ID", true },
	{ "NAME", false },
	{ "OWNER", false },
	{ "MODE", true },
	{ "DEPTH", true },
	{ "BYTES", true },
	{ "RECV", true },
	{ "SEND", true },
	{ "CALLS", true },	/* where there are mailboxes */
	{ "MEMBERS", true },	/* where there are groups */
};

enum { COMMON_COLUMNS = 9 };

/* What has been found. */
struct listing {
	struct ipcx_stat *objects;
	size_t count;
	size_t ncolumns;
};

_Static_assert(ARRAY_SIZE(columns) <= TABLE_COLUMNS, "table too wide");

static bool is_group(const struct ipcx_stat *stat)
{
	return stat->state & IPCX_STAT_GROUP;
}

static size_t columns_for(const struct ipcx_stat *stat)
{
	if (is_group(stat))
		return COMMON_COLUMNS + 2;
	return COMMON_COLUMNS + (stat->kind == IPCX_KIND_MBOX);
}

static void add_special(struct table *t, bool has, uint64_t value)
{
	if (has)
		table_add(t, "%" PRIu64, value);
	else
		table_add(t, "-");
}

static void add_row(struct table *t, const struct ipcx_stat *stat)
{
	char *owner = user_name(stat->uid);

	table_add(t, "%s", kind_name(stat));
	table_add(t, "%" PRIu64, (uint64_t)stat->id);
	table_add(t, "%s", (stat->state & IPCX_STAT_NAMED) ? stat->name : "-");
	table_add(t, "%s", owner);
	table_add(t, "%04o", stat->mode);
	table_add(t, "%" PRIu64, (uint64_t)stat->depth);
	table_add(t, "%" PRIu64, (uint64_t)stat->bytes);
	table_add(t, "%u", stat->recv_waiters);
	table_add(t, "%u", stat->send_waiters);
	if (t->ncolumns > COMMON_COLUMNS)
		add_special(t, stat->kind == IPCX_KIND_MBOX && !is_group(stat), stat->calls);
	if (t->ncolumns > COMMON_COLUMNS + 1)
		add_special(t, is_group(stat), stat->members);
	free(owner);
}

/* For programs the name as it is; a terminal gets no control characters. */
static void print_name(const struct ipcx_stat *stat)
{
	char *text;

	if (!(stat->state & IPCX_STAT_NAMED))
		return;
	text = isatty(STDOUT_FILENO) ? printable(stat->name) : NULL;
	puts(text ? text : stat->name);
	free(text);
}

static void note(struct listing *l, const struct ipcx_stat *stat)
{
	size_t ncolumns = columns_for(stat);

	l->objects = check_alloc(reallocarray(l->objects, l->count + 1, sizeof(*stat)));
	l->objects[l->count++] = *stat;
	if (ncolumns > l->ncolumns)
		l->ncolumns = ncolumns;
}

static int find(const char *kind, struct listing *l)
{
	const struct ipcx_stat *stat;
	struct ipcx_iter *iter;
	int ret;

	ret = ipcx_iter_new(&iter, tool.dev, 0);
	if (ret)
		return ret;
	while ((ret = ipcx_iter_next(iter, &stat)) > 0)
		if (!kind || !strcmp(kind, kind_name(stat)))
			note(l, stat);
	ipcx_iter_free(iter);
	return ret;
}

static void print_table(const struct listing *l)
{
	struct table table;

	table_init(&table, columns, l->ncolumns);
	for (size_t i = 0; i < l->count; i++)
		add_row(&table, &l->objects[i]);
	table_print(&table);
	table_free(&table);
}

static void print_json(const struct listing *l)
{
	json_t *list = check_alloc(json_array());

	for (size_t i = 0; i < l->count; i++)
		json_array_append_new(list, stat_json(&l->objects[i]));
	json_print(list);
}

static void print(const struct listing *l, bool quiet)
{
	if (tool.json)
		print_json(l);
	else if (!quiet)
		print_table(l);
	else
		for (size_t i = 0; i < l->count; i++)
			print_name(&l->objects[i]);
}

int cmd_ls(int argc, char **argv)
{
	struct args args = { 0 };
	struct listing l = { .ncolumns = COMMON_COLUMNS };
	int status, err;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	if (status)
		return status;
	err = find(args.kind, &l);
	if (err)
		status = report(ACT_DEVICE, tool.device, err);
	else
		print(&l, args.quiet);
	free(l.objects);
	return status;
}
