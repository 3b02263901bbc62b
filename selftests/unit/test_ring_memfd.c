// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shared rings in a memfd: what is not as in the module, or has to be in spite of it. */
#include "ring.h"

#define MIB	(1UL << 20)

/* A wish, which changes nothing but what lies behind the addresses. */
static void test_huge(void)
{
	IPCX_OPTS(ipcx_ring_opts, opts);
	IPCX_OPTS(ipcx_ring_stat, st);
	struct ipcx_ring *ring, *other;
	unsigned char *data;

	opts.flags = IPCX_RING_MEMFD | IPCX_RING_HUGE;
	for (opts.size = 4096; opts.size <= 8 * MIB; opts.size *= 2) {
		UNIT_CHECK(ipcx_ring_open(&ring, NULL, NULL, 0, &opts) == 0);
		UNIT_CHECK(ipcx_ring_from_fd(&other, dup(ipcx_ring_fd(ring))) == 0);
		if (opts.size >= 2 * MIB)
			UNIT_CHECK((uintptr_t)ring->info % (2 * MIB) == 0 &&
				   (uintptr_t)other->info % (2 * MIB) == 0);
		data = ring_data(ring);
		for (size_t at = 0; at < opts.size; at += 4096)
			*(size_t *)(data + at) = at;
		data = ring_data(other);
		for (size_t at = 0; at < 2 * opts.size; at += 4096)
			UNIT_CHECK(*(size_t *)(data + at) == at % opts.size);
		UNIT_CHECK(ipcx_ring_stat(ring, &st) == 0 && !st.huge && st.free == opts.size);
		ipcx_ring_close(ring);
		ipcx_ring_close(other);
	}
	unit_ok("huge pages are a wish");
}

static void test_no_eventfd(void)
{
	for (size_t i = 0; i < FORMS; i++) {
		struct ends e = ends_at(&forms[i], SIZE, 0);
		IPCX_OPTS(ipcx_ring_wait_opts, opts);
		uint64_t number;

		opts.flags = IPCX_RING_WAIT_EVENTFD;
		UNIT_CHECK(ipcx_producer_set_eventfd(e.p, 0) == -EOPNOTSUPP);
		UNIT_CHECK(ipcx_consumer_set_eventfd(e.c, -1) == -EOPNOTSUPP);
		UNIT_CHECK(ipcx_consumer_wait(e.c, &opts) == -EOPNOTSUPP);
		UNIT_CHECK(ipcx_consumer_recv(e.c, &number, sizeof(number), &opts) ==
			   -EOPNOTSUPP);
		UNIT_CHECK(ipcx_producer_wait(e.p, SIZE - 8, &opts) == 0);
		close_ends(&e);
	}
	unit_ok("no eventfds");
}

/*
 * Who leaves as the last one, and is late to say so, says it beside one that has come
 * meanwhile. Nobody is told of an end.
 */
static void test_late_words(void)
{
	for (size_t i = 0; i < FORMS; i++) {
		struct ends e = ends_at(&forms[i], SIZE, 0);
		struct ipcx_ring_wait_opts opts = nonblock();
		const void *buf;

		e.ring->info->eof = 1;
		UNIT_CHECK(ipcx_consumer_peek(e.c, &buf) == -EAGAIN);
		UNIT_CHECK(ipcx_consumer_wait(e.c, &opts) == -EAGAIN);
		e.ring->info->broken = 1;
		UNIT_CHECK(ipcx_producer_wait(e.p, 8, &opts) == 0);
		e.ring->info->broken = 0;
		ipcx_producer_detach(e.p);
		UNIT_CHECK(ipcx_consumer_peek(e.c, &buf) == -ENODATA);
		UNIT_CHECK(ipcx_producer_attach(&e.p, e.ring) == 0);
		close_ends(&e);
	}
	unit_ok("an end that is told late");
}

int main(void)
{
	test_huge();
	test_no_eventfd();
	test_late_words();
	return 0;
}
