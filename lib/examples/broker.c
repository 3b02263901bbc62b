// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A group: a message to it goes to all that have subscribed. Nobody waits for who is
 * slow: it loses what it has no room for, and is told how much. Each subscriber would
 * be a program of its own; here one plays all, so that it always ends the same way.
 */
#include <errno.h>

#include "example.h"

struct subscriber {
	const char *name;
	unsigned int lag;		/* what to lose: enum ipcx_lag */
	uint64_t room;			/* messages; one user's have half of it at most */
	struct ipcx_mbox *m;
};

static struct subscriber subscribers[] = {
	{ .name = "fast", .lag = IPCX_LAG_DROP_NEWEST, .room = 64 },
	{ .name = "the latest will do", .lag = IPCX_LAG_DROP_OLDEST, .room = 4 },
	{ .name = "slow", .lag = IPCX_LAG_DROP_NEWEST, .room = 4 },
};

#define COUNT (sizeof(subscribers) / sizeof(subscribers[0]))

static void subscribe(const struct ipcx_dev *dev, const struct ipcx_mbox *group,
		      struct subscriber *s)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);

	opts.max_msgs = s->room;
	check("make a mailbox", ipcx_mbox_create(&s->m, dev, NULL, IPCX_OPEN_NONBLOCK, &opts));
	check("subscribe", ipcx_mbox_subscribe(group, s->m, s->lag));
}

/* All there is. */
static void read_prices(const struct subscriber *s)
{
	struct ipcx_mbox_recv mail;
	ssize_t len;
	int price;

	printf("%s:", s->name);
	while ((len = ipcx_mbox_recv(s->m, &price, sizeof(price), &mail)) >= 0) {
		if (mail.lost)
			printf(" (%llu lost)", (unsigned long long)mail.lost);
		if (mail.flags & IPCX_MSG_DEAD)
			printf(" the end");
		else
			printf(" %d", price);
	}
	if (len != -EAGAIN)
		check("receive", len);
	putchar('\n');
}

static void publish(const struct ipcx_mbox *group, int first, int last)
{
	for (int price = first; price <= last; price++)
		check("publish", ipcx_mbox_send(group, &price, sizeof(price)));
}

int main(void)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);
	struct ipcx_mbox *group;
	struct ipcx_dev *dev;

	check("open the device", ipcx_dev_open(&dev, NULL));
	opts.flags = IPCX_MBOX_GROUP;
	check("make a group", ipcx_mbox_create(&group, dev, "/example-prices",
					       IPCX_OPEN_WRITE | IPCX_OPEN_SUBSCRIBE, &opts));
	for (size_t i = 0; i < COUNT; i++)
		subscribe(dev, group, &subscribers[i]);

	publish(group, 1, 10);
	for (size_t i = 0; i < COUNT; i++)
		read_prices(&subscribers[i]);
	/* Who loses the newest learns of it with the next one that it has room for. */
	publish(group, 11, 11);
	ipcx_mbox_close(group);
	for (size_t i = 0; i < COUNT; i++) {
		read_prices(&subscribers[i]);
		ipcx_mbox_close(subscribers[i].m);
	}
	ipcx_dev_close(dev);
	return EXIT_SUCCESS;
}
