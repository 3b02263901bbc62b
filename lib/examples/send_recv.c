// SPDX-License-Identifier: LGPL-2.1-or-later
/* The first message: a named queue that outlives the program until unlinked. */
#include "example.h"

int main(void)
{
	struct ipcx_dev *dev;
	struct ipcx_queue *q;
	char buf[64];
	ssize_t len;

	check("open the device", ipcx_dev_open(&dev, NULL));
	check("open the queue",
	      ipcx_queue_open(&q, dev, "/example", IPCX_RW | IPCX_OPEN_CREATE, NULL));

	check("send", ipcx_queue_send(q, "hello", 5, 0));
	len = check("receive", ipcx_queue_recv(q, buf, sizeof(buf), NULL));
	printf("%.*s\n", (int)len, buf);

	ipcx_queue_close(q);
	check("unlink", ipcx_dev_unlink(dev, "/example"));
	ipcx_dev_close(dev);
	return EXIT_SUCCESS;
}
