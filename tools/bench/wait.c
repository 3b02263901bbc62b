// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ipcx-bench wait: what a call costs by the way of waiting, and by what the other side
 * does meanwhile.
 *
 * Both sides wait in the same way. The ways are interleaved, each repetition with a
 * mailbox and a server of its own; only the calls are timed.
 */
#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "env.h"
#include "json.h"
#include "link.h"
#include "measure.h"
#include "options.h"
#include "pin.h"
#include "stats.h"

#define SIZE		64
#define REPETITIONS	15
#define WARM_UP		50
#define WAYS		3
#define NS_PER_US	1000

/**
 * struct situation - What the server does.
 * @name: for the table
 * @text: for people
 * @cpus: where it is
 * @calls: in each repetition
 * @pause_us: before each call, so that it has gone to sleep, however it waits
 * @asleep_us: it sleeps for so long before it replies
 * @busy_us: it works for so long
 */
static const struct situation {
	const char *name;
	const char *text;
	enum cpus cpus;
	unsigned int calls;
	unsigned int pause_us;
	unsigned int asleep_us;
	unsigned int busy_us;
} situations[] = {
	{ "answers", "runs on the other CPU and answers at once", CPUS_TWO, 2000, 0, 0, 0 },
	{ "woken", "sleeps when the request comes, on the other CPU", CPUS_TWO, 20, 12000, 0, 0 },
	{ "sleeps", "sleeps for 1 ms before it answers", CPUS_TWO, 50, 0, 1000, 0 },
	{ "works", "works for 1 ms on the other CPU before it answers", CPUS_TWO, 50, 0, 0, 1000 },
	{ "same", "has the caller's CPU", CPUS_SAME, 1000, 0, 0, 0 },
};

#define SITUATIONS	(sizeof(situations) / sizeof(situations[0]))

struct options_of_wait {
	unsigned long spin_us;
	unsigned long repeat;
	const char *json;
};

/**
 * struct waited - What calls cost in one situation.
 * @ns: of each way, in each repetition
 * @cpu_ns: of the caller's processor time, all repetitions
 */
struct waited {
	double ns[WAYS][REPEAT_MAX];
	double cpu_ns[WAYS];
};

static const struct argp_option arguments[] = {
	{ "spin", 's', "US", 0, "How long the adaptive way spins, in microseconds (default: as the module says)", 1 },
	{ "repeat", 'r', "N", 0, "Repetitions (default: 15)", 1 },
	{ "json", 'j', "FILE", 0, "Write the results to FILE too", 2 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options_of_wait *o = state->input;

	switch (key) {
	case 's':
		o->spin_us = options_number(state, arg, IPCX_SPIN_NS_MAX / NS_PER_US, "--spin");
		return 0;
	case 'r':
		o->repeat = options_number(state, arg, REPEAT_MAX, "--repeat");
		return 0;
	case 'j':
		o->json = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void work(unsigned int us)
{
	uint64_t end = clock_now() + (uint64_t)us * NS_PER_US;

	while (us && clock_now() < end)
		;
}

/* Before it replies; the warm-up is to find a server that answers. */
static void prepare(const struct situation *s, struct link *link, uint64_t number)
{
	link_write(link, number, 1);
	if (number < WARM_UP)
		return;
	if (s->asleep_us)
		usleep(s->asleep_us);
	work(s->busy_us);
}

static int serve(const struct situation *s, struct ipcx_transport_pair *pair, struct link *link)
{
	uint64_t number;
	int err = pin_peer(s->cpus);

	link->recv = ipcx_transport_attach(pair, 1);
	for (number = 0; !err; number++) {
		err = link_answer(link);
		if (!err)
			err = link_check(link, number, 1);
		if (!err)
			prepare(s, link, number);
	}
	return err;
}

static int call(struct link *link, uint64_t number, uint64_t *ns)
{
	uint64_t start;
	int err;

	link_write(link, number, 1);
	start = clock_now();
	err = link_call(link);
	*ns += clock_now() - start - clock_own_cost;
	return err ? err : link_check(link, number, 1);
}

static int calls(const struct situation *s, struct link *link, double *ns, double *cpu_ns)
{
	struct usage usage;
	uint64_t number, total = 0;
	int err = 0;

	for (number = 0; number < WARM_UP && !err; number++)
		err = call(link, number, &total);
	total = 0;
	usage = usage_now();
	for (; number < WARM_UP + s->calls && !err; number++) {
		if (s->pause_us)
			usleep(s->pause_us);
		err = call(link, number, &total);
		if (!err && signals_stop())
			err = -EINTR;
	}
	usage_since(&usage);
	*ns = (double)total / s->calls;
	*cpu_ns += usage.cpu_ns / s->calls;
	return err;
}

static int with_server(const struct situation *s, struct ipcx_transport_pair *pair,
		       struct link *link, double *ns, double *cpu_ns)
{
	pid_t parent = getpid(), pid = fork();
	int err;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		signals_peer();
		_exit(getppid() == parent ? -serve(s, pair, link) : ECHILD);
	}
	signals_watch(pid);
	link->send = ipcx_transport_attach(pair, 0);
	err = calls(s, link, ns, cpu_ns);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	signals_watch(0);
	return err;
}

/* One repetition. */
static int measure_way(const struct options_of_wait *o, const struct situation *s,
		       enum ipcx_wait_policy way, double *ns, double *cpu_ns, char *why)
{
	IPCX_OPTS(ipcx_transport_opts, opts);
	struct ipcx_transport_pair *pair;
	struct link link = { 0 };
	int err = pin_self(s->cpus);

	opts.msg_size = SIZE;
	opts.depth = 1;
	opts.flags = IPCX_TRANSPORT_FIXED;
	opts.wait = way;
	if (way == IPCX_WAIT_ADAPTIVE)
		opts.spin_ns = (unsigned int)o->spin_us * NS_PER_US;
	why[0] = '\0';
	if (!err)
		err = link_init(&link, SIZE, 1);
	if (!err)
		err = ipcx_transport_open(&pair, ipcx_transport_find("ipcx-mbox"), &opts, why);
	if (!err) {
		link.calls = true;
		err = with_server(s, pair, &link, ns, cpu_ns);
		ipcx_transport_close(pair);
	}
	link_free(&link);
	if (err && !why[0])
		snprintf(why, IPCX_TRANSPORT_WHY, "%s", err == -ENOTRECOVERABLE ?
			 "a payload was wrong" : strerror(-err));
	return err;
}

static int measure_situation(const struct options_of_wait *o, const struct situation *s,
			     struct waited *waited, char *why)
{
	unsigned long i;
	unsigned int way;
	int err = 0;

	*waited = (struct waited){ 0 };
	for (i = 0; i < o->repeat && !err; i++)
		for (way = 0; way < WAYS && !err; way++)
			err = measure_way(o, s, way, &waited->ns[way][i], &waited->cpu_ns[way],
					  why);
	for (way = 0; way < WAYS; way++)
		waited->cpu_ns[way] /= (double)o->repeat;
	return err;
}

static json_t *json_way(const struct situation *s, enum ipcx_wait_policy way,
			const struct stats *stats, double cpu_ns)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:s, s:s, s:f, s:f, s:f, s:f}",
			 "transport", "ipcx-mbox", "mode", "wait", "size", SIZE, "batch", 1,
			 "peer", s->name, "wait", wait_names[way], "figure", stats->median,
			 "min", stats->min, "mad_percent", stats->mad_percent, "cpu_ns", cpu_ns);
}

