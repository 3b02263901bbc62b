// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shared rings: waiting in its three ways, until when, and who wakes; and being overrun. */
#include "ring.h"

#include <pthread.h>
#include <signal.h>

static const uint32_t policies[] = { IPCX_WAIT_BLOCK, IPCX_WAIT_ADAPTIVE, IPCX_WAIT_SPIN };

#define POLICIES	3

static char title[128];

static void ok(const struct form *form, const char *what)
{
	snprintf(title, sizeof(title), "%s: %s", form->what, what);
	unit_ok(title);
}

static void test_opts(void)
{
	static const struct ipcx_ring_wait_opts bad[] = {
		{ .flags = 4 }, { .policy = 3 }, { .spin_ns = 1 }, { .clock = CLOCK_REALTIME + 1 },
		{ .policy = IPCX_WAIT_SPIN, .spin_ns = 1 }, { .deadline_ns = 1 },
		{ .policy = IPCX_WAIT_ADAPTIVE, .spin_ns = IPCX_SPIN_NS_MAX + 1 },
		{ .flags = IPCX_XFER_DEADLINE, .deadline_ns = -1 },
		{ .flags = IPCX_XFER_DEADLINE, .clock = CLOCK_PROCESS_CPUTIME_ID },
	};
	struct ends e = ends_at(&forms[0], SIZE, 0);
	struct iovec msg = { title, 8 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]) + 1; i++) {
		struct {
			struct ipcx_ring_wait_opts known;
			uint64_t unknown;
		} opts = { .known.sz = sizeof(opts.known) };
		int want = -EINVAL;

		if (i < sizeof(bad) / sizeof(bad[0])) {
			opts.known = bad[i];
			opts.known.sz = sizeof(opts.known);
		} else {
			opts.known.sz = sizeof(opts);
			opts.unknown = 1;
			want = -E2BIG;
		}
		UNIT_CHECK(ipcx_producer_wait(e.p, 1, &opts.known) == want);
		UNIT_CHECK(ipcx_producer_send(e.p, title, 1, &opts.known) == want);
		UNIT_CHECK(ipcx_producer_send_msgs(e.p, &msg, 1, &opts.known) == want);
		UNIT_CHECK(ipcx_consumer_wait(e.c, &opts.known) == want);
		UNIT_CHECK(ipcx_consumer_recv(e.c, title, 1, &opts.known) == want);
		UNIT_CHECK(ipcx_consumer_recv_msgs(e.c, &msg, 1, &opts.known) == want);
	}
	check_stat(e.ring, 0, 1, 1, 0, 0);
	close_ends(&e);
	unit_ok("options that make no sense");
}

static void test_deadlines(const struct form *form)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME };
	struct ends e = ends_at(form, SIZE, 0);
	char buf[8];

	for (unsigned int i = 0; i < POLICIES; i++)
		for (unsigned int k = 0; k < 3; k++) {
			struct ipcx_ring_wait_opts opts = waiting(policies[i], clocks[k], 3 * MS);

			UNIT_CHECK(ipcx_consumer_recv(e.c, buf, 8, &opts) == -ETIMEDOUT);
			UNIT_CHECK(ipcx_deadline_after(clocks[k], 0) >= opts.deadline_ns);
			/* Over: what is there is got all the same. */
			put(e.p, 8, 1);
			UNIT_CHECK(ipcx_consumer_recv(e.c, buf, 8, &opts) == 8);
			UNIT_CHECK(ipcx_consumer_wait(e.c, &opts) == -ETIMEDOUT);
			put(e.p, 8, 1);
			UNIT_CHECK(ipcx_producer_wait(e.p, SIZE - 8, &opts) == -ETIMEDOUT);
			opts = waiting(policies[i], clocks[k], 3 * MS);
			UNIT_CHECK(ipcx_producer_wait(e.p, SIZE - 8, &opts) == -ETIMEDOUT);
			UNIT_CHECK(ipcx_deadline_after(clocks[k], 0) >= opts.deadline_ns);
			get(e.c, 8, 1);
			UNIT_CHECK(ipcx_producer_wait(e.p, SIZE - 8, &opts) == 0);
		}
	close_ends(&e);
	ok(form, "deadlines on all clocks");
}

static void *send_later(void *p)
{
	usleep(3000);
	put(p, 8, 1);
	return NULL;
}

static void *release_later(void *c)
{
	usleep(3000);
	get(c, 8, 1);
	return NULL;
}

static void *leave_later(void *p)
{
	usleep(3000);
	ipcx_producer_detach(p);
	return NULL;
}

static void *hang_up_later(void *c)
{
	usleep(3000);
	ipcx_consumer_detach(c);
	return NULL;
}

static void run_later(pthread_t *thread, void *(*what)(void *), void *who)
{
	UNIT_CHECK(pthread_create(thread, NULL, what, who) == 0);
}

