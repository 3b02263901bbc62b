// SPDX-License-Identifier: LGPL-2.1-or-later
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "measure.h"
#include "pin.h"
#include "ring.h"
#include "signals.h"

#define RING_SIZE	65536

struct peer {
	const struct ring_two *two;
	struct ring_meeting *m;
	ring_side *side;
};

int ring_verdict(const struct ring_meeting *m)
{
	int err = __atomic_load_n(&m->err, __ATOMIC_RELAXED);

	return err ? err : signals_verdict();
}

int ring_begin(struct ring_meeting *m, bool peer)
{
	const int *wanted = peer ? &m->go : &m->there;
	int err = 0;

	__atomic_store_n(peer ? &m->there : &m->go, peer, __ATOMIC_RELEASE);
	while (!err && !__atomic_load_n(wanted, __ATOMIC_ACQUIRE)) {
		usleep(20);
		err = ring_verdict(m);
	}
	if (!peer)
		__atomic_store_n(&m->go, 1, __ATOMIC_RELEASE);
	return err;
}

static int run_peer(const struct peer *peer)
{
	int err = pin_peer(CPUS_TWO);

	if (!err)
		err = peer->side(peer->two, peer->m);
	if (err)
		__atomic_store_n(&peer->m->err, err, __ATOMIC_RELAXED);
	return err;
}

static void *peer_thread(void *arg)
{
	run_peer(arg);
	return NULL;
}

static int with_thread(struct peer *peer, ring_side *here)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, peer_thread, peer);

	if (err)
		return -err;
	err = here(peer->two, peer->m);
	if (err)
		__atomic_store_n(&peer->m->err, err, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	return err;
}

static int with_process(const struct peer *peer, ring_side *here)
{
	pid_t parent = getpid(), pid = fork();
	int status, err;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		signals_peer();
		_exit(getppid() == parent ? -run_peer(peer) : ECHILD);
	}
	signals_watch(pid);
	err = here(peer->two, peer->m);
	if (err)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	signals_watch(0);
	return err;
}

/* Room for several records at least. */
static uint64_t ring_size(size_t size)
{
	uint64_t ring = RING_SIZE;

	while (ring < 3 * (uint64_t)size)
		ring *= 2;
	return ring;
}

static int open_rings(const struct ring_two *two, struct ring_meeting *m)
{
	struct ring_kind kind = { .dev = two->dev, .mode = IPCX_RING_SPSC, .consumers = 1 };
	int i, err = 0;

	for (i = 0; i < 2 && !err && two->way == WAY_RING; i++)
		err = ring_make(&m->ring[i], &kind, ring_size(two->size));
	return err;
}

int ring_meet(const struct ring_two *two, ring_side *here, ring_side *side, double *ns)
{
	size_t len = sizeof(struct ring_meeting) + (two->way == WAY_PLAIN ? two->size : 0);
	struct ring_meeting *m = mmap(NULL, len, PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	struct peer peer = { two, m, side };
	int i, err;

	if (m == MAP_FAILED)
		return -errno;
	err = pin_self(CPUS_TWO);
	if (!err)
		err = open_rings(two, m);
	if (!err)
		err = two->processes ? with_process(&peer, here) : with_thread(&peer, here);
	*ns = m->ns;
	for (i = 0; i < 2; i++)
		ipcx_ring_close(m->ring[i]);
	munmap(m, len);
	return err;
}
