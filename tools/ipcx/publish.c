// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx publish */
#include <time.h>

#include "send.h"

#define LOOK_AGAIN_NS 20000000

struct args {
	struct send_args send;
	bool make;
	uint64_t members;		/* to wait for */
	struct birth birth;		/* with make */
};

enum { KEY_MAKE = 0x100, KEY_WAIT, KEY_ALLOW_BLOCK };

static const struct argp_option options[] = {
	{ "type", 't', "N", 0, "Type, for selective receive: 0 to 2^64-1 (default: 0)", 1 },
	{ "priority", 'p', "N", 0, "Priority, high first: 0 to 32767 (default: 0)", 1 },
	{ "cookie", KEY_COOKIE, "N", 0, "A number for the subscribers: 0 to 2^64-1 (default: 0)", 1 },
	{ "lines", 'l', 0, 0, "Send each line of standard input as a message, as it comes", 1 },
	{ "wait", KEY_WAIT, "N", 0, "Wait until N mailboxes have subscribed", 1 },
	{ "timeout", 'T', "TIME", 0,
	  "For a subscriber that holds the group up, and with --wait, wait for TIME at most", 1 },
	{ "nonblock", 'n', 0, 0, "Do not wait for a subscriber that holds the group up", 1 },
	{ 0, 0, 0, 0, "Making the group:", 2 },
	{ "make", KEY_MAKE, 0, 0, "Make the group NAME; it ends with this program", 2 },
	{ "mode", 'm', "MODE", 0,
	  "Its permission bits in octal, whatever the umask: r to subscribe, w to send (default: 0600)", 2 },
	{ "max-msg-size", KEY_MAX_MSG_SIZE, "SIZE", 0, "Its largest payload (default: 64K)", 2 },
	{ "allow-block", KEY_ALLOW_BLOCK, 0, 0,
	  "Let subscribers hold senders up (subscribe --lag=block)", 2 },
	{ 0 }
};

static void check_args(struct argp_state *state, const struct args *args)
{
	send_check(state, &args->send);
	if (args->make && args->send.dest.is_port)
		argp_error(state, "--make: '%s' is not a name, which begins with '/'",
			   args->send.dest.text);
	if (!args->make && birth_given(&args->birth))
		argp_error(state, "--mode, --max-msg-size and --allow-block are for making a group (--make)");
	if (args->members && args->send.patience.nonblock)
		argp_error(state, "--wait waits: not with --nonblock");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;
	error_t err;

	switch (key) {
	case KEY_MAKE:
		args->make = true;
		return 0;
	case KEY_WAIT:
		args->members = count_arg(state, "wait", arg);
		return 0;
	case KEY_ALLOW_BLOCK:
		args->birth.opts.flags |= IPCX_MBOX_GROUP_BLOCK;
		return 0;
	case ARGP_KEY_END:
		check_args(state, args);
		return 0;
	default:
		err = send_option(key, arg, state, &args->send);
		return err ? birth_option(key, arg, state, &args->birth) : 0;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME [MESSAGE]\nPORT [MESSAGE]",
	.doc = "Send MESSAGE to all that have subscribed to a group, or what standard input gives up to its end.\v"
	       "The group is one that exists ('ipcx group' holds one), or with --make one that\n"
	       "lasts as long as this command. Who subscribes later gets later messages. A\n"
	       "subscriber that has no room loses messages and is told how many; only those\n"
	       "with --lag=block, which the group has to allow, are waited for.\n"
	       "TIME is in seconds, or has a unit: ns, us, ms, s, m, h; with --lines it counts\n"
	       "for each message.\n"
	       "With --json: the messages and bytes that were sent, and the members then.\n"
	       "\n"
	       "Exit status 3: a subscriber had no room (--nonblock), or still none\n"
	       "(--timeout), and nobody got the message; or too few have subscribed.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx publish /news 'dinner is ready'\n"
	       "  tail -f log | ipcx publish --make /log --mode=0644 --lines\n"
	       "  seq 10 | ipcx publish --make /numbers --wait=2 --lines\n",
};

/* Nothing tells of subscribers that come: look now and then. */
static int wait_for_members(const struct args *args, const struct ipcx_mbox *m)
{
	const struct timespec pause = { .tv_nsec = LOOK_AGAIN_NS };
	const struct patience *p = &args->send.patience;
	int64_t end = p->has_timeout ? ipcx_deadline_after(CLOCK_MONOTONIC, p->timeout_ns) :
				       INT64_MAX;
	struct ipcx_stat stat;

	for (;;) {
		int err = ipcx_mbox_stat(m, &stat);

		if (err)
			return report(ACT_STAT, args->send.dest.text, err);
		if (stat.members >= args->members)
			return EXIT_SUCCESS;
		if (ipcx_deadline_after(CLOCK_MONOTONIC, 0) >= end) {
			report_hint(args->send.dest.text, -ETIMEDOUT,
				    "too few have subscribed: %llu of %llu",
				    (unsigned long long)stat.members,
				    (unsigned long long)args->members);
			return EXIT_AGAIN;
		}
		nanosleep(&pause, NULL);
	}
}

static int open_group(struct ipcx_mbox **m, const struct dest *dest)
{
	struct ipcx_stat stat;
	int err = open_mailbox(m, dest);

	if (!err)
		err = ipcx_mbox_stat(*m, &stat);
	if (!err && !(stat.state & IPCX_STAT_GROUP))
		err = -EOPNOTSUPP;
	if (!err)
		return EXIT_SUCCESS;
	return report(dest->is_port && err == -ENOENT ? ACT_PORT : ACT_GROUP, dest->text, err);
}

static int publish(const struct args *args, struct sender *s)
{
	struct ipcx_stat stat;
	int status = EXIT_SUCCESS;
	json_t *obj;

	if (args->members)
		status = wait_for_members(args, s->mbox);
	if (!status)
		status = send_run(s);
	if (!tool.json || ipcx_mbox_stat(s->mbox, &stat))
		return status;
	obj = sent_json(s);
	json_set_u64(obj, "members", stat.members);
	json_print(obj);
	return status;
}

int cmd_publish(int argc, char **argv)
{
	struct args args = { .birth = BIRTH_INIT };
	struct sender s = { .args = &args.send };
	int status;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	if (status)
		return status;
	args.birth.opts.flags |= IPCX_MBOX_GROUP;
	args.birth.rights = IPCX_OPEN_WRITE;
	if (args.make)
		status = make_mailbox(&s.mbox, args.send.dest.text, &args.birth);
	else
		status = open_group(&s.mbox, &args.send.dest);
	if (!status)
		status = publish(&args, &s);
	ipcx_mbox_close(s.mbox);
	return status;
}
