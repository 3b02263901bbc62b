// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prices for everybody: each reader sees every record. One of them is waited for; the slow one
 * is not, and is told how much it has missed.
 */
#include "example_ring.h"

#define PRICES 5000

struct price {
	uint64_t number;
	uint64_t cents;
};

/* Reads all of it: the exchange waits for this one where it must. */
static void audit(struct ipcx_consumer *c, uint64_t *next)
{
	struct price price;

	while (*next < PRICES) {
		check("receive", ipcx_consumer_recv(c, &price, sizeof(price), NULL));
		if (price.number != *next)
			check("order", -EBADMSG);
		++*next;
	}
}

/* Looks once now and then, at what is there. Returns the records it got. */
static unsigned long glance(struct ipcx_consumer *c)
{
	IPCX_OPTS(ipcx_ring_wait_opts, opts);
	unsigned long got = 0;
	struct price price;
	long len;

	opts.flags = IPCX_XFER_NONBLOCK;
	/* A copy is good or is not given out; what was peeked at, release() tells. */
	while ((len = ipcx_consumer_recv(c, &price, sizeof(price), &opts)) >= 0)
		got++;
	if (len != -EAGAIN)
		check("receive", len);
	return got;
}

static int exchange(struct ipcx_ring *ring, int number)
{
	struct price price = { .cents = 10000 };
	struct ipcx_producer *p;

	(void)number;
	check("attach", ipcx_producer_attach(&p, ring));
	for (; price.number < PRICES; price.number++) {
		price.cents += price.number % 7 - 3;
		check("send", ipcx_producer_send(p, &price, sizeof(price), NULL));
	}
	ipcx_producer_detach(p);
	ipcx_ring_close(ring);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct ipcx_ring *ring = make_ring(argc, argv, IPCX_RING_BROADCAST, 4096);
	struct price last = { .number = PRICES };
	struct ipcx_consumer *auditor, *slow;
	struct ipcx_producer *p;
	unsigned long got = 0;
	uint64_t next = 0;

	check("attach", ipcx_consumer_attach(&auditor, ring, 0));
	check("attach", ipcx_consumer_attach(&slow, ring, IPCX_RING_OVERRUN));
	start(exchange, ring, 0);
	alarm(60);
	audit(auditor, &next);
	if (join_all() != EXIT_SUCCESS)
		return EXIT_FAILURE;
	printf("the auditor has seen %lu prices\n", (unsigned long)next);

	/* What it missed shows with the first price that comes after the gap. */
	check("attach", ipcx_producer_attach(&p, ring));
	got += glance(slow);
	check("send", ipcx_producer_send(p, &last, sizeof(last), NULL));
	got += glance(slow);
	printf("the slow one has seen %lu and missed %lu\n", got,
	       (unsigned long)ipcx_consumer_lost(slow));

	ipcx_producer_detach(p);
	ipcx_consumer_detach(slow);
	ipcx_consumer_detach(auditor);
	ipcx_ring_close(ring);
	return EXIT_SUCCESS;
}
