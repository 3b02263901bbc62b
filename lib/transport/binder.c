// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Android's Binder, by its device and without its library. It moves a message only
 * as a call, and a reply as that call's, between two processes.
 *
 * Processes find each other by the one that is the device's context manager, whose
 * object is handle 0 to all others: here the one that opens the pair, and later calls.
 * The other one sends it an object of its own, which becomes a handle there, and
 * answers what is sent to that.
 *
 * The kernel copies a message into memory that the receiver has mapped. There it stays
 * until the receiver gives that buffer back, which it does, as Binder's library does,
 * in the system call that sends something next.
 */
#include <fcntl.h>
#include <linux/android/binder.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fd.h"
#include "internal.h"
#include "waiting.h"

#define DEVICE		"/dev/binder"
#define MAX_SIZE	(1 << 20)
#define PAGE		4096
/* The kernel hands over one message at a time, and little else. */
#define ANSWERS		256
/* The device forgets a context manager some time after it has closed. */
#define TRIES		50
#define PAUSE_US	10000

/**
 * struct binder_end - One end; only one of a pair is used in a process.
 * @base: what the library sees
 * @fd: this process's own file of the device
 * @map: where its buffers appear, or MAP_FAILED
 * @room: bytes at @map
 * @msg_size: largest message
 * @user: process that they are of
 * @opener: process that opened the pair
 * @ready: the two have found each other
 * @handle: object that is called
 * @buffer: to be given back with what is sent next, or 0
 * @patience: with the kernel, which has nothing to say
 * @pending: the reply to what was sent before a signal came is still to come
 */
struct binder_end {
	struct ipcx_transport_end base;
	int fd;
	void *map;
	size_t room;
	size_t msg_size;
	pid_t user;
	pid_t opener;
	bool ready;
	uint32_t handle;
	binder_uintptr_t buffer;
	struct patience patience;
	bool pending;
};

struct binder_pair {
	struct ipcx_transport_pair base;
	struct binder_end end[2];
};

/* What is sent in one system call: a buffer to give back, if any, then a message. */
struct commands {
	uint32_t free;
	binder_uintptr_t buffer;
	uint32_t send;
	struct binder_transaction_data data;
} __attribute__((packed));

/* ---- the device ---- */

static int open_device(char *why)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT)
		return transport_why(why, -ENOENT,
				     DEVICE " not found: as root, modprobe binder_linux");
	if (errno == EACCES)
		return transport_why(why, -EACCES,
				     DEVICE " is not for this user: as root, chmod a+rw " DEVICE);
	return transport_why(why, -errno, "cannot open " DEVICE ": %m");
}

static int binder_available(char *why)
{
	struct binder_version version = { .protocol_version = -1 };
	int fd = open_device(why), err = 0;

	if (fd < 0)
		return fd;
	if (ioctl(fd, BINDER_VERSION, &version) < 0 ||
	    version.protocol_version != BINDER_CURRENT_PROTOCOL_VERSION)
		err = transport_why(why, -EPROTO, DEVICE " speaks version %d of its protocol, not %d",
				    version.protocol_version, BINDER_CURRENT_PROTOCOL_VERSION);
	close(fd);
	return err;
}

/* Who does not block at once asks, and is told that there is nothing. */
static int make_nonblocking(const struct binder_end *end, char *why)
{
	int err = 0;

	if (end->patience.policy != IPCX_WAIT_BLOCK)
		err = fd_set_nonblock(end->fd, 1);
	return err ? transport_why(why, err, "fcntl: %s", strerror(-err)) : 0;
}

/* Each process has to do this for itself: a file of the device is its opener's. */
static int end_open(struct binder_end *end, char *why)
{
	end->user = getpid();
	end->fd = open_device(why);
	if (end->fd < 0)
		return end->fd;
	end->map = mmap(NULL, end->room, PROT_READ, MAP_PRIVATE | MAP_NORESERVE, end->fd, 0);
	if (end->map == MAP_FAILED)
		return transport_why(why, -errno, "cannot map " DEVICE ": %m");
	return make_nonblocking(end, why);
}

