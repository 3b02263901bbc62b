// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx ring: its commands, and what they share. */
#include <time.h>

#include "tool.h"

#define LOOK_NS	20000000	/* between two looks for the other side */

static const struct command commands[] = {
	{ "create", "create a ring", cmd_ring_create },
	{ "produce", "write records, from the command line or standard input", cmd_ring_produce },
	{ "consume", "read records, to standard output, up to the end", cmd_ring_consume },
	{ "stat", "everything about a ring", cmd_ring_stat },
};

static const char usage_line[] =
	"Usage: ipcx ring COMMAND [OPTION...] [ARGUMENT...]\n"
	"       ipcx ring COMMAND --help\n";

static const char tail[] =
	"\n"
	"Every command takes --json and --device=PATH. 'ipcx ls', 'ipcx stat' and\n"
	"'ipcx rm' are for rings, too.\n"
	"\n"
	"Examples:\n"
	"  ipcx ring create /log                    make a ring\n"
	"  ipcx ring consume /log --lines           read it to the end, in one terminal\n"
	"  ipcx ring produce /log --lines <log.txt  write it, in another\n"
	"  ipcx ring stat /log                      see who takes part\n"
	"  ipcx rm /log                             remove it\n";

int cmd_ring(int argc, char **argv)
{
	if (argc < 2) {
		fputs(usage_line, stderr);
		fputs("Try 'ipcx ring --help'.\n", stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		fputs(usage_line, stdout);
		fputs("Records between processes through memory that they share.\n", stdout);
		print_commands(commands, ARRAY_SIZE(commands));
		fputs(tail, stdout);
		return EXIT_SUCCESS;
	}
	return run_subcommand(commands, ARRAY_SIZE(commands), "ipcx ring", argc - 1, argv + 1);
}

int open_ring(struct ipcx_ring **ring, const char *name, unsigned int rights,
	      enum action action)
{
	int err = ipcx_ring_open(ring, tool.dev, name, rights, NULL);

	return err ? report(action, name, err) : EXIT_SUCCESS;
}

bool is_ring(const char *name)
{
	struct ipcx_ring *ring;
	int err = ipcx_ring_open(&ring, tool.dev, name, IPCX_OPEN_READ, NULL);

	ipcx_ring_close(ring);
	return !err || err == -EACCES;
}

int explain_attach(const struct ipcx_ring *ring, const char *name, enum action action, int err)
{
	bool produce = action == ACT_PRODUCE;
	struct ipcx_stat stat;

	if (fd_stat(ipcx_ring_fd(ring), &stat))
		return report(action, name, err);
	switch (err) {
	case -EBUSY:
		return report_hint(name, err,
				   "it has %u %s, as many as it takes: wait for one to end, or create one for more (--%s)",
				   produce ? stat.producers : stat.consumers,
				   produce ? "producer(s)" : "consumer(s)",
				   produce ? "producers" : "consumers");
	case -EINVAL:
		return report_hint(name, err,
				   "--overrun is for broadcast rings, and this one is %s",
				   ring_mode_name(stat.ring_mode));
	default:
		return report(action, name, err);
	}
}

void check_await(struct argp_state *state, const struct patience *p)
{
	if (p->nonblock)
		argp_error(state, "--wait waits, and --nonblock does not");
}

/* Also somebody who has come and gone since @before. */
static bool somebody_came(const struct ipcx_stat *before, const struct ipcx_stat *now,
			  enum action action)
{
	if (action == ACT_PRODUCE)
		return now->consumers;
	return now->producers || now->bytes || now->sent != before->sent;
}

/* Nobody tells of a member that comes: it is looked for. */
static int look_for_somebody(int fd, enum action action, const struct patience *p)
{
	static const struct timespec pause = { .tv_nsec = LOOK_NS };
	struct ipcx_stat before, now;
	int64_t deadline_ns = 0;
	uint32_t flags = 0, clock = 0;
	int err;

	begin_waiting(p, &flags, &clock, &deadline_ns);
	err = fd_stat(fd, &before);
	for (now = before; !err && !somebody_came(&before, &now, action);
	     err = fd_stat(fd, &now)) {
		if ((flags & IPCX_XFER_DEADLINE) && ipcx_deadline_after(clock, 0) >= deadline_ns)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
	return err;
}

int await_other_side(const struct ipcx_ring *ring, const char *name, enum action action,
		     const struct patience *p)
{
	int err = look_for_somebody(ipcx_ring_fd(ring), action, p);

	if (!err)
		return EXIT_SUCCESS;
	if (err != -ETIMEDOUT)
		return report(action, name, err);
	report_hint(name, err, "no %s has come in time",
		    action == ACT_PRODUCE ? "consumer" : "producer");
	return EXIT_AGAIN;
}
