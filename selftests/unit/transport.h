/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of transports share. Each is one program, and so has one of each of these. */
#ifndef IPCX_UNIT_TRANSPORT_H
#define IPCX_UNIT_TRANSPORT_H

#include <sys/wait.h>
#include <unistd.h>

#include <ipcx/transport.h>

#include "unit.h"

#define MAX_SIZE	4096
#define BATCH		8

/* Of those that never wait to send. */
#define ENDLESS		(IPCX_TRANSPORT_LOSSY | IPCX_TRANSPORT_NOTIFICATION)

static char why[IPCX_TRANSPORT_WHY];
static char title[128];
static unsigned int done;
/* enum ipcx_wait_policy of the pairs that are opened. */
static unsigned int waits;

static inline void ok(const struct ipcx_transport_ops *ops, const char *what)
{
	static const char *const names[] = { "", ", adaptive", ", spinning" };

	snprintf(title, sizeof(title), "%s%s: %s", ops->name, names[waits], what);
	unit_ok(title);
	done++;
}

/* As much of @size as a message can have: notifications have little, or nothing. */
static inline size_t fit(const struct ipcx_transport_ops *ops, size_t size)
{
	bool small = (ops->caps & IPCX_TRANSPORT_NOTIFICATION) && size > ops->max_size;

	return small ? ops->max_size : size;
}

static inline struct ipcx_transport_pair *
pair_open(const struct ipcx_transport_ops *ops, size_t size, unsigned int depth,
	  unsigned int flags)
{
	IPCX_OPTS(ipcx_transport_opts, opts);
	struct ipcx_transport_pair *pair;
	int err;

	opts.msg_size = fit(ops, size);
	opts.depth = depth;
	opts.flags = flags;
	opts.wait = waits;
	err = ipcx_transport_open(&pair, ops, &opts, why);
	if (err)
		fprintf(stderr, "%s: %s\n", ops->name, why);
	UNIT_CHECK(err == 0 && pair);
	return pair;
}

static inline void scribble(unsigned char *buf, size_t len, uint64_t seed)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (unsigned char)unit_rnd(&seed);
}

static inline void send_one(struct ipcx_transport_end *end, size_t len, uint64_t seed)
{
	struct ipcx_transport_msg msg = { 0 };

	len = fit(end->ops, len);
	msg.len = len;
	msg.buf = ipcx_transport_buffer(len);
	UNIT_CHECK(msg.buf);
	scribble(msg.buf, len, seed);
	UNIT_CHECK(ipcx_transport_send(end, &msg) == 0);
	UNIT_CHECK(msg.len == len);
	ipcx_transport_buffer_free(msg.buf);
}

static inline void recv_one(struct ipcx_transport_end *end, size_t room, size_t len, uint64_t seed)
{
	struct ipcx_transport_msg msg = { .len = room };
	unsigned char *expected = malloc(len + 1);

	len = fit(end->ops, len);
	msg.buf = ipcx_transport_buffer(room);
	UNIT_CHECK(msg.buf && expected);
	UNIT_CHECK(ipcx_transport_recv(end, &msg) == 0);
	UNIT_CHECK(msg.len == len);
	scribble(expected, len, seed);
	UNIT_CHECK(memcmp(msg.buf, expected, len) == 0);
	ipcx_transport_buffer_free(msg.buf);
	free(expected);
}

/* The end of this process, where another has sent 10 bytes (seed 3) and is dead by now. */
static inline struct ipcx_transport_end *after_peer_has_sent(struct ipcx_transport_pair *pair)
{
	struct ipcx_transport_end *end;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	UNIT_CHECK(pid >= 0);
	if (pid == 0) {
		send_one(ipcx_transport_attach(pair, 1), 10, 3);
		_exit(0);
	}
	end = ipcx_transport_attach(pair, 0);
	UNIT_CHECK(waitpid(pid, NULL, 0) == pid);
	return end;
}

/* Why one cannot be used: those of ipcx have tests of their own, in the VM. */
static inline bool can_be_used(const struct ipcx_transport_ops *ops)
{
	if (ipcx_transport_available(ops, why) == 0)
		return true;
	UNIT_CHECK(why[0] && (strncmp(ops->name, "ipcx", 4) == 0 ||
			      strcmp(ops->name, "binder") == 0));
	return false;
}

#endif /* IPCX_UNIT_TRANSPORT_H */
