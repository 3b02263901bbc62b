// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shared rings whose other members write anything anywhere: what the library gives out stays
 * within the mapping, and what it says is one of the errors that the functions have.
 */
#include "ring.h"

/* The ring, and pages around it whose touch ends the program. */
struct place {
	const unsigned char *begin;
	const unsigned char *end;
};

static struct place place_of(const struct ipcx_ring *ring)
{
	const unsigned char *data = ring_data(ring);

	return (struct place){ data, data + 2 * ring->size };
}

static bool within(const struct place *place, const void *buf, size_t len)
{
	const unsigned char *at = buf;

	return at >= place->begin && len <= (size_t)(place->end - at);
}

/* A word that may be nearly right. */
static uint64_t nasty(uint64_t *seed, uint64_t near)
{
	switch (unit_rnd_below(seed, 8)) {
	case 0:
		return unit_rnd(seed);
	case 1:
		return near + unit_rnd_below(seed, 256);
	case 2:
		return near - unit_rnd_below(seed, 256);
	case 3:
		return near + ipcx_ring_add(0, SIZE) - 64 * unit_rnd_below(seed, 3);
	case 4:
		return near ^ 1ULL << unit_rnd_below(seed, 64);
	case 5:
		return unit_rnd_below(seed, 2) ? ~0ULL : 0;
	default:
		return near + 64 * unit_rnd_below(seed, SIZE / 8);
	}
}

static void spoil(const struct ipcx_ring *ring, uint64_t *seed, uint64_t near)
{
	struct ipcx_ring_shared *shared = ring_shared(ring);
	struct ipcx_ring_info *info = ring->info;
	unsigned int slot = unit_rnd_below(seed, ring->max_producers);
	__u64 *header = (__u64 *)((unsigned char *)ring_data(ring) +
				  8 * unit_rnd_below(seed, ring->size / 8));

	switch (unit_rnd_below(seed, 12)) {
	case 0:
		shared->tail = nasty(seed, near);
		break;
	case 1:
		shared->claim = nasty(seed, near);
		break;
	case 2:
		shared->confirmed[unit_rnd_below(seed, 64)] = nasty(seed, near);
		break;
	case 3:
		ring_producer(ring, slot)->announce = nasty(seed, near);
		break;
	case 4:
		ring_producer(ring, slot)->records = nasty(seed, near);
		break;
	case 5:
		ring_consumer(ring, unit_rnd_below(seed, ring->max_consumers))->head =
			nasty(seed, near);
		break;
	case 6:
		info->producers = nasty(seed, info->producers);
		break;
	case 7:
		info->holders = nasty(seed, info->holders);
		break;
	case 8:
		info->data_waiters = unit_rnd_below(seed, 2);
		info->eof = unit_rnd_below(seed, 2);
		break;
	case 9:
		info->space_waiters = unit_rnd_below(seed, 2);
		info->broken = !unit_rnd_below(seed, 4);
		break;
	default:
		*header = nasty(seed, *header);
	}
}

static void produce(struct ipcx_producer *p, const struct place *place, uint64_t *seed)
{
	static unsigned char from[SIZE];
	struct ipcx_ring_wait_opts opts = nonblock();
	size_t len = unit_rnd_below(seed, unit_rnd_below(seed, 4) ? 200 : SIZE + 100);
	struct iovec msgs[4] = { { from, len }, { from, len / 2 }, { from, 0 }, { from, 7 } };
	void *buf;
	int ret;

	if (!unit_rnd_below(seed, 4)) {
		ret = ipcx_producer_send_msgs(p, msgs, 4, &opts);
		UNIT_CHECK((ret > 0 && ret <= 4) || ret == -EAGAIN || ret == -EMSGSIZE ||
			   ret == -EPIPE);
		return;
	}
	ret = ipcx_producer_reserve(p, len, &buf);
	UNIT_CHECK(!ret || ret == -EAGAIN || ret == -EMSGSIZE || ret == -EPIPE);
	UNIT_CHECK((ret == -EMSGSIZE) == (len > SIZE - 8));
	if (ret)
		return;
	UNIT_CHECK(within(place, buf, len));
	memset(buf, 0x5a, len);
	ret = unit_rnd_below(seed, 8) ? ipcx_producer_commit(p) : ipcx_producer_discard(p);
	UNIT_CHECK(ret == 0);
}

