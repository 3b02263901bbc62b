// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx subscribe */
#include "recv.h"

struct args {
	struct recv_args recv;
	struct dest group;
	unsigned int lag;
};

enum { KEY_LAG = 0x100 };

static const struct argp_option options[] = {
	{ "lag", KEY_LAG, "WHAT", 0,
	  "What to lose where there is no room: 'newest' (default), 'oldest', or nothing: 'block' makes senders wait, where the group allows it",
	  0 },
	{ "max-msgs", KEY_MAX_MSGS, "N", 0, "Room for N messages (default: 1024)", 0 },
	{ "max-bytes", KEY_MAX_BYTES, "SIZE", 0,
	  "Room for payloads (default: 1M, or one message where that is more)", 0 },
	{ "count", 'c', "N", 0, "End after N messages", 0 },
	{ "timeout", 'T', "TIME", 0, "Wait for TIME at most for each message", 0 },
	{ "lines", 'l', 0, 0, "End each payload with a newline", 0 },
	{ "adaptive", KEY_ADAPTIVE, 0, 0, "Spin a little before sleeping", 0 },
	{ 0 }
};

static unsigned int lag_arg(struct argp_state *state, const char *arg)
{
	static const char *const lags[] = {
		[IPCX_LAG_DROP_NEWEST] = "newest",
		[IPCX_LAG_DROP_OLDEST] = "oldest",
		[IPCX_LAG_BLOCK] = "block",
	};

	return word_arg(state, "lag", arg, lags, ARRAY_SIZE(lags));
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case KEY_LAG:
		args->lag = lag_arg(state, arg);
		return 0;
	case 'c':
		args->recv.count = count_arg(state, "count", arg);
		return 0;
	case 'T':
		timeout_arg(state, arg, &args->recv.patience);
		return 0;
	case 'l':
		args->recv.lines = true;
		return 0;
	case KEY_ADAPTIVE:
		args->recv.adaptive = true;
		return 0;
	case ARGP_KEY_ARG:
		if (args->group.text)
			argp_usage(state);
		dest_arg(state, arg, &args->group);
		args->recv.name = args->group.text;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return birth_option(key, arg, state, &args->recv.birth);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME\nPORT",
	.doc = "Subscribe to a group and write its messages to standard output.\v"
	       "Messages are those that are sent from now on ('ipcx publish'). They wait in a\n"
	       "mailbox of this command's own: who reads slowly keeps room, and loses messages\n"
	       "when there is none left; how many is said on standard error.\n"
	       "Ends with status 0 when the group ends, and when interrupted, as 'ipcx recv\n"
	       "--follow'.\n"
	       "TIME is in seconds, or has a unit: ns, us, ms, s, m, h.\n"
	       "With --json: one object a line with type, priority, cookie, seq, the sender\n"
	       "(sender, pid, tid, uid, gid), group (its port), lost (messages that were lost\n"
	       "just before this one), end (false), size and payload; when the group ends, a\n"
	       "last one with group, lost, and end (true).\n"
	       "\n"
	       "Exit status 3: nothing came (--timeout).\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx subscribe /news --lines\n"
	       "  ipcx subscribe /news --count=1 --timeout=10 || echo no news\n"
	       "  ipcx subscribe /prices --lag=oldest --max-msgs=10    the latest count\n"
	       "  ipcx subscribe /news --json | jq 'select(.lost > 0)'\n",
};

static int open_group(struct ipcx_mbox **group, const struct dest *dest)
{
	if (dest->is_port)
		return ipcx_mbox_open_port(group, tool.dev, dest->port, IPCX_OPEN_SUBSCRIBE);
	return ipcx_mbox_open(group, tool.dev, dest->text, IPCX_OPEN_SUBSCRIBE);
}

/* A mailbox that any message of the group fits into. */
static int make_home(struct ipcx_mbox **home, const struct ipcx_mbox *group, struct args *args)
{
	struct ipcx_stat stat;
	int err = ipcx_mbox_stat(group, &stat);

	if (err)
		return report(ACT_STAT, args->group.text, err);
	args->recv.birth.opts.max_msg_size = stat.max_msg_size;
	return make_mailbox(home, NULL, &args->recv.birth);
}

static int subscribe(struct args *args, const struct ipcx_mbox *group)
{
	struct recv_source from = { 0 };
	int err, status;

	status = make_home(&from.mbox, group, args);
	if (status)
		return status;
	err = ipcx_mbox_subscribe(group, from.mbox, args->lag);
	if (err)
		status = report(ACT_JOIN, args->group.text, err);
	else
		status = recv_run(&args->recv, &from);
	ipcx_mbox_close(from.mbox);
	return status;
}

int cmd_subscribe(int argc, char **argv)
{
	struct args args = {
		.recv = {
			.opts = { .sz = sizeof(args.recv.opts) },
			.follow = true,
			.birth = BIRTH_INIT,
		},
	};
	struct ipcx_mbox *group;
	int status, err;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	if (status)
		return status;
	err = open_group(&group, &args.group);
	if (err)
		return report(args.group.is_port && err == -ENOENT ? ACT_PORT : ACT_JOIN,
			      args.group.text, err);
	status = subscribe(&args, group);
	ipcx_mbox_close(group);
	return status;
}
