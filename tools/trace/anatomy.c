// SPDX-License-Identifier: LGPL-2.1-or-later
/* The command anatomy: find the object, look, wait, report. */
#include <errno.h>
#include <stdlib.h>

#include "anatomy.h"
#include "kernel.h"
#include "session.h"

/* How often to see whether the object is still there: nobody wakes us for that. */
#define LOOK_SECONDS	0.25

static int check_module(void)
{
	if (module_is_loaded("ipcx"))
		return 0;
	say("the module ipcx is not loaded: modprobe ipcx, or insmod ipcx.ko");
	return -ENOENT;
}

/* Messages of a queue and of a mailbox are the kernel's; no others have stages. */
static int check_object(const struct ipcx_stat *object)
{
	char *label = object_label(object);
	int status = EXIT_BAD;

	if (object->kind == IPCX_KIND_RING)
		say("%s: records of a ring do not pass through the kernel: it has no stages of them",
		    label);
	else if (object->state & IPCX_STAT_GROUP)
		say("%s: a group's messages are received from the mailboxes that have subscribed: take one of those",
		    label);
	else
		status = EXIT_DONE;
	free(label);
	return status;
}

/* An exit status. */
static int begin(struct session *s, const struct options *options, struct ipcx_stat *object,
		 struct stage_programs **programs)
{
	struct ipcx_stat again;
	int status;

	if (session_open(s, options))
		return EXIT_BAD;
	if (kernel_check() || check_module())
		return EXIT_NOTHING;
	if (object_find(options->object, object))
		return EXIT_BAD;
	status = check_object(object);
	if (status)
		return status;
	if (stage_programs_load(programs, object->id))
		return EXIT_NOTHING;
	/* From here on the programs would tell. */
	if (object_find(options->object, &again))
		return EXIT_BAD;
	if (options->pin && stage_programs_pin(*programs, options->pin))
		return EXIT_BAD;
	session_go(s);
	return EXIT_DONE;
}

/* Until the time is over, the command has ended, Ctrl-C, or the object is gone. */
static void wait_for_end(struct session *s, const struct stage_programs *programs)
{
	double end = s->options->seconds > 0 ? s->start + s->options->seconds : 0;
	enum session_event event;
	double next;

	do {
		next = now() + LOOK_SECONDS;
		if (end > 0 && next > end)
			next = end;
		event = session_wait(s, next, -1);
	} while (event == SESSION_TIME && (end <= 0 || now() < end) &&
		 !stage_programs_gone(programs));
}

/* There is nothing to make a table from. */
static void say_nothing(const struct anatomy *a)
{
	char *label = object_label(&a->object);

	if (a->stages.counts.before)
		say("%s: the %llu messages that were received in %.1f s were sent before it looked: send some meanwhile",
		    label, a->stages.counts.before, a->seconds);
	else if (a->gone)
		say("%s: vanished before a message was received", label);
	else
		say("%s: no message was received in %.1f s: a message counts when its receiver has it",
		    label, a->seconds);
	free(label);
}

static int report(struct session *s, const struct stage_programs *programs, struct anatomy *a)
{
	bool any;
	int status, err;

	a->seconds = now() - s->start;
	a->gone = stage_programs_gone(programs);
	a->emulated = is_emulated();
	err = stages_read(&a->stages, programs);
	if (err)
		return EXIT_BAD;
	status = session_status(s);
	any = a->stages.rows[ANATOMY_TOTAL].messages || a->stages.counts.disordered;
	if (s->options->json)
		err = stages_json_print(a);
	else if (any)
		stages_table_print(a);
	if (!any) {
		say_nothing(a);
		status = status ? status : EXIT_BAD;
	}
	return err || fflush(stdout) ? EXIT_BAD : status;
}

int command_anatomy(int argc, char **argv)
{
	struct stage_programs *programs = NULL;
	struct anatomy anatomy = { 0 };
	struct options options;
	struct session s;
	int status;

	options_parse_anatomy(argc, argv, &options);
	status = begin(&s, &options, &anatomy.object, &programs);
	if (status == EXIT_DONE) {
		wait_for_end(&s, programs);
		status = report(&s, programs, &anatomy);
		stages_free(&anatomy.stages);
	}
	stage_programs_free(programs);
	session_end(&s);
	return status;
}
