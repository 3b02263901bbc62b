// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx ls */
#include <inttypes.h>
#include <stddef.h>
#include <unistd.h>

#include "tool.h"

struct args {
	const char *kind;	/* NULL: all */
	bool quiet;
};

static const struct argp_option options[] = {
	{ "kind", 'k', "KIND", 0, "Only objects of this kind (queue, mbox, group, ring)", 0 },
	{ "quiet", 'q', 0, 0, "Only names, one a line; nothing for objects without", 0 },
	{ 0 }
};

static bool is_kind(const char *name)
{
	static const char *const kinds[] = { "queue", "mbox", "group", "ring" };

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
			argp_error(state, "'%s': no such kind: queue, mbox, group or ring", arg);
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
	       "MEMBERS, shown where there are groups, the mailboxes that have subscribed. SIZE,\n"
	       "PROD, CONS and LOST, shown where there are rings, are a ring's bytes (BYTES are\n"
	       "those in use), producers, consumers, and the records that these have lost. DEPTH\n"
	       "is not shown where there are only rings. RING, shown where mailboxes have a ring,\n"
	       "are the messages there, which DEPTH and BYTES do not count. The ID of a mailbox\n"
	       "or group is its port. The name of an object that never had one, or was removed\n"
	       "while open, is shown as '-'.\n"
	       "With --json: one array of what 'ipcx stat --json' prints.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx ls\n"
	       "  ipcx ls --kind=group\n"
	       "  ipcx ls --json | jq '.[] | select(.depth > 0) | .name'\n"
	       "  ipcx ls --quiet | xargs -d '\\n' -r ipcx rm\n",
};

static bool is_group(const struct ipcx_stat *stat)
{
	return stat->state & IPCX_STAT_GROUP;
}

static bool is_mailbox(const struct ipcx_stat *stat)
{
	return stat->kind == IPCX_KIND_MBOX && !is_group(stat);
}

static bool is_a_ring(const struct ipcx_stat *stat)
{
	return stat->kind == IPCX_KIND_RING;
}

static bool has_depth(const struct ipcx_stat *stat)
{
	return stat->kind != IPCX_KIND_RING;
}

static bool has_a_ring(const struct ipcx_stat *stat)
{
	return stat->ring_size;
}

/* A number, its place in struct ipcx_stat, and the objects that have it; NULL: all. */
struct number {
	const char *title;
	size_t offset;
	bool wide;		/* 64 bits */
	bool (*has)(const struct ipcx_stat *stat);
};

#define NUMBER(title, field, has) \
	{ title, offsetof(struct ipcx_stat, field), \
	  sizeof(((struct ipcx_stat *)0)->field) == sizeof(uint64_t), has }

/* Behind the columns of words. One that no object has is left out. */
static const struct number numbers[] = {
	NUMBER("DEPTH", depth, has_depth),
	NUMBER("BYTES", bytes, NULL),
	NUMBER("RECV", recv_waiters, NULL),
	NUMBER("SEND", send_waiters, NULL),
	NUMBER("RING", ring_msgs, has_a_ring),
	NUMBER("CALLS", calls, is_mailbox),
	NUMBER("MEMBERS", members, is_group),
	NUMBER("SIZE", max_bytes, is_a_ring),
	NUMBER("PROD", producers, is_a_ring),
	NUMBER("CONS", consumers, is_a_ring),
	NUMBER("LOST", lost, is_a_ring),
};

static const struct column words[] = {
	{ "KIND", false },
	{ "ID", true },
	{ "NAME", false },
	{ "OWNER", false },
	{ "MODE", true },
};

_Static_assert(ARRAY_SIZE(words) + ARRAY_SIZE(numbers) <= TABLE_COLUMNS, "table too wide");

/* What has been found. */
struct listing {
	struct ipcx_stat *objects;
	size_t count;
};

static bool has_number(const struct ipcx_stat *stat, const struct number *n)
{
	return !n->has || n->has(stat);
}

static bool is_shown(const struct listing *l, const struct number *n)
{
	/* Groups are mailboxes of a kind: both have the same columns. */
	bool mailboxes = n->has == is_mailbox;

	for (size_t i = 0; i < l->count; i++)
		if (has_number(&l->objects[i], n) || (mailboxes && is_group(&l->objects[i])))
			return true;
	/* What an empty table has. */
	return !l->count && (!n->has || n->has == has_depth);
}

static void add_number(struct table *t, const struct ipcx_stat *stat, const struct number *n)
{
	const char *field = (const char *)stat + n->offset;
	uint64_t value;

	if (!has_number(stat, n)) {
		table_add(t, "-");
		return;
	}
	value = n->wide ? *(const uint64_t *)field : *(const uint32_t *)field;
	table_add(t, "%" PRIu64, value);
}

static void add_row(struct table *t, const struct listing *l, const struct ipcx_stat *stat)
{
	char *owner = user_name(stat->uid);

	table_add(t, "%s", kind_name(stat));
	table_add(t, "%" PRIu64, (uint64_t)stat->id);
	table_add(t, "%s", (stat->state & IPCX_STAT_NAMED) ? stat->name : "-");
	table_add(t, "%s", owner);
	table_add(t, "%04o", stat->mode);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (is_shown(l, &numbers[i]))
			add_number(t, stat, &numbers[i]);
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
	l->objects = check_alloc(reallocarray(l->objects, l->count + 1, sizeof(*stat)));
	l->objects[l->count++] = *stat;
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
	struct column columns[TABLE_COLUMNS];
	size_t count = ARRAY_SIZE(words);
	struct table table;

	memcpy(columns, words, sizeof(words));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (is_shown(l, &numbers[i]))
			columns[count++] = (struct column){ numbers[i].title, true };
	table_init(&table, columns, count);
	for (size_t i = 0; i < l->count; i++)
		add_row(&table, l, &l->objects[i]);
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
	struct listing l = { 0 };
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
