// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two ipcx mailboxes with rings, one per side. What is sent at one side is posted to the
 * other side's, and copied by the kernel to where that one reads it.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ipcx/ipcx.h>

#include "fd.h"
#include "internal.h"

/* What a message takes beside its payload. */
#define OVERHEAD	(sizeof(uint64_t) + sizeof(struct ipcx_delivery))

/* How often, a millisecond apart, to try to become the consumer. */
#define ATTACH_TRIES	1000

/**
 * struct delivery_end - One end.
 * @base: what the library sees
 * @in: mailbox that is received from
 * @out: right to send to the other one
 * @ring: of the first
 * @consumer: of that, from the first receive on
 * @nonblock: receives shall not wait
 * @record: that was peeked at and had too little room, or NULL
 * @len: its length
 */
struct delivery_end {
	struct ipcx_transport_end base;
	struct ipcx_mbox *in;
	struct ipcx_mbox *out;
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

/* One user may have half of a mailbox, and of its ring. */
static uint64_t ring_size(const struct ipcx_transport_opts *opts)
{
	uint64_t record = OVERHEAD + ((opts->msg_size + 7) & ~7ULL), size = sysconf(_SC_PAGESIZE);

	while (size < 2 * record * (opts->depth ? opts->depth : 1))
		size *= 2;
	return size;
}

static int open_mbox(struct delivery_end *end, const struct ipcx_dev *dev,
		     const struct ipcx_transport_opts *opts, char *why)
{
	IPCX_OPTS(ipcx_mbox_opts, attr);
	int err;

	attr.flags = IPCX_MBOX_ADDRESSABLE;
	attr.max_msgs = 2 * (uint64_t)opts->depth;
	attr.max_msg_size = opts->msg_size;
	attr.ring_size = ring_size(opts);
	if (attr.ring_size > IPCX_RING_SIZE_MAX)
		return transport_why(why, -ENOSPC, "a ring has at most 1 GiB");
	err = ipcx_mbox_create(&end->in, dev, NULL, 0, &attr);
	if (err)
		return transport_why(why, err, "cannot create a mailbox with a ring: %s",
				     strerror(-err));
	return ipcx_mbox_ring(&end->ring, end->in);
}

static int open_ends(struct delivery_pair *pair, const struct ipcx_dev *dev,
		     const struct ipcx_transport_opts *opts, char *why)
{
	int i, err = 0;

	for (i = 0; i < 2 && !err; i++)
		err = open_mbox(&pair->end[i], dev, opts, why);
	for (i = 0; i < 2 && !err; i++)
		err = ipcx_mbox_open_port(&pair->end[i].out, dev,
					  ipcx_mbox_port(pair->end[!i].in), 0);
	return err;
}

static int delivery_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
			 char *why)
{
	struct delivery_pair *pair = calloc(1, sizeof(*pair));
	struct ipcx_dev *dev;
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
	err = ipcx_dev_open(&dev, NULL);
	if (err)
		return err;
	err = open_ends(pair, dev, opts, why);
	ipcx_dev_close(dev);
	return err;
}

static int delivery_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct delivery_end *end = (struct delivery_end *)base;

	return ipcx_mbox_send(end->out, msg->buf, msg->len);
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
	return fd_set_nonblock(ipcx_mbox_fd(end->out), on);
}

static int delivery_wait(struct ipcx_transport_end *base, int out)
{
	const struct delivery_end *end = (const struct delivery_end *)base;

	return fd_wait(ipcx_mbox_fd(out ? end->out : end->in), out ? POLLOUT : POLLIN);
}

static void end_close(struct delivery_end *end)
{
	ipcx_consumer_detach(end->consumer);
	ipcx_ring_close(end->ring);
	ipcx_mbox_close(end->in);
	ipcx_mbox_close(end->out);
	end->consumer = NULL;
	end->ring = NULL;
	end->in = NULL;
	end->out = NULL;
}

/* Who has both rights to receive would never see the other end. */
static void delivery_attach(struct ipcx_transport_pair *base, int side)
{
	struct delivery_pair *pair = (struct delivery_pair *)base;

	end_close(&pair->end[!side]);
	if (pair->opener == getpid())
		return;
	/* What was inherited is the opener's. */
	ipcx_consumer_detach(pair->end[side].consumer);
	pair->end[side].consumer = NULL;
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
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_POLL,
	.available = transport_ipcx_available,
	.open = delivery_open,
	.send = delivery_send,
	.recv = delivery_recv,
	.set_nonblock = delivery_set_nonblock,
	.wait = delivery_wait,
	.attach = delivery_attach,
	.close = delivery_close,
};
