// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the programs counted: each processor has its own, all of u64. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "distribution.h"
#include "load.h"

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

/* ---- all of it ---- */

int ledger_read(struct ledger *ledger, const struct programs *programs)
{
	const struct ledger_bpf *skel = programs->skel;
	__u32 key = 0;
	int err;

	*ledger = (struct ledger){ 0 };
	err = map_sum(skel->maps.ledger_lost, &key, sizeof(key), (__u64 *)&ledger->lost,
		       sizeof(ledger->lost) / sizeof(__u64));
	for (; !err && key < LEDGER_MECHANISMS; key++)
		err = map_sum(skel->maps.ledger_rows, &key, sizeof(key),
			       (__u64 *)&ledger->rows[key],
			       sizeof(ledger->rows[key]) / sizeof(__u64));
	if (!err)
		err = distributions_read(ledger->copies, LEDGER_MECHANISMS, skel->maps.copy_ns);
	if (!err)
		err = distributions_read(ledger->wakes, LEDGER_MECHANISMS,
					 skel->maps.wake_to_run_ns);
	if (err) {
		say("the BPF maps cannot be read: %s", strerror(-err));
		ledger_free(ledger);
		return err;
	}
	ledger->estimates = !programs->sees_copies;
	ledger->programs_missed = programs_missed(programs);
	return 0;
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
	distributions_free(ledger->copies, LEDGER_MECHANISMS);
	distributions_free(ledger->wakes, LEDGER_MECHANISMS);
}
