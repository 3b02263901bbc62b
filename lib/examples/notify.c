// SPDX-License-Identifier: LGPL-2.1-or-later
/* Being told, once, that an empty queue has got a message. */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "example.h"

int main(void)
{
	struct ipcx_dev *dev;
	struct ipcx_queue *q;
	eventfd_t count;
	int efd;

	check("open the device", ipcx_dev_open(&dev, NULL));
	check("make a queue", ipcx_queue_open(&q, dev, NULL, IPCX_RW, NULL));
	efd = eventfd(0, EFD_CLOEXEC);
	if (efd < 0)
		check("eventfd", -errno);

	check("ask", ipcx_queue_notify_eventfd(q, efd));
	check("send", ipcx_queue_send(q, "hello", 5, 0));
	if (eventfd_read(efd, &count))
		check("eventfd_read", -errno);
	printf("told %llu time(s)\n", (unsigned long long)count);

	/*
	 * That was the one time. A program that goes on asks again first and
	 * empties the queue then, so that no message falls between the two.
	 */
	check("ask again", ipcx_queue_notify_eventfd(q, efd));
	check("take it back", ipcx_queue_notify_cancel(q));

	close(efd);
	ipcx_queue_close(q);
	ipcx_dev_close(dev);
	return EXIT_SUCCESS;
}
