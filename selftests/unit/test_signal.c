// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The real-time signals that a transport takes for itself. The file is compiled in, so that its
 * sums with the last of all signals are done under the sanitizers.
 */
#include <errno.h>
#include <sys/mman.h>

#include "unit.h"

#include "../../lib/transport/signal.c"

#define PAIRS_MAX	32

int transport_why(char *why, int err, const char *format, ...)
{
	snprintf(why, IPCX_TRANSPORT_WHY, "%s", format);
	return err;
}

static int map_shared(void **out, size_t size, char *why)
{
	(void)why;
	*out = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return *out == MAP_FAILED ? -errno : 0;
}

static void unmap_shared(void *map, size_t size)
{
	munmap(map, size);
}

const struct shm_memory shm_anonymous = { map_shared, unmap_shared };

/* Opens pairs until there is no signal left; how many there are. */
static unsigned int take_all(struct ipcx_transport_pair *pairs[PAIRS_MAX])
{
	const struct ipcx_transport_opts opts = { .sz = sizeof(opts), .msg_size = 4 };
	char why[IPCX_TRANSPORT_WHY];
	unsigned int n;
	int err = 0;

	for (n = 0; n < PAIRS_MAX && !err; n++)
		err = signal_open(&pairs[n], &opts, why);
	UNIT_CHECK(err == -EBUSY);
	signal_close(pairs[--n]);
	return n;
}

static void test_all_signals(void)
{
	const unsigned int all = (unsigned int)(SIGRTMAX - SIGRTMIN + 1) / 2;
	struct ipcx_transport_pair *pairs[PAIRS_MAX];

	for (int turn = 0; turn < 2; turn++) {
		UNIT_CHECK(take_all(pairs) == all);
		for (unsigned int i = 0; i < all; i++)
			for (unsigned int j = 0; j < i; j++)
				UNIT_CHECK(((struct signal_pair *)pairs[i])->number[0] !=
					   ((struct signal_pair *)pairs[j])->number[0]);
		for (unsigned int i = 0; i < all; i++)
			signal_close(pairs[i]);
		UNIT_CHECK(in_use == 0);
	}
	unit_ok("every real-time signal is taken once, and given back");
}

int main(void)
{
	test_all_signals();
	printf("1..1\n");
	return 0;
}
