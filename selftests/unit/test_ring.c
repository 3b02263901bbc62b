// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shared rings without a device: what each function does, in one process. */
#include "ring.h"

#include <pthread.h>
#include <signal.h>

static char title[128];

static void ok(const struct form *form, const char *what)
{
	snprintf(title, sizeof(title), "%s: %s", form->what, what);
	unit_ok(title);
}

/* ---- handles ---- */

static int try_open(const struct ipcx_ring_opts *opts)
{
	struct ipcx_ring *ring = (void *)-1;
	int ret = ipcx_ring_open(&ring, NULL, NULL, 0, opts);

	UNIT_CHECK(!ret == !!ring);
	ipcx_ring_close(ring);
	return ret;
}

static void test_options(void)
{
	static const struct ipcx_ring_opts bad[] = {
		{ .size = 4095 }, { .size = 2048 }, { .size = 12288 }, { .size = 2ULL << 30 },
		{ .type = 3 }, { .flags = 4 }, { .reserved = 1 }, { .max_producers = 2 },
		{ .max_consumers = 2 }, { .type = IPCX_RING_MPSC, .max_producers = 65 },
		{ .type = IPCX_RING_MPSC, .max_consumers = 2 },
		{ .type = IPCX_RING_BROADCAST, .max_consumers = 65 },
	};
	IPCX_OPTS(ipcx_ring_opts, opts);
	struct ipcx_ring *ring;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		opts = bad[i];
		opts.sz = sizeof(opts);
		opts.flags |= IPCX_RING_MEMFD;
		UNIT_CHECK(try_open(&opts) == -EINVAL);
	}
	opts = (struct ipcx_ring_opts){ .sz = sizeof(opts), .flags = IPCX_RING_MEMFD };
	UNIT_CHECK(ipcx_ring_open(&ring, NULL, "/name", 0, &opts) == -EINVAL && !ring);
	opts.sz--;
	UNIT_CHECK(try_open(&opts) == -EINVAL);
	opts.sz++;
	UNIT_CHECK(ipcx_ring_open(&ring, NULL, NULL, 0, &opts) == 0);
	UNIT_CHECK(ring->size == 65536 && ring->max_producers == 1 && ring->max_consumers == 1);
	ipcx_ring_close(ring);
	opts.type = IPCX_RING_MPSC;
	UNIT_CHECK(ipcx_ring_open(&ring, NULL, NULL, 0, &opts) == 0);
	UNIT_CHECK(ring->max_producers == 16 && ring->max_consumers == 1);
	ipcx_ring_close(ring);
	opts.type = IPCX_RING_BROADCAST;
	UNIT_CHECK(ipcx_ring_open(&ring, NULL, NULL, 0, &opts) == 0);
	UNIT_CHECK(ring->max_producers == 1 && ring->max_consumers == 16);
	ipcx_ring_close(ring);
	unit_ok("options: defaults and what is refused");
}