/* After fork(2) the file is there, the memory is not, and others may be in its place. */
static void end_close(struct binder_end *end)
{
	if (end->map != MAP_FAILED && end->user == getpid())
		munmap(end->map, end->room);
	end->map = MAP_FAILED;
	fd_close(&end->fd);
}

static int become_manager(int fd, char *why)
{
	struct flat_binder_object object = { .hdr.type = BINDER_TYPE_BINDER };
	int i;

	for (i = 0; i < TRIES; i++) {
		if (ioctl(fd, BINDER_SET_CONTEXT_MGR_EXT, &object) == 0)
			return 0;
		if (errno != EBUSY)
			break;
		usleep(PAUSE_US);
	}
	if (errno == EBUSY)
		return transport_why(why, -EBUSY, "another program manages " DEVICE);
	if (errno == EPERM)
		return transport_why(why, -EPERM,
				     "another user has managed " DEVICE " before: as root, modprobe -r binder_linux, and load it again");
	return transport_why(why, -errno, "cannot manage " DEVICE ": %m");
}

/* ---- system calls ---- */

static int verdict(uint32_t answer, const unsigned char *data)
{
	int32_t err;

	switch (answer) {
	case BR_NOOP:
	case BR_TRANSACTION_COMPLETE:
	/* About an object's users; this one lives as long as its process. */
	case BR_INCREFS:
	case BR_ACQUIRE:
		return 0;
	case BR_DEAD_REPLY:
		return -EPIPE;
	case BR_FAILED_REPLY:
		return -EIO;
	case BR_ERROR:
		memcpy(&err, data, sizeof(err));
		return err < 0 ? err : -EIO;
	default:
		return -EPROTO;
	}
}

/* Returns 1 if @wanted is there, with its message in @got; 0 if it is not. */
static int look(const unsigned char *at, const unsigned char *end, uint32_t wanted,
		struct binder_transaction_data *got)
{
	uint32_t answer;
	int err = 0;

	for (; at < end && !err; at += _IOC_SIZE(answer)) {
		memcpy(&answer, at, sizeof(answer));
		at += sizeof(answer);
		if (answer == wanted) {
			memcpy(got, at, _IOC_SIZE(answer));
			return 1;
		}
		err = verdict(answer, at);
	}
	return err;
}

/* After the kernel had nothing to say: 0: ask again; or a negative errno. */
static int ask_again(const struct binder_end *end, struct tries *tries)
{
	int verdict = try_again(&end->patience, tries);

	return verdict > 0 ? fd_wait(end->fd, POLLIN) : verdict;
}

/*
 * Sends @commands, with @size 0 nothing, and waits for @wanted. What was sent is
 * sent, also after -EINTR.
 */
static int talk(struct binder_end *end, const void *commands, size_t size, uint32_t wanted,
		struct binder_transaction_data *got)
{
	unsigned char answers[ANSWERS];
	struct binder_write_read io = {
		.write_size = size,
		.write_buffer = (uintptr_t)commands,
		.read_size = sizeof(answers),
		.read_buffer = (uintptr_t)answers,
	};
	struct tries tries = { 0 };
	int found;

	do {
		io.read_consumed = 0;
		found = ioctl(end->fd, BINDER_WRITE_READ, &io) < 0 ? -errno : 0;
		io.write_size = 0;
		if (!found)
			found = look(answers, answers + io.read_consumed, wanted, got);
		else if (found == -EAGAIN)
			found = ask_again(end, &tries);
	} while (!found);
	return found < 0 ? found : 0;
}

/* As talk(), with the message that is described in @c, or without one. */
static int exchange(struct binder_end *end, struct commands *c, uint32_t send, uint32_t wanted,
		    struct binder_transaction_data *got)
{
	const unsigned char *from = (const unsigned char *)c, *to = from + sizeof(*c);

