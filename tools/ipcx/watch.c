// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx watch */
#include "tool.h"

struct args {
	struct dest *dests;
	size_t count;
	bool any;
	struct patience patience;
};

/* Whose deaths are waited for, and where the notices come. */
struct watcher {
	const struct args *args;
	struct ipcx_mbox **targets;	/* NULL: dead already */
	struct ipcx_mbox *home;
	size_t alive;
};

static const struct argp_option options[] = {
	{ "any", 'a', 0, 0, "End with the first of them, not with the last", 0 },
	{ "timeout", 'T', "TIME", 0, "Wait for TIME at most (default: for ever)", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case 'a':
		args->any = true;
		return 0;
	case 'T':
		timeout_arg(state, arg, &args->patience);
		return 0;
	case ARGP_KEY_ARG:
		dest_arg(state, arg, &args->dests[args->count++]);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "NAME...\nPORT...",
	.doc = "Wait until mailboxes and groups are dead, and say which died.\v"
	       "A mailbox dies when its receiver ends, or closes it; a group when its holder\n"
	       "does. Needs permission to send to it.\n"
	       "TIME is in seconds, or has a unit: ns, us, ms, s, m, h.\n"
	       "With --json: one line for each with its port and, where it was given by name,\n"
	       "that.\n"
	       "\n"
	       "Exit status 3: one is still there (--timeout).\n"
	       "Exit status 4: there is no such mailbox now.\n"
	       "\n"
	       "Examples:\n"
	       "  ipcx watch /upper && echo the service has ended\n"
	       "  ipcx watch --timeout=10 /upper || echo it runs\n"
	       "  ipcx watch --any /one /two\n",
};

static int tell(const struct watcher *w, size_t i)
{
	const struct dest *dest = &w->args->dests[i];
	json_t *obj;
	char *text;

	if (!tool.json) {
		text = printable(dest->text);
		printf("%s: gone\n", text);
		free(text);
	} else {
		obj = check_alloc(json_object());
		if (!dest->is_port)
			json_set_bytes(obj, "name", dest->text, strlen(dest->text));
		json_set_u64(obj, "port", ipcx_mbox_port(w->targets[i]));
		json_print(obj);
	}
	/* At once: who reads this waits for it. */
	return finish_stdout(EXIT_SUCCESS);
}

static int bury(struct watcher *w, size_t i)
{
	int status = tell(w, i);

	ipcx_mbox_close(w->targets[i]);
	w->targets[i] = NULL;
	w->alive--;
	return status;
}

/* The right to send is kept open: by it the kernel knows that we may be told. */
static int watch_one(struct watcher *w, size_t i)
{
	const struct dest *dest = &w->args->dests[i];
	int err = open_mailbox(&w->targets[i], dest);

	if (err)
		return report(open_action(dest), dest->text, err);
	w->alive++;
	err = ipcx_mbox_watch(w->targets[i], w->home, i);
	/* It died since we opened it. */
	if (err == -EPIPE)
		return bury(w, i);
	return err ? report(ACT_WATCH, dest->text, err) : EXIT_SUCCESS;
}

static int watch_all(struct watcher *w)
{
	int status = EXIT_SUCCESS;

	for (size_t i = 0; !status && i < w->args->count; i++)
		status = watch_one(w, i);
	return status;
}

static size_t first_alive(const struct watcher *w)
{
	size_t i = 0;

	while (!w->targets[i])
		i++;
	return i;
}

/* Until the last of them, or with --any until one. */
static int wait_for_deaths(struct watcher *w)
{
	size_t enough = w->args->any ? w->args->count - 1 : 0;
	IPCX_OPTS(ipcx_recv_opts, opts);
	int status = EXIT_SUCCESS;

	begin_waiting(&w->args->patience, &opts.flags, &opts.clock, &opts.deadline_ns);
	while (!status && w->alive > enough) {
		struct ipcx_mbox_recv notice;
		int ret;

		ipcx_mbox_recv_init(&notice, NULL, 0);
		ret = ipcx_mbox_recv_msgs(w->home, &notice, 1, &opts);
		if (ret < 0)
			status = report(ACT_WATCH, w->args->dests[first_alive(w)].text, ret);
		else
			status = bury(w, notice.cookie);
	}
	return status;
}

static int watch(struct watcher *w)
{
	const struct birth birth = BIRTH_INIT;
	int status = make_mailbox(&w->home, NULL, &birth);

	if (!status)
		status = watch_all(w);
	if (!status)
		status = wait_for_deaths(w);
	for (size_t i = 0; i < w->args->count; i++)
		ipcx_mbox_close(w->targets[i]);
	ipcx_mbox_close(w->home);
	return status;
}

int cmd_watch(int argc, char **argv)
{
	struct args args = { .dests = check_alloc(calloc(argc, sizeof(struct dest))) };
	struct watcher w = { .args = &args };
	int status;

	parse_args(&argp, argc, argv, &args);
	status = open_device();
	if (!status) {
		w.targets = check_alloc(calloc(args.count, sizeof(struct ipcx_mbox *)));
		status = watch(&w);
		free(w.targets);
	}
	free(args.dests);
	return status;
}
