/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What mechanisms can do, feature by feature, with the names by which all of this program
 * calls them: columns of the list, keys of its JSON, options of ipcx-bench choose.
 */
#ifndef BENCH_FEATURES_H
#define BENCH_FEATURES_H

#include <stdbool.h>

#include <ipcx/transport.h>

enum feature_id {
	FEATURE_BOUNDARIES,
	FEATURE_LOSSLESS,
	FEATURE_UNRELATED,
	FEATURE_PRIORITY,
	FEATURE_TYPE_FILTER,
	FEATURE_PASS_FDS,
	FEATURE_BROADCAST,
	FEATURE_BIDIRECTIONAL,
	FEATURE_NETWORK,
	FEATURE_SENDER,
	FEATURE_PEER_DEATH,
	FEATURE_BATCH,
	FEATURE_POLL,
	FEATURE_COUNT,
};

/**
 * struct feature - Something that a mechanism has or has not.
 * @key: in JSON, with '_' for '-', and on command lines
 * @column: head of its column
 * @text: what it is
 * @lack: said of a mechanism without it
 * @caps: any of these IPCX_TRANSPORT_* gives it
 * @traits: any of these IPCX_TRAIT_* gives it
 * @inverted: those take it away
 */
struct feature {
	const char *key;
	const char *column;
	const char *text;
	const char *lack;
	unsigned int caps;
	unsigned int traits;
	bool inverted;
};

extern const struct feature features[FEATURE_COUNT];

/* By enum ipcx_persistence. */
#define PERSISTENCE_COUNT	4
extern const char *const persistence_names[PERSISTENCE_COUNT];

bool feature_has(const struct ipcx_transport_ops *ops, enum feature_id id);

/* Whether the mechanism has messages of @size at all, whatever the limits are. */
static inline bool feature_moves(const struct ipcx_transport_ops *ops, size_t size)
{
	return size <= ops->max_size ||
	       (!ops->max_size && !(ops->caps & IPCX_TRANSPORT_NOTIFICATION));
}

/* Whether the ends of a pair can wait so. */
bool feature_waits(const struct ipcx_transport_ops *ops, enum ipcx_wait_policy policy);

#endif /* BENCH_FEATURES_H */
