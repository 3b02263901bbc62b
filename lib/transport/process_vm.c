// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * process_vm_readv(2): a message lies in a slot of its sender's own memory, from which the
 * receiver's call copies it. Only how far both are, the lengths and the process ids are
 * shared; who finds nothing to do sleeps in futex(2).
 *
 * The slots were mapped before the processes parted: they are at the same address in both, and
 * what one writes there the other does not see. They go with their process: what was not
 * received by then is lost.
 *
 * To read takes the right to trace. Where the Yama security module keeps processes of one user
 * apart, whoever takes an end allows all others of its user to trace it from then on: the other
 * end may not have been taken yet, so that nobody knows whose it will be.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "internal.h"
#include "shm_memory.h"
#include "shm_side.h"

#define DEFAULT_BYTES	65536

/**
 * struct flow - One direction; shared.
 * @producer: counts messages
 * @consumer: the same
 * @pid: whose memory the slots are to be read from
 * @len: of the message in each slot
 */
struct flow {
	struct shm_side producer;
	struct shm_side consumer;
	_Alignas(SHM_LINE) _Atomic pid_t pid;
	uint64_t len[];
};

/**
 * struct vm_end - One end.
 * @base: what the library sees
 * @bells: what it sleeps on
 * @in: the direction that it receives from
 * @out: the direction that it sends to
 * @in_bells: number of the first bell of @in
 * @out_bells: the same of @out
 * @from: @in's slots, in the other process
 * @slots: @out's
 * @count: slots of a direction
 * @max: bytes of each
 * @nonblock: fail instead of waiting
 */
struct vm_end {
	struct ipcx_transport_end base;
	const struct shm_bells *bells;
	struct flow *in;
	struct flow *out;
	unsigned int in_bells;
	unsigned int out_bells;
	char *from;
	char *slots;
	uint64_t count;
	size_t max;
	bool nonblock;
};

struct vm_pair {
	struct ipcx_transport_pair base;
	struct vm_end end[2];
	struct shm_bells bells;
	void *shared;
	size_t shared_size;
	char *slots;
	size_t slots_size;
};

/* 1 is no hindrance, see vm_attach(); with 2 only root may. */
static int yama_allows(char *why)
{
	long long scope = transport_setting("/proc/sys/kernel/yama/ptrace_scope");

	if (scope < 2 || (scope == 2 && geteuid() == 0))
		return 0;
	if (scope == 2)
		return transport_why(why, -EPERM,
				     "needs to trace: as root, sysctl kernel.yama.ptrace_scope=1");
	return transport_why(why, -EPERM,
			     "nobody may trace here until reboot (kernel.yama.ptrace_scope is 3)");
}

static int vm_available(char *why)
{
	struct iovec nothing = { NULL, 0 };

	if (process_vm_readv(getpid(), &nothing, 1, &nothing, 1, 0) == 0)
		return yama_allows(why);
	return transport_why(why, -errno, errno == ENOSYS ?
			     "this kernel has no process_vm_readv (CONFIG_CROSS_MEMORY_ATTACH)" :
			     "process_vm_readv: %m");
}

static int vm_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct vm_end *end = (struct vm_end *)base;
	struct shm_side *self = &end->out->producer, *other = &end->out->consumer;
	uint64_t tail = atomic_load_explicit(&self->index, memory_order_relaxed), head;
	int err;

	if (msg->len > end->max)
		return -EMSGSIZE;
	for (;;) {
		/* Pairs with the release in vm_recv(): the slot has been read. */
		head = atomic_load_explicit(&other->index, memory_order_acquire);
		if (tail - head < end->count)
			break;
		if (end->nonblock)
			return -EAGAIN;
		err = shm_side_sleep(&shm_bell_futex, end->bells, self,
				     end->out_bells + SHM_PRODUCER, other, head);
		if (err)
			return err;
	}
	memcpy(end->slots + tail % end->count * end->max, msg->buf, msg->len);
	end->out->len[tail % end->count] = msg->len;
	/* Pairs with the acquire in vm_recv(). */
	atomic_store_explicit(&self->index, tail + 1, memory_order_release);
	shm_side_wake(&shm_bell_futex, end->bells, other, end->out_bells + SHM_CONSUMER);
	return 0;
}

/* A process that has ended has taken its memory with it. */
static int read_slot(const struct vm_end *end, uint64_t slot, void *buf, size_t len)
{
	pid_t pid = atomic_load_explicit(&end->in->pid, memory_order_relaxed);
	struct iovec local = { buf, len };
	struct iovec remote = { end->from + slot * end->max, len };
	ssize_t n = len ? process_vm_readv(pid, &local, 1, &remote, 1, 0) : 0;

	if (n == (ssize_t)len)
		return 0;
	if (n >= 0)
		return -EIO;
	return errno == ESRCH ? -EPIPE : -errno;
}