static void test_woken(const struct form *form)
{
	for (unsigned int i = 0; i < POLICIES; i++) {
		struct ends e = ends_at(form, SIZE, 0);
		IPCX_OPTS(ipcx_ring_wait_opts, opts);
		unsigned char buf[8];
		pthread_t thread;

		opts.policy = policies[i];
		run_later(&thread, send_later, e.p);
		UNIT_CHECK(ipcx_consumer_recv(e.c, buf, 8, &opts) == 8 && filled(buf, 8, 1));
		pthread_join(thread, NULL);
		put(e.p, 8, 1);
		run_later(&thread, release_later, e.c);
		UNIT_CHECK(ipcx_producer_wait(e.p, SIZE - 8, &opts) == 0);
		pthread_join(thread, NULL);
		run_later(&thread, leave_later, e.p);
		UNIT_CHECK(ipcx_consumer_recv(e.c, buf, 8, &opts) == -ENODATA);
		pthread_join(thread, NULL);
		UNIT_CHECK(ipcx_producer_attach(&e.p, e.ring) == 0);
		put(e.p, 8, 1);
		run_later(&thread, hang_up_later, e.c);
		UNIT_CHECK(ipcx_producer_wait(e.p, SIZE - 8, &opts) == -EPIPE);
		pthread_join(thread, NULL);
		e.c = NULL;
		close_ends(&e);
	}
	ok(form, "woken by a record, room, and who leaves");
}

static void handler(int signo)
{
	(void)signo;
}

static void test_signal(void)
{
	struct sigaction action = { .sa_handler = handler };
	struct ends e = ends_at(&forms[0], SIZE, 0);
	char buf[8];

	UNIT_CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	ualarm(5000, 5000);
	UNIT_CHECK(ipcx_consumer_recv(e.c, buf, 8, NULL) == -EINTR);
	put(e.p, 8, 1);
	UNIT_CHECK(ipcx_producer_wait(e.p, SIZE - 8, NULL) == -EINTR);
	ualarm(0, 0);
	close_ends(&e);
	unit_ok("a signal ends the sleep");
}

/* What the waiters words are for: nobody is woken who does not sleep. */
static void test_steady(const struct form *form)
{
	struct ends e = ends_at(form, SIZE, 0);
	uint32_t data = *data_bell(e.ring), space = *space_bell(e.ring);

	for (unsigned int i = 0; i < 3 * SIZE / 16; i++) {
		put(e.p, 8, i);
		get(e.c, 8, i);
	}
	UNIT_CHECK(*data_bell(e.ring) == data && *space_bell(e.ring) == space);
	close_ends(&e);
	ok(form, "nothing is rung as long as nobody waits");
}

/* A child has neither its parent's roles nor an influence on them. */
static void test_fork(void)
{
	struct ends e = ends_at(&forms[0], SIZE, 0);
	int status;
	pid_t pid = fork();

	UNIT_CHECK(pid >= 0);
	if (!pid) {
		close_ends(&e);
		_exit(0);
	}
	UNIT_CHECK(wait(&status) == pid && status == 0);
	check_stat(e.ring, 0, 1, 1, 0, 0);
	put(e.p, 8, 1);
	get(e.c, 8, 1);
	close_ends(&e);
	unit_ok("a child that detaches what it has inherited");
}

/* ---- being overrun ---- */

#define RECORDS	(SIZE / 16)

/* Counts are exact, also where a producer's numbers begin again. */
static void test_lost(const struct form *form)
{
	struct ipcx_ring_wait_opts opts = nonblock();
	struct ipcx_ring *ring = ring_at(form, SIZE, -ipcx_ring_add(0, 3 * SIZE));
	struct ipcx_producer *p[2];
	struct ipcx_consumer *c;
	unsigned int producers = form->producers > 1 ? 2 : 1;
	uint64_t lost = 0;
	unsigned char buf[8];

	for (unsigned int i = 0; i < producers; i++) {
		/* They begin again in the middle of what is lost. */
		ring_producer(ring, i)->records = IPCX_RING_SEQ_MASK - 8000 / producers;
		UNIT_CHECK(ipcx_producer_attach(&p[i], ring) == 0);
	}
	UNIT_CHECK(ipcx_consumer_attach(&c, ring, IPCX_RING_OVERRUN) == 0);
	for (unsigned int n = 0; n < 3 * RECORDS; n += 5) {
		/* The last one of each producer is the one that tells. */
		for (unsigned int i = 0; i < n; i++)
			put(p[i % producers], 8, i);
		if (n > RECORDS) {
			UNIT_CHECK(ipcx_consumer_recv(c, buf, 8, &opts) == -EAGAIN);
			lost += n;
		}
		for (unsigned int i = 0; n <= RECORDS && i < n; i++)
			get(c, 8, i);
		for (unsigned int i = 0; i < producers; i++)
			put(p[i], 8, n + i);
		for (unsigned int i = 0; i < producers; i++)
			get(c, 8, n + i);
		UNIT_CHECK(ipcx_consumer_lost(c) == lost && c->own->lost == lost);
		UNIT_CHECK(ipcx_consumer_peek(c, (const void **)&buf) == -EAGAIN);
	}
	for (unsigned int i = 0; i < producers; i++)
		ipcx_producer_detach(p[i]);
	ipcx_consumer_detach(c);
	ipcx_ring_close(ring);
	ok(form, "losses are counted exactly");
}

