/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One repetition of one case. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <sys/types.h>

#include "bench.h"
#include "link.h"
#include "usage.h"

/* Parts that the measured messages are cut into, each with a figure of its own. */
#define BLOCKS		40
/*
 * Repetitions that go once through the states in which the kernel's accounting of
 * small objects can be; see hold_files().
 */
#define MEASURE_CYCLE	32
/* Messages that are timed one by one, at most. */
#define LATENCIES_MAX	10000
/* System calls of mode latency by which a message's sender learns that it has arrived. */
#define LATENCY_CALLS	2
/* Messages before and after the measured ones, at most. */
#define MEASURE_BESIDE	200
/* Bytes of messages for which room is asked in one direction, at most. */
#define MEASURE_ROOM	((size_t)16 << 20)

/**
 * struct phase - A stretch of messages that are treated alike.
 * @first: number of the first message
 * @count: how many; a multiple of the batch
 * @check: payloads are written and checked
 */
struct phase {
	uint64_t first;
	unsigned long count;
	bool check;
};

/**
 * struct plan - What happens in a repetition. Both processes go through it.
 * @warm_up: always checked, not measured
 * @timed: measured as a whole
 * @single: each message timed by itself; none in one-way mode
 * @after: always checked, not measured: what went wrong before shows here
 * @go: pipe by which the measuring process lets its peer go on
 * @count_syscalls: each process counts its own
 * @stamps: in shared memory, in mode latency: when each message was sent, or should have been
 * @rate: messages per second in that mode; 0: one after the other
 * @alone: the sender has a processor for itself
 * @peer_usage: where the other process leaves its usage in @timed
 */
struct plan {
	struct phase warm_up;
	struct phase timed;
	struct phase single;
	struct phase after;
	int go[2];
	bool count_syscalls;
	uint64_t *stamps;
	unsigned long rate;
	bool alone;
	struct usage *peer_usage;
};

/**
 * struct outcome - What came of it.
 * @blocks: time per message of each block
 * @count_syscalls: count them, instead of measuring
 * @usage: of this process in the timed phase
 * @region: number of that phase for the QEMU plugin
 * @parts: of a set-up
 * @rate: messages per second that arrived, in mode latency
 * @opened: there was a pair to measure
 * @latencies: room for LATENCIES_MAX of them
 * @latency_count: how many there are
 */
struct outcome {
	double blocks[BLOCKS];
	bool count_syscalls;
	struct usage usage;
	unsigned long region;
	double parts[SETUP_PARTS];
	double rate;
	bool opened;
	uint64_t *latencies;
	unsigned long latency_count;
};

/* Let the peer go on; and there, wait for it. 0 or a negative errno. */
int plan_go(const struct plan *plan);
int plan_wait(const struct plan *plan);

/* As fork(2), but with a negative errno and the reason. */
pid_t measure_fork(char *why);

/*
 * The measured side; 0 or a negative errno. exchange_measure() is for one
 * process that has both ends as well as for one with an echoing peer.
 */
int exchange_measure(const struct plan *plan, struct link *link, struct outcome *outcome);
int oneway_measure(const struct plan *plan, struct link *link, struct outcome *outcome);
int latency_measure(const struct plan *plan, struct link *link, struct outcome *outcome);

/* The other process's side; 0 or a negative errno. */
int exchange_peer(const struct plan *plan, struct link *link);
int oneway_peer(const struct plan *plan, struct link *link);
int latency_peer(const struct plan *plan, struct link *link);

/*
 * Measures @count messages of the case once, as repetition @number. Returns 0, or a negative errno with
 * the reason: -ENOTRECOVERABLE where the payload was wrong, -EINTR for Ctrl-C,
 * -ECHILD where the peer died, -ENOTSUP where the case cannot be run here.
 */
int measure(const struct options *options, const struct bench_case *bench_case,
	    unsigned long count, unsigned long number, struct outcome *outcome, char *why);

/*
 * Messages that a pair of this case is asked to hold, 0 being the mechanism's own room. One
 * process that sends before it receives needs the room for what it sent. Two have the same for
 * every mechanism: with its own defaults, from ten messages to megabytes, the longest queue
 * would win, since it switches tasks least. What has no messages on their way needs no room;
 * and so many long ones that they take more than MEASURE_ROOM are more than most mechanisms
 * may hold: as many as fit into that, or one; byte streams move them in parts, through the
 * room that they have.
 */
unsigned int measure_depth(const struct options *options, const struct bench_case *bench_case);

/* The messages of a repetition are a multiple of this. */
unsigned long measure_step(const struct bench_case *bench_case);

#endif /* BENCH_MEASURE_H */