static void test_from_fd(void)
{
	struct ends e = ends_at(&forms[0], SIZE, 0);
	struct ipcx_ring *ring, *other;
	struct ipcx_ring_info good;
	int fd = dup(ipcx_ring_fd(e.ring)), fds[2], plain, huge;

	UNIT_CHECK(ipcx_ring_from_fd(&ring, fd) == 0 && ipcx_ring_fd(ring) == fd);
	UNIT_CHECK(ipcx_ring_id(ring) == ipcx_ring_id(e.ring));
	put(e.p, 3, 4);
	check_stat(ring, 16, 1, 1, 0, 0);

	UNIT_CHECK(pipe(fds) == 0);
	UNIT_CHECK(ipcx_ring_from_fd(&other, fds[0]) == -ENOTTY && !other);
	close(fds[0]);
	close(fds[1]);
	plain = memfd_create("plain", MFD_ALLOW_SEALING);
	UNIT_CHECK(ftruncate(plain, 65536) == 0);
	UNIT_CHECK(ipcx_ring_from_fd(&other, plain) == -ENOTTY);
	UNIT_CHECK(fcntl(plain, F_ADD_SEALS, SEALS) == 0);
	UNIT_CHECK(ipcx_ring_from_fd(&other, plain) == -EPROTO);
	close(plain);
	/* What it would map is longer than what it has room for. */
	huge = memfd_create("huge", MFD_ALLOW_SEALING | MFD_HUGETLB);
	UNIT_CHECK(huge >= 0 && ftruncate(huge, 2 << 20) == 0);
	UNIT_CHECK(fcntl(huge, F_ADD_SEALS, SEALS) == 0);
	UNIT_CHECK(ipcx_ring_from_fd(&other, huge) == -ENOTTY);
	close(huge);
	UNIT_CHECK(ipcx_ring_from_fd(&other, -1) == -EBADF);

	/* Another geometry than there is room for, or than there can be. */
	good = *ring->info;
	for (size_t i = 0; i < 8; i++) {
		((uint32_t *)ring->info)[i] ^= 0x100;
		/* but for the mark of a fence, whose value is free */
		if (i != 7)
			UNIT_CHECK(ipcx_ring_from_fd(&other, fd) == -EPROTO);
		*ring->info = good;
	}
	ring->info->size = 1ULL << 63;
	UNIT_CHECK(ipcx_ring_from_fd(&other, fd) == -EPROTO);
	ring->info->size = 0;
	UNIT_CHECK(ipcx_ring_from_fd(&other, fd) == -EPROTO);
	ring->info->size = 2 * SIZE;
	UNIT_CHECK(ipcx_ring_from_fd(&other, fd) == -EPROTO);
	*ring->info = good;
	ipcx_ring_close(ring);
	close_ends(&e);
	unit_ok("a ring from its fd; others, and nonsense, are refused");
}

static void test_slots(const struct form *form)
{
	struct ipcx_ring *ring = ring_at(form, SIZE, 0);
	struct ipcx_producer *p[9], *none_p;
	struct ipcx_consumer *c[4], *none_c;

	for (unsigned int i = 0; i < form->producers; i++)
		UNIT_CHECK(ipcx_producer_attach(&p[i], ring) == 0 && p[i]->slot == i);
	UNIT_CHECK(ipcx_producer_attach(&none_p, ring) == -EBUSY && !none_p);
	for (unsigned int i = 0; i < form->consumers; i++)
		UNIT_CHECK(ipcx_consumer_attach(&c[i], ring, 0) == 0 && c[i]->slot == i);
	UNIT_CHECK(ipcx_consumer_attach(&none_c, ring, 0) == -EBUSY && !none_c);
	UNIT_CHECK(ipcx_consumer_attach(&none_c, ring, 2) == -EINVAL);
	if (form->type != IPCX_RING_BROADCAST)
		UNIT_CHECK(ipcx_consumer_attach(&none_c, ring, IPCX_RING_OVERRUN) == -EINVAL);
	check_stat(ring, 0, form->producers, form->consumers, 0, 0);
	put(p[0], 5, 5);
	ipcx_producer_detach(p[0]);
	UNIT_CHECK(ipcx_producer_attach(&p[0], ring) == 0 && p[0]->slot == 0);
	/* Numbers of records go on where whoever had the slot was. */
	UNIT_CHECK(p[0]->own->records == 1);
	for (unsigned int i = 0; i < form->producers; i++)
		ipcx_producer_detach(p[i]);
	for (unsigned int i = 0; i < form->consumers; i++)
		ipcx_consumer_detach(c[i]);
	check_stat(ring, form->type == IPCX_RING_BROADCAST ? 0 : 16, 0, 0, 1, 1);
	ipcx_ring_close(ring);
	ok(form, "as many members as there may be");
}

/* ---- records ---- */

/* Every place in the ring, and every length around where something changes. */
static void test_sizes(const struct form *form, uint64_t index)
{
	static const size_t lens[] = { 0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 100, 2039, 2040,
				       2041, 4080, 4081, 4087, 4088 };
	struct ends e = ends_at(form, SIZE, index);
	size_t place = 0;

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		for (unsigned int n = 0; n < SIZE / 8 + 1; n++) {
			put(e.p, lens[i], place + lens[i]);
			get(e.c, lens[i], place + lens[i]);
			/* on by 8 more than a whole number of rings */
			put(e.p, 0, 0);
			get(e.c, 0, 0);
			place++;
		}
	}
	check_stat(e.ring, 0, 1, 1, 0, 0);
	close_ends(&e);
}

