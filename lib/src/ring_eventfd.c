// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shared rings: an eventfd of each member, for who waits for many things at once. */
#include "ring.h"

int ipcx_producer_set_eventfd(struct ipcx_producer *p, int fd)
{
	return p->ring->ops->set_eventfd(p->ring, IPCX_RING_PRODUCER, p->slot, fd);
}

int ipcx_consumer_set_eventfd(struct ipcx_consumer *c, int fd)
{
	return c->ring->ops->set_eventfd(c->ring, IPCX_RING_CONSUMER, c->slot, fd);
}
