// SPDX-License-Identifier: LGPL-2.1-or-later
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"
#include "trace.h"

/* A year and more. */
#define SECONDS_MAX	1e8

#define INTERVAL	1.0

enum {
	OPT_JSON = 256,
	OPT_PIN,
};

/* Of both commands. */
static const struct argp_option whom[] = {
	{ "pid", 'p', "PID,...", 0,
	  "Follow these processes, and the children they make from now on; may be repeated", 1 },
	{ "all", 'a', NULL, 0, "Follow all processes but this one", 1 },
	{ "duration", 'd', "SECONDS", 0,
	  "Stop after so long (default: when what is followed has ended, or at Ctrl-C)", 1 },
	{ 0 }
};

static const struct argp_option copies_only[] = {
	{ "json", OPT_JSON, NULL, 0, "Print JSON", 2 },
	{ "pin", OPT_PIN, "DIR", 0,
	  "Leave programs and maps in DIR, a new folder below /sys/fs/bpf, where they go on counting until it is removed", 2 },
	{ 0 }
};

static const struct argp_option top_only[] = {
	{ "interval", 'i', "SECONDS", 0, "Time between two looks (default: 1)", 2 },
	{ "sort", 's', "WHAT", 0,
	  "Order of rows, largest first: bytes (default), calls, messages, passes, arguments, copying, blocking", 2 },
	{ 0 }
};

#define SEEN								\
	"Copies are seen where the module ipcx_probe is loaded; without it there are "	\
	"estimates. Needs root (CAP_BPF and CAP_PERFMON).\n\n"

#define STATUS								\
	"Exit status: 0, or that of CMD; 1: something went wrong; 2: wrong usage; 3: this "	\
	"kernel or this user cannot trace."

static const char copies_doc[] =
	"What the kernel copies between user memory and its own, by mechanism."
	"\v"
	"Examples:\n"
	"  ipcx-trace copies -- sh -c 'seq 10000 | wc -l'   a command and its children\n"
	"  ipcx-trace copies -p 4711 -d 10                  a process, for ten seconds\n"
	"  ipcx-trace copies -a --json                      everything, until Ctrl-C\n"
	"\n"
	SEEN STATUS;

static const char top_doc[] =
	"What the kernel copies, again and again: on a terminal in place, with keys for the order of rows, else as lines. Default: of all processes."
	"\v"
	"Examples:\n"
	"  ipcx-trace top                         everything, until q\n"
	"  ipcx-trace top -p 4711 -s copying      a process, where most time goes to copies first\n"
	"  ipcx-trace top -a -i 10 | tee log      for a file\n"
	"\n"
	SEEN STATUS;

static const struct argp_option anatomy_only[] = {
	{ "duration", 'd', "SECONDS", 0,
	  "Stop after so long (default: when the object vanishes, CMD has ended, or at Ctrl-C)", 1 },
	{ "json", OPT_JSON, NULL, 0, "Print JSON", 2 },
	{ "pin", OPT_PIN, "DIR", 0,
	  "Leave programs and maps in DIR, a new folder below /sys/fs/bpf, where they go on counting until it is removed", 2 },
	{ 0 }
};

static const char anatomy_doc[] =
	"The stages of the messages of one queue or mailbox of ipcx, from the sender's copy to the receiver's: a table, and a bar of their shares."
	"\v"
	"NAME has its slash; an ID is a number that 'ipcx ls' shows. All messages of the object count that are sent and received meanwhile, whoever does that.\n"
	"\n"
	"Examples:\n"
	"  ipcx-trace anatomy /jobs                      a queue, until Ctrl-C\n"
	"  ipcx-trace anatomy /jobs -d 10 --json         for ten seconds\n"
	"  ipcx-trace anatomy 7 -- make test             by its ID, while a command runs\n"
	"\n"
	"Needs root (CAP_BPF and CAP_PERFMON). While it looks each message is stamped, which takes it a clock read in each stage.\n"
	"\n"
	"Exit status: 0, or that of CMD; 1: something went wrong, or no message was seen; 2: wrong usage; 3: this kernel or this user cannot trace.";

