// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two ipcx mailboxes with rings, one per side. What is sent at one side is posted to the
 * other side's, and copied by the kernel to where that one reads it.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"
#include "internal.h"
#include "mbox_rights.h"

/* What a message takes beside its payload. */
#define OVERHEAD	(sizeof(uint64_t) + sizeof(struct ipcx_delivery))

/* How often, a millisecond apart, to try to become the consumer. */
#define ATTACH_TRIES	1000

/**
 * struct delivery_end - One end.
 * @base: what the library sees
 * @mbox: its mailbox, and the way to the other one
 * @ring: of the mailbox
 * @consumer: of that, from the first receive on
 * @nonblock: receives shall not wait
 * @record: that was peeked at and had too little room, or NULL
 * @len: its length
 */
struct delivery_end {
	struct ipcx_transport_end base;
	struct mbox_rights mbox;
	struct ipcx_ring *ring;
	struct ipcx_consumer *consumer;
	bool nonblock;
	const void *record;
	ssize_t len;
};

struct delivery_pair {
	struct ipcx_transport_pair base;
	struct delivery_end end[2];
	pid_t opener;
};

static int delivery_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
			 char *why)
{
	struct delivery_pair *pair = calloc(1, sizeof(*pair));
	IPCX_OPTS(ipcx_mbox_opts, attr);
	int i, err;

	if (!pair)
		return -ENOMEM;
	pair->opener = getpid();
	pair->base.ops = &ipcx_transport_ipcx_mbox_ring;
	*out = &pair->base;
	for (i = 0; i < 2; i++) {
		pair->end[i].base.ops = pair->base.ops;
		pair->base.end[i] = &pair->end[i].base;
	}
	/* One user may have half of a ring, too. */
	attr.ring_size = transport_ring_size(OVERHEAD + (uint64_t)opts->msg_size,
					     opts->depth ? 2 * opts->depth : 2);
	if (attr.ring_size > IPCX_RING_SIZE_MAX)
		return transport_why(why, -ENOSPC, "a ring has at most 1 GiB");
	err = mbox_rights_open(&pair->end[0].mbox, &pair->end[1].mbox, &attr, opts, why);
	for (i = 0; i < 2 && !err; i++)
		err = ipcx_mbox_ring(&pair->end[i].ring, pair->end[i].mbox.in);
	return err;
}

static int delivery_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct delivery_end *end = (struct delivery_end *)base;

	return ipcx_mbox_send(end->mbox.out, msg->buf, msg->len);
}

/* Who opened the pair may have tried it out, and not have chosen its end yet. */
static int become_consumer(struct delivery_end *end)
{
	int tries = ATTACH_TRIES, err;

	do {
		err = ipcx_consumer_attach(&end->consumer, end->ring, 0);
	} while (err == -EBUSY && tries-- && !usleep(1000));
	return err;
}

/* The next record, waiting for it unless the end does not. */
static int next_record(struct delivery_end *end)
{
	int err;

	if (!end->consumer) {
		err = become_consumer(end);
		if (err)
			return err;
	}
	for (;;) {
		end->len = ipcx_consumer_peek(end->consumer, &end->record);
		if (end->len >= 0)
			return 0;
		end->record = NULL;
		if (end->len != -EAGAIN || end->nonblock)
			return (int)end->len;
		err = ipcx_consumer_wait(end->consumer, NULL);
		if (err)
			return err;
	}
}

static int delivery_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	struct delivery_end *end = (struct delivery_end *)base;
	struct ipcx_mbox_recv mail;
	int err = end->record ? 0 : next_record(end);

	if (!err)
		err = ipcx_mbox_ring_msg(&mail, end->record, end->len);
	if (err)
		return err;
	if (mail.len > msg->len)
		return -EMSGSIZE;
	memcpy(msg->buf, (const void *)(uintptr_t)mail.buf, mail.len);
	msg->len = mail.len;
	msg->priority = 0;
	end->record = NULL;
	return ipcx_consumer_release(end->consumer);
}

static int delivery_set_nonblock(struct ipcx_transport_end *base, int on)
{
	struct delivery_end *end = (struct delivery_end *)base;

	end->nonblock = on;
	return fd_set_nonblock(ipcx_mbox_fd(end->mbox.out), on);
}

static int delivery_wait(struct ipcx_transport_end *base, int out)
{
	const struct delivery_end *end = (const struct delivery_end *)base;

	return fd_wait(ipcx_mbox_fd(out ? end->mbox.out : end->mbox.in), out ? POLLOUT : POLLIN);
}

static void stop_consuming(struct delivery_end *end)
{
	ipcx_consumer_detach(end->consumer);
	end->consumer = NULL;
}

static void end_close(struct delivery_end *end)
{
	stop_consuming(end);
	ipcx_ring_close(end->ring);
	mbox_rights_close(&end->mbox);
	end->ring = NULL;
}

/* Who has both rights to receive would never see the other end. */
static void delivery_attach(struct ipcx_transport_pair *base, int side)
{
	struct delivery_pair *pair = (struct delivery_pair *)base;

	end_close(&pair->end[!side]);
	if (pair->opener == getpid())
		return;
	/* What was inherited is the opener's. */
	stop_consuming(&pair->end[side]);
}

/* Who opened the pair may have tried it out. */
static void delivery_leave(struct ipcx_transport_pair *base)
{
	struct delivery_pair *pair = (struct delivery_pair *)base;

	stop_consuming(&pair->end[0]);
	stop_consuming(&pair->end[1]);
}

static void delivery_close(struct ipcx_transport_pair *base)
{
	struct delivery_pair *pair = (struct delivery_pair *)base;

	end_close(&pair->end[0]);
	end_close(&pair->end[1]);
	free(pair);
}

const struct ipcx_transport_ops ipcx_transport_ipcx_mbox_ring = {
	.name = "ipcx-mbox-ring",
	.summary = "ipcx mailboxes with rings: attested senders, one copy, received without a system call",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_POLL | IPCX_TRANSPORT_MANY_SENDERS,
	.traits = IPCX_TRAIT_SENDER | IPCX_TRAIT_DEATH,
	.available = transport_ipcx_available,
	.open = delivery_open,
	.send = delivery_send,
	.recv = delivery_recv,
	.set_nonblock = delivery_set_nonblock,
	.wait = delivery_wait,
	.leave = delivery_leave,
	.attach = delivery_attach,
	.close = delivery_close,
};