	c->free = BC_FREE_BUFFER;
	c->buffer = end->buffer;
	c->send = send;
	if (!end->buffer)
		from += offsetof(struct commands, send);
	if (!send)
		to = (const unsigned char *)c + offsetof(struct commands, send);
	end->buffer = 0;
	return talk(end, from, (size_t)(to - from), wanted, got);
}

static void describe(struct commands *c, uint32_t handle, const void *buf, size_t len)
{
	memset(c, 0, sizeof(*c));
	c->data.target.handle = handle;
	c->data.data_size = len;
	c->data.data.ptr.buffer = (uintptr_t)buf;
}

static const void *contents(const struct binder_transaction_data *got)
{
	return (const void *)(uintptr_t)got->data.ptr.buffer;
}

static int take(struct binder_end *end, const struct binder_transaction_data *got,
		struct ipcx_transport_msg *msg)
{
	end->buffer = got->data.ptr.buffer;
	if (got->data_size > msg->len)
		return -EMSGSIZE;
	memcpy(msg->buf, contents(got), got->data_size);
	msg->len = got->data_size;
	msg->priority = 0;
	return 0;
}

static int transact(struct binder_end *end, struct commands *c,
		    struct binder_transaction_data *got)
{
	int err = exchange(end, c, BC_TRANSACTION, BR_REPLY, got);

	end->pending = err == -EINTR;
	return err;
}

/* What was sent cannot be taken back, and nothing else be sent before its reply. */
static int await_pending(struct binder_end *end, struct binder_transaction_data *got)
{
	int err = talk(end, NULL, 0, BR_REPLY, got);

	end->pending = err == -EINTR;
	if (!err)
		end->buffer = got->data.ptr.buffer;
	return err;
}

/* ---- how the two find each other ---- */

static int enter(struct binder_end *end)
{
	uint32_t command = BC_ENTER_LOOPER;
	struct binder_write_read io = {
		.write_size = sizeof(command),
		.write_buffer = (uintptr_t)&command,
	};

	return ioctl(end->fd, BINDER_WRITE_READ, &io) < 0 ? -errno : 0;
}

/* The handle would go with the buffer that it came in. */
static int keep(struct binder_end *end, uint32_t handle)
{
	uint32_t commands[] = { BC_ACQUIRE, handle };
	struct binder_write_read io = {
		.write_size = sizeof(commands),
		.write_buffer = (uintptr_t)commands,
	};

	end->handle = handle;
	return ioctl(end->fd, BINDER_WRITE_READ, &io) < 0 ? -errno : 0;
}

/* Until the other one comes, with its object. */
static int await_object(struct binder_end *end)
{
	struct binder_transaction_data got;
	struct flat_binder_object object;
	struct commands c;
	int err = end->opener == getpid() ? enter(end) : -EINVAL;

	if (!err)
		err = talk(end, NULL, 0, BR_TRANSACTION, &got);
	if (err)
		return err;
	end->buffer = got.data.ptr.buffer;
	if (got.data_size != sizeof(object))
		return -EPROTO;
	memcpy(&object, contents(&got), sizeof(object));
	if (object.hdr.type != BINDER_TYPE_HANDLE)
		return -EPROTO;
	err = keep(end, object.handle);
	describe(&c, 0, NULL, 0);
	if (!err)
		err = exchange(end, &c, BC_REPLY, BR_TRANSACTION_COMPLETE, &got);
	end->ready = !err;
	return err;
}

static int send_object(struct binder_end *end, struct binder_transaction_data *got)
{
	struct flat_binder_object object = {
		.hdr.type = BINDER_TYPE_BINDER,
		.binder = (uintptr_t)end,
	};
	binder_size_t offset = 0;
	struct commands c;
	int err;

	describe(&c, 0, &object, sizeof(object));
	c.data.offsets_size = sizeof(offset);
	c.data.data.ptr.offsets = (uintptr_t)&offset;
	err = transact(end, &c, got);
	if (!err)
		end->buffer = got->data.ptr.buffer;
	return err;
}

