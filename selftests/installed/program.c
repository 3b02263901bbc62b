// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A program that knows nothing but the installed headers and what pkg-config says, in
 * strict C11 and C++11: it sends a message through a queue and one through a mailbox.
 */
#include <ipcx/ipcx.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	IPCX_OPTS(ipcx_queue_opts, opts);
	IPCX_OPTS(ipcx_recv_opts, recv_opts);
	IPCX_OPTS(ipcx_mbox_opts, mbox_opts);
	IPCX_OPTS(ipcx_mbox_send_opts, send_opts);
	struct ipcx_dev *dev;
	struct ipcx_queue *q;
	struct ipcx_mbox *m;
	struct ipcx_msg msg;
	struct ipcx_mbox_msg letter;
	struct ipcx_mbox_recv mail;
	char buf[32];

	opts.max_msgs = 4;
	if (ipcx_dev_open(&dev, NULL))
		return 1;
	if (ipcx_queue_open(&q, dev, NULL, IPCX_OPEN_READ | IPCX_OPEN_WRITE, &opts))
		return 2;
	if (ipcx_queue_send(q, "installed", 9, 0))
		return 3;
	ipcx_msg_init(&msg, buf, sizeof(buf), 0, 0);
	recv_opts.flags = IPCX_XFER_NONBLOCK;
	if (ipcx_queue_recv_msgs(q, &msg, 1, &recv_opts) != 1 || msg.len != 9)
		return 4;
	mbox_opts.max_msgs = 4;
	if (ipcx_mbox_create(&m, dev, NULL, IPCX_OPEN_WRITE, &mbox_opts))
		return 5;
	ipcx_mbox_msg_init(&letter, buf, 9, 0, 7);
	send_opts.from = m;
	if (ipcx_mbox_send_msgs(m, &letter, 1, &send_opts) != 1)
		return 6;
	if (ipcx_mbox_recv(m, buf, sizeof(buf), &mail) != 9 || mail.cookie != 7 ||
	    mail.sender != ipcx_mbox_port(m))
		return 7;
	ipcx_mbox_close(m);
	printf("%.9s %s\n", buf, ipcx_version());
	ipcx_queue_close(q);
	ipcx_dev_close(dev);
	return 0;
}
