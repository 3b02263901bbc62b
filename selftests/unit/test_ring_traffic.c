// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Shared rings under load: threads and processes in small rings. Every record arrives once,
 * whole, and in the order of its producer; or is counted as lost.
 */
#include "ring_traffic.h"

static const char *const policies[] = { "asleep", "adaptive", "spinning" };

static pid_t start(void *(*what)(void *), struct member *m)
{
	pid_t pid = fork();

	UNIT_CHECK(pid >= 0);
	if (pid)
		return pid;
	/* From the fd, as if it had been received; the leak checker is not asked. */
	UNIT_CHECK(ipcx_ring_from_fd(&m->t->ring, ipcx_ring_fd(m->t->ring)) == 0);
	if (what == produce_all)
		UNIT_CHECK(ipcx_producer_attach(&m->p, m->t->ring) == 0);
	else
		UNIT_CHECK(ipcx_consumer_attach(&m->c, m->t->ring, m->t->flags) == 0);
	what(m);
	_exit(0);
}

static bool all_attached(const struct traffic *t, unsigned int producers)
{
	IPCX_OPTS(ipcx_ring_stat, st);

	UNIT_CHECK(ipcx_ring_stat(t->ring, &st) == 0);
	return st.producers == producers && st.consumers == t->consumers;
}

/* A producer that sends nothing keeps the end of the file away until all are there. */
static void run_processes(struct traffic *t)
{
	struct member producers[MEMBERS_MAX] = { 0 }, consumers[MEMBERS_MAX] = { 0 };
	struct ipcx_producer *keeper = NULL;
	int status, children = t->producers + t->consumers;

	if (t->form->producers > t->producers)
		UNIT_CHECK(ipcx_producer_attach(&keeper, t->ring) == 0);
	for (unsigned int i = 0; i < t->consumers; i++) {
		consumers[i] = (struct member){ .t = t, .number = i };
		start(consume_all, &consumers[i]);
	}
	while (!all_attached(t, !!keeper))
		usleep(1000);
	for (unsigned int i = 0; i < t->producers; i++) {
		producers[i] = (struct member){ .t = t, .number = i };
		start(produce_all, &producers[i]);
	}
	/* Those that have detached already took part. */
	for (unsigned int i = 0; keeper && i < t->producers; i++) {
		UNIT_CHECK(wait(&status) > 0 && status == 0);
		children--;
	}
	ipcx_producer_detach(keeper);
	while (children--)
		UNIT_CHECK(wait(&status) > 0 && status == 0);
}

static void test_traffic(const struct form *form, unsigned int producers, uint32_t policy,
			 bool fenced, uint64_t *seed)
{
	struct traffic t = {
		.form = form,
		.producers = producers,
		.consumers = form->consumers < 3 ? form->consumers : 3,
		.records = unit_scaled(8000, 1000000) / producers,
		.policy = policy,
		.seed = unit_rnd(seed),
	};
	char title[128];

	for (int processes = 0; processes < 2; processes++) {
		t.ring = ring_at(form, SIZE, -ipcx_ring_add(0, 100000));
		if (fenced) {
			struct ipcx_ring *ring;

			t.ring->info->reserved = 1;
			UNIT_CHECK(ipcx_ring_from_fd(&ring, dup(t.ring->fd)) == 0);
			UNIT_CHECK(ring->fenced);
			ipcx_ring_close(t.ring);
			t.ring = ring;
		}
		if (processes)
			run_processes(&t);
		else
			run_threads(&t);
		check_stat(t.ring, 0, 0, 0, 1, 1);
		ipcx_ring_close(t.ring);
	}
	snprintf(title, sizeof(title), "%s: %u to %u, %s%s", form->what, t.producers,
		 t.consumers, policies[policy], fenced ? ", with fences" : "");
	unit_ok(title);
}

