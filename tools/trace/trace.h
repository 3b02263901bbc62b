/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ipcx-trace: what every call copies, by mechanism; and the stages of ipcx's messages.
 *
 *   options.c   the command line
 *   kernel.c    what all BPF programs need
 *   load.c      those of the ledger (bpf/): loaded, attached, and whom they follow
 *   pin.c       programs and maps that stay behind
 *   probe.c     /dev/ipcx_probe, whose tracepoint they listen to
 *   calls.c     system calls, described for them
 *   child.c     a command that is held until they look
 *   calibrate.c what looking costs, on this machine
 *   ledger.c    what they counted, added up over the processors; distribution.c likewise
 *   figures.c   what that means: passes, shares, percentiles; raw and corrected
 *   table.c     figures as text, json.c as JSON
 *   session.c   whom to follow, and until when
 *
 * copies.c and top.c are the commands; anatomy.c is another, with parts of its own
 * (anatomy.h).
 *
 * Functions return 0 or -errno. Whoever finds out what is wrong says so on stderr.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "../../bpf/ledger.h"

#define PROGRAM		"ipcx-trace"

enum {
	EXIT_DONE = 0,
	EXIT_BAD = 1,
	EXIT_USAGE = 2,
	EXIT_NOTHING = 3,
};

/* One line on stderr, with the program's name before it. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- options.c ---- */

struct options {
	pid_t *pids;
	size_t pid_count;
	bool all;
	char **command;
	double seconds;
	bool json;
	const char *pin;
	/* top only. */
	double interval;
	int order;
	/* anatomy only: a name or a number. */
	const char *object;
};

/* --help and mistakes end the program. */
void options_parse(int argc, char **argv, struct options *options);
void options_parse_top(int argc, char **argv, struct options *options);
void options_parse_anatomy(int argc, char **argv, struct options *options);

/* ---- calls.c ---- */

/* A way of moving messages. */
struct mechanism {
	const char *name;
	/* Who sends and who receives do the same call: each is a message of its own. */
	bool one_sided;
};

extern const struct mechanism mechanisms[LEDGER_MECHANISMS];

void calls_describe(struct ledger_kind kinds[LEDGER_CALLS]);

/* ---- probe.c ---- */

struct probe {
	int fd;
};

int probe_open(struct probe *probe);
void probe_close(struct probe *probe);
int probe_follow(const struct probe *probe, pid_t pid);
int probe_follow_all(const struct probe *probe);

/* What its probes could not see, since it was loaded. */
struct probe_lost {
	__u64 missed;
	__u64 children;
	/* Functions that are there but could not be armed. */
	unsigned int failed;
};

int probe_lost(const struct probe *probe, struct probe_lost *lost);

/* ---- load.c ---- */

struct programs;

/* With what the kernel has: the module's tracepoints are used if they are there. */
int programs_load(struct programs **programs);
void programs_free(struct programs *programs);
bool programs_see_copies(const struct programs *programs);
int programs_follow(struct programs *programs, pid_t pid);
int programs_unfollow(struct programs *programs, pid_t pid);
void programs_follow_all(struct programs *programs);
/* Begins anew: nothing was counted. */
int programs_clear(struct programs *programs);
/* Times that a program could not run because it was running. */
__u64 programs_missed(const struct programs *programs);

/* ---- pin.c ---- */

int programs_pin(struct programs *programs, const char *folder);

/* ---- child.c ---- */

struct child {
	pid_t pid;
	/* 1: it may go on. Shared with it. */
	uint32_t *go;
};

/* It gets the signal mask. */
int child_start(struct child *child, char **command, const sigset_t *mask);
void child_release(struct child *child);
/* It does not run any more, whatever it was doing. */
void child_end(struct child *child);

/* ---- calibrate.c ---- */

/* What looking costs, in nanoseconds. */
struct calibration {
	/* A call that copies nothing, without it and with it. */
	double plain_call;
	double traced_call;
	/* What a copy of a few bytes adds to that, without it and with it. */
	double plain_copy;
	double traced_copy;
	/* How long that copy seems to take. */
	double seen_copy;
};

void calibrate_plain(struct calibration *calibration);
int calibrate_traced(struct calibration *calibration, struct programs *programs);
/* A call's own cost, a copy's, and the part of it that is in the copy's time. */
double calibration_call(const struct calibration *calibration);
double calibration_copy(const struct calibration *calibration);
double calibration_inside(const struct calibration *calibration);

/* ---- distribution.c ---- */

struct bucket {
	__u64 at_least;
	__u64 count;
};

struct distribution {
	struct bucket *buckets;
	size_t count;
	__u64 total;
};

/* The value that @percent of all are not above; 0 where there is none. */
double distribution_percentile(const struct distribution *distribution, double percent);

/* ---- ledger.c ---- */

struct ledger {
	struct ledger_row rows[LEDGER_MECHANISMS];
	struct distribution copies[LEDGER_MECHANISMS];
	struct distribution wakes[LEDGER_MECHANISMS];
	struct ledger_lost lost;
	__u64 programs_missed;
	struct probe_lost probe;
	/* Only estimates, but for what ipcx itself tells. */
	bool estimates;
};

int ledger_read(struct ledger *ledger, const struct programs *programs);
void ledger_free(struct ledger *ledger);
/* What came between two readings; what was lost is not taken apart. */
int ledger_since(struct ledger *since, const struct ledger *now, const struct ledger *before);

/* ---- figures.c ---- */

/* A figure that there is nothing to make from. */
#define NO_FIGURE	(-1.0)

/* Raw as measured, or less what looking cost. */
struct times {
	double copy_p50;
	double copy_p99;
	double per_kib;
	double copy_share;
};

struct figures {
	enum ledger_mechanism mechanism;
	__u64 calls;
	__u64 messages;
	__u64 message_bytes;
	__u64 payload_bytes;
	__u64 payload_copies;
	__u64 argument_bytes;
	__u64 argument_copies;
	double passes;
	double copies_per_message;
	double bytes_per_copy;
	double blocked_share;
	double wake_p50;
	struct times raw;
	struct times corrected;
	/* What was copied is what functions said that they moved. */
	bool estimate;
	/* Messages were sent, or received, by others only. */
	bool only_sent;
	bool only_received;
};

/* False where nothing happened. */
bool figures_of(const struct ledger *ledger, enum ledger_mechanism mechanism,
		const struct calibration *calibration, struct figures *figures);

/* ---- emulated.c ---- */

bool is_emulated(void);

/* ---- table.c, json.c ---- */

struct report {
	struct ledger ledger;
	struct calibration calibration;
	double seconds;
	bool sees_copies;
	bool emulated;
};

void table_print(const struct report *report);
int json_print(const struct report *report);

/* ---- commands ---- */

int command_copies(int argc, char **argv);
int command_top(int argc, char **argv);
int command_anatomy(int argc, char **argv);

/* The number of an order of rows, or -1. */
int top_order(const char *name);

#endif /* TRACE_TRACE_H */
