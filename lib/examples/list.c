// SPDX-License-Identifier: LGPL-2.1-or-later
/* What objects there are, and what a queue has seen. */
#include "example.h"

int main(void)
{
	const struct ipcx_stat *entry;
	struct ipcx_iter *iter;
	struct ipcx_dev *dev;
	struct ipcx_queue *q;
	struct ipcx_stat st;

	check("open the device", ipcx_dev_open(&dev, NULL));
	check("make a queue",
	      ipcx_queue_open(&q, dev, "/example-list", IPCX_RW | IPCX_OPEN_CREATE, NULL));
	check("send", ipcx_queue_send(q, "hello", 5, 0));

	check("list", ipcx_iter_new(&iter, dev, IPCX_KIND_QUEUE));
	while (check("list", ipcx_iter_next(iter, &entry)) > 0)
		printf("%llu %s: %llu queued\n", (unsigned long long)entry->id,
		       entry->name_len ? entry->name : "-", (unsigned long long)entry->depth);
	ipcx_iter_free(iter);

	check("state", ipcx_queue_stat(q, &st));
	printf("%llu sent, %llu received, at most %llu of %llu at a time\n",
	       (unsigned long long)st.sent, (unsigned long long)st.received,
	       (unsigned long long)st.depth_max, (unsigned long long)st.max_msgs);

	ipcx_queue_close(q);
	check("unlink", ipcx_dev_unlink(dev, "/example-list"));
	ipcx_dev_close(dev);
	return EXIT_SUCCESS;
}
