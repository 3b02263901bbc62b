// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "many.h"
#include "measure.h"
#include "pin.h"
#include "setup.h"
#include "syscalls.h"
#include "switch.h"

#define WARM_UP	MEASURE_BESIDE
#define AFTER	20
/* Counts of instructions hardly differ: so many tell as much as many more. */
#define FEW_LATENCIES	1000

static int fail(char *why, int err, const char *text)
{
	snprintf(why, IPCX_TRANSPORT_WHY, "%s", text);
	return err;
}

unsigned long measure_step(const struct bench_case *bench_case)
{
	/* As many of each sender. */
	if (!many_is_one(bench_case))
		return (unsigned long)bench_case->senders * BLOCKS;
	return (unsigned long)bench_case->batch * BLOCKS;
}

static uint64_t phase(struct phase *phase, uint64_t first, unsigned long count,
		      unsigned int batch, bool check)
{
	phase->first = first;
	phase->count = (count + batch - 1) / batch * batch;
	phase->check = check;
	return first + phase->count;
}

static void make_plan(struct plan *plan, const struct options *options,
		      const struct bench_case *c, unsigned long count)
{
	unsigned long most = clock_unit == CLOCK_NS ? LATENCIES_MAX : FEW_LATENCIES;
	unsigned long warm_up = count < WARM_UP ? count : WARM_UP, single = 0;
	uint64_t next;

	/* Else each is timed already. */
	if (mode_has_latencies(c->mode) && c->mode != MODE_LATENCY)
		single = count / 2 < most ? count / 2 : most;
	next = phase(&plan->warm_up, 0, warm_up, c->batch, true);
	next = phase(&plan->timed, next, count, c->batch, options->check_inside);
	next = phase(&plan->single, next, single, c->batch, options->check_inside);
	phase(&plan->after, next, AFTER, c->batch, true);
	plan->rate = options->rate;
	plan->alone = options->cpus == CPUS_TWO;
}

int plan_go(const struct plan *plan)
{
	return write(plan->go[1], "", 1) == 1 ? 0 : -errno;
}

int plan_wait(const struct plan *plan)
{
	ssize_t n;
	char byte;

	do {
		n = read(plan->go[0], &byte, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : -EPIPE;
}

unsigned int measure_depth(const struct options *options, const struct bench_case *c)
{
	unsigned int depth = options->depth < c->batch ? c->batch : options->depth;
	size_t most;

	if (c->mode == MODE_SWITCH || c->mode == MODE_SETUP ||
	    (c->mode == MODE_ROUNDTRIP && (c->transport->caps & IPCX_TRANSPORT_CALLS_ONLY)))
		return 0;
	if (c->mode == MODE_PAIR)
		return c->batch;
	most = c->size ? MEASURE_ROOM / c->size : depth;
	if (depth <= most)
		return depth;
	if (!(c->transport->caps & IPCX_TRANSPORT_BOUNDARIES))
		return 0;
	return most ? (unsigned int)most : 1;
}

/* Where more messages may be on their way than the pair has room for, who sends has to wait. */
static bool held_back(const struct options *options, const struct bench_case *c, char *why)
{
	if (c->mode != MODE_ONEWAY && !(c->mode == MODE_LATENCY && options->rate))
		return true;
	if (c->transport->caps & IPCX_TRANSPORT_LOSSY)
		fail(why, 0, "nothing holds a sender back, and what a receiver has no room for is lost");
	else if (c->transport->caps & IPCX_TRANSPORT_NOTIFICATION)
		fail(why, 0, "nothing holds a sender back: all would be sent before the first is received");
	else
		return true;
	return false;
}

static int open_pair(struct ipcx_transport_pair **pair, const struct options *options,
		     const struct bench_case *c, char *why)
{
	IPCX_OPTS(ipcx_transport_opts, opts);

	if (c->batch > 1 && !(c->transport->caps & IPCX_TRANSPORT_BATCH))
		return fail(why, -ENOTSUP, "sends one message per call");
	if (!held_back(options, c, why))
		return -ENOTSUP;
	opts.msg_size = c->size;
	opts.depth = c->depth;
	opts.flags = options->framed ? 0 : IPCX_TRANSPORT_FIXED;
	opts.wait = options->wait;
	return ipcx_transport_open(pair, c->transport, &opts, why);
}

/* What the two sides do; a pair has one. */
static const struct {
	int (*measure)(const struct plan *plan, struct link *link, struct outcome *outcome);
	int (*peer)(const struct plan *plan, struct link *link);
} sides[MODE_COUNT] = {
	[MODE_PAIR] = { exchange_measure, NULL },
	[MODE_ONEWAY] = { oneway_measure, oneway_peer },
	[MODE_ROUNDTRIP] = { exchange_measure, exchange_peer },
	[MODE_SWITCH] = { switch_measure, switch_peer },
	[MODE_LATENCY] = { latency_measure, latency_peer },
};

static int peer(const struct options *options, const struct bench_case *c,
		const struct plan *plan, struct ipcx_transport_pair *pair, struct link *link)
{
	int err = pin_peer(options->cpus);

	if (err)
		return err;
	if (plan->count_syscalls)
		syscalls_begin();
	link->send = ipcx_transport_attach(pair, 1);
	link->recv = link->send;
	err = sides[c->mode].peer(plan, link);
	/* What was sent last should not be taken for the end. */
	if (!err)
		err = plan_wait(plan);
	ipcx_transport_close(pair);
	return err;
}

/* The peer tells its error by its status, which has room for small ones. */
static int peer_verdict(int status, char *why)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == ENOTRECOVERABLE)
		return fail(why, -ENOTRECOVERABLE, "the peer received a wrong payload");
	if (WIFEXITED(status)) {
		snprintf(why, IPCX_TRANSPORT_WHY, "the peer failed: %s",
			 strerror(WEXITSTATUS(status)));
		return -ECHILD;
	}
	snprintf(why, IPCX_TRANSPORT_WHY, "the peer was killed by signal %d", WTERMSIG(status));
	return -ECHILD;
}