static bool read_error(ssize_t ret)
{
	return ret == -EAGAIN || ret == -EBADMSG || ret == -ENODATA || ret == -EOVERFLOW;
}

static void consume(struct ipcx_consumer *c, const struct place *place, uint64_t *seed)
{
	static unsigned char to[2][SIZE];
	struct ipcx_ring_wait_opts opts = nonblock();
	struct iovec msgs[2] = { { to[0], 100 }, { to[1], SIZE } };
	const void *buf;
	ssize_t ret;

	switch (unit_rnd_below(seed, 4)) {
	case 0:
		ret = ipcx_consumer_recv_msgs(c, msgs, 2, &opts);
		UNIT_CHECK(ret > 0 || ret == -EMSGSIZE || read_error(ret));
		break;
	case 1:
		ret = ipcx_consumer_wait(c, &opts);
		UNIT_CHECK(!ret || read_error(ret));
		break;
	default:
		ret = ipcx_consumer_peek(c, &buf);
		UNIT_CHECK(ret >= 0 || read_error(ret));
		if (ret >= 0)
			UNIT_CHECK(ret <= SIZE - 8 && within(place, buf, ret));
	}
	if (unit_rnd_below(seed, 2)) {
		ret = ipcx_consumer_release(c);
		UNIT_CHECK(!ret || ret == -EOVERFLOW);
	}
}

static void test_anything(const struct form *form, unsigned int flags, uint64_t *seed)
{
	uint64_t index = ipcx_ring_index(unit_rnd(seed));

	for (long round = unit_scaled(300, 30000); round; round--) {
		struct ipcx_ring *ring = ring_at(form, SIZE, index);
		struct place place = place_of(ring);
		struct ipcx_producer *p;
		struct ipcx_consumer *c;

		UNIT_CHECK(ipcx_producer_attach(&p, ring) == 0);
		UNIT_CHECK(ipcx_consumer_attach(&c, ring, flags) == 0);
		for (int i = 0; i < 200; i++) {
			if (!unit_rnd_below(seed, 8))
				spoil(ring, seed, p->fast.start);
			if (unit_rnd_below(seed, 2))
				produce(p, &place, seed);
			else
				consume(c, &place, seed);
		}
		ipcx_producer_detach(p);
		ipcx_consumer_detach(c);
		ipcx_ring_close(ring);
	}
}

/* One lie at a time, and what it is called. */
static void test_tail(void)
{
	static const uint64_t lies[] = { -64, 8 * SIZE + 64, 1ULL << 50, 1ULL << 63, ~0ULL };
	struct ends e = ends_at(&forms[0], SIZE, 0);
	const void *buf;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		ring_shared(e.ring)->tail = lies[i];
		UNIT_CHECK(ipcx_consumer_peek(e.c, &buf) == -EBADMSG);
		UNIT_CHECK(ipcx_consumer_wait(e.c, NULL) == -EBADMSG);
		UNIT_CHECK(ipcx_consumer_index(e.c) == 0);
	}
	close_ends(&e);
	unit_ok("a tail that is not where it can be");
}

