// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx-trace: see trace.h for the parts. */
#include <argp.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <ipcx/version.h>

#include "trace.h"

#define STRING_OF(x)	#x
#define STRING(x)	STRING_OF(x)

const char *argp_program_version = PROGRAM " " STRING(IPCX_VERSION_MAJOR) "."
	STRING(IPCX_VERSION_MINOR) "." STRING(IPCX_VERSION_PATCH);

/* What a command calls itself in its messages must be writable, as argv is. */
static struct {
	const char *name;
	char title[32];
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "copies", PROGRAM " copies", command_copies, "what calls copy, by mechanism" },
	{ "top", PROGRAM " top", command_top, "the same, again and again" },
	{ "anatomy", PROGRAM " anatomy", command_anatomy,
	  "the stages of the messages of one queue or mailbox of ipcx" },
};

void say(const char *fmt, ...)
{
	va_list ap;

	fputs(PROGRAM ": ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static void usage(FILE *to)
{
	fputs("Usage: " PROGRAM " COMMAND [OPTION...]\n"
	      "What the kernel does with messages, and what it copies for them.\n\n", to);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].help);
	fputs("\n" PROGRAM " COMMAND --help has a command's options.\n", to);
}

int main(int argc, char **argv)
{
	/* Which characters of a name can be printed. */
	setlocale(LC_CTYPE, "");
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0) {
			argv[1] = commands[i].title;
			return commands[i].run(argc - 1, argv + 1);
		}
	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-?"))) {
		usage(stdout);
		return EXIT_DONE;
	}
	if (argc == 2 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		puts(argp_program_version);
		return EXIT_DONE;
	}
	usage(stderr);
	return EXIT_USAGE;
}
