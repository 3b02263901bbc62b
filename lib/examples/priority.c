// SPDX-License-Identifier: LGPL-2.1-or-later
/* Priorities order messages; a receive may also choose by type. */
#include "example.h"

enum { TYPE_LOG = 1, TYPE_COMMAND = 2 };

static void send_text(struct ipcx_queue *q, const char *text, uint64_t type, uint32_t priority)
{
	struct ipcx_msg msg;

	ipcx_msg_init(&msg, text, strlen(text), type, priority);
	check("send", ipcx_queue_send_msgs(q, &msg, 1, NULL));
}

static void print_next(struct ipcx_queue *q, const struct ipcx_recv_opts *opts)
{
	struct ipcx_msg msg;
	char buf[64];

	ipcx_msg_init(&msg, buf, sizeof(buf), 0, 0);
	check("receive", ipcx_queue_recv_msgs(q, &msg, 1, opts));
	printf("priority %u, type %llu: %.*s\n", msg.priority, (unsigned long long)msg.type,
	       (int)msg.len, buf);
}

int main(void)
{
	IPCX_OPTS(ipcx_recv_opts, commands);
	struct ipcx_dev *dev;
	struct ipcx_queue *q;

	check("open the device", ipcx_dev_open(&dev, NULL));
	check("make a queue", ipcx_queue_open(&q, dev, NULL, IPCX_RW, NULL));

	send_text(q, "a line for the log", TYPE_LOG, 0);
	send_text(q, "an urgent line for the log", TYPE_LOG, 9);
	send_text(q, "a command", TYPE_COMMAND, 0);

	/* The command first, although the urgent line has a higher priority ... */
	commands.match = IPCX_MATCH_TYPE;
	commands.match_arg = TYPE_COMMAND;
	print_next(q, &commands);
	/* ... then what is left: the highest priority first. */
	print_next(q, NULL);
	print_next(q, NULL);

	ipcx_queue_close(q);
	ipcx_dev_close(dev);
	return EXIT_SUCCESS;
}