/* Where this process failed, its reason counts, unless it is the peer's end. */
static int wait_peer(pid_t pid, int err, char *why)
{
	bool killed = err && err != -ECHILD && err != -EPIPE;
	int status, peer_err;

	if (killed)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		if (signals_stop())
			kill(pid, SIGKILL);
	signals_watch(0);
	if (err == -EINTR || signals_stop())
		return -EINTR;
	if (killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return err;
	peer_err = peer_verdict(status, why);
	return peer_err ? peer_err : err;
}

pid_t measure_fork(char *why)
{
	pid_t pid = fork();

	if (pid >= 0)
		return pid;
	pid = -errno;
	snprintf(why, IPCX_TRANSPORT_WHY, "cannot fork: %s%s", strerror(-pid),
		 pid == -EAGAIN ? " (see ulimit -u)" : "");
	return pid;
}

static int with_peer(const struct options *options, const struct bench_case *c,
		     const struct plan *plan, struct ipcx_transport_pair *pair,
		     struct link *link, struct outcome *outcome, char *why)
{
	pid_t parent = getpid(), pid = measure_fork(why);
	int err;

	if (pid < 0)
		return (int)pid;
	if (pid == 0) {
		signals_peer();
		if (getppid() != parent)
			_exit(ECHILD);
		_exit(-peer(options, c, plan, pair, link));
	}
	signals_watch(pid);
	link->send = ipcx_transport_attach(pair, 0);
	link->recv = link->send;
	err = sides[c->mode].measure(plan, link, outcome);
	if (!err)
		err = plan_go(plan);
	return wait_peer(pid, err, why);
}

static int alone(const struct plan *plan, struct ipcx_transport_pair *pair, struct link *link,
		 struct outcome *outcome)
{
	link->send = pair->end[0];
	link->recv = pair->end[1];
	return sides[MODE_PAIR].measure(plan, link, outcome);
}

static void finish(const struct bench_case *c, const struct plan *plan,
		   struct outcome *outcome)
{
	double total = (double)plan->timed.count;

	if (c->mode != MODE_PAIR) {
		outcome->usage.syscalls = syscalls_sum(outcome->usage.syscalls,
						       plan->peer_usage->syscalls);
		outcome->usage.cpu_ns += plan->peer_usage->cpu_ns;
		outcome->usage.switches += plan->peer_usage->switches;
	}
	if (outcome->usage.syscalls >= 0)
		outcome->usage.syscalls = outcome->usage.syscalls / total -
					  (c->mode == MODE_LATENCY ? LATENCY_CALLS : 0);
	outcome->usage.cpu_ns /= total;
	outcome->usage.switches /= total;
}

/* Bytes that can be had without anybody being killed for them; where that is not told: all. */
static unsigned long long memory_available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib = ~0ULL >> 10;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib << 10;
}

/* Each process writes to all of its buffers, and the kernel would promise more than it has. */
static int buffers_fit(const struct bench_case *c, char *why)
{
	unsigned long long most = memory_available();
	unsigned long long processes = c->mode == MODE_PAIR ? 1 : c->senders + c->receivers;
	unsigned long long need = processes * 2 * c->batch * c->size;

	if (need <= most)
		return 0;
	snprintf(why, IPCX_TRANSPORT_WHY,
		 "the buffers take %llu MiB, and %llu MiB of memory are available: try a smaller size or batch",
		 need >> 20, most >> 20);
	return -ENOMEM;
}

