// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "regions.h"
#include "stats.h"

/* One line of the file. */
struct region {
	unsigned long number;
	unsigned long long instructions;
	unsigned long long kernel;
	unsigned long long locked;
	unsigned long long syscalls;
};

/**
 * struct regions - The file's lines.
 * @list: the lines
 * @count: how many
 */
struct regions {
	struct region *list;
	size_t count;
};

static int load(FILE *file, struct regions *regions)
{
	struct region r, *more;

	while (fscanf(file, "%lu %llu %llu %llu %llu", &r.number, &r.instructions, &r.kernel,
		      &r.locked, &r.syscalls) == 5) {
		more = realloc(regions->list, (regions->count + 1) * sizeof(r));
		if (!more)
			return -ENOMEM;
		regions->list = more;
		regions->list[regions->count++] = r;
	}
	return 0;
}

unsigned long regions_before(const char *path)
{
	struct regions regions = { 0 };
	FILE *file = fopen(path, "re");
	unsigned long last = 0;

	if (!file)
		return 0;
	if (load(file, &regions) == 0 && regions.count)
		last = regions.list[regions.count - 1].number;
	fclose(file);
	free(regions.list);
	return last;
}

static const struct region *find(const struct regions *regions, unsigned long number)
{
	size_t i;

	for (i = 0; i < regions->count; i++)
		if (regions->list[i].number == number)
			return &regions->list[i];
	return NULL;
}

static double per_message(const struct regions *regions, const struct bench_case *c,
			  double (*field)(const struct region *region))
{
	double values[REPEAT_MAX];
	const struct region *region;
	unsigned int i, n = 0;

	for (i = 0; i < c->sample_count; i++) {
		region = find(regions, c->samples[i].region);
		if (region)
			values[n++] = field(region) / (double)c->count;
	}
	return n ? stats_of(values, n).median : -1;
}

static double instructions(const struct region *region)
{
	return (double)region->instructions;
}

static double kernel(const struct region *region)
{
	return (double)region->kernel;
}

static double locked(const struct region *region)
{
	return (double)region->locked;
}

static double syscalls(const struct region *region)
{
	return (double)region->syscalls;
}

int regions_read(const char *path, struct results *results)
{
	struct regions regions = { 0 };
	FILE *file = fopen(path, "re");
	struct bench_case *c;
	unsigned int i;
	int err;

	if (!file)
		return -errno;
	err = load(file, &regions);
	fclose(file);
	for (i = 0; i < results->count && !err; i++) {
		c = &results->cases[i];
		if (per_message(&regions, c, instructions) < 0)
			continue;
		c->counted.instructions = per_message(&regions, c, instructions);
		c->counted.kernel = per_message(&regions, c, kernel);
		c->counted.locked = per_message(&regions, c, locked);
		c->counted.syscalls = per_message(&regions, c, syscalls);
		c->counted.known = true;
	}
	free(regions.list);
	return err;
}
