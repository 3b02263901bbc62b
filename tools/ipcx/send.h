/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ipcx send, ipcx publish and ipcx ring produce: what their files share. */
#ifndef IPCX_SEND_H
#define IPCX_SEND_H

#include "tool.h"

struct send_args {
	struct dest dest;
	const char *message;	/* NULL: standard input */
	bool lines;
	uint64_t type;
	uint32_t priority;
	struct patience patience;
	/* mailboxes only: */
	bool sync;
	bool adaptive;
	bool has_cookie;
	uint64_t cookie;
	struct baggage bag;
	/* rings only: */
	uint64_t chunk;		/* 0: no chunks */
	unsigned int policy;
	bool await;
};

/* Where messages go, and what has been sent so far. */
struct sender {
	const struct send_args *args;
	struct ipcx_queue *q;		/* or: */
	struct ipcx_mbox *mbox;		/* or both: */
	struct ipcx_ring *ring;
	struct ipcx_producer *producer;
	uint64_t messages;
	uint64_t bytes;
};

/* send-run.c */

/* What several commands' lines may have; else ARGP_ERR_UNKNOWN. */
error_t send_option(int key, char *arg, struct argp_state *state, struct send_args *args);
/* For the end of the line. */
void send_check(struct argp_state *state, const struct send_args *args);
/* Send what @args say; the exit status. */
int send_run(struct sender *s);
/* What has been sent. */
json_t *sent_json(const struct sender *s);

#endif /* IPCX_SEND_H */
