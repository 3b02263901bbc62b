// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx-bench mailboxes: what a call costs with many mailboxes open.
 *
 * One of them is served by another process, on the same processor; the call is by
 * port, so that finding it among the others is in the figure.
 */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ipcx/ipcx.h>

#include "commands.h"
#include "env.h"
#include "json.h"
#include "list.h"
#include "measure.h"
#include "pin.h"
#include "signals.h"
#include "size.h"
#include "stats.h"

#define CALLS		50	/* in each of BLOCKS */
#define OPEN_MAX	1000000
#define SPARE_FDS	64
#define SIZE		64

struct mailboxes {
	struct number_list open;
	const char *json;
};

/**
 * struct crowd - The mailboxes.
 * @dev: the device
 * @mbox: all of them
 * @count: how many
 */
struct crowd {
	struct ipcx_dev *dev;
	struct ipcx_mbox **mbox;
	unsigned int count;
};

static const struct argp_option arguments[] = {
	{ "open", 'n', "N,...", 0, "Mailboxes open (default: 2,100000)", 1 },
	{ "json", 'j', "FILE", 0, "Write the results to FILE too", 2 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct mailboxes *m = state->input;
	int err = 0;

	switch (key) {
	case 'n':
		err = list_parse(arg, list_take_number, &m->open);
		break;
	case 'j':
		m->json = arg;
		break;
	case ARGP_KEY_END:
		if (!m->open.count)
			list_parse("2,100000", list_take_number, &m->open);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	if (err)
		argp_error(state, "not understood, or too many: '%s'", arg);
	return 0;
}

/* Room for an fd of each mailbox, as far as this user may have it. */
static int raise_fds(unsigned int count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	return limit.rlim_cur < count + SPARE_FDS ? -EMFILE : 0;
}

static void crowd_free(struct crowd *crowd)
{
	while (crowd->count)
		ipcx_mbox_close(crowd->mbox[--crowd->count]);
	ipcx_dev_close(crowd->dev);
	free(crowd->mbox);
}

static int crowd_init(struct crowd *crowd, unsigned int count)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);
	int err = raise_fds(count);

	opts.flags = IPCX_MBOX_ADDRESSABLE;
	*crowd = (struct crowd){ 0 };
	if (err)
		return err;
	crowd->mbox = calloc(count, sizeof(*crowd->mbox));
	if (!crowd->mbox)
		return -ENOMEM;
	err = ipcx_dev_open(&crowd->dev, NULL);
	while (!err && crowd->count < count) {
		err = ipcx_mbox_create(&crowd->mbox[crowd->count], crowd->dev, NULL, 0, &opts);
		crowd->count += !err;
		if (!err)
			err = signals_verdict();
	}
	return err;
}

/* The one that is called: no first or last one, if there are others. */
static const struct ipcx_mbox *served(const struct crowd *crowd)
{
	return crowd->mbox[crowd->count / 2];
}

static int serve(const struct ipcx_mbox *m)
{
	struct ipcx_mbox_recv next;
	struct ipcx_mbox_msg reply;
	unsigned char buf[SIZE];
	uint64_t token = 0;
	int err = pin_peer(CPUS_SAME);

	while (!err) {
		ipcx_mbox_recv_init(&next, buf, sizeof(buf));
		err = ipcx_mbox_reply_recv(m, token, token ? &reply : NULL, &next, NULL);
		token = next.token;
		ipcx_mbox_msg_init(&reply, buf, next.len, 0, 0);
	}
	return err;
}

static int call(const struct crowd *crowd, uint64_t number)
{
	unsigned char request[SIZE], answer[SIZE] = { 0 };
	struct ipcx_mbox_recv reply;
	struct ipcx_mbox_msg msg;
	int err;

	memset(request, 0x5a, sizeof(request));
	memcpy(request, &number, sizeof(number));
	ipcx_mbox_msg_init(&msg, request, sizeof(request), 0, 0);
	ipcx_mbox_recv_init(&reply, answer, sizeof(answer));
	err = ipcx_mbox_call_port(crowd->dev, ipcx_mbox_port(served(crowd)), &msg, &reply, NULL);
	if (!err && (reply.len != SIZE || memcmp(answer, request, SIZE) != 0))
		err = -ENOTRECOVERABLE;
	return err;
}

