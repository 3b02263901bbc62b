// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choose.h"

const char *requirement_name(unsigned int requirement)
{
	static const char *const names[] = {
		[REQUIRE_PERSISTENCE - FEATURE_COUNT] = "persistence",
		[REQUIRE_SIZE - FEATURE_COUNT] = "size",
		[REQUIRE_WAIT - FEATURE_COUNT] = "wait",
		[REQUIRE_HERE - FEATURE_COUNT] = "here",
	};

	return requirement < FEATURE_COUNT ? features[requirement].key :
	       names[requirement - FEATURE_COUNT];
}

static const char *persistence_lack(const struct needs *needs, const struct candidate *c)
{
	if (needs->persistence == IPCX_PERSISTS_FILE &&
	    c->ops->persistence == IPCX_PERSISTS_KERNEL)
		return "is lost when the machine restarts";
	if (c->ops->persistence == IPCX_PERSISTS_NAME)
		return "only its name outlives its processes";
	return "ends with the processes that use it";
}

const char *requirement_reason(const struct choice *choice, const struct candidate *candidate,
			       unsigned int requirement, char *text)
{
	switch (requirement) {
	case REQUIRE_PERSISTENCE:
		return persistence_lack(&choice->needs, candidate);
	case REQUIRE_SIZE:
		snprintf(text, IPCX_TRANSPORT_WHY, "moves at most %zu bytes per message",
			 candidate->ops->max_size);
		return text;
	case REQUIRE_WAIT:
		snprintf(text, IPCX_TRANSPORT_WHY, "does not wait so: %s",
			 wait_names[choice->needs.wait]);
		return text;
	case REQUIRE_HERE:
		snprintf(text, IPCX_TRANSPORT_WHY, "cannot be used here: %.200s", candidate->why);
		return text;
	default:
		return features[requirement].lack;
	}
}

/* Some take the memory of a pair at once; what limits sizes is lower than this. */
#define TRIED	((size_t)16 << 20)

/*
 * Whether there are messages of this size is a matter of limits and rights too: so a pair is
 * opened, and closed again.
 */
static int try_here(const struct needs *needs, struct candidate *candidate)
{
	IPCX_OPTS(ipcx_transport_opts, opts);
	struct ipcx_transport_pair *pair;
	int err;

	opts.msg_size = needs->size < TRIED ? needs->size : TRIED;
	opts.flags = IPCX_TRANSPORT_FIXED;
	opts.wait = needs->wait;
	err = ipcx_transport_open(&pair, candidate->ops, &opts, candidate->why);
	if (!err)
		ipcx_transport_close(pair);
	return err;
}

static unsigned int missed(const struct needs *needs, struct candidate *candidate)
{
	const unsigned int unopenable = 1U << REQUIRE_SIZE | 1U << REQUIRE_WAIT;
	const struct ipcx_transport_ops *ops = candidate->ops;
	unsigned int failed = 0;
	enum feature_id id;

	for (id = 0; id < FEATURE_COUNT; id++)
		if (needs->feature[id] && !feature_has(ops, id))
			failed |= 1U << id;
	if (ops->persistence < needs->persistence)
		failed |= 1U << REQUIRE_PERSISTENCE;
	if (!feature_moves(ops, needs->size))
		failed |= 1U << REQUIRE_SIZE;
	if (!feature_waits(ops, needs->wait))
		failed |= 1U << REQUIRE_WAIT;
	/* Of those that lack more than one thing nobody will ask. */
	if (!(failed & (failed - 1)) && !(failed & unopenable) && !needs->anywhere &&
	    try_here(needs, candidate) < 0)
		failed |= 1U << REQUIRE_HERE;
	return failed;
}

int choose_filter(struct choice *choice)
{
	unsigned int i;

	while (ipcx_transport_at(choice->count))
		choice->count++;
	choice->candidates = calloc(choice->count, sizeof(*choice->candidates));
	if (!choice->candidates)
		return -ENOMEM;
	for (i = 0; i < choice->count; i++) {
		struct candidate *c = &choice->candidates[i];

		c->ops = ipcx_transport_at(i);
		c->guide = guide_find(c->ops);
		c->failed = missed(&choice->needs, c);
		choice->fitting += !c->failed;
	}
	return 0;
}
