// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Real-time signals with a value: sigqueue(3) sends, sigtimedwait(2) receives. The value is as
 * large as a pointer: its last byte is the length of the message, the others have it.
 *
 * Each direction has a signal of its own, which nothing else in the process uses. It is ignored
 * and blocked: the kernel queues it all the same, and one that comes when the pair is closed
 * ends nobody. The mask is the thread's: other threads have to be started after the pair is
 * opened, and not to unblock it.
 *
 * Signals go to process ids, which lie in shared memory: whoever takes an end writes its own,
 * and who sends waits for it. The kernel queues as many for a user as RLIMIT_SIGPENDING says,
 * and nothing tells when there is room again.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "shm_memory.h"

#define MAX_SIZE	(sizeof(void *) - 1)
/* What nothing tells of is looked for so often. */
#define NAP_NS		100000

/**
 * union value - What a signal has with it.
 * @pointer: as the kernel sees it
 * @bytes: a message, and at the end its length
 */
union value {
	void *pointer;
	unsigned char bytes[sizeof(void *)];
};

/**
 * struct signal_end - One end.
 * @base: what the library sees
 * @in: number of the signal that it receives
 * @out: of the one that it sends
 * @to: process that this goes to; 0: the one that takes the other end, not known yet
 * @taker: which one that is, shared; 0 before
 * @max: largest payload
 * @nonblock: fail instead of waiting
 */
struct signal_end {
	struct ipcx_transport_end base;
	int in;
	int out;
	pid_t to;
	const _Atomic pid_t *taker;
	size_t max;
	bool nonblock;
};

struct signal_pair {
	struct ipcx_transport_pair base;
	struct signal_end end[2];
	int number[2];
	void *takers;
};

/* Signals of open pairs of this process. */
static uint64_t in_use;

/* Signals are numbered from 1, and the last of 64 is one of these. */
static uint64_t bit(int number)
{
	return 1ULL << (number - 1);
}

static int nap(void)
{
	const struct timespec time = { .tv_nsec = NAP_NS };

	return nanosleep(&time, NULL) < 0 ? -errno : 0;
}

/* Who is not there yet is waited for. */
static int find_peer(struct signal_end *end)
{
	int err = 0;

	while (!err && !(end->to = atomic_load_explicit(end->taker, memory_order_relaxed)))
		err = end->nonblock ? -EAGAIN : nap();
	return err;
}

static union sigval sigval_of(const union value *value)
{
	return (union sigval){ .sival_ptr = value->pointer };
}

static int signal_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct signal_end *end = (struct signal_end *)base;
	union value value = { .pointer = NULL };
	int err = end->to ? 0 : find_peer(end);

	if (msg->len > end->max)
		return -EMSGSIZE;
	memcpy(value.bytes, msg->buf, msg->len);
	value.bytes[MAX_SIZE] = (unsigned char)msg->len;
	while (!err && sigqueue(end->to, end->out, sigval_of(&value)) < 0) {
		if (errno != EAGAIN)
			return errno == ESRCH ? -EPIPE : -errno;
		err = end->nonblock ? -EAGAIN : nap();
	}
	return err;
}

/* Anybody may send a signal; what has no value is none of this. */
static int next_value(const struct signal_end *end, union value *value)
{
	const struct timespec now = { 0 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, end->in);
	do {
		if (sigtimedwait(&set, &info, end->nonblock ? &now : NULL) < 0)
			return -errno;
	} while (info.si_code != SI_QUEUE);
	value->pointer = info.si_value.sival_ptr;
	return 0;
}

static int signal_recv(struct ipcx_transport_end *base, struct ipcx_transport_msg *msg)
{
	struct signal_end *end = (struct signal_end *)base;
	union value value;
	int err;

	/* What has been taken cannot be put back. */
	if (msg->len < end->max)
		return -EMSGSIZE;
	err = next_value(end, &value);
	if (err)
		return err;
	if (value.bytes[MAX_SIZE] > end->max)
		return -EBADMSG;
	msg->len = value.bytes[MAX_SIZE];
	memcpy(msg->buf, value.bytes, msg->len);
	msg->priority = 0;
	return 0;
}

static bool is_free(int number)
{
	struct sigaction action;
	sigset_t blocked;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	return !(in_use & bit(number)) && !sigismember(&blocked, number) &&
	       sigaction(number, NULL, &action) == 0 &&
	       (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN);
}

static void block(int number, int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(how, &set, NULL);
}

static int take_signal(int *number, char *why)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	int i;

	for (i = SIGRTMAX; i >= SIGRTMIN; i--) {
		if (!is_free(i))
			continue;
		block(i, SIG_BLOCK);
		sigaction(i, &ignore, NULL);
		in_use |= bit(i);
		*number = i;
		return 0;
	}
	return transport_why(why, -EBUSY, "this process uses all real-time signals");
}

/* What has come and was not received goes here: it is ignored. */
static void drop_signal(int number)
{
	if (!number)
		return;
	block(number, SIG_UNBLOCK);
	in_use &= ~bit(number);
}

static void raise_limit(rlim_t signals)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_SIGPENDING, &limit) < 0 || limit.rlim_cur >= signals)
		return;
	limit.rlim_cur = signals < limit.rlim_max ? signals : limit.rlim_max;
	setrlimit(RLIMIT_SIGPENDING, &limit);
}

static int signal_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		       char *why)
{
	struct signal_pair *pair = calloc(1, sizeof(*pair));
	int side, err;

	if (!pair)
		return -ENOMEM;
	pair->base.ops = &ipcx_transport_signal;
	*out = &pair->base;
	err = shm_anonymous.map(&pair->takers, 2 * sizeof(pid_t), why);
	for (side = 0; side < 2 && !err; side++)
		err = take_signal(&pair->number[side], why);
	for (side = 0; side < 2 && !err; side++) {
		struct signal_end *end = &pair->end[side];

		end->base.ops = pair->base.ops;
		end->in = pair->number[!side];
		end->out = pair->number[side];
		end->to = getpid();
		end->taker = (_Atomic pid_t *)pair->takers + !side;
		end->max = opts->msg_size;
		pair->base.end[side] = &end->base;
	}
	raise_limit(2 * (rlim_t)opts->depth);
	return err;
}

static int signal_set_nonblock(struct ipcx_transport_end *base, int on)
{
	((struct signal_end *)base)->nonblock = on;
	return 0;
}

static void signal_attach(struct ipcx_transport_pair *base, int side)
{
	struct signal_pair *pair = (struct signal_pair *)base;

	pair->end[side].to = 0;
	atomic_store_explicit((_Atomic pid_t *)pair->takers + side, getpid(),
			      memory_order_relaxed);
}

static void signal_close(struct ipcx_transport_pair *base)
{
	struct signal_pair *pair = (struct signal_pair *)base;

	drop_signal(pair->number[0]);
	drop_signal(pair->number[1]);
	if (pair->takers)
		shm_anonymous.unmap(pair->takers, 2 * sizeof(pid_t));
	free(pair);
}

const struct ipcx_transport_ops ipcx_transport_signal = {
	.name = "signal",
	.summary = "real-time signals with a queued value, received by sigtimedwait(2)",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_RELATED | IPCX_TRANSPORT_NOTIFICATION,
	.traits = IPCX_TRAIT_SENDER,
	.max_size = MAX_SIZE,
	.open = signal_open,
	.send = signal_send,
	.recv = signal_recv,
	.set_nonblock = signal_set_nonblock,
	.attach = signal_attach,
	.close = signal_close,
};
