// SPDX-License-Identifier: LGPL-2.1-or-later
/* Waiting until a point in time. */
#include <errno.h>

#include "example.h"

int main(void)
{
	IPCX_OPTS(ipcx_recv_opts, opts);
	struct ipcx_dev *dev;
	struct ipcx_queue *q;
	struct ipcx_msg msg;
	char buf[64];
	int ret;

	check("open the device", ipcx_dev_open(&dev, NULL));
	check("make a queue", ipcx_queue_open(&q, dev, NULL, IPCX_RW, NULL));

	/*
	 * A point in time, not a duration: after a signal the same call waits for
	 * what is left, without arithmetic.
	 */
	opts.flags = IPCX_XFER_DEADLINE;
	opts.clock = CLOCK_MONOTONIC;
	opts.deadline_ns = ipcx_deadline_after(CLOCK_MONOTONIC, 100 * 1000000LL);
	do {
		ipcx_msg_init(&msg, buf, sizeof(buf), 0, 0);
		ret = ipcx_queue_recv_msgs(q, &msg, 1, &opts);
	} while (ret == -EINTR);
	if (ret != -ETIMEDOUT)
		check("receive", ret);
	puts("nothing came for 100 ms");

	ipcx_queue_close(q);
	ipcx_dev_close(dev);
	return EXIT_SUCCESS;
}