static int run(const struct options *options, const struct bench_case *c,
	       const struct plan *plan, struct outcome *outcome, char *why)
{
	struct ipcx_transport_pair *pair;
	struct link link = { 0 };
	int err = many_is_one(c) ? 0 : many_possible(options, c, why);

	if (!err)
		err = buffers_fit(c, why);
	if (err)
		return err;
	err = link_init(&link, c->size, c->batch);
	if (err)
		fail(why, err, "no memory for the buffers");
	if (!err)
		err = open_pair(&pair, options, c, why);
	if (err) {
		link_free(&link);
		return err;
	}
	outcome->opened = true;
	link.calls = c->mode == MODE_ROUNDTRIP && c->batch == 1 &&
		     c->transport->caps & IPCX_TRANSPORT_CALL;
	if (!many_is_one(c))
		err = many_measure(options, c, pair, plan->timed.count, outcome, why);
	else if (c->mode == MODE_PAIR)
		err = alone(plan, pair, &link, outcome);
	else
		err = with_peer(options, c, plan, pair, &link, outcome, why);
	ipcx_transport_close(pair);
	link_free(&link);
	if (!err && many_is_one(c))
		finish(c, plan, outcome);
	return err;
}

/* Without a reason of its own. */
static void explain(int err, char *why)
{
	if (err == -ENOTRECOVERABLE)
		fail(why, err, "received a wrong payload");
	else
		fail(why, err, strerror(-err));
}

/*
 * The kernel charges a memory cgroup for small objects from a page taken in
 * advance. Depending on how much of it is left, a mechanism that allocates with
 * every message takes and gives back a page with every message, for as long as
 * nothing else is allocated, or never does: a repetition can be 15 % dearer than
 * the next. So each holds another number of files, which are charged 264 bytes
 * each: MEASURE_CYCLE repetitions go through all that can be left of the page, in
 * steps of 132 bytes, which is less than what is charged for a small message. What
 * else the machine does moves it too, so that this cannot be had exactly.
 */
static void hold_files(int fds[MEASURE_CYCLE], unsigned long number)
{
	unsigned long i;

	for (i = 0; i < MEASURE_CYCLE; i++)
		fds[i] = i < number % MEASURE_CYCLE ? eventfd(0, EFD_CLOEXEC) : -1;
}

static void release_files(const int fds[MEASURE_CYCLE])
{
	unsigned int i;

	for (i = 0; i < MEASURE_CYCLE; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

#define STAMPS	(LATENCIES_MAX * sizeof(uint64_t) + sizeof(struct usage))

/* What the peer leaves for this process. Its pages are there before anything is measured. */
static int share_memory(struct plan *plan)
{
	plan->stamps = mmap(NULL, STAMPS, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (plan->stamps == MAP_FAILED)
		return -errno;
	plan->peer_usage = (struct usage *)(plan->stamps + LATENCIES_MAX);
	return 0;
}

int measure(const struct options *options, const struct bench_case *c, unsigned long count,
	    unsigned long number, struct outcome *outcome, char *why)
{
	struct plan plan = { .go = { -1, -1 } };
	int held[MEASURE_CYCLE], err;

	why[0] = '\0';
	outcome->opened = false;
	err = pin_self(options->cpus);
	if (err)
		return fail(why, err, "cannot pin the process to a processor");
	err = pin_policy(options->policy);
	if (err)
		return fail(why, err, "cannot change the scheduling policy");
	err = share_memory(&plan);
	if (err)
		return fail(why, err, "no memory");
	make_plan(&plan, options, c, count);
	/* How often who sends at a rate looks at the clock and sleeps is not the mechanism's. */
	plan.count_syscalls = outcome->count_syscalls && !(c->mode == MODE_LATENCY && plan.rate);
	if (plan.count_syscalls)
		syscalls_begin();
	hold_files(held, number);
	if (c->mode == MODE_SETUP)
		err = setup_measure(options, c, outcome, why);
	else
		err = pipe2(plan.go, O_CLOEXEC) < 0 ? fail(why, -errno, "cannot make a pipe") :
						      run(options, c, &plan, outcome, why);
	if (plan.go[0] >= 0) {
		close(plan.go[0]);
		close(plan.go[1]);
	}
	syscalls_end();
	release_files(held);
	munmap(plan.stamps, STAMPS);
	if (err && !why[0])
		explain(err, why);
	return err;
}
