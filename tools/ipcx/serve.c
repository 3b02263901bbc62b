// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx serve: the command line */
#include "serve.h"

static const struct argp_option options[] = {
	{ "mode", 'm', "MODE", 0,
	  "The mailbox's permission bits in octal, whatever the umask: w to send, r to list (default: 0600)",
	  0 },
	{ "max-msg-size", KEY_MAX_MSG_SIZE, "SIZE", 0,
	  "Largest payload of a request and of a reply (default: 64K)", 0 },
	{ "files", KEY_FILES, 0, 0, "Let messages carry files, which CMD has as 3, 4, ...", 0 },
	{ "spin", KEY_SPIN, "TIME", 0,
	  "How long callers that ask for it may spin at most, up to 10ms (default: the module's)", 0 },
	{ "count", 'c', "N", 0, "End after N messages", 0 },
	{ 0 }
};

/* The rest of the line is the command, whatever it looks like. */
static void take_command(struct argp_state *state)
{
	struct serve_args *args = state->input;

	args->command = &state->argv[state->next - 1];
	state->next = state->argc;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct serve_args *args = state->input;

	switch (key) {
	case KEY_FILES:
		args->files = true;
		args->birth.opts.flags |= IPCX_MBOX_FILES;
		return 0;
	case 'c':
		args->count = count_arg(state, "count", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (args->name)
			take_command(state);
		else
			args->name = name_arg(state, arg);
		return 0;
	case ARGP_KEY_END:
		if (!args->command)
			argp_usage(state);
		return 0;
	default:
		return birth_option(key, arg, state, &args->birth);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME -- CMD [ARG...]",
	.doc = "Make the mailbox NAME, and answer each call to it with the standard output of CMD.\v"
	       "CMD runs once for each message, one after the other, with the payload as its\n"
	       "standard input and, in its environment, who sent it, as the kernel says:\n"
	       "IPCX_SENDER_PID, IPCX_SENDER_UID, IPCX_SENDER_GID, IPCX_SENDER_PORT (the\n"
	       "sender's own mailbox, or 0), and IPCX_TYPE, IPCX_COOKIE and IPCX_FILES (how\n"
	       "many files came: file descriptors 3, 4 and so on of CMD). A pid is 0 where it\n"
	       "is not visible here. Where CMD fails the call is discarded: its caller gets an\n"
	       "error. Messages that are not calls (ipcx send) run CMD, too; its output goes to\n"
	       "standard output.\n"
	       "Ends on Ctrl-C, SIGTERM and SIGHUP, which a running CMD gets, too, or after\n"
	       "--count. Then the mailbox is gone, and who waits for a reply gets an error.\n"
	       "With --json: a line for each message: sender, size, call (true or false), the\n"
	       "exit status of CMD or the signal that ended it, output, and replied.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx serve /upper -- tr a-z A-Z\n"
	       "  ipcx serve /date --mode=0622 -- date            all may call\n"
	       "  ipcx serve /words --files -- sh -c 'wc -w <&3'  of the file that comes along\n"
	       "  ipcx serve /whoami -- sh -c 'id -un $IPCX_SENDER_UID'\n",
};

int cmd_serve(int argc, char **argv)
{
	struct serve_args args = { .birth = BIRTH_INIT };
	struct ipcx_mbox *m;
	int status;

	parse_args_in_order(&argp, argc, argv, &args);
	status = open_device();
	if (!status)
		status = make_mailbox(&m, args.name, &args.birth);
	if (status)
		return status;
	status = serve_run(&args, m);
	ipcx_mbox_close(m);
	return status;
}
