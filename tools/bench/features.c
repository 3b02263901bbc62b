// SPDX-License-Identifier: LGPL-2.1-or-later
#include "features.h"

const struct feature features[FEATURE_COUNT] = {
	[FEATURE_BOUNDARIES] = {
		.key = "boundaries", .column = "bound",
		.text = "keeps messages apart by itself",
		.lack = "a stream of bytes: keeps no messages apart",
		.caps = IPCX_TRANSPORT_BOUNDARIES,
	},
	[FEATURE_LOSSLESS] = {
		.key = "lossless", .column = "whole",
		.text = "loses nothing: who sends is held back, or told, while there is no room",
		.lack = "loses what the receiver has no room for",
		.caps = IPCX_TRANSPORT_LOSSY, .inverted = true,
	},
	[FEATURE_UNRELATED] = {
		.key = "unrelated", .column = "unrel",
		.text = "processes without a common ancestor can meet, by a name or an address",
		.lack = "between related processes only: it has no name to meet at",
		.caps = IPCX_TRANSPORT_RELATED, .inverted = true,
	},
	[FEATURE_PRIORITY] = {
		.key = "priority", .column = "prio",
		.text = "messages of higher priority overtake",
		.lack = "no priorities",
		.caps = IPCX_TRANSPORT_PRIORITY,
	},
	[FEATURE_TYPE_FILTER] = {
		.key = "type-filter", .column = "types",
		.text = "a receiver chooses which types of messages it takes",
		.lack = "a receiver cannot choose by type",
		.traits = IPCX_TRAIT_TYPE_FILTER,
	},
	[FEATURE_PASS_FDS] = {
		.key = "pass-fds", .column = "fds",
		.text = "messages carry open files",
		.lack = "messages cannot carry open files",
		.traits = IPCX_TRAIT_PASS_FDS,
	},
	[FEATURE_BROADCAST] = {
		.key = "broadcast", .column = "bcast",
		.text = "one send reaches several receivers",
		.lack = "a send reaches one receiver",
		.traits = IPCX_TRAIT_BROADCAST,
	},
	[FEATURE_BIDIRECTIONAL] = {
		.key = "bidirectional", .column = "bidir",
		.text = "one object carries both directions",
		.lack = "one object carries one direction",
		.traits = IPCX_TRAIT_BIDIRECTIONAL,
	},
	[FEATURE_NETWORK] = {
		.key = "network", .column = "net",
		.text = "works between machines",
		.lack = "works within one machine",
		.traits = IPCX_TRAIT_NETWORK,
	},
	[FEATURE_SENDER] = {
		.key = "sender", .column = "sender",
		.text = "the kernel tells the receiver who has sent",
		.lack = "the kernel does not tell who has sent",
		.traits = IPCX_TRAIT_SENDER,
	},
	[FEATURE_PEER_DEATH] = {
		.key = "peer-death", .column = "death",
		.text = "the kernel tells one side that the other has ended",
		.lack = "nobody is told that the other side has ended",
		.caps = IPCX_TRANSPORT_PEER_DEATH, .traits = IPCX_TRAIT_DEATH,
	},
	[FEATURE_BATCH] = {
		.key = "batch", .column = "batch",
		.text = "several messages in one call",
		.lack = "one call per message",
		.caps = IPCX_TRANSPORT_BATCH,
	},
	[FEATURE_POLL] = {
		.key = "poll", .column = "poll",
		.text = "can be waited for by poll, select and epoll",
		.lack = "cannot be waited for by poll, select or epoll",
		.caps = IPCX_TRANSPORT_POLL,
	},
};

const char *const persistence_names[PERSISTENCE_COUNT] = {
	[IPCX_PERSISTS_PROCESS] = "process",
	[IPCX_PERSISTS_NAME] = "name",
	[IPCX_PERSISTS_KERNEL] = "kernel",
	[IPCX_PERSISTS_FILE] = "file",
};

bool feature_has(const struct ipcx_transport_ops *ops, enum feature_id id)
{
	const struct feature *f = &features[id];

	return ((ops->caps & f->caps) || (ops->traits & f->traits)) != f->inverted;
}

/* As the library does it: who can be nonblocking can try again, and who has calls says how. */
bool feature_waits(const struct ipcx_transport_ops *ops, enum ipcx_wait_policy policy)
{
	if (ops->caps & IPCX_TRANSPORT_SPIN_ONLY)
		return policy == IPCX_WAIT_SPIN;
	return policy == IPCX_WAIT_BLOCK || ops->set_nonblock || ops->call;
}
