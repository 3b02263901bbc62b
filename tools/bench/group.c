// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx-bench group: what one send to a group of mailboxes costs against a send to each.
 *
 * One process sends and, outside what is measured, receives: no subscriber sleeps, and
 * nothing but the sends is in the figures. Every subscriber's payload is checked.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipcx/ipcx.h>

#include "commands.h"
#include "env.h"
#include "json.h"
#include "list.h"
#include "measure.h"
#include "pin.h"
#include "signals.h"
#include "size.h"
#include "stats.h"

#define MEMBERS_MAX	4096
#define WARM_UP		8
#define SENDS		8	/* in each of BLOCKS */

struct group {
	struct number_list members;
	size_t size;
	const char *json;
};

/**
 * struct place - A group with its subscribers.
 * @dev: the device
 * @group: the group
 * @member: the subscribers
 * @count: how many
 * @size: bytes of payload
 * @out: payload to send
 * @in: room to receive
 */
struct place {
	struct ipcx_dev *dev;
	struct ipcx_mbox *group;
	struct ipcx_mbox **member;
	unsigned int count;
	size_t size;
	unsigned char *out;
	unsigned char *in;
};

static const struct argp_option arguments[] = {
	{ "members", 'n', "N,...", 0, "Subscribers (default: 1,4,16)", 1 },
	{ "size", 's', "SIZE", 0, "Payload (default: 4K)", 1 },
	{ "json", 'j', "FILE", 0, "Write the results to FILE too", 2 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct group *group = state->input;
	int err = 0;

	switch (key) {
	case 'n':
		err = list_parse(arg, list_take_number, &group->members);
		break;
	case 's':
		err = size_parse(arg, &group->size);
		break;
	case 'j':
		group->json = arg;
		break;
	case ARGP_KEY_END:
		if (!group->members.count)
			list_parse("1,4,16", list_take_number, &group->members);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	if (err)
		argp_error(state, "not understood, or too many: '%s'", arg);
	return 0;
}

static void place_free(struct place *place)
{
	unsigned int i;

	for (i = 0; i < place->count; i++)
		ipcx_mbox_close(place->member[i]);
	ipcx_mbox_close(place->group);
	ipcx_dev_close(place->dev);
	free(place->member);
	free(place->out);
	free(place->in);
}

static int add_member(struct place *place)
{
	struct ipcx_mbox **member = &place->member[place->count];
	IPCX_OPTS(ipcx_mbox_opts, opts);
	int err;

	opts.max_msg_size = place->size + !place->size;
	err = ipcx_mbox_create(member, place->dev, NULL, IPCX_OPEN_WRITE, &opts);
	if (err)
		return err;
	place->count++;
	return ipcx_mbox_subscribe_port(place->dev, ipcx_mbox_port(place->group), *member,
					IPCX_LAG_DROP_NEWEST);
}

static int place_init(struct place *place, unsigned int members, size_t size)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);
	int err;

	opts.flags = IPCX_MBOX_GROUP | IPCX_MBOX_ADDRESSABLE;
	opts.max_msg_size = size + !size;
	*place = (struct place){ .size = size };
	place->member = calloc(members, sizeof(*place->member));
	place->out = malloc(size + 1);
	place->in = malloc(size + 1);
	if (!place->member || !place->out || !place->in)
		return -ENOMEM;
	memset(place->out, 0x5a, size);
	err = ipcx_dev_open(&place->dev, NULL);
	if (!err)
		err = ipcx_mbox_create(&place->group, place->dev, NULL, IPCX_OPEN_WRITE, &opts);
	while (!err && place->count < members)
		err = add_member(place);
	return err;
}

static int drain(struct place *place)
{
	ssize_t len;
	unsigned int i;

	for (i = 0; i < place->count; i++) {
		memset(place->in, 0, place->size);
		len = ipcx_mbox_recv(place->member[i], place->in, place->size, NULL);
		if (len < 0)
			return (int)len;
		if ((size_t)len != place->size || memcmp(place->in, place->out, place->size) != 0)
			return -ENOTRECOVERABLE;
	}
	return 0;
}

