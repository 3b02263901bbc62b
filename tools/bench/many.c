// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every sender and every receiver is a child of the process that opened the pair; all senders
 * use one end, all receivers the other one, and a message goes to whoever gets it first, or
 * to each of them. So nobody knows beforehand how many a receiver gets, and counting them
 * together would be one more cache line to fight for: instead the sender that is done last
 * sends each receiver a message that says so, and those take the time. They also count what
 * they got from whom, which has to be what was sent.
 *
 * There are two rounds: in the first, of a few messages, everybody comes to run and touches its
 * memory; the second one is measured. Nobody ends before all are through with that: to take an
 * address space down can take longer than to move some hundred messages.
 *
 * A message tells by its first byte from which sender it is, or that it is the last; all other
 * bytes follow from that.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "many.h"
#include "pin.h"
#include "region.h"
#include "syscalls.h"

enum round { WARM_UP, TIMED, END, ROUNDS };

/* Messages of a sender to warm up, at most. */
#define WARM_UP_EACH	20
/* So long, at most, a death goes unnoticed. */
#define LOOK_UP_MS	100

/**
 * struct member - What one child leaves.
 * @usage: of its work
 * @end: when a receiver had got all
 * @from: messages that it got from each sender
 */
struct member {
	struct usage usage;
	uint64_t end;
	unsigned long from[MANY_MAX];
};

/**
 * struct crowd - All of them.
 * @c: the case
 * @options: the rules
 * @pair: what they share
 * @each: messages of one sender
 * @count_syscalls: each counts its own
 * @go: pipes by which they are let go, a byte for each; one for each round, as who is first in
 *	one must not take the byte of who is last in the one before
 * @ready: pipe by which they say that they wait for that
 * @pids: the children, senders first
 * @count: how many
 * @shared: in shared memory
 */
struct crowd {
	const struct bench_case *c;
	const struct options *options;
	struct ipcx_transport_pair *pair;
	unsigned long each;
	bool count_syscalls;
	int go[ROUNDS][2];
	int ready[2];
	pid_t pids[2 * MANY_MAX];
	unsigned int count;
	struct {
		_Atomic unsigned int sending;
		struct member members[2 * MANY_MAX];
	} *shared;
};

/* Caps that one end shared by these needs. */
static unsigned int needed(const struct bench_case *c)
{
	return (c->senders > 1 ? IPCX_TRANSPORT_MANY_SENDERS : 0) |
	       (c->receivers > 1 ? IPCX_TRANSPORT_MANY_RECEIVERS : 0);
}

/* How often a message is received. */
static unsigned int times(const struct bench_case *c)
{
	return c->transport->caps & IPCX_TRANSPORT_BROADCAST ? c->receivers : 1;
}

int many_possible(const struct options *options, const struct bench_case *c, char *why)
{
	unsigned int caps = c->transport->caps, lacking = needed(c) & ~caps;
	const char *text = NULL;

	if (lacking && !(caps & (IPCX_TRANSPORT_MANY_SENDERS | IPCX_TRANSPORT_MANY_RECEIVERS)))
		text = "has one sender and one receiver";
	else if (lacking)
		text = lacking & IPCX_TRANSPORT_MANY_SENDERS ? "has one sender" : "has one receiver";
	else if (c->batch > 1)
		text = "several senders or receivers send one message per call";
	else if (!c->size)
		text = "needs a byte that tells the last message from others";
	else if (caps & IPCX_TRANSPORT_BOUNDARIES)
		return 0;
	else if (c->size > PIPE_BUF)
		text = "messages longer than PIPE_BUF (4096 bytes) of several processes mix";
	else if (options->framed)
		text = "several receivers would get headers and messages of each other";
	if (!text)
		return 0;
	snprintf(why, IPCX_TRANSPORT_WHY, "%s", text);
	return -ENOTSUP;
}

#define UNKNOWN	UCHAR_MAX

/* Which number a message has that begins with this byte. */
static void make_numbers(unsigned char numbers[UCHAR_MAX + 1], unsigned int last)
{
	unsigned char first;
	unsigned int i;

	memset(numbers, UNKNOWN, UCHAR_MAX + 1);
	for (i = 0; i <= last; i++) {
		payload_write(&first, 1, i);
		numbers[first] = (unsigned char)i;
	}
}

