// SPDX-License-Identifier: LGPL-2.1-or-later
/* Distributions, as the BPF programs count them: a hash of buckets, on each processor. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "../../bpf/anatomy.h"
#include "distribution.h"

/* What struct ledger_bucket and struct anatomy_bucket have in common. */
struct bucket_key {
	__u32 row;
	__u32 reserved;
	__u64 at_least_ns;
};

_Static_assert(sizeof(struct bucket_key) == sizeof(struct ledger_bucket) &&
	       sizeof(struct bucket_key) == sizeof(struct anatomy_bucket), "keys");
_Static_assert(offsetof(struct bucket_key, at_least_ns) ==
	       offsetof(struct ledger_bucket, at_least_ns) &&
	       offsetof(struct bucket_key, at_least_ns) ==
	       offsetof(struct anatomy_bucket, at_least_ns), "keys");

/* The kernel gives each processor's part at a multiple of 8 bytes; ours are. */
int map_sum(const struct bpf_map *map, const void *key, size_t key_size, __u64 *sum, size_t words)
{
	int cpus = libbpf_num_possible_cpus(), err;
	size_t size = (size_t)cpus * words * sizeof(*sum);
	__u64 *values;

	if (cpus < 0)
		return cpus;
	values = malloc(size);
	if (!values)
		return -ENOMEM;
	err = bpf_map__lookup_elem(map, key, key_size, values, size, 0);
	memset(sum, 0, words * sizeof(*sum));
	for (size_t i = 0; !err && i < (size_t)cpus * words; i++)
		sum[i % words] += values[i];
	free(values);
	return err;
}

static int by_value(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;

	return (x->at_least > y->at_least) - (x->at_least < y->at_least);
}

static int add_bucket(struct distribution *d, __u64 at_least, __u64 count)
{
	struct bucket *buckets = reallocarray(d->buckets, d->count + 1, sizeof(*buckets));

	if (!buckets)
		return -ENOMEM;
	d->buckets = buckets;
	d->buckets[d->count++] = (struct bucket){ at_least, count };
	d->total += count;
	return 0;
}

int distributions_read(struct distribution *d, size_t count, const struct bpf_map *map)
{
	struct bucket_key key, *before = NULL;
	__u64 values;
	int err = 0;

	while (!err && !bpf_map__get_next_key(map, before, &key, sizeof(key))) {
		before = &key;
		/* Only the tool itself removes one, and not now. */
		err = map_sum(map, &key, sizeof(key), &values, 1);
		if (!err && key.row < count)
			err = add_bucket(&d[key.row], key.at_least_ns, values);
	}
	for (size_t i = 0; i < count; i++)
		if (d[i].count)
			qsort(d[i].buckets, d[i].count, sizeof(*d[i].buckets), by_value);
	return err;
}

/* The middle of the bucket: the true value is within 1/16 of it. */
static double middle(__u64 at_least)
{
	__u64 width = 1;

	while (at_least / width >= 2 << LEDGER_PARTS_SHIFT)
		width *= 2;
	return (double)at_least + (double)(width - 1) / 2;
}

double distribution_percentile(const struct distribution *d, double percent)
{
	double rank = percent / 100 * (double)d->total - 1e-6;
	__u64 seen = 0;

	for (size_t i = 0; i < d->count; i++) {
		seen += d->buckets[i].count;
		if ((double)seen >= rank)
			return middle(d->buckets[i].at_least);
	}
	return 0;
}

/* Buckets only come; those of @now are in order, and so are those of @before. */
int distribution_since(struct distribution *since, const struct distribution *now,
		       const struct distribution *before)
{
	size_t i, j = 0;
	int err = 0;

	*since = (struct distribution){ 0 };
	for (i = 0; !err && i < now->count; i++) {
		__u64 count = now->buckets[i].count;

		while (j < before->count && before->buckets[j].at_least < now->buckets[i].at_least)
			j++;
		if (j < before->count && before->buckets[j].at_least == now->buckets[i].at_least)
			count -= before->buckets[j].count;
		if (count)
			err = add_bucket(since, now->buckets[i].at_least, count);
	}
	return err;
}

void distributions_free(struct distribution *d, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(d[i].buckets);
		d[i] = (struct distribution){ 0 };
	}
}