static int to_group(struct place *place)
{
	return ipcx_mbox_send(place->group, place->out, place->size);
}

static int to_each(struct place *place)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < place->count && !err; i++)
		err = ipcx_mbox_send(place->member[i], place->out, place->size);
	return err;
}

/* Cost of @sends sends, without their receipt. */
static int timed(struct place *place, int (*send)(struct place *), unsigned int sends,
		 double *cost)
{
	uint64_t start, sum = 0;
	unsigned int i;
	int err = 0;

	for (i = 0; i < sends && !err; i++) {
		start = clock_now();
		err = send(place);
		sum += clock_now() - start - clock_own_cost;
		if (!err)
			err = drain(place);
		if (!err && signals_stop())
			err = -EINTR;
	}
	*cost = (double)sum / sends;
	return err;
}

static int measure_way(struct place *place, int (*send)(struct place *), struct stats *stats)
{
	double values[BLOCKS];
	unsigned int i;
	int err = timed(place, send, WARM_UP, values);

	for (i = 0; i < BLOCKS && !err; i++)
		err = timed(place, send, SENDS, &values[i]);
	if (!err)
		*stats = stats_of(values, BLOCKS);
	return err;
}

static int measure_members(unsigned int members, size_t size, struct stats *group,
			   struct stats *each)
{
	struct place place;
	int err = place_init(&place, members, size);

	if (!err)
		err = measure_way(&place, to_each, each);
	if (!err)
		err = measure_way(&place, to_group, group);
	place_free(&place);
	return err;
}

static json_t *json_row(unsigned int members, size_t size, const struct stats *group,
			const struct stats *each)
{
	return json_pack("{s:s, s:s, s:I, s:i, s:i, s:f, s:f, s:f}", "transport", "ipcx-mbox",
			 "mode", "group", "size", (json_int_t)size, "batch", 1, "members",
			 (int)members, "figure", group->median, "separate", each->median,
			 "mad_percent", group->mad_percent);
}

static const char *reason(int err)
{
	return err == -ENOTRECOVERABLE ? "a subscriber received a wrong payload" : strerror(-err);
}

static int report(const struct group *g, json_t *env, json_t *rows)
{
	struct stats group, each;
	unsigned int i, measured = 0;
	int err;

	env_print(env);
	printf("\none send to a group, and a send to each of its members, nobody asleep; %zu bytes; %s\n",
	       g->size, clock_unit_name(clock_unit));
	printf("%8s %12s %6s %12s %6s %8s\n", "MEMBERS", "GROUP", "+-%", "EACH", "+-%", "RATIO");
	for (i = 0; i < g->members.count; i++) {
		err = measure_members(g->members.item[i], g->size, &group, &each);
		if (err == -EINTR)
			return EXIT_INTERRUPTED;
		if (err) {
			printf("%8u skipped: %s\n", g->members.item[i], reason(err));
			if (err == -ENOTRECOVERABLE)
				return EXIT_BAD;
			continue;
		}
		measured++;
		printf("%8u %12.1f %6.1f %12.1f %6.1f %8.3f\n", g->members.item[i], group.median,
		       group.mad_percent, each.median, each.mad_percent,
		       group.median / each.median);
		json_array_append_new(rows, json_row(g->members.item[i], g->size, &group, &each));
	}
	return measured ? EXIT_DONE : EXIT_NOTHING;
}

int command_group(int argc, char **argv)
{
	static const struct argp argp = {
		.options = arguments,
		.parser = parse,
		.doc = "Cost of one send to a group of mailboxes against a send to each."
		       "\vThe figures are medians; what the subscribers do to receive is not in them.",
	};
	struct group group = { .members = { .max = MEMBERS_MAX }, .size = 4096 };
	json_t *env, *rows = json_array();
	int status;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &group);
	clock_choose(clock_counts_instructions() ? CLOCK_INSTRUCTIONS : CLOCK_NS);
	pin_self(CPUS_SAME);
	env = env_collect();
	status = report(&group, env, rows);
	if (json_save("group", env, rows, group.json) < 0)
		status = EXIT_BAD;
	return status;
}
