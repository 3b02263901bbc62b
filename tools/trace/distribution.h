/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRACE_DISTRIBUTION_H
#define TRACE_DISTRIBUTION_H

#include "trace.h"

struct bpf_map;

/* A value of u64s, added up over the processors. */
int map_sum(const struct bpf_map *map, const void *key, size_t key_size, __u64 *sum, size_t words);

/* All rows of a map of buckets; to be freed in any case. */
int distributions_read(struct distribution *d, size_t count, const struct bpf_map *map);
void distributions_free(struct distribution *d, size_t count);
int distribution_since(struct distribution *since, const struct distribution *now,
		       const struct distribution *before);

#endif /* TRACE_DISTRIBUTION_H */