static int offer_object(struct binder_end *end)
{
	struct binder_transaction_data got;
	char why[IPCX_TRANSPORT_WHY];
	int err = end->opener == getpid() ? -EINVAL : 0;

	if (!err && end->fd < 0) {
		err = end_open(end, why);
		if (!err)
			err = enter(end);
		if (err)
			end_close(end);
	}
	if (!err)
		err = end->pending ? await_pending(end, &got) : send_object(end, &got);
	end->ready = !err;
	return err;
}

/* ---- the transport ---- */

static int binder_call(struct ipcx_transport_end *base, const struct ipcx_transport_msg *request,
		       struct ipcx_transport_msg *reply)
{
	struct binder_end *end = (struct binder_end *)base;
	struct binder_transaction_data got;
	struct commands c;
	int err = end->ready ? 0 : await_object(end);

	if (!err && request->len > end->msg_size)
		err = -EMSGSIZE;
	if (!err && end->pending)
		err = await_pending(end, &got);
	if (err)
		return err;
	describe(&c, end->handle, request->buf, request->len);
	err = transact(end, &c, &got);
	return err ? err : take(end, &got, reply);
}

/* A reply is on its way, or lost, when it is complete; then comes what is next. */
static int binder_answer(struct ipcx_transport_end *base, const struct ipcx_transport_msg *reply,
			 struct ipcx_transport_msg *next)
{
	struct binder_end *end = (struct binder_end *)base;
	struct binder_transaction_data got;
	struct commands c;
	int err = end->ready ? 0 : offer_object(end);

	if (!err && reply && reply->len > end->msg_size)
		err = -EMSGSIZE;
	if (err)
		return err;
	describe(&c, 0, reply ? reply->buf : NULL, reply ? reply->len : 0);
	err = exchange(end, &c, reply ? BC_REPLY : 0,
		       next ? BR_TRANSACTION : BR_TRANSACTION_COMPLETE, &got);
	return err || !next ? err : take(end, &got, next);
}

static int binder_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		       char *why)
{
	struct binder_pair *pair = calloc(1, sizeof(*pair));
	struct binder_end *end;
	int side, err;

	if (!pair)
		return -ENOMEM;
	pair->base.ops = &ipcx_transport_binder;
	*out = &pair->base;
	for (side = 0; side < 2; side++) {
		end = &pair->end[side];
		end->base.ops = pair->base.ops;
		end->fd = -1;
		end->map = MAP_FAILED;
		/* What was received last may still be there, and what found the other. */
		end->room = 2 * (opts->msg_size / PAGE + 2) * PAGE;
		end->msg_size = opts->msg_size;
		end->patience = patience_of(opts);
		end->opener = getpid();
		pair->base.end[side] = &end->base;
	}
	err = end_open(&pair->end[0], why);
	return err ? err : become_manager(pair->end[0].fd, why);
}

static void binder_attach(struct ipcx_transport_pair *base, int side)
{
	end_close(&((struct binder_pair *)base)->end[!side]);
}

static void binder_close(struct ipcx_transport_pair *base)
{
	struct binder_pair *pair = (struct binder_pair *)base;

	end_close(&pair->end[0]);
	end_close(&pair->end[1]);
	free(pair);
}

const struct ipcx_transport_ops ipcx_transport_binder = {
	.name = "binder",
	.summary = "Android's Binder, without its library; calls and nothing else",
	.caps = IPCX_TRANSPORT_BOUNDARIES | IPCX_TRANSPORT_CALL | IPCX_TRANSPORT_CALLS_ONLY,
	.traits = IPCX_TRAIT_PASS_FDS | IPCX_TRAIT_BIDIRECTIONAL | IPCX_TRAIT_SENDER |
		IPCX_TRAIT_DEATH,
	.max_size = MAX_SIZE,
	.available = binder_available,
	.open = binder_open,
	.call = binder_call,
	.answer = binder_answer,
	.attach = binder_attach,
	.close = binder_close,
};
