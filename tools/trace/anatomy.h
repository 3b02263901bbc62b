/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command anatomy: the stages of one object's messages.
 *
 *   anatomy.c   the run
 *   object.c    which object; label.c how it is called
 *   stages.c    the BPF programs, and what they counted
 *   stages_table.c, stages_bar.c, stages_json.c   what that looks like
 */
#ifndef TRACE_ANATOMY_H
#define TRACE_ANATOMY_H

#include "../../bpf/anatomy.h"
#include "object.h"
#include "trace.h"

struct stage_programs;

/* It counts from now on; says what is missing. */
int stage_programs_load(struct stage_programs **programs, __u64 object);
void stage_programs_free(struct stage_programs *programs);
/* The object is no more. */
bool stage_programs_gone(const struct stage_programs *programs);
int stage_programs_pin(struct stage_programs *programs, const char *folder);

/**
 * struct stages - What was counted.
 * @rows: each stage, added up over the processors
 * @ns: their distributions
 * @counts: of messages, with and without stages
 * @missed: messages that came while the program ran
 */
struct stages {
	struct anatomy_row rows[ANATOMY_STAGES];
	struct distribution ns[ANATOMY_STAGES];
	struct anatomy_counts counts;
	__u64 missed;
};

/* To be freed in any case. */
int stages_read(struct stages *stages, const struct stage_programs *programs);
void stages_free(struct stages *stages);

/* A stage's figures; without messages only its name has a meaning. */
struct stage_figures {
	const char *name;
	/* Of the bar. */
	char letter;
	__u64 messages;
	__u64 sum;
	double share;
	double mean;
	double p50;
	double p99;
	__u64 min;
	__u64 max;
};

void stage_figures_of(const struct stages *stages, enum anatomy_stage stage,
		      struct stage_figures *figures);

/* What is told of a run. */
struct anatomy {
	struct ipcx_stat object;
	struct stages stages;
	double seconds;
	/* It vanished meanwhile. */
	bool gone;
	bool emulated;
};

void stages_table_print(const struct anatomy *anatomy);
int stages_json_print(const struct anatomy *anatomy);
/* @width: of the line; @colour: with a terminal's means. */
void stages_bar_print(const struct stages *stages, int width, bool colour);

#endif /* TRACE_ANATOMY_H */
