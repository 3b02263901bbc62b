// SPDX-License-Identifier: LGPL-2.1-or-later
/* Queues in an event loop: a queue's fd works with epoll, poll and select. */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "example.h"

/* All there is: an edge-triggered fd reports again only after it was emptied. */
static void drain(struct ipcx_queue *q)
{
	char buf[64];
	ssize_t len;

	while ((len = ipcx_queue_recv(q, buf, sizeof(buf), NULL)) >= 0)
		printf("%.*s\n", (int)len, buf);
	if (len != -EAGAIN)
		check("receive", len);
}

int main(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	struct ipcx_dev *dev;
	struct ipcx_queue *q;
	int epfd;

	check("open the device", ipcx_dev_open(&dev, NULL));
	check("make a queue", ipcx_queue_open(&q, dev, NULL, IPCX_RW | IPCX_OPEN_NONBLOCK, NULL));

	epfd = epoll_create1(EPOLL_CLOEXEC);
	if (epfd < 0)
		check("epoll_create1", -errno);
	event.data.ptr = q;
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, ipcx_queue_fd(q), &event))
		check("epoll_ctl", -errno);

	check("send", ipcx_queue_send(q, "one", 3, 0));
	check("send", ipcx_queue_send(q, "two", 3, 0));
	if (epoll_wait(epfd, &event, 1, 1000) != 1)
		check("epoll_wait", -ETIMEDOUT);
	drain(event.data.ptr);

	close(epfd);
	ipcx_queue_close(q);
	ipcx_dev_close(dev);
	return EXIT_SUCCESS;
}
