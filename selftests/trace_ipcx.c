// SPDX-License-Identifier: LGPL-2.1-or-later
/* ipcx-trace copies: what it says of queues, mailboxes and rings, to the byte. */
#include "mbox_ring.h"
#include "trace_ledger.h"

#define MESSAGES	100
#define SMALL		24
#define LARGE		20000

static char out[LARGE], in[LARGE];

/* ---- queues ---- */

static int queue_both_ways(size_t size)
{
	int q = new_queue(0, NULL);

	MUST(q >= 0);
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(1, send_msg(q, out, size, 0, 0, 0));
		MUST_BE(1, recv_msg(q, in, sizeof(in), NULL, 0));
	}
	return 0;
}

static int work_queue_small(void)
{
	return queue_both_ways(SMALL);
}

static int work_queue_large(void)
{
	return queue_both_ways(LARGE);
}

static int work_queue_rw(void)
{
	int q = new_queue(0, NULL);

	MUST(q >= 0);
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(1000, write(q, out, 1000));
		MUST_BE(1000, read(q, in, sizeof(in)));
	}
	return 0;
}

#define AT_ONCE	10

/* The queue has room for half of them: the rest is copied, or not, but never sent. */
static int work_queue_batch(void)
{
	struct ipcx_msg msgs[AT_ONCE];
	int q = small_queue(AT_ONCE / 2);

	MUST(q >= 0);
	for (int i = 0; i < MESSAGES / AT_ONCE; i++) {
		struct ipcx_xfer xfer = make_xfer(msgs, AT_ONCE, IPCX_XFER_NONBLOCK);

		for (int j = 0; j < AT_ONCE; j++)
			msgs[j] = make_msg(out, 500, 0, 0);
		MUST_BE(AT_ONCE / 2, op(q, IPCX_SEND, &xfer));
		for (int j = 0; j < AT_ONCE; j++)
			msgs[j] = make_msg(in + j * 500, 500, 0, 0);
		MUST_BE(AT_ONCE / 2, op(q, IPCX_RECV, &xfer));
	}
	return 0;
}

/* ---- mailboxes ---- */

static int work_mbox(void)
{
	int box, to;
	__u64 port;

	box = new_mbox(&port);
	MUST(box >= 0);
	to = open_port(port, 0);
	MUST(to >= 0);
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(1, post_mail(to, out, LARGE, 0, 0, -1, 0));
		MUST_BE(1, recv_mail(box, in, sizeof(in), NULL, 0));
	}
	return 0;
}

/* By the device: no file is the mailbox's. */
static int work_mbox_by_port(void)
{
	int box;
	__u64 port, number;

	box = new_mbox(&port);
	MUST(box >= 0);
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(1, post_to(NULL, port, i));
		MUST_BE(1, take_number(box, &number));
	}
	return 0;
}

/* From the sender's memory into the ring, whatever its length. */
static int deliver(size_t size)
{
	struct inbox inbox;

	MUST_BE(0, new_inbox(&inbox, 1 << 17));
	for (int i = 0; i < MESSAGES; i++) {
		MUST_BE(1, post_mail(inbox.to, out, size, 0, 0, -1, 0));
		MUST_BE(1, drain_delivered(&inbox));
	}
	return 0;
}

static int work_delivery_small(void)
{
	return deliver(SMALL);
}

static int work_delivery_large(void)
{
	return deliver(LARGE);
}

/* ---- rings: the kernel sees nothing but who sleeps ---- */

static int work_ring(void)
{
	struct ipcx_ring_wake wake = { .flags = IPCX_RING_WAKE_DATA };
	int ring = new_ring(NULL);

	MUST(ring >= 0);
	for (int i = 0; i < MESSAGES; i++)
		MUST_BE(0, op(ring, IPCX_RING_WAKE, &wake));
	return 0;
}

const struct work works[] = {
	{ "queue_small", work_queue_small },
	{ "queue_large", work_queue_large },
	{ "queue_rw", work_queue_rw },
	{ "queue_batch", work_queue_batch },
	{ "mbox", work_mbox },
	{ "mbox_by_port", work_mbox_by_port },
	{ "delivery_small", work_delivery_small },
	{ "delivery_large", work_delivery_large },
	{ "ring", work_ring },
	{ NULL, NULL }
};

/* ---- the tests ---- */

/* In no run is a mechanism used twice, nor a mailbox's two rows. */
#define FIRST	"queue_small mbox ring"
#define SECOND	"queue_large mbox_by_port"
#define THIRD	"queue_rw delivery_small"
#define FOURTH	"queue_batch delivery_large"

/* What both sides of a mechanism moved, each message copied so often, and at once. */
#define EXPECT_MOVED(mechanism, n, bytes, times) do {			\
	EXPECT_PASSES(mechanism, n, bytes, times);			\
	EXPECT_EQ((times) * (n), FIGURE(mechanism, "payload_copies"));	\
} while (0)

TEST_F(trace, short_messages)
{
	RUN(FIRST);
	EXPECT_MOVED("ipcx-queue", MESSAGES, MESSAGES * SMALL, 2);
	EXPECT_EQ(2 * MESSAGES, FIGURE("ipcx-queue", "calls"));
}

/* The probes see the module's copies of long ones, too: they are not counted twice. */
TEST_F(trace, long_messages)
{
	RUN(SECOND);
	EXPECT_MOVED("ipcx-queue", MESSAGES, MESSAGES * LARGE, 2);
	EXPECT_GT(LARGE, FIGURE("ipcx-queue", "argument_bytes"));
}

TEST_F(trace, read_and_write)
{
	RUN(THIRD);
	EXPECT_MOVED("ipcx-queue", MESSAGES, MESSAGES * 1000, 2);
}

TEST_F(trace, half_of_a_batch)
{
	RUN(FOURTH);
	EXPECT_EQ(MESSAGES / 2, FIGURE("ipcx-queue", "messages"));
	EXPECT_EQ(MESSAGES / 2 * 500, FIGURE("ipcx-queue", "message_bytes"));
	EXPECT_LE(MESSAGES * 500, FIGURE("ipcx-queue", "payload_bytes"));
	EXPECT_EQ(0, traced_number(self->traced, "too_many_arguments"));
}

TEST_F(trace, mailbox)
{
	RUN(FIRST);
	EXPECT_MOVED("ipcx-mbox", MESSAGES, MESSAGES * LARGE, 2);
}

TEST_F(trace, mailbox_by_port)
{
	RUN(SECOND);
	EXPECT_MOVED("ipcx-mbox", MESSAGES, MESSAGES * 8, 2);
}

TEST_F(trace, short_messages_delivered)
{
	RUN(THIRD);
	EXPECT_MOVED("ipcx-delivery", MESSAGES, MESSAGES * SMALL, 1);
	EXPECT_EQ(0, FIGURE("ipcx-mbox", "messages"));
}

TEST_F(trace, long_messages_delivered)
{
	RUN(FOURTH);
	EXPECT_MOVED("ipcx-delivery", MESSAGES, MESSAGES * LARGE, 1);
	EXPECT_EQ(0, FIGURE("ipcx-mbox", "messages"));
}

TEST_F(trace, ring)
{
	RUN(FIRST);
	EXPECT_EQ(MESSAGES, FIGURE("ipcx-ring", "calls"));
	EXPECT_EQ(0, FIGURE("ipcx-ring", "payload_bytes"));
	EXPECT_EQ(-1, FIGURE("ipcx-ring", "passes"));
}

TEST_HARNESS_MAIN