/* Records that are all discarded hold nobody up for long, and nothing behind them is lost. */
static void test_discards(const struct form *form)
{
	IPCX_OPTS(ipcx_ring_wait_opts, once);
	struct ends e = ends_at(form, SIZE, 0);
	unsigned int discarded = 300, peeks = 0;
	const void *record;
	ssize_t len;
	void *room;
	char byte;

	for (unsigned int i = 0; i < discarded; i++) {
		UNIT_CHECK(ipcx_producer_reserve(e.p, 0, &room) == 0);
		UNIT_CHECK(ipcx_producer_discard(e.p) == 0);
	}
	UNIT_CHECK(ipcx_producer_send(e.p, "x", 1, NULL) == 0);
	once.flags = IPCX_XFER_NONBLOCK;
	UNIT_CHECK(ipcx_consumer_recv(e.c, &byte, 1, &once) == -EAGAIN);
	UNIT_CHECK(ipcx_consumer_index(e.c) == 8 * 128);
	UNIT_CHECK(load_relaxed(&e.c->own->head) == 64 * 128);
	UNIT_CHECK(ipcx_consumer_wait(e.c, NULL) == 0);
	once.flags = IPCX_XFER_DEADLINE;
	once.clock = CLOCK_MONOTONIC;
	UNIT_CHECK(ipcx_consumer_recv(e.c, &byte, 1, &once) == -ETIMEDOUT);
	while ((len = ipcx_consumer_peek(e.c, &record)) == -EAGAIN)
		UNIT_CHECK(++peeks <= 1);
	UNIT_CHECK(len == 1 && *(const char *)record == 'x');
	close_ends(&e);
	unit_ok("a peek goes past so many discarded records, and not more");
}

static void test_headers(const struct form *form)
{
	static char title[64];
	static const uint64_t lies[] = { 1 << 30, 9, IPCX_RING_LEN_MASK, ~0ULL, SIZE,
					 IPCX_RING_DISCARD | 9, IPCX_RING_DISCARD | 1 << 30 };
	struct ends e = ends_at(form, SIZE, 0);
	char copy[16];
	const void *buf;

	put(e.p, 8, 1);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		*(__u64 *)ring_data(e.ring) = lies[i];
		UNIT_CHECK(ipcx_consumer_peek(e.c, &buf) == -EBADMSG);
		UNIT_CHECK(ipcx_consumer_recv(e.c, copy, sizeof(copy), NULL) == -EBADMSG);
		UNIT_CHECK(ipcx_consumer_index(e.c) == 0);
	}
	*(__u64 *)ring_data(e.ring) = 8;
	UNIT_CHECK(ipcx_consumer_peek(e.c, &buf) == 8);
	close_ends(&e);
	snprintf(title, sizeof(title), "%s: headers that cannot be", form->what);
	unit_ok(title);
}

/* A consumer that says it is elsewhere loses what is its own, at most. */
static void test_heads(void)
{
	struct ends e = ends_at(&forms[3], SIZE, 0);
	struct ipcx_consumer *liar;
	void *buf;

	UNIT_CHECK(ipcx_consumer_attach(&liar, e.ring, 0) == 0);
	for (unsigned int i = 0; i < 4; i++)
		put(e.p, SIZE / 4 - 8, i);
	store_release(&liar->own->head, 1ULL << 50);
	UNIT_CHECK(ipcx_producer_reserve(e.p, 0, &buf) == -EAGAIN);
	get(e.c, SIZE / 4 - 8, 0);
	put(e.p, SIZE / 4 - 8, 4);
	UNIT_CHECK(ipcx_producer_reserve(e.p, 0, &buf) == -EAGAIN);
	store_release(&liar->own->head, -ipcx_ring_add(0, 1ULL << 30));
	get(e.c, SIZE / 4 - 8, 1);
	UNIT_CHECK(ipcx_producer_reserve(e.p, 0, &buf) == -EAGAIN);
	ipcx_consumer_detach(liar);
	put(e.p, SIZE / 4 - 8, 5);
	close_ends(&e);
	unit_ok("a head that is not where it can be");
}

int main(void)
{
	uint64_t seed = unit_seed();
	char title[64];

	test_tail();
	test_heads();
	test_discards(&forms[1]);
	for (size_t i = 0; i < FORMS; i++) {
		test_headers(&forms[i]);
		test_anything(&forms[i], 0, &seed);
		if (forms[i].type == IPCX_RING_BROADCAST)
			test_anything(&forms[i], IPCX_RING_OVERRUN, &seed);
		snprintf(title, sizeof(title), "%s: anything anywhere", forms[i].what);
		unit_ok(title);
	}
	return 0;
}