static int block(const struct crowd *crowd, uint64_t first, double *cost)
{
	uint64_t start = clock_now(), i;
	int err = 0;

	for (i = 0; i < CALLS && !err; i++)
		err = call(crowd, first + i);
	*cost = (double)(clock_now() - start - clock_own_cost) / CALLS;
	if (!err && signals_stop())
		err = -EINTR;
	return err;
}

static int calls(const struct crowd *crowd, struct stats *stats)
{
	double values[BLOCKS];
	unsigned int i;
	int err = block(crowd, 0, values);

	for (i = 0; i < BLOCKS && !err; i++)
		err = block(crowd, (i + 1) * CALLS, &values[i]);
	if (!err)
		*stats = stats_of(values, BLOCKS);
	return err;
}

static int with_server(const struct crowd *crowd, struct stats *stats)
{
	pid_t parent = getpid(), pid = fork();
	int err;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		signals_peer();
		_exit(getppid() == parent ? -serve(served(crowd)) : ECHILD);
	}
	signals_watch(pid);
	err = calls(crowd, stats);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	signals_watch(0);
	return err;
}

static int measure_open(unsigned int count, struct stats *stats)
{
	struct crowd crowd;
	int err = crowd_init(&crowd, count);

	if (!err)
		err = with_server(&crowd, stats);
	crowd_free(&crowd);
	return err;
}

static const char *reason(int err)
{
	switch (err) {
	case -ENOTRECOVERABLE:
		return "the caller received a wrong payload";
	case -EMFILE:
		return "too many open files: raise the hard limit (ulimit -n)";
	default:
		return strerror(-err);
	}
}

static json_t *json_row(unsigned int open, const struct stats *stats)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:i, s:f, s:f}", "transport", "ipcx-mbox", "mode",
			 "mailboxes", "size", SIZE, "batch", 1, "open", (int)open, "figure",
			 stats->median, "mad_percent", stats->mad_percent);
}

static int report(const struct mailboxes *m, json_t *env, json_t *rows)
{
	struct stats stats = { 0 };
	unsigned int i, measured = 0;
	double first = 0;
	int err;

	env_print(env);
	printf("\na call by port, among mailboxes that are open; %d bytes; %s\n", SIZE,
	       clock_unit_name(clock_unit));
	printf("%10s %12s %6s %8s\n", "MAILBOXES", "MEDIAN", "+-%", "RATIO");
	for (i = 0; i < m->open.count; i++) {
		err = measure_open(m->open.item[i], &stats);
		if (err == -EINTR)
			return EXIT_INTERRUPTED;
		if (err) {
			printf("%10u skipped: %s\n", m->open.item[i], reason(err));
			if (err == -ENOTRECOVERABLE)
				return EXIT_BAD;
			continue;
		}
		first = measured++ ? first : stats.median;
		printf("%10u %12.1f %6.1f %8.3f\n", m->open.item[i], stats.median, stats.mad_percent,
		       stats.median / first);
		json_array_append_new(rows, json_row(m->open.item[i], &stats));
	}
	return measured ? EXIT_DONE : EXIT_NOTHING;
}

int command_mailboxes(int argc, char **argv)
{
	static const struct argp argp = {
		.options = arguments,
		.parser = parse,
		.doc = "Cost of a call against how many mailboxes are open."
		       "\vRATIO is to the first row that was measured.",
	};
	struct mailboxes m = { .open = { .max = OPEN_MAX } };
	json_t *env, *rows = json_array();
	int status;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &m);
	clock_choose(clock_counts_instructions() ? CLOCK_INSTRUCTIONS : CLOCK_NS);
	pin_self(CPUS_SAME);
	pin_policy(POLICY_BATCH);
	env = env_collect();
	status = report(&m, env, rows);
	if (json_save("mailboxes", env, rows, m.json) < 0)
		status = EXIT_BAD;
	return status;
}