static void test_edges(const struct form *form)
{
	/* 32 bytes each */
	struct ends e = ends_at(form, SIZE, -ipcx_ring_add(0, 64));
	const void *record;
	void *buf;

	UNIT_CHECK(ipcx_consumer_peek(e.c, &record) == -EAGAIN);
	for (unsigned int i = 0; i < SIZE / 32; i++)
		put(e.p, 17 + i % 8, i);
	check_stat(e.ring, SIZE, 1, 1, 0, 0);
	UNIT_CHECK(ipcx_producer_reserve(e.p, 0, &buf) == -EAGAIN);
	for (unsigned int i = 0; i < SIZE / 32; i++) {
		peek_one(e.c, 17 + i % 8, i);
		UNIT_CHECK(ipcx_producer_reserve(e.p, 0, &buf) == -EAGAIN);
	}
	UNIT_CHECK(ipcx_consumer_peek(e.c, &record) == -EAGAIN);
	UNIT_CHECK(ipcx_consumer_release(e.c) == 0);
	check_stat(e.ring, 0, 1, 1, 0, 0);
	/* One is given back, one fits, of that length at most. */
	for (unsigned int i = 0; i < SIZE / 32; i++)
		put(e.p, 24, i);
	get(e.c, 24, 0);
	UNIT_CHECK(ipcx_producer_reserve(e.p, 25, &buf) == -EAGAIN);
	put(e.p, 24, 0);
	UNIT_CHECK(ipcx_producer_reserve(e.p, 0, &buf) == -EAGAIN);
	close_ends(&e);
	ok(form, "full, and empty");
}

static void test_refused(const struct form *form)
{
	struct ends e = ends_at(form, SIZE, 0);
	struct ipcx_ring_wait_opts opts = nonblock();
	const void *record;
	void *buf;

	UNIT_CHECK(ipcx_producer_commit(e.p) == -EINVAL);
	UNIT_CHECK(ipcx_producer_discard(e.p) == -EINVAL);
	UNIT_CHECK(ipcx_producer_reserve(e.p, SIZE - 7, &buf) == -EMSGSIZE);
	UNIT_CHECK(ipcx_producer_reserve(e.p, SIZE_MAX, &buf) == -EMSGSIZE);
	UNIT_CHECK(ipcx_producer_reserve(e.p, SIZE_MAX - 14, &buf) == -EMSGSIZE);
	UNIT_CHECK(ipcx_producer_reserve(e.p, 1ULL << 32, &buf) == -EMSGSIZE);
	UNIT_CHECK(ipcx_producer_wait(e.p, SIZE - 7, &opts) == -EMSGSIZE);
	UNIT_CHECK(ipcx_producer_send(e.p, "", SIZE - 7, &opts) == -EMSGSIZE);
	UNIT_CHECK(ipcx_producer_reserve(e.p, 8, &buf) == 0);
	UNIT_CHECK(ipcx_producer_reserve(e.p, 8, &buf) == -EBUSY);
	UNIT_CHECK(ipcx_producer_send(e.p, "", 0, &opts) == -EBUSY);
	UNIT_CHECK(ipcx_consumer_peek(e.c, &record) == -EAGAIN);
	UNIT_CHECK(ipcx_producer_commit(e.p) == 0);
	UNIT_CHECK(ipcx_producer_commit(e.p) == -EINVAL);
	UNIT_CHECK(ipcx_consumer_peek(e.c, &record) == 8);
	UNIT_CHECK(ipcx_producer_arm(e.p) == -EOPNOTSUPP);
	UNIT_CHECK(ipcx_consumer_arm(e.c) == -EOPNOTSUPP);
	close_ends(&e);
	ok(form, "too long, twice, or nothing to commit");
}

