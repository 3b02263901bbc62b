// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx-bench choose: the command; choose.h names the parts. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "choose.h"
#include "commands.h"
#include "json.h"
#include "size.h"

enum {
	OPT_PERSISTENCE = 256,
	OPT_WAIT,
	OPT_PREFER,
	OPT_ANYWHERE,
	OPT_LOSSY,
	/* One for each feature follows. */
	OPT_FEATURE,
};

/**
 * struct arguments - The command line.
 * @needs: what is asked for
 * @results: files
 * @result_count: how many
 * @json: say it as JSON
 * @verbose: also who is left out, and why
 */
struct arguments {
	struct needs needs;
	const char *results[FILES_MAX];
	unsigned int result_count;
	bool json;
	bool verbose;
};

static const struct argp_option others[] = {
	{ "size", 's', "SIZE", 0, "Bytes of a message, or 4K, 1M (default: 64)", 2 },
	{ "persistence", OPT_PERSISTENCE, "name|kernel|file", OPTION_ARG_OPTIONAL,
	  "What stays when no process has it: at least its name; messages until a restart (default); messages in a file", 2 },
	{ "wait", OPT_WAIT, "block|adaptive|spin", 0, "How both sides wait (default: block)", 2 },
	{ "prefer", OPT_PREFER, "latency|throughput|simplicity", 0,
	  "What to rank by (default: latency; from 64K on throughput)", 3 },
	{ "lossy", OPT_LOSSY, NULL, 0,
	  "Messages may be lost: who loses them is ranked by figures, too, not last", 3 },
	{ "results", 'r', "FILE", 0,
	  "Results of ipcx-bench --json to rank by; of several the newest that waited so (default: the newest in $XDG_STATE_HOME/ipcx or ~/.local/state/ipcx, or out/bench.json, or a sample)", 3 },
	{ "anywhere", OPT_ANYWHERE, NULL, 0, "Also what cannot be used on this machine now", 3 },
	{ "verbose", 'v', NULL, 0, "Also who is left out, and every reason", 4 },
	{ "json", 'j', NULL, 0, "The same for programs", 4 },
};

#define OTHERS	(sizeof(others) / sizeof(others[0]))

/* The features that can be asked for are those that are listed. */
static const struct argp_option *all_options(void)
{
	static struct argp_option options[FEATURE_COUNT + OTHERS + 1];
	enum feature_id id;

	for (id = 0; id < FEATURE_COUNT; id++) {
		options[id].name = features[id].key;
		options[id].key = OPT_FEATURE + (int)id;
		options[id].doc = features[id].text;
		options[id].group = 1;
	}
	memcpy(&options[FEATURE_COUNT], others, sizeof(others));
	return options;
}

static unsigned int word(struct argp_state *state, const char *text, const char *const *words,
			 unsigned int from, unsigned int count, const char *what)
{
	unsigned int i;

	for (i = from; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	argp_error(state, "%s: not known: '%s'; --help names them", what, text);
	return from;
}

static void take_size(struct argp_state *state, const char *text, struct needs *needs)
{
	if (size_parse(text, &needs->size) || needs->size > SIZE_LIMIT)
		argp_error(state, "--size: not a size up to 1G: '%s'", text);
	needs->sized = true;
}

static void take_results(struct argp_state *state, const char *path, struct arguments *arguments)
{
	if (arguments->result_count == FILES_MAX)
		argp_error(state, "--results: more than %d files", FILES_MAX);
	else
		arguments->results[arguments->result_count++] = path;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct needs *needs = &arguments->needs;

	if (key >= OPT_FEATURE && key < OPT_FEATURE + FEATURE_COUNT) {
		needs->feature[key - OPT_FEATURE] = true;
		return 0;
	}
	switch (key) {
	case 's':
		take_size(state, arg, needs);
		return 0;
	case OPT_PERSISTENCE:
		needs->persistence = !arg ? IPCX_PERSISTS_KERNEL :
				     word(state, arg, persistence_names, IPCX_PERSISTS_NAME,
					  PERSISTENCE_COUNT, "--persistence");
		return 0;
	case OPT_WAIT:
		needs->wait = word(state, arg, wait_names, 0, 3, "--wait");
		return 0;
	case OPT_PREFER:
		needs->prefer = word(state, arg, preference_names, 0, PREFER_COUNT, "--prefer");
		needs->preferred = true;
		return 0;
	case 'r':
		take_results(state, arg, arguments);
		return 0;
	case OPT_ANYWHERE:
		needs->anywhere = true;
		return 0;
	case OPT_LOSSY:
		needs->lossy = true;
		return 0;
	case 'v':
		arguments->verbose = true;
		return 0;
	case 'j':
		arguments->json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'?", arg);
		return 0;
	case ARGP_KEY_END:
		if (needs->lossy && needs->feature[FEATURE_LOSSLESS])
			argp_error(state, "--lossless, --lossy: messages may not be lost, or they may: give one of the two");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int ask(struct needs *needs)
{
	char line[512];

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		fputs("ipcx-bench choose: say what is needed, as --size 1M --unrelated; without options it asks, on a terminal only (see --help)\n",
		      stderr);
		return -1;
	}
	if (choose_ask(needs) < 0) {
		fputs("ipcx-bench choose: no answer\n", stderr);
		return -1;
	}
	choose_options(needs, line, sizeof(line));
	printf("\nThe same without questions: ipcx-bench choose %s\n\n", line);
	return 0;
}

static int choose(const struct arguments *arguments, struct choice *choice)
{
	int err = choose_filter(choice);

	if (err) {
		fprintf(stderr, "ipcx-bench choose: %s\n", strerror(-err));
		return EXIT_BAD;
	}
	if (figures_find(&choice->figures, arguments->results, arguments->result_count,
			 &choice->needs) < 0)
		return EXIT_BAD;
	figures_rank(choice);
	if (arguments->json) {
		if (json_write(choose_json(choice), "-") < 0)
			return EXIT_BAD;
	} else if (choice->fitting) {
		choose_print(choice, arguments->verbose);
	} else {
		choose_print_nothing(choice, arguments->verbose);
	}
	if (fflush(stdout))
		return EXIT_BAD;
	return choice->fitting ? EXIT_DONE : EXIT_NOTHING;
}

int command_choose(int argc, char **argv)
{
	struct argp argp = {
		.options = all_options(),
		.parser = parse,
		.doc = "Which mechanism fits? Leaves out those that lack something, and ranks the others by measured figures."
		       "\vWithout options it asks, on a terminal.\n\n"
		       "Examples:\n"
		       "  ipcx-bench choose --size 1M --unrelated --boundaries\n"
		       "  ipcx-bench choose --priority --persistence --verbose\n"
		       "  ipcx-bench choose --network --prefer throughput --size 64K\n"
		       "  ipcx-bench choose --pass-fds --results mine.json --json\n\n"
		       "Exit status: 0: something fits; 1: a file cannot be read; 2: wrong usage; 3: nothing fits.",
	};
	struct arguments arguments = { .needs.size = 64 };
	struct choice choice = { 0 };
	int status;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (argc == 1 && ask(&arguments.needs) < 0)
		return EXIT_USAGE;
	if (!arguments.needs.preferred)
		arguments.needs.prefer = arguments.needs.size >= LARGE ? PREFER_THROUGHPUT :
					 PREFER_LATENCY;
	choice.needs = arguments.needs;
	status = choose(&arguments, &choice);
	json_decref(choice.figures.document);
	free(choice.candidates);
	return status;
}
