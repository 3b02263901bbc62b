// SPDX-License-Identifier: LGPL-2.1-or-later
/* The BPF programs of anatomy, and what they counted. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "anatomy.h"
#include "distribution.h"
#include "kernel.h"
#include "pin.h"

/* Generated; it takes the records for known. */
#include "anatomy.skel.h"

#define MODULE_BTF	"/sys/kernel/btf/ipcx"

struct stage_programs {
	struct anatomy_bpf *skel;
};

/* ---- loading ---- */

/* What the kernel would tell in many lines, or not at all. */
static int check_module(void)
{
	if (access(MODULE_BTF, R_OK) == 0)
		return 0;
	say("the module ipcx has no type information (%s): build it where the kernel's vmlinux is, or by 'make module'",
	    MODULE_BTF);
	return -ENOENT;
}

/* On each processor: nothing. */
static int make_rows(const struct anatomy_bpf *skel)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	struct anatomy_row *zero;

	if (cpus < 0)
		return cpus;
	zero = calloc((size_t)cpus, sizeof(*zero));
	if (!zero)
		return -ENOMEM;
	for (__u32 stage = 0; !err && stage < ANATOMY_STAGES; stage++)
		err = bpf_map__update_elem(skel->maps.anatomy_rows, &stage, sizeof(stage), zero,
					   (size_t)cpus * sizeof(*zero), BPF_ANY);
	free(zero);
	return err;
}

static int attach(struct anatomy_bpf *skel)
{
	int err = anatomy_bpf__attach(skel);

	if (err == -ENOENT)
		say("the module ipcx that is loaded has no tracepoint ipcx_message: load this version's");
	else if (err)
		say("the BPF programs cannot be attached: %s", strerror(-err));
	return err;
}

/* @told: nothing is left to be said. */
static int load(struct stage_programs *p, __u64 object, bool *told)
{
	int err;

	*told = false;
	p->skel = anatomy_bpf__open();
	if (!p->skel)
		return -errno;
	p->skel->rodata->object_id = object;
	err = anatomy_bpf__load(p->skel);
	if (!err)
		err = make_rows(p->skel);
	if (err) {
		say("the kernel did not accept the BPF programs: %s", strerror(-err));
		return err;
	}
	*told = true;
	return attach(p->skel);
}

int stage_programs_load(struct stage_programs **programs, __u64 object)
{
	struct stage_programs *p;
	int err = check_module();
	bool told;

	if (err)
		return err;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	libbpf_listen();
	err = load(p, object, &told);
	libbpf_listen_end(err && !told);
	if (err) {
		stage_programs_free(p);
		return err;
	}
	*programs = p;
	return 0;
}

void stage_programs_free(struct stage_programs *programs)
{
	if (!programs)
		return;
	anatomy_bpf__destroy(programs->skel);
	free(programs);
}

bool stage_programs_gone(const struct stage_programs *programs)
{
	return __atomic_load_n(&programs->skel->bss->gone, __ATOMIC_RELAXED);
}

int stage_programs_pin(struct stage_programs *programs, const char *folder)
{
	const struct anatomy_bpf *skel = programs->skel;
	struct bpf_map *const maps[] = {
		skel->maps.anatomy_rows, skel->maps.anatomy_counts, skel->maps.stage_ns,
	};

	return skeleton_pin(skel->skeleton, maps, sizeof(maps) / sizeof(maps[0]), folder);
}

/* ---- reading ---- */

static void add_row(struct anatomy_row *sum, const struct anatomy_row *row)
{
	if (!row->messages)
		return;
	if (!sum->messages || row->min_ns < sum->min_ns)
		sum->min_ns = row->min_ns;
	if (row->max_ns > sum->max_ns)
		sum->max_ns = row->max_ns;
	sum->messages += row->messages;
	sum->ns += row->ns;
}

static int read_row(const struct bpf_map *map, __u32 stage, struct anatomy_row *sum)
{
	int cpus = libbpf_num_possible_cpus(), err;
	struct anatomy_row *rows;

	if (cpus < 0)
		return cpus;
	rows = calloc((size_t)cpus, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	err = bpf_map__lookup_elem(map, &stage, sizeof(stage), rows,
				   (size_t)cpus * sizeof(*rows), 0);
	for (int i = 0; !err && i < cpus; i++)
		add_row(sum, &rows[i]);
	free(rows);
	return err;
}

int stages_read(struct stages *stages, const struct stage_programs *programs)
{
	const struct anatomy_bpf *skel = programs->skel;
	__u32 zero = 0;
	int err;

	*stages = (struct stages){ 0 };
	err = map_sum(skel->maps.anatomy_counts, &zero, sizeof(zero), (__u64 *)&stages->counts,
		      sizeof(stages->counts) / sizeof(__u64));
	for (__u32 stage = 0; !err && stage < ANATOMY_STAGES; stage++)
		err = read_row(skel->maps.anatomy_rows, stage, &stages->rows[stage]);
	if (!err)
		err = distributions_read(stages->ns, ANATOMY_STAGES, skel->maps.stage_ns);
	stages->missed = bpf_missed(skel->obj);
	if (err)
		say("the BPF maps cannot be read: %s", strerror(-err));
	return err;
}

void stages_free(struct stages *stages)
{
	distributions_free(stages->ns, ANATOMY_STAGES);
}

/* ---- what it means ---- */

/* A bucket's middle may be outside of what there was. */
static double percentile(const struct distribution *ns, const struct anatomy_row *row,
			 double percent)
{
	double value = distribution_percentile(ns, percent);

	if (value < (double)row->min_ns)
		return (double)row->min_ns;
	return value > (double)row->max_ns ? (double)row->max_ns : value;
}

void stage_figures_of(const struct stages *stages, enum anatomy_stage stage,
		      struct stage_figures *f)
{
	static const struct {
		const char *name;
		char letter;
	} names[ANATOMY_STAGES] = {
		[ANATOMY_COPY_IN] = { "copy-in", 'i' },
		[ANATOMY_LOCK] = { "lock", 'l' },
		[ANATOMY_ENQUEUE] = { "enqueue", 'e' },
		[ANATOMY_QUEUE] = { "queue", 'q' },
		[ANATOMY_WAKE] = { "wake", 'w' },
		[ANATOMY_SWITCH] = { "switch", 's' },
		[ANATOMY_COPY_OUT] = { "copy-out", 'o' },
		[ANATOMY_TOTAL] = { "total", 't' },
	};
	const struct anatomy_row *row = &stages->rows[stage];
	__u64 all = stages->rows[ANATOMY_TOTAL].ns;

	*f = (struct stage_figures){
		.name = names[stage].name,
		.letter = names[stage].letter,
		.messages = row->messages,
		.sum = row->ns,
		.share = all ? (double)row->ns / (double)all : 0,
		.min = row->min_ns,
		.max = row->max_ns,
	};
	if (!row->messages)
		return;
	f->mean = (double)row->ns / (double)row->messages;
	f->p50 = percentile(&stages->ns[stage], row, 50);
	f->p99 = percentile(&stages->ns[stage], row, 99);
}
