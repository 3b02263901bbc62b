/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all BPF programs have in common, whatever they are for. */
#ifndef TRACE_KERNEL_H
#define TRACE_KERNEL_H

#include <stdbool.h>

#include <linux/types.h>

struct bpf_object;

/* One clear line for each thing that may be missing, before anything is tried. */
int kernel_check(void);
bool module_is_loaded(const char *name);

/* Between these libbpf's words are kept; @tell: and now printed. */
void libbpf_listen(void);
void libbpf_listen_end(bool tell);

/* Times that a program could not run because it was running. */
__u64 bpf_missed(const struct bpf_object *object);

#endif /* TRACE_KERNEL_H */