static void test_discard(const struct form *form)
{
	struct ends e = ends_at(form, SIZE, 0);
	const void *record;
	void *buf;

	for (unsigned int i = 0; i < 3 * SIZE / 32; i++) {
		UNIT_CHECK(ipcx_producer_reserve(e.p, 20, &buf) == 0);
		UNIT_CHECK(ipcx_producer_discard(e.p) == 0);
		/* Alone in front it does not fill the ring. */
		UNIT_CHECK(ipcx_consumer_peek(e.c, &record) == -EAGAIN);
	}
	check_stat(e.ring, 0, 1, 1, 0, 0);
	UNIT_CHECK(e.p->own->records == 0);
	put(e.p, 8, 1);
	peek_one(e.c, 8, 1);
	UNIT_CHECK(ipcx_producer_reserve(e.p, 20, &buf) == 0);
	UNIT_CHECK(ipcx_producer_discard(e.p) == 0);
	put(e.p, 8, 2);
	peek_one(e.c, 8, 2);
	UNIT_CHECK(ipcx_consumer_release(e.c) == 0);
	check_stat(e.ring, 0, 1, 1, 0, 0);
	/* What is reserved when the producer leaves is discarded. */
	UNIT_CHECK(ipcx_producer_reserve(e.p, 20, &buf) == 0);
	ipcx_producer_detach(e.p);
	e.p = NULL;
	UNIT_CHECK(ipcx_consumer_peek(e.c, &record) == -ENODATA);
	close_ends(&e);
	ok(form, "discarded records");
}

static void test_ends(const struct form *form)
{
	struct ends e = ends_at(form, SIZE, 0);
	struct ipcx_ring_wait_opts opts = nonblock();
	const void *record;
	char buf[8];
	void *room;

	put(e.p, 8, 1);
	ipcx_producer_detach(e.p);
	check_stat(e.ring, 16, 0, 1, 1, 0);
	get(e.c, 8, 1);
	UNIT_CHECK(ipcx_consumer_peek(e.c, &record) == -ENODATA);
	UNIT_CHECK(ipcx_consumer_recv(e.c, buf, sizeof(buf), NULL) == -ENODATA);
	UNIT_CHECK(ipcx_consumer_wait(e.c, NULL) == -ENODATA);
	UNIT_CHECK(ipcx_producer_attach(&e.p, e.ring) == 0);
	UNIT_CHECK(ipcx_consumer_peek(e.c, &record) == -EAGAIN);
	put(e.p, 8, 2);
	get(e.c, 8, 2);

	ipcx_consumer_detach(e.c);
	check_stat(e.ring, 0, 1, 0, 0, 1);
	UNIT_CHECK(ipcx_producer_reserve(e.p, 8, &room) == -EPIPE);
	UNIT_CHECK(ipcx_producer_wait(e.p, 8, NULL) == -EPIPE);
	UNIT_CHECK(ipcx_producer_send(e.p, "", 0, NULL) == -EPIPE);
	UNIT_CHECK(ipcx_consumer_attach(&e.c, e.ring, 0) == 0);
	UNIT_CHECK(ipcx_producer_send(e.p, "", 0, &opts) == 0);
	close_ends(&e);
	ok(form, "end of file, and broken pipe, until somebody comes");
}

/* Who comes after another consumer sees what that one had not released. */
static void test_successor(void)
{
	struct ends e = ends_at(&forms[0], SIZE, 0);

	put(e.p, 8, 1);
	put(e.p, 9, 2);
	put(e.p, 10, 3);
	get(e.c, 8, 1);
	peek_one(e.c, 9, 2);
	ipcx_consumer_detach(e.c);
	UNIT_CHECK(ipcx_consumer_attach(&e.c, e.ring, 0) == 0);
	get(e.c, 9, 2);
	get(e.c, 10, 3);
	close_ends(&e);
	unit_ok("what was not released is for the next consumer");
}

/* ---- many producers ---- */