static void add_pid(struct argp_state *state, struct options *options, const char *text)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || *end || end == text || pid <= 0 || pid != (pid_t)pid)
		argp_error(state, "-p: not a process id: '%s'", text);
	options->pids = reallocarray(options->pids, options->pid_count + 1, sizeof(pid_t));
	if (!options->pids)
		argp_failure(state, EXIT_BAD, ENOMEM, "-p");
	options->pids[options->pid_count++] = (pid_t)pid;
}

static void add_pids(struct argp_state *state, struct options *options, const char *arg)
{
	char *list = strdup(arg), *rest = list, *word;

	if (!list)
		argp_failure(state, EXIT_BAD, ENOMEM, "-p");
	while ((word = strsep(&rest, ",")))
		add_pid(state, options, word);
	free(list);
}

static double seconds(struct argp_state *state, const char *option, const char *arg)
{
	char *end;
	double value = strtod(arg, &end);

	if (*end || end == arg || !(value > 0) || value > SECONDS_MAX)
		argp_error(state, "%s: not a time in seconds: '%s'", option, arg);
	return value;
}

static void check(struct argp_state *state, struct options *options)
{
	int ways = (options->pid_count > 0) + options->all + (options->command != NULL);

	/* top follows all where nothing else is said. */
	if (ways == 0 && options->interval > 0)
		options->all = true;
	else if (ways == 0)
		argp_error(state, "whom to follow? -p PID, -a, or -- CMD");
	if (ways > 1)
		argp_error(state, "-p, -a and -- CMD exclude each other");
}

static error_t parse_whom(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'p':
		add_pids(state, options, arg);
		return 0;
	case 'a':
		options->all = true;
		return 0;
	case 'd':
		options->seconds = seconds(state, "-d", arg);
		return 0;
	case ARGP_KEY_ARGS:
		options->command = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		check(state, options);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_copies(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		return 0;
	case OPT_JSON:
		options->json = true;
		return 0;
	case OPT_PIN:
		options->pin = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_top(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = options;
		return 0;
	case 'i':
		options->interval = seconds(state, "-i", arg);
		return 0;
	case 's':
		options->order = top_order(arg);
		if (options->order < 0)
			argp_error(state, "-s: no such order: '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The object, and behind -- the command. */
static void set_command(struct argp_state *state, struct options *options)
{
	if (!state->quoted)
		argp_error(state, "one object only; a command comes behind '--'");
	options->command = state->argv + state->next;
}

static error_t set_object(struct argp_state *state, struct options *options, const char *arg)
{
	if (options->object || state->quoted)
		return ARGP_ERR_UNKNOWN;
	if (!object_is_given(arg))
		argp_error(state, "'%s' is neither a name, which begins with '/', nor an ID", arg);
	options->object = arg;
	return 0;
}

static error_t parse_anatomy(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'd':
		options->seconds = seconds(state, "-d", arg);
		return 0;
	case OPT_JSON:
		options->json = true;
		return 0;
	case OPT_PIN:
		options->pin = arg;
		return 0;
	case ARGP_KEY_ARG:
		return set_object(state, options, arg);
	case ARGP_KEY_ARGS:
		set_command(state, options);
		return 0;
	case ARGP_KEY_END:
		if (!options->object)
			argp_error(state, "which object? NAME or ID: 'ipcx ls' lists them");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp whom_argp = { whom, parse_whom, NULL, NULL, NULL, NULL, NULL };

static const struct argp_child children[] = {
	{ &whom_argp, 0, NULL, 0 },
	{ 0 }
};

void options_parse(int argc, char **argv, struct options *options)
{
	static const struct argp argp = {
		copies_only, parse_copies, "[-- CMD [ARG...]]", copies_doc, children, NULL, NULL
	};

	*options = (struct options){ 0 };
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, options);
}

void options_parse_top(int argc, char **argv, struct options *options)
{
	static const struct argp argp = {
		top_only, parse_top, "[-- CMD [ARG...]]", top_doc, children, NULL, NULL
	};

	*options = (struct options){ .interval = INTERVAL };
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, options);
}

void options_parse_anatomy(int argc, char **argv, struct options *options)
{
	static const struct argp argp = {
		anatomy_only, parse_anatomy, "NAME|ID [-- CMD [ARG...]]", anatomy_doc, NULL, NULL,
		NULL
	};

	*options = (struct options){ 0 };
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, options);
}
