// SPDX-License-Identifier: LGPL-2.1-or-later
/* The command copies: follow, wait, report. */
#include <stdlib.h>

#include "session.h"

static int report(struct session *s)
{
	struct report report = { .emulated = is_emulated() };
	int status, err = session_read(s, &report);

	if (err)
		return EXIT_BAD;
	status = session_status(s);
	if (s->options->json)
		err = json_print(&report);
	else
		table_print(&report);
	ledger_free(&report.ledger);
	return err || fflush(stdout) ? EXIT_BAD : status;
}

int command_copies(int argc, char **argv)
{
	struct options options;
	struct session s;
	int status;

	options_parse(argc, argv, &options);
	status = session_begin(&s, &options);
	if (status == EXIT_DONE) {
		session_wait(&s, options.seconds > 0 ? s.start + options.seconds : 0, -1);
		status = report(&s);
	}
	session_end(&s);
	free(options.pids);
	return status;
}
