/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of mailboxes with a ring share: one of each side, and how its owner reads.
 * As in common.h: -errno, and no checks.
 */
#ifndef IPCX_SELFTESTS_MBOX_RING_H
#define IPCX_SELFTESTS_MBOX_RING_H

#include "mbox.h"
#include "ring.h"

/* For what is to end at once or by somebody's doing: a failure, and no test that hangs. */
#define LONG_MS		(5000LL * timeout_factor())

/* Bytes in front of a payload. */
#define RECORD_HEAD	(IPCX_RING_HEADER + sizeof(struct ipcx_delivery))

/* A mailbox, a right to send to it, and what its owner has mapped. */
struct inbox {
	int fd;			/* the right to receive */
	int to;
	__u64 port;
	struct ring ring;
	struct consumer c;
	unsigned long skipped;	/* records that were to be skipped */
};

static inline int new_inbox_fds(struct inbox *in, const struct ipcx_mbox_attr *attr)
{
	*in = (struct inbox){ .fd = -1, .to = -1 };
	in->fd = open_mbox_attr(NULL, MBOX_CREATE, 0600, attr, &in->port);
	if (in->fd < 0)
		return in->fd;
	in->to = open_port(in->port, 0);
	return in->to < 0 ? in->to : 0;
}

/* The process that calls it reads from then on. */
static inline int map_inbox(struct inbox *in, __u64 size)
{
	int ret;

	in->ring = (struct ring){
		.fd = in->fd, .size = size, .max_producers = 1, .max_consumers = 1,
	};
	ret = map_view(&in->ring);
	return ret ? ret : attach_consumer(&in->c, &in->ring);
}

static inline int new_inbox_attr(struct inbox *in, const struct ipcx_mbox_attr *attr)
{
	int ret = new_inbox_fds(in, attr);

	return ret ? ret : map_inbox(in, attr->ring_size);
}

static inline int new_inbox(struct inbox *in, __u64 size)
{
	struct ipcx_mbox_attr attr = {
		.flags = IPCX_MBOX_ADDRESSABLE, .ring_size = size, .max_msgs = 1 << 16,
	};

	return new_inbox_attr(in, &attr);
}

static inline void close_inbox(struct inbox *in)
{
	if (in->c.page)
		detach_consumer(&in->c);
	if (in->ring.view)
		munmap(in->ring.view, view_len(&in->ring));
	close(in->to);
	close(in->fd);
}

/* A message where it lies. */
struct delivered {
	const struct ipcx_delivery *head;
	const void *payload;
	size_t len;
};

/* Looks at the next message: 0, -EAGAIN, -EBADMSG; what is to be skipped is released. */
static inline int peek_delivered(struct inbox *in, struct delivered *msg)
{
	__u64 header = 0;
	int ret;

	while (!(ret = peek_header(&in->c, &header)) && header & IPCX_RING_DISCARD) {
		in->skipped++;
		skip(&in->c, header);
		ret = release(&in->c);
		if (ret)
			return ret;
	}
	if (ret)
		return ret;
	if (ipcx_ring_header_len(header) < sizeof(*msg->head))
		return -EBADMSG;
	msg->head = (const void *)(in->ring.data +
				   ipcx_ring_offset(in->c.next, in->ring.size) +
				   IPCX_RING_HEADER);
	msg->payload = msg->head + 1;
	msg->len = ipcx_ring_header_len(header) - sizeof(*msg->head);
	return 0;
}

/* It was read: the next one is looked at from now on. */
static inline void pass_delivered(struct inbox *in, const struct delivered *msg)
{
	in->c.next = ipcx_ring_add(in->c.next,
				   ipcx_ring_record_size(sizeof(*msg->head) + msg->len));
}

/* Takes a number: 0, -EAGAIN or -EBADMSG. */
static inline int take_delivered(struct inbox *in, __u64 *number, struct ipcx_delivery *head)
{
	struct delivered msg;
	int ret = peek_delivered(in, &msg);

	if (ret)
		return ret;
	if (msg.len != sizeof(*number))
		return -EBADMSG;
	memcpy(number, msg.payload, sizeof(*number));
	if (head)
		*head = *msg.head;
	pass_delivered(in, &msg);
	return release(&in->c);
}

/* The same, waiting: -ETIMEDOUT after so many milliseconds. */
static inline int take_delivered_waiting(struct inbox *in, __u64 *number, long long ms)
{
	int ret;

	while ((ret = take_delivered(in, number, NULL)) == -EAGAIN) {
		ret = wait_data(&in->c, ms);
		if (ret)
			break;
	}
	return ret;
}

/* Takes all: how many, or -errno. */
static inline int drain_delivered(struct inbox *in)
{
	struct delivered msg;
	int ret, n = 0;

	while (!(ret = peek_delivered(in, &msg))) {
		pass_delivered(in, &msg);
		ret = release(&in->c);
		if (ret)
			return ret;
		n++;
	}
	return ret == -EAGAIN ? n : ret;
}

/* As many as are let in. */
static inline int fill_up(struct inbox *in)
{
	int ret, n = 0;

	while ((ret = try_post_number(in->to, n)) == 1)
		n++;
	return ret == -EAGAIN ? n : ret;
}

struct sync_post {
	int fd;
	__u64 number;
};

static inline int do_sync_post(void *arg)
{
	struct sync_post *p = arg;

	MUST_BE(1, post_number_sync(p->fd, p->number, LONG_MS));
	return 0;
}

#endif /* IPCX_SELFTESTS_MBOX_RING_H */
