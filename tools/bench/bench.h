/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ipcx-bench: what its parts share.
 *
 * A *case* is one row: a transport, a mode, a size, a batch. It is measured
 * --repeat times, each time with a new pair (and, where two processes take
 * part, a new peer), and the repetitions of all cases are interleaved:
 * A B C A B C. One such repetition gives a *sample*.
 *
 *	options.c	command line			-> struct options
 *	run.c		cases, interleaving		-> samples
 *	measure.c	one repetition of one case
 *	exchange.c, oneway.c, switch.c			the measured loops, of both processes
 *	report.c, json.c				-> table, file
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ipcx/transport.h>

#include "clock.h"
#include "histogram.h"
#include "list.h"

/* What the program exits with. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_BAD = 1,
	EXIT_USAGE = 2,
	EXIT_NOTHING = 3,
	EXIT_INTERRUPTED = 130,
};

enum mode {
	MODE_PAIR,
	MODE_ONEWAY,
	MODE_ROUNDTRIP,
	MODE_SWITCH,
	MODE_SETUP,
	MODE_LATENCY,
	MODE_COUNT,
};

/* As fast as it goes, nobody sees how long a message takes one way; a switch is no message. */
static inline bool mode_has_latencies(enum mode mode)
{
	return mode == MODE_PAIR || mode == MODE_ROUNDTRIP || mode == MODE_LATENCY;
}

extern const char *const mode_names[MODE_COUNT];

/* What a set-up is made of. */
enum setup_part {
	SETUP_CREATE,
	SETUP_ATTACH,
	SETUP_CLOSE,
	SETUP_PARTS,
};

extern const char *const setup_names[SETUP_PARTS];

#define REPEAT_MAX	1000
/* Most senders, and most receivers, of one row. */
#define MANY_MAX	16
#define COUNT_MAX	100000000UL

enum cpus {
	CPUS_SAME,
	CPUS_TWO,
	CPUS_ANY,
};

extern const char *const cpus_names[3];

/*
 * How the processes are scheduled. Whether a woken process takes the CPU from the
 * one that woke it depends, with the normal policy, on what both have used
 * before, so that a run can change between two ways of going on. With the batch
 * policy it never does.
 */
enum policy {
	POLICY_NORMAL,
	POLICY_BATCH,
};

extern const char *const policy_names[2];

/* Of enum ipcx_wait_policy. */
extern const char *const wait_names[3];

/**
 * struct pairs - How many take part in mode oneway.
 * @senders: 1 to MANY_MAX
 * @receivers: the same
 */
struct pairs {
	unsigned int senders;
	unsigned int receivers;
};

/**
 * struct options - What to do.
 * @transports: which, in this order
 * @sizes: payload sizes
 * @size_count: how many
 * @modes: which
 * @mode_count: how many
 * @batches: messages per call; 1: one by one
 * @batch_count: how many
 * @pairs: senders and receivers in mode oneway
 * @pairs_count: how many
 * @count: messages per repetition, 0: as many as @duration_ms takes
 * @duration_ms: about how long a repetition should take
 * @repeat: repetitions
 * @depth: messages that may be on their way between two processes
 * @cpus: where the processes run
 * @policy: how they are scheduled
 * @wait: how all wait
 * @framed: streams send a length header although all messages have one size
 * @check_inside: payloads are written and checked in the measured loop as well
 * @json: file for the results, or NULL
 * @raw: the file gets every latency
 * @rate: messages per second in mode latency; 0: one after the other
 * @noise: spread, in percent, above which a row is called noisy
 * @resume: file with repetitions that need not be done again, or NULL
 * @regions: file in which the QEMU plugin leaves its counts, or NULL
 * @quiet: no progress
 * @count_syscalls: before anything is measured, where the kernel does it
 * @announce: say at the start how long it takes
 */
struct options {
	struct transport_list transports;
	size_t sizes[LIST_MAX];
	unsigned int size_count;
	enum mode modes[MODE_COUNT];
	unsigned int mode_count;
	unsigned int batches[LIST_MAX];
	unsigned int batch_count;
	struct pairs pairs[LIST_MAX];
	unsigned int pairs_count;
	unsigned long count;
	unsigned long duration_ms;
	unsigned long repeat;
	unsigned int depth;
	enum cpus cpus;
	enum policy policy;
	enum ipcx_wait_policy wait;
	bool framed;
	bool check_inside;
	const char *json;
	bool raw;
	unsigned long rate;
	double noise;
	const char *resume;
	const char *regions;
	bool quiet;
	bool count_syscalls;
	bool announce;
};

/**
 * struct sample - One repetition.
 * @per_message: time or instructions per message, or per round trip
 * @cpu_ns: processor time of all processes, per message
 * @switches: context switches of all processes, per message
 * @region: number of the region for the QEMU plugin
 * @parts: of a set-up
 * @rate: messages per second that arrived, in mode latency
 */
struct sample {
	double per_message;
	double cpu_ns;
	double switches;
	unsigned long region;
	double parts[SETUP_PARTS];
	double rate;
};

/**
 * struct counted - What the QEMU plugin counted, per message.
 * @known: it did
 * @instructions: all
 * @kernel: those of the kernel
 * @locked: those with a bus lock
 * @syscalls: system calls
 */
struct counted {
	bool known;
	double instructions;
	double kernel;
	double locked;
	double syscalls;
};

/**
 * struct bench_case - One row.
 * @transport: mechanism
 * @mode: what is done
 * @size: bytes of payload
 * @batch: messages per call
 * @senders: processes that send, in mode oneway; else 1
 * @receivers: the same of those that receive
 * @count: messages per repetition
 * @samples: finished repetitions
 * @sample_count: how many
 * @latencies: of single messages or round trips, all repetitions
 * @raw: the same one by one, where asked for
 * @raw_count: how many
 * @counted: by the plugin
 * @syscalls: of all processes per message, counted by the kernel; negative: not known
 * @took_ms: how long the last repetition took as a whole; 0: there was none
 * @depth: messages that may be on their way; 0: as many as the mechanism has room for
 * @err: 0, or why the case ended early
 * @skipped: it could not run at all
 * @why: reason for either
 */
struct bench_case {
	const struct ipcx_transport_ops *transport;
	enum mode mode;
	size_t size;
	unsigned int batch;
	unsigned int senders;
	unsigned int receivers;
	unsigned long count;
	struct sample *samples;
	unsigned int sample_count;
	struct histogram *latencies;
	uint64_t *raw;
	size_t raw_count;
	struct counted counted;
	double syscalls;
	double took_ms;
	unsigned int depth;
	int err;
	bool skipped;
	char why[IPCX_TRANSPORT_WHY];
};

/**
 * struct results - All rows.
 * @cases: the rows
 * @count: how many
 * @interrupted: Ctrl-C ended the run early
 */
struct results {
	struct bench_case *cases;
	unsigned int count;
	bool interrupted;
};

#endif /* BENCH_H */