/* Losses are exact once each producer has been heard of. */
static void test_overrun(const struct form *form, uint64_t *seed)
{
	struct traffic t = {
		.form = form,
		.producers = form->producers < 4 ? form->producers : 4,
		.consumers = 2,
		.records = unit_scaled(20000, 2000000),
		.policy = IPCX_WAIT_BLOCK,
		.flags = IPCX_RING_OVERRUN,
		.seed = unit_rnd(seed),
	};
	struct member producers[MEMBERS_MAX], consumers[MEMBERS_MAX];
	unsigned char last[sizeof(struct stamp)];
	char title[128];

	t.ring = ring_at(form, SIZE, -ipcx_ring_add(0, 100000));
	attach_all(&t, producers, consumers);
	for (unsigned int i = 0; i < t.producers; i++) {
		UNIT_CHECK(!pthread_create(&producers[i].thread, NULL, produce_all,
					   &producers[i]));
	}
	for (unsigned int i = 0; i < t.producers; i++)
		pthread_join(producers[i].thread, NULL);
	/* The slots' next owners go on with their numbers; nothing is overwritten now. */
	for (unsigned int i = 0; i < t.consumers; i++)
		while (receive_some(&consumers[i], &t.seed) == 0)
			;
	for (unsigned int i = 0; i < t.producers; i++) {
		struct ipcx_producer *p;

		UNIT_CHECK(ipcx_producer_attach(&p, t.ring) == 0);
		write_record(last, i, UINT32_MAX, sizeof(last));
		UNIT_CHECK(ipcx_producer_send(p, last, sizeof(last), NULL) == 0);
		producers[i].p = p;
	}
	for (unsigned int i = 0; i < t.producers; i++)
		ipcx_producer_detach(producers[i].p);
	for (unsigned int i = 0; i < t.consumers; i++) {
		uint64_t sent = 0;

		consume_all(&consumers[i]);
		for (unsigned int k = 0; k < t.producers; k++)
			sent += ring_producer(t.ring, k)->records;
		UNIT_CHECK(consumers[i].lost > 0);
		UNIT_CHECK(consumers[i].got + consumers[i].lost == sent);
	}
	ipcx_ring_close(t.ring);
	snprintf(title, sizeof(title), "%s: what is overrun is counted", form->what);
	unit_ok(title);
}

/* The same while they read: threads that are too slow now and then. */
static void *consume_slowly(void *arg)
{
	struct member *m = arg;
	uint64_t seed = m->number;

	while (m->got < 500 && receive_some(m, &seed) == 0)
		usleep(unit_rnd_below(&seed, 4) ? 0 : 300);
	return NULL;
}

static void test_slow(const struct form *form, uint64_t *seed)
{
	struct traffic t = {
		.form = form,
		.producers = form->producers < 4 ? form->producers : 4,
		.consumers = 2,
		.records = unit_scaled(30000, 2000000),
		.flags = IPCX_RING_OVERRUN,
		.seed = unit_rnd(seed),
	};
	struct member producers[MEMBERS_MAX], consumers[MEMBERS_MAX];
	char title[128];

	t.ring = ring_at(form, SIZE, 0);
	attach_all(&t, producers, consumers);
	for (unsigned int i = 0; i < t.consumers; i++)
		UNIT_CHECK(!pthread_create(&consumers[i].thread, NULL, consume_slowly,
					   &consumers[i]));
	for (unsigned int i = 0; i < t.producers; i++)
		UNIT_CHECK(!pthread_create(&producers[i].thread, NULL, produce_all,
					   &producers[i]));
	for (unsigned int i = 0; i < t.producers; i++)
		pthread_join(producers[i].thread, NULL);
	for (unsigned int i = 0; i < t.consumers; i++) {
		pthread_join(consumers[i].thread, NULL);
		UNIT_CHECK(consumers[i].got + ipcx_consumer_lost(consumers[i].c) <=
			   t.producers * t.records);
		ipcx_consumer_detach(consumers[i].c);
	}
	ipcx_ring_close(t.ring);
	snprintf(title, sizeof(title), "%s: nothing torn is given out", form->what);
	unit_ok(title);
}

int main(void)
{
	uint64_t seed = unit_seed();

	for (size_t i = 0; i < FORMS; i++)
		for (uint32_t policy = 0; policy < 3; policy++) {
			unsigned int producers = forms[i].producers > 1 ? 8 : 1;

			/* On few CPUs spinners keep the others from running. */
			if (policy == IPCX_WAIT_SPIN && forms[i].producers > 1)
				continue;
			if (policy == IPCX_WAIT_BLOCK)
				test_traffic(&forms[i], producers, policy, true, &seed);
			test_traffic(&forms[i], producers, policy, false, &seed);
		}
	for (unsigned int producers = 2; producers < 8; producers++)
		test_traffic(&forms[1], producers, IPCX_WAIT_BLOCK, false, &seed);
	for (size_t i = 0; i < FORMS; i++)
		if (forms[i].type == IPCX_RING_BROADCAST) {
			test_overrun(&forms[i], &seed);
			test_slow(&forms[i], &seed);
		}
	return 0;
}