static void report_situation(const struct situation *s, unsigned long repeat,
			     struct waited *waited, json_t *rows)
{
	struct stats stats[WAYS], *adaptive = &stats[IPCX_WAIT_ADAPTIVE];
	unsigned int way;

	printf("%-8s", s->name);
	for (way = 0; way < WAYS; way++) {
		stats[way] = stats_of(waited->ns[way], repeat);
		printf(" %9.0f %5.1f", stats[way].median, stats[way].mad_percent);
		json_array_append_new(rows, json_way(s, way, &stats[way], waited->cpu_ns[way]));
	}
	printf(" | %7.3f %7.3f |", adaptive->median / stats[IPCX_WAIT_BLOCK].median,
	       adaptive->median / stats[IPCX_WAIT_SPIN].median);
	for (way = 0; way < WAYS; way++)
		printf(" %8.0f", waited->cpu_ns[way]);
	puts("");
}

static void print_head(const json_t *env, unsigned long repeat)
{
	unsigned int i;

	env_print(env);
	if (env_emulated(env))
		puts("unit     ns OF AN EMULATED PROCESSOR: they measure the emulator, where a wake-up of another CPU is dearest; compare rows, not machines");
	printf("\na call and its reply, %d bytes, both sides waiting in the same way; the server\n",
	       SIZE);
	for (i = 0; i < SITUATIONS; i++)
		printf("  %-8s %s\n", situations[i].name, situations[i].text);
	printf("ns per call, median and spread of %lu interleaved repetitions; the caller's CPU time per call\n",
	       repeat);
	printf("%-8s %9s %5s %9s %5s %9s %5s | %7s %7s | %8s %8s %8s\n", "SERVER", "BLOCK", "+-%",
	       "ADAPTIVE", "+-%", "SPIN", "+-%", "A/BLOCK", "A/SPIN", "CPU: BLK", "ADAPT", "SPIN");
}

static int measure_all(const struct options_of_wait *o, json_t *env, json_t *rows)
{
	struct waited *waited = malloc(sizeof(*waited));
	char why[IPCX_TRANSPORT_WHY];
	unsigned int i, measured = 0;
	int err = 0;

	if (!waited)
		return EXIT_BAD;
	print_head(env, o->repeat);
	for (i = 0; i < SITUATIONS && err != -EINTR; i++) {
		err = measure_situation(o, &situations[i], waited, why);
		if (err)
			printf("%-8s skipped: %s\n", situations[i].name, why);
		else
			report_situation(&situations[i], o->repeat, waited, rows);
		measured += !err;
		fflush(stdout);
	}
	free(waited);
	if (err == -EINTR)
		return EXIT_INTERRUPTED;
	if (err == -ENOTRECOVERABLE)
		return EXIT_BAD;
	return measured ? EXIT_DONE : EXIT_NOTHING;
}

int command_wait(int argc, char **argv)
{
	static const struct argp argp = {
		.options = arguments,
		.parser = parse,
		.doc = "Cost of a call to a mailbox by the way of waiting, on two CPUs."
		       "\vA/BLOCK and A/SPIN are the adaptive way's cost against that of the others.",
	};
	struct options_of_wait o = { .repeat = REPETITIONS };
	json_t *env, *rows = json_array();
	int status;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	clock_choose(CLOCK_NS);
	if (pin_init() < 2) {
		fprintf(stderr, "ipcx-bench: wait: needs two CPUs, and this process may use one only\n");
		json_decref(rows);
		return EXIT_NOTHING;
	}
	env = env_collect();
	status = measure_all(&o, env, rows);
	if (json_save("wait", env, rows, o.json) < 0)
		status = EXIT_BAD;
	return status;
}
