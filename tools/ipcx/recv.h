/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ipcx recv, ipcx subscribe and ipcx ring consume: what their files share. */
#ifndef IPCX_RECV_H
#define IPCX_RECV_H

#include "tool.h"

struct recv_args {
	const char *name;
	struct ipcx_recv_opts opts;	/* sz and match; the rest is recv_run()'s */
	uint64_t count;			/* 0: one, or no limit with all or follow */
	bool all;
	bool follow;
	bool peek;
	bool lines;
	bool stamps;
	struct patience patience;
	bool mbox;
	bool adaptive;			/* with mbox, as all that follows */
	bool files;
	bool cat;
	struct birth birth;
	bool overrun;			/* with a ring, as what follows */
	bool await;
	unsigned int policy;
};

/*
 * Where messages come from: a queue, a mailbox, a ring by way of its consumer, or a mailbox
 * and its ring.
 */
struct recv_source {
	struct ipcx_queue *q;
	struct ipcx_mbox *mbox;
	struct ipcx_ring *ring;
	struct ipcx_consumer *consumer;
};

/* recv-run.c */

/* What several commands' lines may have; else ARGP_ERR_UNKNOWN. */
error_t recv_option(int key, char *arg, struct argp_state *state, struct recv_args *args);
/* Receive and write, up to the end of the group or ring; the exit status. */
int recv_run(const struct recv_args *args, const struct recv_source *from);

/* stamps.c */

/* The times of a message. */
json_t *stamps_json(const struct ipcx_stamps *s);
/* On standard error: what lies between them. */
void stamps_tell(const struct ipcx_stamps *s, const char *subject);

#endif /* IPCX_RECV_H */
