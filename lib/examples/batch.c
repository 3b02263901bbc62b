// SPDX-License-Identifier: LGPL-2.1-or-later
/* Several messages in one system call. */
#include "example.h"

#define COUNT 8

int main(void)
{
	struct ipcx_msg msgs[COUNT];
	struct ipcx_dev *dev;
	struct ipcx_queue *q;
	int values[COUNT];
	long n;

	check("open the device", ipcx_dev_open(&dev, NULL));
	check("make a queue", ipcx_queue_open(&q, dev, NULL, IPCX_RW, NULL));

	for (int i = 0; i < COUNT; i++) {
		values[i] = i * i;
		ipcx_msg_init(&msgs[i], &values[i], sizeof(values[i]), 0, 0);
	}
	/* Fewer than asked for where a later one met an error: send the rest again. */
	n = check("send", ipcx_queue_send_msgs(q, msgs, COUNT, NULL));
	printf("sent %ld\n", n);

	memset(values, 0, sizeof(values));
	/* Waits for the first one only and takes what is there. */
	n = check("receive", ipcx_queue_recv_msgs(q, msgs, COUNT, NULL));
	for (long i = 0; i < n; i++)
		printf("%d\n", values[i]);

	ipcx_queue_close(q);
	ipcx_dev_close(dev);
	return EXIT_SUCCESS;
}
