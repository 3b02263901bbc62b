/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Producers that number what they send, and consumers that account for all of it. */
#ifndef IPCX_UNIT_RING_TRAFFIC_H
#define IPCX_UNIT_RING_TRAFFIC_H

#include "ring.h"

#include <pthread.h>

#define MEMBERS_MAX	8

/* The beginning of each record; the rest follows from it. */
struct stamp {
	uint32_t producer;
	uint32_t len;
	uint64_t number;
};

struct traffic {
	const struct form *form;
	struct ipcx_ring *ring;
	unsigned int producers;
	unsigned int consumers;
	uint64_t records;	/* of each producer */
	uint32_t policy;
	unsigned int flags;	/* of the consumers */
	uint64_t seed;
};

struct member {
	struct traffic *t;
	unsigned int number;
	struct ipcx_producer *p;
	struct ipcx_consumer *c;
	uint64_t next[MEMBERS_MAX];	/* expected of each producer */
	uint64_t got;
	uint64_t lost;
	pthread_t thread;
};

static inline size_t record_len(uint64_t *seed)
{
	return sizeof(struct stamp) + unit_rnd_below(seed, unit_rnd_below(seed, 8) ? 64 : 800);
}

static inline void write_record(void *buf, uint32_t producer, uint64_t number, uint32_t len)
{
	struct stamp stamp = { producer, len, number };

	memcpy(buf, &stamp, sizeof(stamp));
	fill((unsigned char *)buf + sizeof(stamp), len - sizeof(stamp), number);
}

/* In place, as copies, as batches; and now and then one is discarded. */
static inline int send_some(struct member *m, uint64_t *number, uint64_t *seed)
{
	uint64_t left = m->t->records - *number;
	unsigned int batch = left < 4 ? left : 4;
	IPCX_OPTS(ipcx_ring_wait_opts, opts);
	unsigned char copies[4][1024];
	struct iovec msgs[4];
	void *buf;
	int ret;

	opts.policy = m->t->policy;
	switch (unit_rnd_below(seed, 4)) {
	case 0:
		for (unsigned int i = 0; i < batch; i++) {
			msgs[i] = (struct iovec){ copies[i], record_len(seed) };
			write_record(copies[i], m->number, *number + i, msgs[i].iov_len);
		}
		ret = ipcx_producer_send_msgs(m->p, msgs, batch, &opts);
		*number += ret > 0 ? ret : 0;
		return ret < 0 ? ret : 0;
	case 1:
		msgs[0] = (struct iovec){ copies[0], record_len(seed) };
		write_record(copies[0], m->number, *number, msgs[0].iov_len);
		ret = ipcx_producer_send(m->p, copies[0], msgs[0].iov_len, &opts);
		break;
	default:
		msgs[0].iov_len = record_len(seed);
		while ((ret = ipcx_producer_reserve(m->p, msgs[0].iov_len, &buf)) == -EAGAIN) {
			ret = ipcx_producer_wait(m->p, msgs[0].iov_len, &opts);
			if (ret)
				return ret;
		}
		if (ret)
			return ret;
		memset(buf, 0xff, msgs[0].iov_len);
		if (!unit_rnd_below(seed, 16))
			return ipcx_producer_discard(m->p);
		write_record(buf, m->number, *number, msgs[0].iov_len);
		ret = ipcx_producer_commit(m->p);
	}
	*number += !ret;
	return ret;
}

static inline void *produce_all(void *arg)
{
	struct member *m = arg;
	uint64_t seed = m->t->seed + m->number, number = 0;

	while (number < m->t->records)
		UNIT_CHECK(send_some(m, &number, &seed) == 0);
	ipcx_producer_detach(m->p);
	return NULL;
}

static inline void account(struct member *m, const void *buf, size_t len)
{
	struct stamp stamp;

	UNIT_CHECK(len >= sizeof(stamp));
	memcpy(&stamp, buf, sizeof(stamp));
	UNIT_CHECK(stamp.len == len && stamp.producer < m->t->producers);
	UNIT_CHECK(filled((const unsigned char *)buf + sizeof(stamp), len - sizeof(stamp),
			  stamp.number));
	if (m->t->flags & IPCX_RING_OVERRUN)
		UNIT_CHECK(stamp.number >= m->next[stamp.producer]);
	else
		UNIT_CHECK(stamp.number == m->next[stamp.producer]);
	m->next[stamp.producer] = stamp.number + 1;
	m->got++;
}

