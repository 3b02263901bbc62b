// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two processes wake each other and wait, in the kernel and without a message, by
 * the test module switch_bench (selftests/kmod): no round trip between two
 * processes can do with less. Each block is one system call of this process, and
 * each phase one of its peer, so that next to nothing else is in the figure.
 *
 * It is made to look like a transport as far as that goes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "blocks.h"
#include "switch.h"
#include "switch_bench.h"

#define DEVICE	"/dev/" SWITCH_BENCH_NAME

struct switch_end {
	struct ipcx_transport_end base;
	int fd;
};

/**
 * struct switch_pair - Both processes have the same open file.
 * @base: what the library sees
 * @end: both ends
 */
struct switch_pair {
	struct ipcx_transport_pair base;
	struct switch_end end;
};

static int open_device(char *why)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC), err = -errno;

	if (fd >= 0)
		return fd;
	if (err == -ENOENT)
		snprintf(why, IPCX_TRANSPORT_WHY,
			 "the test module is not loaded: 'make test-module', then, as root, insmod out/test-module/KERNEL/switch_bench.ko");
	else
		snprintf(why, IPCX_TRANSPORT_WHY, "cannot open " DEVICE ": %s", strerror(-err));
	return err;
}

static int switch_available(char *why)
{
	int fd = open_device(why);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int switch_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		       char *why)
{
	struct switch_pair *pair = calloc(1, sizeof(*pair));

	(void)opts;
	if (!pair)
		return -ENOMEM;
	pair->base.ops = &switch_ops;
	pair->end.base.ops = &switch_ops;
	pair->base.end[0] = &pair->end.base;
	pair->base.end[1] = &pair->end.base;
	*out = &pair->base;
	pair->end.fd = open_device(why);
	return pair->end.fd < 0 ? pair->end.fd : 0;
}

static void switch_close(struct ipcx_transport_pair *base)
{
	struct switch_pair *pair = (struct switch_pair *)base;

	if (pair->end.fd >= 0)
		close(pair->end.fd);
	free(pair);
}

const struct ipcx_transport_ops switch_ops = {
	.name = "switch",
	.summary = "no mechanism but what all have in them: wake another process, and wait",
	.available = switch_available,
	.open = switch_open,
	.close = switch_close,
};

/* What is left after a signal is played later. */
static int play(const struct link *link, unsigned long side, uint64_t count)
{
	const struct switch_end *end = (const struct switch_end *)link->send;
	__u64 left = count;
	int err;

	do {
		if (ioctl(end->fd, side, &left) == 0)
			return 0;
		err = -errno;
	} while (err == -EINTR && !(err = signals_verdict()));
	return err;
}

static int pings(struct link *link, uint64_t first, unsigned long count, bool check)
{
	(void)first;
	(void)check;
	return play(link, SWITCH_BENCH_PING, count);
}

int switch_measure(const struct plan *plan, struct link *link, struct outcome *outcome)
{
	int err = play(link, SWITCH_BENCH_PING, plan->warm_up.count);

	return err ? err : blocks_measure(&plan->timed, link, outcome, pings);
}

int switch_peer(const struct plan *plan, struct link *link)
{
	int err = play(link, SWITCH_BENCH_PONG, plan->warm_up.count);

	*plan->peer_usage = usage_now();
	if (!err)
		err = play(link, SWITCH_BENCH_PONG, plan->timed.count);
	usage_since(plan->peer_usage);
	return err;
}
