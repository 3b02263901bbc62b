// SPDX-License-Identifier: LGPL-2.1-or-later
/* The BPF programs of the copy ledger. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "kernel.h"
#include "load.h"

/* The number of the first pid namespace (<linux/proc_ns.h> of the kernel). */
#define FIRST_NAMESPACE	0xEFFFFFFCU

/* The programs know processes by the numbers that they have there. */
static int check_namespace(void)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) < 0 || st.st_ino == FIRST_NAMESPACE)
		return 0;
	say("cannot be used in a container: run it where all processes are seen");
	return -EPERM;
}

/* Those of bpf/estimate.bpf.c: the name of the function that it is for, or NULL. */
static const char *function_of(const struct bpf_program *program)
{
	static const char section[] = "fexit/";
	const char *name = bpf_program__section_name(program);

	return strncmp(name, section, strlen(section)) ? NULL : name + strlen(section);
}

/* A program for what is not there could not be loaded, or not be attached. */
static void choose(struct programs *p)
{
	bool ipcx = module_is_loaded("ipcx");
	struct bpf_program *program;

	p->sees_copies = module_is_loaded("ipcx_probe");
	bpf_program__set_autoload(p->skel->progs.copy_done, p->sees_copies);
	bpf_program__set_autoload(p->skel->progs.ipcx_payload_copied, ipcx);
	bpf_program__set_autoload(p->skel->progs.ipcx_record_complete, ipcx);
	bpf_object__for_each_program(program, p->skel->obj) {
		const char *function = function_of(program);

		if (!function)
			continue;
		bpf_program__set_autoattach(program, false);
		bpf_program__set_autoload(program, !p->sees_copies &&
					  libbpf_find_vmlinux_btf_id(function,
								     BPF_TRACE_FEXIT) > 0);
	}
}

/* Which functions can be traced differs between kernels: what cannot gives no estimate. */
static void attach_estimates(struct programs *p)
{
	const struct bpf_object_skeleton *s = p->skel->skeleton;

	for (int i = 0; i < s->prog_cnt; i++) {
		struct bpf_program *program = *s->progs[i].prog;

		if (function_of(program) && bpf_program__fd(program) >= 0)
			*s->progs[i].link = bpf_program__attach(program);
	}
}

static int load(struct programs *p)
{
	int err;

	p->skel = ledger_bpf__open();
	if (!p->skel)
		return -errno;
	choose(p);
	p->skel->rodata->own_tgid = (__u32)getpid();
	calls_describe(p->skel->rodata->kinds);
	err = ledger_bpf__load(p->skel);
	if (err) {
		say("the kernel did not accept the BPF programs: %s", strerror(-err));
		return err;
	}
	err = ledger_bpf__attach(p->skel);
	if (err)
		say("the BPF programs cannot be attached: %s", strerror(-err));
	else
		attach_estimates(p);
	return err;
}

int programs_load(struct programs **programs)
{
	struct programs *p;
	int err = kernel_check();

	if (!err)
		err = check_namespace();
	if (err)
		return err;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	libbpf_listen();
	err = load(p);
	libbpf_listen_end(err);
	if (err) {
		programs_free(p);
		return err;
	}
	*programs = p;
	return 0;
}

void programs_free(struct programs *programs)
{
	if (!programs)
		return;
	ledger_bpf__destroy(programs->skel);
	free(programs);
}

bool programs_see_copies(const struct programs *programs)
{
	return programs->sees_copies;
}

int programs_follow(struct programs *programs, pid_t pid)
{
	__u32 tgid = (__u32)pid, since = 1;
	int err = bpf_map__update_elem(programs->skel->maps.followed_processes, &tgid,
				       sizeof(tgid), &since, sizeof(since), BPF_ANY);

	if (err)
		say("process %d cannot be followed: %s", (int)pid, strerror(-err));
	return err;
}

int programs_unfollow(struct programs *programs, pid_t pid)
{
	__u32 tgid = (__u32)pid;

	return bpf_map__delete_elem(programs->skel->maps.followed_processes, &tgid,
				    sizeof(tgid), 0);
}

void programs_follow_all(struct programs *programs)
{
	programs->skel->bss->follow_all = true;
}

__u64 programs_missed(const struct programs *programs)
{
	return bpf_missed(programs->skel->obj);
}
