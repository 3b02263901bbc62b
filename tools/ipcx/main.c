// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx: look at, create, use and remove the objects of /dev/ipcx. */
#include <locale.h>

#include "tool.h"

struct tool tool = { .device = IPCX_DEV_PATH };

static const struct command commands[] = {
	{ "info", "what the module offers, its limits and your use of them", cmd_info },
	{ "ls", "list objects", cmd_ls },
	{ "stat", "everything about an object", cmd_stat },
	{ "create", "create a queue", cmd_create },
	{ "send", "send a message, from the command line or standard input", cmd_send },
	{ "recv", "receive messages, to standard output", cmd_recv },
	{ "call", "send a request to a mailbox and print the reply", cmd_call },
	{ "serve", "make a mailbox and answer its calls with a command", cmd_serve },
	{ "group", "make a group and hold it", cmd_group },
	{ "publish", "send a message to all that have subscribed to a group", cmd_publish },
	{ "subscribe", "receive a group's messages, to standard output", cmd_subscribe },
	{ "watch", "wait until a mailbox or a group is gone", cmd_watch },
	{ "ring", "create, use and look at shared rings", cmd_ring },
	{ "rm", "remove objects by name", cmd_rm },
};

static const char usage_line[] =
	"Usage: ipcx COMMAND [OPTION...] [ARGUMENT...]\n"
	"       ipcx COMMAND --help\n";

static const char main_tail[] =
	"\n"
	"Every command takes --json, for one line of JSON per result, and\n"
	"--device=PATH, for a device other than " IPCX_DEV_PATH ".\n"
	"\n"
	"Exit status:\n"
	"  0  success\n"
	"  1  failure\n"
	"  2  the command line is wrong\n"
	"  3  full or empty, and waiting was excluded; or it timed out\n"
	"  4  there is no object of that name or port\n"
	"  5  there is no device: the module is not loaded\n"
	"\n"
	"Examples:\n"
	"  ipcx create /jobs              make a queue\n"
	"  ipcx send /jobs 'hello'        put a message into it\n"
	"  ipcx recv /jobs                take it out again\n"
	"  ipcx ls                        see what there is\n"
	"  ipcx rm /jobs                  remove the queue\n"
	"  ipcx serve /upper -- tr a-z A-Z  answer calls\n"
	"  ipcx call /upper 'hello'       make one, from elsewhere\n"
	"  ipcx watch /upper              wait until it has ended\n"
	"  ipcx group /news               make a group\n"
	"  ipcx subscribe /news --lines   receive what is sent to it, here and elsewhere\n"
	"  ipcx publish /news 'hello'     send to all of them\n"
	"  ipcx ring create /log          make a shared ring\n"
	"  ipcx ring consume /log --lines   read what is written to it, to the end\n"
	"  ipcx ring produce /log --lines <log.txt  write it, from elsewhere\n";

void print_commands(const struct command *list, size_t count)
{
	fputs("\nCommands:\n", stdout);
	for (size_t i = 0; i < count; i++)
		printf("  %-9s %s\n", list[i].name, list[i].what);
}

static void print_help(void)
{
	fputs(usage_line, stdout);
	fputs("Messages between processes through the objects of " IPCX_DEV_PATH ".\n", stdout);
	print_commands(commands, ARRAY_SIZE(commands));
	fputs(main_tail, stdout);
}

/* ---- options that all subcommands have ---- */

enum { KEY_JSON = 0x1000, KEY_DEVICE };

static const struct argp_option common_options[] = {
	{ 0, 0, 0, 0, "Common options:", -2 },
	{ "json", KEY_JSON, 0, 0, "Print JSON", 0 },
	{ "device", KEY_DEVICE, "PATH", 0, "Use this device (default: " IPCX_DEV_PATH ")", 0 },
	{ 0, 'h', 0, OPTION_HIDDEN, 0, 0 },
	{ 0 }
};

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case KEY_JSON:
		tool.json = true;
		return 0;
	case KEY_DEVICE:
		tool.device = arg;
		return 0;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp common_argp = { .options = common_options, .parser = parse_common };

static void parse_line(const struct argp *argp, int argc, char **argv, unsigned int flags,
		       void *input)
{
	const struct argp_child children[] = { { &common_argp, 0, NULL, -2 }, { 0 } };
	struct argp with_common = *argp;
	error_t err;

	with_common.children = children;
	err = argp_parse(&with_common, argc, argv, flags, NULL, input);
	if (err) {
		fprintf(stderr, "ipcx: %s\n", strerror(err));
		exit(EXIT_FAILURE);
	}
}

void parse_args(const struct argp *argp, int argc, char **argv, void *input)
{
	parse_line(argp, argc, argv, 0, input);
}

void parse_args_in_order(const struct argp *argp, int argc, char **argv, void *input)
{
	parse_line(argp, argc, argv, ARGP_IN_ORDER, input);
}

int open_device(void)
{
	IPCX_OPTS(ipcx_dev_opts, opts);
	int err;

	opts.path = tool.device;
	err = ipcx_dev_open(&tool.dev, &opts);
	return err ? report(ACT_DEVICE, tool.device, err) : 0;
}

int run_subcommand(const struct command *list, size_t count, const char *whose, int argc,
		   char **argv)
{
	char *name;
	int status;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(argv[0], list[i].name) != 0)
			continue;
		/* What argp's usage and error lines are to begin with. */
		name = format_text("%s %s", whose, argv[0]);
		argv[0] = name;
		status = list[i].run(argc, argv);
		free(name);
		return status;
	}
	fprintf(stderr, "%s: unknown command '%s'\nTry '%s --help'.\n", whose, argv[0], whose);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static char version[32];
	int status;

	setlocale(LC_CTYPE, "");
	snprintf(version, sizeof(version), "ipcx %s", ipcx_version());
	argp_program_version = version;
	argp_err_exit_status = EXIT_USAGE;
	/* Its note on mandatory arguments of short options helps nobody. */
	setenv("ARGP_HELP_FMT", "no-dup-args-note", 0);

	if (argc < 2) {
		fputs(usage_line, stderr);
		fputs("Try 'ipcx --help'.\n", stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help();
		return finish_stdout(EXIT_SUCCESS);
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts(version);
		return finish_stdout(EXIT_SUCCESS);
	}
	status = run_subcommand(commands, ARRAY_SIZE(commands), "ipcx", argc - 1, argv + 1);
	status = finish_stdout(status);
	ipcx_dev_close(tool.dev);
	return status;
}
