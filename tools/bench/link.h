/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process's end of a pair with buffers to send from and to receive into, and
 * the steps that the measured loops are made of.
 */
#ifndef BENCH_LINK_H
#define BENCH_LINK_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include <ipcx/transport.h>

#include "payload.h"
#include "signals.h"

/**
 * struct link - One process's means.
 * @send: end to send at
 * @recv: end to receive at; the same one unless one process uses both
 * @out: messages to send, one per message of a batch
 * @in: room for as many
 * @size: bytes of payload
 * @batch: messages per call
 * @piece: messages, whole batches, that may move between two looks whether to stop
 * @calls: a message and the answer to it are one call
 * @owes: there is something to answer
 */
struct link {
	struct ipcx_transport_end *send;
	struct ipcx_transport_end *recv;
	struct ipcx_transport_msg *out;
	struct ipcx_transport_msg *in;
	size_t size;
	unsigned int batch;
	unsigned long piece;
	bool calls;
	bool owes;
};

/* Buffers for @batch messages of @size bytes; 0 or -ENOMEM. */
int link_init(struct link *link, size_t size, unsigned int batch);
void link_free(struct link *link);

/* The slow half of the steps: calls that were interrupted or fell short. */
int link_send_again(struct link *link, unsigned int from, unsigned int count, int result);
int link_recv_again(struct link *link, unsigned int from, unsigned int count, int result);

/*
 * Every step gives 0 or a negative errno. They are inlined into loops in which
 * @count and the question whether to check are constants.
 */
static inline int link_send_one(struct link *link)
{
	int err = ipcx_transport_send(link->send, link->out);

	return __builtin_expect(err, 0) ? link_send_again(link, 0, 1, err) : 0;
}

static inline int link_recv_one(struct link *link)
{
	int err;

	link->in->len = link->size;
	err = ipcx_transport_recv(link->recv, link->in);
	return __builtin_expect(err, 0) ? link_recv_again(link, 0, 1, err) : 0;
}

static inline int link_send(struct link *link, unsigned int count)
{
	int n;

	if (link->batch == 1)
		return link_send_one(link);
	n = ipcx_transport_send_batch(link->send, link->out, count);
	return n == (int)count ? 0 : link_send_again(link, 0, count, n);
}

static inline int link_recv(struct link *link, unsigned int count)
{
	unsigned int i;
	int n;

	if (link->batch == 1)
		return link_recv_one(link);
	for (i = 0; i < count; i++)
		link->in[i].len = link->size;
	n = ipcx_transport_recv_batch(link->recv, link->in, count);
	return n == (int)count ? 0 : link_recv_again(link, 0, count, n);
}

static inline int link_call(struct link *link)
{
	int err;

	do {
		link->in->len = link->size;
		err = ipcx_transport_call(link->send, link->out, link->in);
		if (__builtin_expect(!err, 1))
			return 0;
	} while (err == -EINTR && !(err = signals_verdict()));
	return err;
}

/* Answers what was received last, if anything was, and receives the next. */
static inline int link_answer(struct link *link)
{
	int err;

	do {
		link->in->len = link->size;
		err = ipcx_transport_answer(link->recv, link->owes ? link->out : NULL, link->in);
		link->owes = !err;
		if (__builtin_expect(!err, 1))
			return 0;
	} while (err == -EINTR && !(err = signals_verdict()));
	return err;
}

/* Sends, and receives what comes back. */
static inline int link_exchange(struct link *link)
{
	int err;

	if (link->calls)
		return link_call(link);
	err = link_send(link, link->batch);
	return err ? err : link_recv(link, link->batch);
}

/* Writes the payloads of messages @first and up. */
static inline void link_write(struct link *link, uint64_t first, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		payload_write(link->out[i].buf, link->size, first + i);
}

/* Whether they arrived as they were written. */
static inline int link_check(struct link *link, uint64_t first, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (link->in[i].len != link->size ||
		    !payload_check(link->in[i].buf, link->size, first + i))
			return -ENOTRECOVERABLE;
	return 0;
}

#endif /* BENCH_LINK_H */
