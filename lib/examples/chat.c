// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A chat: start it in two terminals, or more. The first one makes the group, and the
 * chat ends with it. Who says what is the kernel's word.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "example.h"

#define GROUP "/example-chat"
#define LINE_MAX_LEN 512

static void join(const struct ipcx_dev *dev, struct ipcx_mbox **group, struct ipcx_mbox **own)
{
	unsigned int rights = IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE;
	IPCX_OPTS(ipcx_mbox_opts, opts);
	int err;

	err = ipcx_mbox_open(group, dev, GROUP, rights);
	if (err == -ENOENT) {
		opts.flags = IPCX_MBOX_GROUP;
		opts.max_msg_size = LINE_MAX_LEN;
		opts.mode = 0666;
		err = ipcx_mbox_create(group, dev, GROUP, rights | IPCX_OPEN_EXCL, &opts);
	}
	check("open the group", err);
	check("make a mailbox", ipcx_mbox_create(own, dev, NULL, IPCX_OPEN_NONBLOCK, NULL));
	/* Others do not wait while we read slowly: we miss some lines then. */
	check("subscribe", ipcx_mbox_subscribe(*group, *own, IPCX_LAG_DROP_OLDEST));
}

/* False at the end of the input. */
static int say(const struct ipcx_mbox *group, const struct ipcx_mbox *own)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox_msg msg;
	char line[LINE_MAX_LEN];
	ssize_t len;

	/* A terminal gives one line a read. */
	len = read(STDIN_FILENO, line, sizeof(line));
	if (len <= 0)
		return 0;
	opts.from = own;
	ipcx_mbox_msg_init(&msg, line, len, 0, 0);
	check("send", ipcx_mbox_send_msgs(group, &msg, 1, &opts));
	return 1;
}

/* False when the group has ended. */
static int hear(const struct ipcx_mbox *own)
{
	struct ipcx_mbox_recv mail;
	char line[LINE_MAX_LEN];
	ssize_t len;

	while ((len = ipcx_mbox_recv(own, line, sizeof(line), &mail)) >= 0) {
		if (mail.lost)
			printf("(%llu missed)\n", (unsigned long long)mail.lost);
		if (mail.flags & IPCX_MSG_DEAD)
			return 0;
		/* Our own words come back, too. */
		if (mail.sender != ipcx_mbox_port(own))
			printf("%u, user %u: %.*s", mail.pid, mail.uid, (int)len, line);
	}
	if (len != -EAGAIN)
		check("receive", len);
	return 1;
}

int main(void)
{
	struct ipcx_mbox *group, *own;
	struct ipcx_dev *dev;
	struct pollfd fds[2];
	int more = 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	check("open the device", ipcx_dev_open(&dev, NULL));
	join(dev, &group, &own);
	fds[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = ipcx_mbox_fd(own), .events = POLLIN };
	while (more && poll(fds, 2, -1) > 0) {
		if (fds[1].revents && !hear(own)) {
			puts("the chat has ended");
			break;
		}
		if (fds[0].revents)
			more = say(group, own);
	}
	ipcx_mbox_close(own);
	ipcx_mbox_close(group);
	ipcx_dev_close(dev);
	return EXIT_SUCCESS;
}