/* What was discarded has been written, too: shorter records that follow do not undo that. */
static void test_discarded(const struct form *form)
{
	struct ipcx_ring *ring = ring_at(form, SIZE, 0);
	struct ipcx_producer *p;
	struct ipcx_consumer *c;
	const void *buf;
	void *room;

	UNIT_CHECK(ipcx_producer_attach(&p, ring) == 0);
	UNIT_CHECK(ipcx_consumer_attach(&c, ring, IPCX_RING_OVERRUN) == 0);
	for (unsigned int i = 0; i < RECORDS; i++)
		put(p, 8, i);
	peek_one(c, 8, 0);
	peek_one(c, 8, 1);
	UNIT_CHECK(ipcx_consumer_release(c) == 0);
	UNIT_CHECK(ipcx_producer_reserve(p, 100, &room) == 0);
	memset(room, 0, 100);
	UNIT_CHECK(ipcx_producer_discard(p) == 0);
	UNIT_CHECK(ipcx_producer_reserve(p, 8, &room) == 0);
	UNIT_CHECK(ipcx_consumer_peek(c, &buf) == -EAGAIN);
	UNIT_CHECK(ipcx_producer_commit(p) == 0);
	UNIT_CHECK(ipcx_consumer_peek(c, &buf) == 8);
	UNIT_CHECK(ipcx_consumer_lost(c) == RECORDS - 2);
	ipcx_producer_detach(p);
	ipcx_consumer_detach(c);
	ipcx_ring_close(ring);
	ok(form, "what was overwritten by a record that was discarded");
}

/* What is overwritten in the reader's hands is not good, and is counted. */
static void test_in_use(const struct form *form)
{
	struct ipcx_ring *ring = ring_at(form, SIZE, 0);
	struct ipcx_producer *p;
	struct ipcx_consumer *c;
	const void *buf;
	void *room;

	UNIT_CHECK(ipcx_producer_attach(&p, ring) == 0);
	UNIT_CHECK(ipcx_consumer_attach(&c, ring, IPCX_RING_OVERRUN) == 0);
	/* Up to the very last record that leaves it alone. */
	for (unsigned int i = 0; i < RECORDS; i++)
		put(p, 8, i);
	peek_one(c, 8, 0);
	peek_one(c, 8, 1);
	UNIT_CHECK(ipcx_consumer_release(c) == 0);
	peek_one(c, 8, 2);
	peek_one(c, 8, 3);
	put(p, 8, RECORDS);
	put(p, 8, RECORDS + 1);
	peek_one(c, 8, 4);
	/* As soon as it is claimed it may be overwritten. */
	UNIT_CHECK(ipcx_producer_reserve(p, 8, &room) == 0);
	UNIT_CHECK(ipcx_consumer_release(c) == -EOVERFLOW);
	UNIT_CHECK(ipcx_consumer_lost(c) == 3);
	UNIT_CHECK(ipcx_producer_commit(p) == 0);
	/* On it goes at the end: records 5 to the last were lost, too; one came since. */
	UNIT_CHECK(ipcx_consumer_peek(c, &buf) == 8);
	UNIT_CHECK(ipcx_consumer_lost(c) == RECORDS);
	UNIT_CHECK(ipcx_consumer_release(c) == 0);
	/* A look that finds it while something is peeked at. */
	put(p, 8, 1);
	peek_one(c, 8, 1);
	for (unsigned int i = 0; i < RECORDS + 1; i++)
		put(p, 8, i);
	UNIT_CHECK(ipcx_consumer_peek(c, &buf) == -EOVERFLOW);
	UNIT_CHECK(ipcx_consumer_peek(c, &buf) == -EOVERFLOW);
	UNIT_CHECK(ipcx_consumer_release(c) == -EOVERFLOW);
	UNIT_CHECK(ipcx_consumer_release(c) == 0);
	ipcx_producer_detach(p);
	ipcx_consumer_detach(c);
	ipcx_ring_close(ring);
	ok(form, "what is overwritten while it is read");
}

int main(void)
{
	unit_seed();
	test_opts();
	for (size_t i = 0; i < FORMS; i++) {
		test_deadlines(&forms[i]);
		test_woken(&forms[i]);
		test_steady(&forms[i]);
		if (forms[i].type == IPCX_RING_BROADCAST) {
			test_lost(&forms[i]);
			test_in_use(&forms[i]);
			test_discarded(&forms[i]);
		}
	}
	test_signal();
	test_fork();
	return 0;
}
