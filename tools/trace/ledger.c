// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the programs counted: each processor has its own, all of u64. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "load.h"

/* The kernel gives each processor's part at a multiple of 8 bytes; ours are. */
static int read_sum(const struct bpf_map *map, const void *key, size_t key_size, __u64 *sum,
		    size_t words)
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

static int clear_value(const struct bpf_map *map, const void *key, size_t key_size, size_t words)
{
	int cpus = libbpf_num_possible_cpus(), err;
	__u64 *zero;

	if (cpus < 0)
		return cpus;
	zero = calloc((size_t)cpus * words, sizeof(*zero));
	if (!zero)
		return -ENOMEM;
	err = bpf_map__update_elem(map, key, key_size, zero, (size_t)cpus * words * sizeof(*zero),
				   BPF_ANY);
	free(zero);
	return err;
}

static int clear_buckets(const struct bpf_map *map)
{
	struct ledger_bucket bucket;
	int err;

	while (!bpf_map__get_next_key(map, NULL, &bucket, sizeof(bucket))) {
		err = bpf_map__delete_elem(map, &bucket, sizeof(bucket), 0);
		if (err)
			return err;
	}
	return 0;
}

int programs_clear(struct programs *programs)
{
	struct ledger_bpf *skel = programs->skel;
	__u32 key = 0, self = (__u32)gettid();
	int err;

	/* That which had a look at itself is not followed any more. */
	bpf_map__delete_elem(skel->maps.calls_of_tasks, &self, sizeof(self), 0);
	err = clear_value(skel->maps.ledger_lost, &key, sizeof(key),
			  sizeof(struct ledger_lost) / sizeof(__u64));
	for (; !err && key < LEDGER_MECHANISMS; key++)
		err = clear_value(skel->maps.ledger_rows, &key, sizeof(key),
				  sizeof(struct ledger_row) / sizeof(__u64));
	if (!err)
		err = clear_buckets(skel->maps.copy_ns);
	if (!err)
		err = clear_buckets(skel->maps.wake_to_run_ns);
	if (err)
		say("the BPF maps cannot be cleared: %s", strerror(-err));
	return err;
}

/* ---- distributions ---- */

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

static int read_buckets(const struct bpf_map *map, struct distribution d[LEDGER_MECHANISMS])
{
	struct ledger_bucket bucket, *before = NULL;
	__u64 count;
	int err = 0;

	while (!err && !bpf_map__get_next_key(map, before, &bucket, sizeof(bucket))) {
		before = &bucket;
		/* Only the tool itself removes one, and not now. */
		err = read_sum(map, &bucket, sizeof(bucket), &count, 1);
		if (!err && bucket.mechanism < LEDGER_MECHANISMS)
			err = add_bucket(&d[bucket.mechanism], bucket.at_least_ns, count);
	}
	for (int i = 0; i < LEDGER_MECHANISMS; i++)
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

/* ---- all of it ---- */

int ledger_read(struct ledger *ledger, const struct programs *programs)
{
	const struct ledger_bpf *skel = programs->skel;
	__u32 key = 0;
	int err;

	*ledger = (struct ledger){ 0 };
	err = read_sum(skel->maps.ledger_lost, &key, sizeof(key), (__u64 *)&ledger->lost,
		       sizeof(ledger->lost) / sizeof(__u64));
	for (; !err && key < LEDGER_MECHANISMS; key++)
		err = read_sum(skel->maps.ledger_rows, &key, sizeof(key),
			       (__u64 *)&ledger->rows[key],
			       sizeof(ledger->rows[key]) / sizeof(__u64));
	if (!err)
		err = read_buckets(skel->maps.copy_ns, ledger->copies);
	if (!err)
		err = read_buckets(skel->maps.wake_to_run_ns, ledger->wakes);
	if (err) {
		say("the BPF maps cannot be read: %s", strerror(-err));
		ledger_free(ledger);
		return err;
	}
	ledger->estimates = !programs->sees_copies;
	ledger->programs_missed = programs_missed(programs);
	return 0;
}

/* Buckets only come; those of @now are in order, and so are those of @before. */
static int distribution_since(struct distribution *since, const struct distribution *now,
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

static void row_since(struct ledger_row *since, const struct ledger_row *now,
		      const struct ledger_row *before)
{
	const __u64 *a = (const __u64 *)now, *b = (const __u64 *)before;
	__u64 *to = (__u64 *)since;

	for (size_t i = 0; i < sizeof(*since) / sizeof(*to); i++)
		to[i] = a[i] - b[i];
}

int ledger_since(struct ledger *since, const struct ledger *now, const struct ledger *before)
{
	int err = 0;

	*since = *now;
	memset(since->copies, 0, sizeof(since->copies));
	memset(since->wakes, 0, sizeof(since->wakes));
	for (int i = 0; !err && i < LEDGER_MECHANISMS; i++) {
		row_since(&since->rows[i], &now->rows[i], &before->rows[i]);
		err = distribution_since(&since->copies[i], &now->copies[i], &before->copies[i]);
		if (!err)
			err = distribution_since(&since->wakes[i], &now->wakes[i],
						 &before->wakes[i]);
	}
	if (err) {
		say("%s", strerror(-err));
		ledger_free(since);
	}
	return err;
}

void ledger_free(struct ledger *ledger)
{
	for (int i = 0; i < LEDGER_MECHANISMS; i++) {
		free(ledger->copies[i].buckets);
		free(ledger->wakes[i].buckets);
		ledger->copies[i] = (struct distribution){ 0 };
		ledger->wakes[i] = (struct distribution){ 0 };
	}
}
