// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx group */
#include "tool.h"

struct args {
	const char *name;
	struct birth birth;
};

enum { KEY_ALLOW_BLOCK = 0x100 };

static const struct argp_option options[] = {
	{ "mode", 'm', "MODE", 0,
	  "Permission bits in octal, whatever the umask: r to subscribe, w to send (default: 0600)", 0 },
	{ "max-msg-size", KEY_MAX_MSG_SIZE, "SIZE", 0, "Largest payload (default: 64K)", 0 },
	{ "allow-block", KEY_ALLOW_BLOCK, 0, 0,
	  "Let subscribers hold senders up (subscribe --lag=block)", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;
	error_t err;

	switch (key) {
	case KEY_ALLOW_BLOCK:
		args->birth.opts.flags |= IPCX_MBOX_GROUP_BLOCK;
		return 0;
	default:
		err = birth_option(key, arg, state, &args->birth);
		return err ? name_option(key, arg, state, &args->name) : 0;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME",
	.doc = "Make the group NAME and hold it until interrupted.\v"
	       "Who sends to a group ('ipcx publish') reaches all that have subscribed to it\n"
	       "('ipcx subscribe'). It ends on Ctrl-C, SIGTERM and SIGHUP; its subscribers are\n"
	       "told then.\n"
	       "With --json: at its begin, what 'ipcx stat --json' prints.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx group /news\n"
	       "  ipcx group /news --mode=0644          all may subscribe, the owner sends\n"
	       "  ipcx group /chat --mode=0666          all may do both\n",
};

static int hold(const struct args *args, const struct ipcx_mbox *m)
{
	struct ipcx_stat stat;
	int err = stop_setup(ipcx_mbox_fd(m));

	if (!err)
		err = ipcx_mbox_stat(m, &stat);
	if (!err && tool.json)
		err = write_json(stat_json(&stat));
	if (err)
		return report(ACT_SERVE, args->name, err);
	stop_wait();
	return EXIT_SUCCESS;
}

int cmd_group(int argc, char **argv)
{
	struct args args = { .birth = BIRTH_INIT };
	struct ipcx_mbox *m;
	int status;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	if (status)
		return status;
	args.birth.opts.flags |= IPCX_MBOX_GROUP;
	status = make_mailbox(&m, args.name, &args.birth);
	if (status)
		return status;
	status = hold(&args, m);
	ipcx_mbox_close(m);
	return status;
}
