// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two actors: processes with one mailbox each, from which they take one thing after
 * another: requests, and the replies to their own. A request is sent without waiting for
 * its reply; so each can ask the other while that one asks it, and nobody hangs.
 */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "example.h"

#define TEXT_MAX 64

/* Numbers of one's own for what has been asked: the reply has the same. */
enum { ASKED_SOUP = 1, ASKED_CAKE, ASKED_HOW_MANY };

static void ask(const struct ipcx_dev *dev, uint64_t port, const struct ipcx_mbox *own,
		const char *text, uint64_t cookie)
{
	IPCX_OPTS(ipcx_mbox_send_opts, opts);
	struct ipcx_mbox_msg msg;

	opts.flags = IPCX_POST_CALL;
	opts.from = own;
	ipcx_mbox_msg_init(&msg, text, strlen(text), 0, cookie);
	check("ask", ipcx_mbox_send_to_port(dev, port, &msg, 1, &opts));
}

static const char *take(const struct ipcx_mbox *own, struct ipcx_mbox_recv *mail)
{
	static char text[TEXT_MAX];
	ssize_t len;

	len = check("receive", ipcx_mbox_recv(own, text, sizeof(text) - 1, mail));
	text[len] = '\0';
	return text;
}

static void reply(const struct ipcx_mbox *own, uint64_t token, const char *text)
{
	check("reply", ipcx_mbox_reply(own, token, text, strlen(text)));
}

/* Wants to know for how many before it serves soup, and leaves when it is to bake. */
static void cook(const struct ipcx_dev *dev, const struct ipcx_mbox *own)
{
	struct ipcx_mbox_recv mail;
	char dish[TEXT_MAX + 16];
	uint64_t order = 0;

	for (;;) {
		const char *text = take(own, &mail);

		printf("cook: \"%s\"\n", text);
		if (mail.flags & IPCX_MSG_REPLY) {
			snprintf(dish, sizeof(dish), "%s of soup", text);
			reply(own, order, dish);
		} else if (mail.cookie == ASKED_SOUP) {
			/* It waits; the reply to our question will be its turn. */
			order = mail.token;
			ask(dev, mail.sender, own, "how many?", ASKED_HOW_MANY);
		} else {
			return;
		}
	}
}

static void waiter(const struct ipcx_dev *dev, const struct ipcx_mbox *own, uint64_t kitchen)
{
	struct ipcx_mbox_recv mail;

	ask(dev, kitchen, own, "soup", ASKED_SOUP);
	for (;;) {
		const char *text = take(own, &mail);

		if (mail.flags & IPCX_MSG_DEAD) {
			printf("waiter: there will be no %s\n",
			       mail.cookie == ASKED_CAKE ? "cake" : "soup");
			return;
		}
		printf("waiter: \"%s\"\n", text);
		if (mail.flags & IPCX_MSG_REPLY)
			ask(dev, kitchen, own, "cake", ASKED_CAKE);
		else
			reply(own, mail.token, "two plates");
	}
}

int main(void)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);
	struct ipcx_mbox *kitchen, *hall;
	struct ipcx_dev *dev;
	uint64_t port;
	int status;
	pid_t pid;

	setvbuf(stdout, NULL, _IOLBF, 0);
	check("open the device", ipcx_dev_open(&dev, NULL));
	opts.flags = IPCX_MBOX_ADDRESSABLE;
	check("make a mailbox", ipcx_mbox_create(&kitchen, dev, NULL, 0, &opts));
	check("make a mailbox", ipcx_mbox_create(&hall, dev, NULL, 0, &opts));
	port = ipcx_mbox_port(kitchen);
	pid = fork();
	if (pid < 0)
		check("fork", -errno);
	if (!pid) {
		/* Each closes the other's, or that would not die with its actor. */
		ipcx_mbox_close(hall);
		alarm(60);
		cook(dev, kitchen);
		return EXIT_SUCCESS;
	}
	ipcx_mbox_close(kitchen);
	waiter(dev, hall, port);
	waitpid(pid, &status, 0);
	ipcx_mbox_close(hall);
	ipcx_dev_close(dev);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
