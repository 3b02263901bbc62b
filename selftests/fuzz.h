/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random operations by several processes on the same few objects: what the tests of
 * queues and of mailboxes share.
 *
 * IPCX_SEED repeats a run, as far as scheduling lets it be repeated.
 */
#ifndef IPCX_SELFTESTS_FUZZ_H
#define IPCX_SELFTESTS_FUZZ_H

#include "common.h"

#include <sys/eventfd.h>
#include <sys/time.h>

#define WORKERS	4
#define NAMES	4
#define ARENA	(1 << 20)
#define FDS_MAX	16

/*
 * Everything that the kernel may write goes here, at offsets that leave room
 * for the longest message: an address is either in here or nowhere.
 */
struct arena {
	char bytes[ARENA];
	char spare[1 << 17];
};

/* @one_round does one thing; what it returns is 0 or more, or an errno of @known. */
struct worker {
	int (*one_round)(struct worker *w);
	const int *known;	/* 0 is the last one */
	uint64_t state;
	long rounds;
	int control;
	int event;
	int fds[FDS_MAX];
	int nfds;
	struct arena *arena;
	char *guard;
	char *names;	/* read-only */
};

static inline uint64_t below(struct worker *w, uint64_t n)
{
	return rnd_below(&w->state, n);
}

static inline bool one_in(struct worker *w, uint64_t n)
{
	return below(w, n) == 0;
}

/* Numbers near the edges of things. */
static inline uint64_t odd_number(struct worker *w)
{
	static const uint64_t edges[] = {
		0, 1, 2, 7, 8, 63, 64, 65, 255, 256, 1023, 1024, 1025, 4096, 32767, 32768,
		65535, 65536, 65537, 1 << 20, 0x7fffffff, 0x80000000, 0xffffffff,
		1ULL << 32, 1ULL << 49, 0x7fffffffffffffff, 1ULL << 63, ~0ULL,
	};
	uint64_t number = edges[below(w, ARRAY_SIZE(edges))];

	switch (below(w, 4)) {
	case 0:
		return number + 1;
	case 1:
		return number - 1;
	case 2:
		return rnd(&w->state) >> below(w, 64);
	default:
		return number;
	}
}

static inline uint64_t somewhere(struct worker *w)
{
	static const uint64_t nowhere[] = {
		0, 1, 0x8000000000000000, ~0ULL, 0xffff888000000000, 0xffffffff81000000,
	};

	switch (below(w, 40)) {
	case 0:
		return nowhere[below(w, ARRAY_SIZE(nowhere))];
	case 1:
		return addr(w->guard) - below(w, 300);
	default:
		return addr(w->arena->bytes + (below(w, ARENA / 8) & ~7ULL));
	}
}

/* A length of a message: mostly short. */
static inline uint64_t some_length(struct worker *w)
{
	switch (below(w, 20)) {
	case 0:
		return odd_number(w);
	case 1:
		return below(w, 65536);
	case 2:
		return below(w, 5000);
	default:
		return below(w, 130);
	}
}

/* One of the objects, the control fd, or something else altogether. */
static inline int some_fd(struct worker *w)
{
	switch (below(w, 50)) {
	case 0:
		return w->control;
	case 1:
		return w->event;
	case 2:
		return 12345;
	default:
		return w->fds[below(w, w->nfds)];
	}
}

/* Makes up one of the words of a structure that are no addresses. */
static inline void spoil(struct worker *w, void *arg, size_t size, size_t skip_at)
{
	size_t word = below(w, size / 4) * 4;
	uint32_t value = odd_number(w);

	if (word == skip_at || word == skip_at + 4)
		return;
	memcpy((char *)arg + word, &value, sizeof(value));
}

static inline int call(struct worker *w, int fd, unsigned long number, void *arg)
{
	size_t size = _IOC_SIZE(number);

	if (one_in(w, 60))
		number = resized(number, below(w, 2 * size));
	return op(fd, number, arg);
}

static inline __u64 fill_iov(struct worker *w, struct ipcx_iovec *iov)
{
	unsigned int n = below(w, 12), i;

	for (i = 0; i < n; i++) {
		iov[i].base = somewhere(w);
		iov[i].len = one_in(w, 30) ? odd_number(w) : below(w, 200);
	}
	return n;
}

static inline const char *some_name(struct worker *w)
{
	return w->names + UNIQUE_NAME_SIZE * below(w, NAMES);
}

/* ---- the test ---- */

/* What no operation may answer here, whatever it was asked. */
static inline bool is_known(const struct worker *w, int error)
{
	const int *known = w->known;

	while (*known && *known != error)
		known++;
	return *known;
}

static inline void ignore_signal(int signo)
{
	(void)signo;
}

static inline int work(void *arg)
{
	/* A call that waits is interrupted, sooner or later. */
	struct itimerval tick = { { 0, 3000 }, { 0, 3000 } };
	struct sigaction action = { .sa_handler = ignore_signal };
	struct worker *w = arg;
	long i;

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	setitimer(ITIMER_REAL, &tick, NULL);
	for (i = 0; i < w->rounds; i++) {
		int ret = w->one_round(w);

		if (ret >= 0 || is_known(w, -ret))
			continue;
		fprintf(stderr, "# round %ld: %s\n", i, strerror(-ret));
		return 1;
	}
	return 0;
}

/* All that a worker needs but for the objects; 0 or -errno. */
static inline int set_up_worker(struct worker *w)
{
	size_t i;

	w->control = open_control();
	w->event = eventfd(0, EFD_NONBLOCK);
	w->guard = guard_page();
	w->arena = mmap(NULL, sizeof(*w->arena), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	w->names = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (w->control < 0 || w->event < 0 || w->arena == MAP_FAILED || w->names == MAP_FAILED)
		return -ENOMEM;
	for (i = 0; i < NAMES; i++)
		unique_name(w->names + i * UNIQUE_NAME_SIZE, "fuzz");
	return mprotect(w->names, 4096, PROT_READ) < 0 ? -errno : 0;
}

/* Runs WORKERS of them; how many failed. */
static inline int run_workers(struct worker *w, uint64_t seed)
{
	pid_t pids[WORKERS];
	int i, failed = 0;

	for (i = 0; i < WORKERS; i++) {
		w->state = seed + i;
		pids[i] = spawn(work, w);
	}
	for (i = 0; i < WORKERS; i++)
		failed += reap(pids[i]) != 0;
	return failed;
}

/* A name whose length was spoiled is one, too. */
static inline void unlink_all(int control)
{
	struct ipcx_stat stat;
	struct ipcx_list list = {
		.entries = addr(&stat), .count = 1, .entry_size = sizeof(stat),
	};

	while (op(control, IPCX_LIST, &list) > 0)
		if (stat.name_len)
			unlink_name(stat.name);
}

#endif /* IPCX_SELFTESTS_FUZZ_H */