static void test_order(void)
{
	struct ends e = ends_at(&forms[1], SIZE, -ipcx_ring_add(0, 72));
	struct ipcx_producer *second;
	const void *record;
	void *a, *b;

	UNIT_CHECK(ipcx_producer_attach(&second, e.ring) == 0);
	UNIT_CHECK(ipcx_producer_reserve(e.p, 8, &a) == 0);
	UNIT_CHECK(ipcx_producer_reserve(second, 16, &b) == 0);
	/* Should the first one die now, there is a witness of its claim. */
	UNIT_CHECK(ring_shared(e.ring)->confirmed[0] == e.p->own->end);
	UNIT_CHECK(ipcx_ring_claimed(ring_shared(e.ring)->claim, 0, 1, second->own->end));
	fill(b, 16, 2);
	UNIT_CHECK(ipcx_producer_commit(second) == 0);
	UNIT_CHECK(ipcx_consumer_peek(e.c, &record) == -EAGAIN);
	fill(a, 8, 1);
	UNIT_CHECK(ipcx_producer_commit(e.p) == 0);
	peek_one(e.c, 8, 1);
	peek_one(e.c, 16, 2);
	UNIT_CHECK(ipcx_consumer_release(e.c) == 0);

	UNIT_CHECK(ipcx_producer_reserve(e.p, 8, &a) == 0);
	put(second, 9, 3);
	UNIT_CHECK(ipcx_consumer_peek(e.c, &record) == -EAGAIN);
	UNIT_CHECK(ipcx_producer_discard(e.p) == 0);
	get(e.c, 9, 3);
	/* An announcement whose claim failed is not waited for once it is passed. */
	store_release(&e.p->own->announce, (e.c->fast.next - 64) | IPCX_RING_ANNOUNCED);
	put(second, 9, 4);
	get(e.c, 9, 4);
	ipcx_producer_detach(second);
	close_ends(&e);
	unit_ok("records of many come in the order of their claims");
}

/* Without a consumer nobody is waited for but a producer that still writes. */
static void test_nobody(const struct form *form)
{
	struct ipcx_ring *ring = ring_at(form, SIZE, 0);
	struct ipcx_producer *p, *second;
	struct ipcx_consumer *c;
	void *buf;

	UNIT_CHECK(ipcx_producer_attach(&p, ring) == 0);
	for (unsigned int i = 0; i < SIZE; i++)
		put(p, i % 100, i);
	if (form->producers > 1) {
		UNIT_CHECK(ipcx_producer_attach(&second, ring) == 0);
		UNIT_CHECK(ipcx_producer_reserve(second, 24, &buf) == 0);
		for (unsigned int i = 1; i < SIZE / 32; i++)
			put(p, 24, i);
		UNIT_CHECK(ipcx_producer_reserve(p, 0, &buf) == -EAGAIN);
		UNIT_CHECK(ipcx_producer_commit(second) == 0);
		put(p, 24, 0);
		ipcx_producer_detach(second);
	}
	UNIT_CHECK(ipcx_consumer_attach(&c, ring, 0) == 0);
	UNIT_CHECK(ipcx_consumer_peek(c, (const void **)&buf) == -EAGAIN);
	put(p, 40, 1);
	get(c, 40, 1);
	ipcx_consumer_detach(c);
	ipcx_producer_detach(p);
	ipcx_ring_close(ring);
	ok(form, "records for nobody; a consumer starts at the end");
}

/* ---- copies ---- */

static void test_copies(const struct form *form)
{
	struct ends e = ends_at(form, SIZE, -ipcx_ring_add(0, 2048));
	struct ipcx_ring_wait_opts opts = nonblock();
	unsigned char out[300], in[300];

	for (unsigned int i = 0; i < 300; i++) {
		fill(out, i, i);
		UNIT_CHECK(ipcx_producer_send(e.p, i ? out : NULL, i, &opts) == 0);
		if (i)
			UNIT_CHECK(ipcx_consumer_recv(e.c, in, i - 1, &opts) == -EMSGSIZE);
		UNIT_CHECK(ipcx_consumer_recv(e.c, i ? in : NULL, i, &opts) == i);
		UNIT_CHECK(filled(in, i, i));
	}
	UNIT_CHECK(ipcx_consumer_recv(e.c, in, 300, &opts) == -EAGAIN);
	/* What was peeked at is released as well. */
	put(e.p, 8, 1);
	put(e.p, 8, 2);
	peek_one(e.c, 8, 1);
	UNIT_CHECK(ipcx_consumer_recv(e.c, in, 8, &opts) == 8 && filled(in, 8, 2));
	check_stat(e.ring, 0, 1, 1, 0, 0);
	close_ends(&e);
	ok(form, "copies of all lengths");
}

