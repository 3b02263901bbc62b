// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx-bench: compares transports; see bench.h for the parts. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "env.h"
#include "ipc_limits.h"
#include "json.h"
#include "options.h"
#include "pin.h"
#include "regions.h"
#include "region.h"
#include "report.h"
#include "resume.h"
#include "run.h"
#include "signals.h"

#define STRING_OF(x)	#x
#define STRING(x)	STRING_OF(x)

unsigned long region_count;

const char *argp_program_version = "ipcx-bench " STRING(IPCX_VERSION_MAJOR) "." STRING(IPCX_VERSION_MINOR) "."
	STRING(IPCX_VERSION_PATCH);

/* What a command calls itself in its messages must be writable, as argv is. */
static struct {
	const char *name;
	char title[32];
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "choose", "ipcx-bench choose", command_choose },
	{ "compare", "ipcx-bench compare", command_compare },
	{ "depth", "ipcx-bench depth", command_depth },
	{ "group", "ipcx-bench group", command_group },
	{ "list", "ipcx-bench list", command_list },
	{ "mailboxes", "ipcx-bench mailboxes", command_mailboxes },
	{ "memory", "ipcx-bench memory", command_memory },
	{ "merge", "ipcx-bench merge", command_merge },
	{ "report", "ipcx-bench report", command_report },
	{ "ring", "ipcx-bench ring", command_ring },
	{ "wait", "ipcx-bench wait", command_wait },
};

static int status_of(const struct results *results)
{
	unsigned int i, measured = 0;

	if (results->interrupted)
		return EXIT_INTERRUPTED;
	for (i = 0; i < results->count; i++) {
		if (results->cases[i].err && !results->cases[i].skipped)
			return EXIT_BAD;
		measured += results->cases[i].sample_count > 0;
	}
	return measured ? EXIT_DONE : EXIT_NOTHING;
}

/* Whoever is killed has lost one repetition, not all of them. */
static void keep(const struct options *options, const struct results *results, void *with)
{
	struct results so_far = *results;

	so_far.interrupted = true;
	if (options->json)
		json_keep(json_results(options, &so_far, with), options->json);
}

static int report(const struct options *options, struct results *results, json_t *env)
{
	int err = 0;

	if (options->regions) {
		err = regions_read(options->regions, results);
		if (err)
			fprintf(stderr, "ipcx-bench: %s: %s: did QEMU load the plugin?\n",
				options->regions, strerror(-err));
	}
	if (!options->json || strcmp(options->json, "-"))
		report_results(options, results, env);
	if (options->json && json_write(json_results(options, results, env), options->json) < 0)
		err = -1;
	return err || fflush(stdout) ? EXIT_BAD : EXIT_DONE;
}

static int command_run(int argc, char **argv)
{
	struct options options;
	struct results results = { 0 };
	int status, err;
	json_t *env;

	options_parse(argc, argv, &options);
	if (options.json && json_can_write(options.json) < 0)
		return EXIT_BAD;
	if (options.regions)
		region_count = regions_before(options.regions);
	env = env_collect();
	if (env && ipc_limits_raise(&options))
		json_object_set_new(env, "ipc_namespace", json_string("own"));
	/* It changes the kernel's code, which QEMU does not always notice on its other processors. */
	options.count_syscalls = !env_emulated(env);
	err = env ? run_prepare(&options, &results) : -ENOMEM;
	if (!err && options.resume)
		err = resume_read(&options, &results, env);
	if (!err)
		err = run_all(&options, &results, keep, env);
	if (err == -ENOMEM)
		fprintf(stderr, "ipcx-bench: %s\n", strerror(-err));
	status = err ? EXIT_BAD : report(&options, &results, env);
	json_decref(env);
	if (status == EXIT_DONE)
		status = status_of(&results);
	results_free(&results);
	return status;
}

int main(int argc, char **argv)
{
	unsigned int i;
	int err = signals_catch();

	if (!err)
		err = pin_init();
	if (err < 0) {
		fprintf(stderr, "ipcx-bench: %s\n", strerror(-err));
		return EXIT_BAD;
	}
	for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0) {
			argv[1] = commands[i].title;
			return commands[i].run(argc - 1, argv + 1);
		}
	return command_run(argc, argv);
}
