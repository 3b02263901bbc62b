// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the kernel needs to have, and what libbpf says about it: its words are kept back, and
 * shown only where programs were not accepted, since the verifier's log is what tells why.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel.h"
#include "trace.h"

#define BTF	"/sys/kernel/btf/vmlinux"

static char *words;
static size_t words_size;
static FILE *words_file;

static int keep(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_DEBUG || !words_file)
		return 0;
	return vfprintf(words_file, fmt, ap);
}

void libbpf_listen(void)
{
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	words_file = open_memstream(&words, &words_size);
	libbpf_set_print(keep);
}

void libbpf_listen_end(bool tell)
{
	if (!words_file)
		return;
	fclose(words_file);
	words_file = NULL;
	if (tell)
		fputs(words, stderr);
	free(words);
	words = NULL;
}

int kernel_check(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 4, 1, NULL);
	int err = fd < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (err == -ENOSYS)
		say("this kernel has no BPF (CONFIG_BPF_SYSCALL)");
	else if (err == -EPERM || geteuid())
		say("needs root: CAP_BPF and CAP_PERFMON");
	else if (err)
		say("BPF: %s", strerror(-err));
	else if (access(BTF, R_OK) < 0)
		say("this kernel has no BTF (CONFIG_DEBUG_INFO_BTF): no %s", BTF);
	else
		return 0;
	return err ? err : -EPERM;
}

bool module_is_loaded(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return access(path, F_OK) == 0;
}

__u64 bpf_missed(const struct bpf_object *object)
{
	struct bpf_program *program;
	__u64 missed = 0;

	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
			missed += info.recursion_misses;
	}
	return missed;
}
