/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRACE_PIN_H
#define TRACE_PIN_H

#include <stddef.h>

struct bpf_map;
struct bpf_object_skeleton;

/* Into a new folder: these maps, and all programs that are attached, with their links. */
int skeleton_pin(const struct bpf_object_skeleton *skeleton, struct bpf_map *const maps[],
		 size_t count, const char *folder);

#endif /* TRACE_PIN_H */