static void test_batches(const struct form *form, uint64_t *seed)
{
	static unsigned char from[64][256], to[64][256];
	struct ends e = ends_at(form, SIZE, -ipcx_ring_add(0, 1024));
	struct ipcx_ring_wait_opts opts = nonblock();
	struct iovec out[64], in[64];
	uint64_t sent = 0, got = 0, lens[1024];
	int n;

	UNIT_CHECK(ipcx_producer_send_msgs(e.p, out, 0, &opts) == -EINVAL);
	UNIT_CHECK(ipcx_producer_send_msgs(e.p, out, IPCX_COUNT_MAX + 1, &opts) == -EINVAL);
	UNIT_CHECK(ipcx_consumer_recv_msgs(e.c, in, 0, &opts) == -EINVAL);
	UNIT_CHECK(ipcx_consumer_recv_msgs(e.c, in, 64, &opts) == -EAGAIN);
	while (sent < 20000) {
		for (unsigned int i = 0; i < 64; i++) {
			out[i].iov_len = unit_rnd_below(seed, 201);
			out[i].iov_base = from[i];
			fill(from[i], out[i].iov_len, sent + i);
			lens[(sent + i) % 1024] = out[i].iov_len;
			in[i] = (struct iovec){ to[i], 200 };
		}
		n = ipcx_producer_send_msgs(e.p, out, 1 + unit_rnd_below(seed, 64), &opts);
		UNIT_CHECK(n > 0 || (n == -EAGAIN && sent > got));
		sent += n > 0 ? n : 0;
		UNIT_CHECK(e.p->own->records == sent);
		n = ipcx_consumer_recv_msgs(e.c, in, 1 + unit_rnd_below(seed, 64), &opts);
		UNIT_CHECK(n > 0 && got + n <= sent);
		for (int i = 0; i < n; i++, got++)
			UNIT_CHECK(in[i].iov_len == lens[got % 1024] &&
				   filled(to[i], in[i].iov_len, got));
	}
	in[0].iov_len = 200;
	while ((n = ipcx_consumer_recv_msgs(e.c, in, 1, &opts)) == 1) {
		in[0].iov_len = 200;
		got++;
	}
	UNIT_CHECK(n == -EAGAIN && got == sent);
	/* Too large, at the beginning and later. */
	out[0] = out[2] = (struct iovec){ from[0], 8 };
	out[1].iov_len = SIZE;
	UNIT_CHECK(ipcx_producer_send_msgs(e.p, out + 1, 2, &opts) == -EMSGSIZE);
	UNIT_CHECK(ipcx_producer_send_msgs(e.p, out, 3, &opts) == 1);
	UNIT_CHECK(ipcx_producer_send_msgs(e.p, out, 1, &opts) == 1);
	in[0] = in[1] = (struct iovec){ to[0], 8 };
	in[1].iov_len = 7;
	UNIT_CHECK(ipcx_consumer_recv_msgs(e.c, in, 2, &opts) == 1);
	UNIT_CHECK(ipcx_consumer_recv_msgs(e.c, in + 1, 1, &opts) == -EMSGSIZE);
	UNIT_CHECK(ipcx_consumer_recv_msgs(e.c, in, 2, &opts) == 1 && in[0].iov_len == 8);
	close_ends(&e);
	ok(form, "batches");
}

int main(void)
{
	uint64_t seed = unit_seed();

	test_options();
	test_from_fd();
	for (size_t i = 0; i < FORMS; i++) {
		const struct form *form = &forms[i];

		test_slots(form);
		test_sizes(form, 0);
		test_sizes(form, -ipcx_ring_add(0, 64 * SIZE));
		ok(form, "all lengths at all places, also where the index wraps");
		test_edges(form);
		test_refused(form);
		test_discard(form);
		test_ends(form);
		if (form->type == IPCX_RING_BROADCAST)
			test_nobody(form);
		test_copies(form);
		test_batches(form, &seed);
	}
	test_successor();
	test_order();
	return 0;
}