static int wait_for_all(const struct crowd *crowd, enum round round)
{
	char byte = 0;
	ssize_t n;

	if (write(crowd->ready[1], &byte, 1) != 1)
		return -errno;
	do {
		n = read(crowd->go[round][0], &byte, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : -EPIPE;
}

static int send_stops(const struct crowd *crowd, struct link *link)
{
	unsigned int i, stops = crowd->c->receivers / times(crowd->c);
	int err = 0;

	link_write(link, crowd->c->senders, 1);
	for (i = 0; i < stops && !err; i++)
		err = link_send(link, 1);
	return err;
}

static unsigned long count_of(const struct crowd *crowd, enum round round)
{
	return round == WARM_UP && crowd->each > WARM_UP_EACH ? WARM_UP_EACH : crowd->each;
}

static int sender(struct crowd *crowd, unsigned int me, enum round round, struct link *link)
{
	struct member *self = &crowd->shared->members[me];
	unsigned long i, count = count_of(crowd, round);
	bool check = crowd->options->check_inside;
	int err;

	link_write(link, me, 1);
	err = wait_for_all(crowd, round);
	self->usage = usage_now();
	for (i = 0; i < count && !err; i++) {
		if (check)
			link_write(link, me, 1);
		err = link_send(link, 1);
	}
	usage_since(&self->usage);
	/* Seen by whoever is last: its messages come after those of all others. */
	if (!err && atomic_fetch_sub(&crowd->shared->sending, 1) == 1)
		err = send_stops(crowd, link);
	return err;
}

static int receiver(struct crowd *crowd, unsigned int me, enum round round, struct link *link)
{
	struct member *self = &crowd->shared->members[me];
	unsigned int last = crowd->c->senders, from;
	unsigned char numbers[UCHAR_MAX + 1];
	int err;

	make_numbers(numbers, last);
	memset(self->from, 0, sizeof(self->from));
	err = wait_for_all(crowd, round);
	self->usage = usage_now();
	while (!err) {
		err = link_recv(link, 1);
		if (err)
			break;
		from = numbers[*(const unsigned char *)link->in->buf];
		if (from == UNKNOWN)
			return -ENOTRECOVERABLE;
		if (crowd->options->check_inside || from == last)
			err = link_check(link, from, 1);
		if (from == last)
			break;
		self->from[from]++;
	}
	self->end = clock_now();
	usage_since(&self->usage);
	return err;
}

/* Receivers have the first processor, senders the second, where there are two to have. */
static int child(struct crowd *crowd, unsigned int me, struct link *link)
{
	bool sends = me < crowd->c->senders;
	enum round round;
	int err = sends ? pin_peer(crowd->options->cpus) : pin_self(crowd->options->cpus);

	/* Who is not waited for in vain. */
	if (err)
		return write(crowd->ready[1], "", 1) == 1 ? err : -EPIPE;
	if (crowd->count_syscalls)
		syscalls_begin();
	link->send = ipcx_transport_attach(crowd->pair, sends);
	link->recv = link->send;
	for (round = WARM_UP; round <= TIMED && !err; round++)
		err = sends ? sender(crowd, me, round, link) : receiver(crowd, me, round, link);
	return err ? err : wait_for_all(crowd, END);
}

static int start(struct crowd *crowd, struct link *link, char *why)
{
	unsigned int all = crowd->c->senders + crowd->c->receivers;
	pid_t parent = getpid(), pid;

	while (crowd->count < all) {
		pid = measure_fork(why);
		if (pid < 0)
			return (int)pid;
		if (pid == 0) {
			signals_peer();
			if (getppid() != parent)
				_exit(ECHILD);
			_exit(-child(crowd, crowd->count, link));
		}
		crowd->pids[crowd->count++] = pid;
	}
	return 0;
}

static void kill_all(const struct crowd *crowd)
{
	unsigned int i;

	for (i = 0; i < crowd->count; i++)
		if (crowd->pids[i])
			kill(crowd->pids[i], SIGKILL);
}

static int verdict(int status)
{
	if (!WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

static bool forget(struct crowd *crowd, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < crowd->count; i++)
		if (crowd->pids[i] == pid) {
			crowd->pids[i] = 0;
			return true;
		}
	return false;
}

/*
 * Ends when all have; the first that goes wrong takes the others with it, and its reason counts,
 * but for that somebody else is gone. The process that
 * would clean up System V objects is a child, too, and none of them.
 */
static int wait_all(struct crowd *crowd, int err)
{
	unsigned int left = crowd->count;
	int status;
	pid_t pid;

	if (err)
		kill_all(crowd);
	while (left) {
		pid = waitpid(-1, &status, 0);
		if (pid < 0 && errno != EINTR)
			return -errno;
		if (pid < 0 && signals_stop())
			kill_all(crowd);
		if (pid < 0 || !forget(crowd, pid))
			continue;
		left--;
		if (!err && verdict(status))
			kill_all(crowd);
		if ((!err || err == -ECHILD) && verdict(status))
			err = verdict(status);
	}
	return signals_stop() ? -EINTR : err;
}

static bool anybody_died(const struct crowd *crowd)
{
	siginfo_t info = { 0 };
	unsigned int i;

	for (i = 0; i < crowd->count && !info.si_pid; i++)
		waitid(P_PID, (id_t)crowd->pids[i], &info, WEXITED | WNOHANG | WNOWAIT);
	return info.si_pid != 0;
}

/* Whoever died before it could say that it is there will not: so that is looked for, too. */
static int wait_ready(const struct crowd *crowd)
{
	struct pollfd ready = { .fd = crowd->ready[0], .events = POLLIN };
	int n = poll(&ready, 1, LOOK_UP_MS);

	if (signals_stop())
		return -EINTR;
	if (n > 0)
		return 0;
	return anybody_died(crowd) ? -ECHILD : -EAGAIN;
}

static int wait_for_members(const struct crowd *crowd)
{
	char bytes[2 * MANY_MAX] = { 0 };
	unsigned int there = 0;
	ssize_t n;
	int err;

	while (there < crowd->count) {
		err = wait_ready(crowd);
		if (err == -EAGAIN)
			continue;
		if (err)
			return err;
		n = read(crowd->ready[0], bytes, crowd->count - there);
		if (n > 0)
			there += (unsigned int)n;
	}
	return 0;
}

static int let_go(const struct crowd *crowd, enum round round)
{
	static const char bytes[2 * MANY_MAX];
	ssize_t n = write(crowd->go[round][1], bytes, crowd->count);

	return n == (ssize_t)crowd->count ? 0 : -errno;
}

/* Whether each sender's messages all arrived, and when the last had. */
static int evaluate(const struct crowd *crowd, uint64_t begin, struct outcome *outcome)
{
	unsigned int senders = crowd->c->senders, s, m;
	double total = (double)crowd->each * senders;
	unsigned long got;
	uint64_t end = 0;

	memset(&outcome->usage, 0, sizeof(outcome->usage));
	for (m = 0; m < crowd->count; m++) {
		const struct member *member = &crowd->shared->members[m];

		end = member->end > end ? member->end : end;
		outcome->usage.cpu_ns += member->usage.cpu_ns / total;
		outcome->usage.switches += member->usage.switches / total;
		outcome->usage.syscalls = syscalls_sum(outcome->usage.syscalls,
						       member->usage.syscalls / total);
	}
	for (s = 0; s < senders; s++) {
		for (got = 0, m = senders; m < crowd->count; m++)
			got += crowd->shared->members[m].from[s];
		if (got != crowd->each * times(crowd->c))
			return -ENOTRECOVERABLE;
	}
	for (m = 0; m < BLOCKS; m++)
		outcome->blocks[m] = (double)(end - begin) / total;
	return 0;
}

static int go_through(struct crowd *crowd, struct link *link, struct outcome *outcome, char *why)
{
	enum round round;
	uint64_t begin = 0;
	int err;

	ipcx_transport_leave(crowd->pair);
	err = start(crowd, link, why);
	for (round = WARM_UP; round < ROUNDS && !err; round++) {
		err = wait_for_members(crowd);
		if (round == END)
			region_end();
		atomic_store(&crowd->shared->sending, crowd->c->senders);
		if (round == TIMED) {
			region_begin();
			outcome->region = region_count;
			begin = clock_now();
		}
		if (!err)
			err = let_go(crowd, round);
	}
	err = wait_all(crowd, err);
	return err ? err : evaluate(crowd, begin, outcome);
}

static void close_pipe(const int fds[2])
{
	if (fds[0] >= 0) {
		close(fds[0]);
		close(fds[1]);
	}
}

static int open_pipes(struct crowd *crowd)
{
	enum round round;

	for (round = WARM_UP; round < ROUNDS; round++)
		if (pipe2(crowd->go[round], O_CLOEXEC) < 0)
			return -errno;
	return pipe2(crowd->ready, O_CLOEXEC) < 0 ? -errno : 0;
}

static void close_pipes(const struct crowd *crowd)
{
	enum round round;

	for (round = WARM_UP; round < ROUNDS; round++)
		close_pipe(crowd->go[round]);
	close_pipe(crowd->ready);
}

int many_measure(const struct options *options, const struct bench_case *c,
		 struct ipcx_transport_pair *pair, unsigned long count, struct outcome *outcome,
		 char *why)
{
	struct crowd crowd = {
		.c = c, .options = options, .pair = pair, .each = count / c->senders,
		.count_syscalls = outcome->count_syscalls,
		.go = { { -1, -1 }, { -1, -1 }, { -1, -1 } }, .ready = { -1, -1 },
	};
	struct link link = { 0 };
	int err = link_init(&link, c->size, 1);

	crowd.shared = mmap(NULL, sizeof(*crowd.shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (!err && crowd.shared == MAP_FAILED)
		err = -errno;
	if (!err)
		err = open_pipes(&crowd);
	if (!err)
		err = go_through(&crowd, &link, outcome, why);
	if (err && err != -EINTR && !why[0])
		snprintf(why, IPCX_TRANSPORT_WHY, "%s", err == -ENOTRECOVERABLE ?
			 "a message was wrong or is missing" : err == -ECHILD ?
			 "a sender or a receiver was killed" : strerror(-err));
	close_pipes(&crowd);
	if (crowd.shared != MAP_FAILED)
		munmap(crowd.shared, sizeof(*crowd.shared));
	link_free(&link);
	return err;
}