static inline int receive_some(struct member *m, uint64_t *seed)
{
	IPCX_OPTS(ipcx_ring_wait_opts, opts);
	unsigned char copies[4][1024];
	struct iovec msgs[4];
	const void *buf;
	ssize_t ret;

	opts.policy = m->t->policy;
	/* In place it may be overwritten while it is looked at. */
	switch (unit_rnd_below(seed, m->t->flags & IPCX_RING_OVERRUN ? 2 : 4)) {
	case 0:
		for (unsigned int i = 0; i < 4; i++)
			msgs[i] = (struct iovec){ copies[i], sizeof(copies[i]) };
		ret = ipcx_consumer_recv_msgs(m->c, msgs, 4, &opts);
		for (int i = 0; i < ret; i++)
			account(m, msgs[i].iov_base, msgs[i].iov_len);
		return ret < 0 ? ret : 0;
	case 1:
		ret = ipcx_consumer_recv(m->c, copies[0], sizeof(copies[0]), &opts);
		if (ret < 0)
			return ret;
		account(m, copies[0], ret);
		return 0;
	default:
		ret = ipcx_consumer_wait(m->c, &opts);
		while (!ret && (ret = ipcx_consumer_peek(m->c, &buf)) >= 0) {
			account(m, buf, ret);
			ret = !unit_rnd_below(seed, 3);
		}
		UNIT_CHECK(ipcx_consumer_release(m->c) == 0);
		return ret == -EAGAIN || ret > 0 ? 0 : ret;
	}
}

static inline void *consume_all(void *arg)
{
	struct member *m = arg;
	uint64_t seed = ~m->t->seed + m->number;
	int ret;

	while ((ret = receive_some(m, &seed)) == 0)
		;
	UNIT_CHECK(ret == -ENODATA);
	m->lost = ipcx_consumer_lost(m->c);
	ipcx_consumer_detach(m->c);
	if (m->t->flags & IPCX_RING_OVERRUN)
		return NULL;
	UNIT_CHECK(m->lost == 0 && m->got == m->t->producers * m->t->records);
	for (unsigned int i = 0; i < m->t->producers; i++)
		UNIT_CHECK(m->next[i] == m->t->records);
	return NULL;
}

/* All members attached, which threads start with: no end of file comes too early. */
static inline void attach_all(struct traffic *t, struct member *producers,
			      struct member *consumers)
{
	memset(producers, 0, MEMBERS_MAX * sizeof(*producers));
	memset(consumers, 0, MEMBERS_MAX * sizeof(*consumers));
	for (unsigned int i = 0; i < t->consumers; i++) {
		consumers[i].t = t;
		consumers[i].number = i;
		UNIT_CHECK(ipcx_consumer_attach(&consumers[i].c, t->ring, t->flags) == 0);
	}
	for (unsigned int i = 0; i < t->producers; i++) {
		producers[i].t = t;
		producers[i].number = i;
		UNIT_CHECK(ipcx_producer_attach(&producers[i].p, t->ring) == 0);
	}
}

static inline void run_threads(struct traffic *t)
{
	struct member producers[MEMBERS_MAX], consumers[MEMBERS_MAX];

	attach_all(t, producers, consumers);
	for (unsigned int i = 0; i < t->consumers; i++)
		UNIT_CHECK(!pthread_create(&consumers[i].thread, NULL, consume_all,
					   &consumers[i]));
	for (unsigned int i = 0; i < t->producers; i++)
		UNIT_CHECK(!pthread_create(&producers[i].thread, NULL, produce_all,
					   &producers[i]));
	for (unsigned int i = 0; i < t->producers; i++)
		pthread_join(producers[i].thread, NULL);
	for (unsigned int i = 0; i < t->consumers; i++)
		pthread_join(consumers[i].thread, NULL);
}

#endif /* IPCX_UNIT_RING_TRAFFIC_H */