static int vm_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	struct vm_end *end = (struct vm_end *)base;
	struct shm_side *self = &end->in->consumer, *other = &end->in->producer;
	uint64_t head = atomic_load_explicit(&self->index, memory_order_relaxed), len;
	int err;

	/* Pairs with the release in vm_send(). */
	while (atomic_load_explicit(&other->index, memory_order_acquire) == head) {
		if (end->nonblock)
			return -EAGAIN;
		err = shm_side_sleep(&shm_bell_futex, end->bells, self,
				     end->in_bells + SHM_CONSUMER, other, head);
		if (err)
			return err;
	}
	len = end->in->len[head % end->count];
	if (len > end->max)
		return -EBADMSG;
	if (len > msg->len)
		return -EMSGSIZE;
	err = read_slot(end, head % end->count, msg->buf, len);
	if (err)
		return err;
	/* Pairs with the acquire in vm_send(). */
	atomic_store_explicit(&self->index, head + 1, memory_order_release);
	shm_side_wake(&shm_bell_futex, end->bells, other, end->in_bells + SHM_PRODUCER);
	msg->len = len;
	msg->priority = 0;
	return 0;
}

static void set_up(struct vm_pair *pair, size_t flow_size, uint64_t count, size_t max)
{
	struct flow *flow[2] = { pair->shared, (void *)((char *)pair->shared + flow_size) };
	int side;

	for (side = 0; side < 2; side++) {
		struct vm_end *end = &pair->end[side];

		pair->bells.place[SHM_SIDES * side + SHM_PRODUCER] = &flow[side]->producer.bell;
		pair->bells.place[SHM_SIDES * side + SHM_CONSUMER] = &flow[side]->consumer.bell;
		atomic_store_explicit(&flow[side]->pid, getpid(), memory_order_relaxed);
		end->base.ops = pair->base.ops;
		end->bells = &pair->bells;
		end->in = flow[!side];
		end->out = flow[side];
		end->in_bells = SHM_SIDES * !side;
		end->out_bells = SHM_SIDES * side;
		end->slots = pair->slots + side * count * max;
		end->from = pair->slots + !side * count * max;
		end->count = count;
		end->max = max;
		pair->base.end[side] = &end->base;
	}
}

static int map_slots(struct vm_pair *pair, char *why)
{
	pair->slots = mmap(NULL, pair->slots_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (pair->slots != MAP_FAILED)
		return 0;
	pair->slots = NULL;
	return transport_why(why, -errno, "cannot map %zu bytes: %m", pair->slots_size);
}

static int vm_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		   char *why)
{
	struct vm_pair *pair = calloc(1, sizeof(*pair));
	size_t max = opts->msg_size ? opts->msg_size : 1, flow_size;
	uint64_t count = opts->depth ? opts->depth : DEFAULT_BYTES / max + 1;
	int err;

	if (!pair)
		return -ENOMEM;
	flow_size = (sizeof(struct flow) + count * sizeof(uint64_t) + SHM_LINE - 1) /
		    SHM_LINE * SHM_LINE;
	pair->base.ops = &ipcx_transport_process_vm;
	pair->shared_size = 2 * flow_size;
	pair->slots_size = 2 * count * max;
	*out = &pair->base;
	err = map_slots(pair, why);
	if (!err)
		err = shm_anonymous.map(&pair->shared, pair->shared_size, why);
	if (!err)
		set_up(pair, flow_size, count, max);
	return err;
}

static int vm_set_nonblock(struct ipcx_transport_end *base, int on)
{
	((struct vm_end *)base)->nonblock = on;
	return 0;
}

/* Without Yama there is nothing to allow. */
static void vm_attach(struct ipcx_transport_pair *base, int side)
{
	struct vm_pair *pair = (struct vm_pair *)base;

	atomic_store_explicit(&pair->end[side].out->pid, getpid(), memory_order_relaxed);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
}

static void vm_close(struct ipcx_transport_pair *base)
{
	struct vm_pair *pair = (struct vm_pair *)base;

	if (pair->shared)
		shm_anonymous.unmap(pair->shared, pair->shared_size);
	if (pair->slots)
		munmap(pair->slots, pair->slots_size);
	free(pair);
}

const struct ipcx_transport_ops ipcx_transport_process_vm = {
	.name = "process-vm",
	.summary = "process_vm_readv(2) from the sender's memory, sleeping in futex(2)",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_RELATED |
		IPCX_TRANSPORT_SENDER_KEEPS,
	.max_size = 1 << 30,
	.available = vm_available,
	.open = vm_open,
	.send = vm_send,
	.recv = vm_recv,
	.set_nonblock = vm_set_nonblock,
	.attach = vm_attach,
	.close = vm_close,
};
