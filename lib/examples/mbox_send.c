// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A message to a mailbox, and an answer to the port that it came from. Nobody can
 * lie about who sent it: the kernel writes that.
 */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "example.h"

#define COOKIE 7

/* Sends from a mailbox of its own, and waits there for the answer. */
static int client(const struct ipcx_dev *dev)
{
	IPCX_OPTS(ipcx_mbox_send_opts, send_opts);
	IPCX_OPTS(ipcx_recv_opts, recv_opts);
	IPCX_OPTS(ipcx_mbox_opts, mbox_opts);
	struct ipcx_mbox_msg msg = {
		.buf = (uintptr_t)"hello", .len = 5, .cookie = COOKIE,
	};
	char buf[64];
	struct ipcx_mbox_recv mail = {
		.buf = (uintptr_t)buf, .len = sizeof(buf),
	};
	struct ipcx_mbox *own;

	mbox_opts.flags = IPCX_MBOX_ADDRESSABLE;
	check("make a mailbox",
	      ipcx_mbox_create(&own, dev, NULL, 0, &mbox_opts));
	send_opts.from = own;
	check("send", ipcx_mbox_send_to_name(dev, "/example-mbox", &msg, 1,
					     &send_opts));

	recv_opts.match = IPCX_MATCH_COOKIE;
	recv_opts.match_arg = COOKIE;
	check("receive", ipcx_mbox_recv_msgs(own, &mail, 1, &recv_opts));
	printf("%.*s\n", (int)mail.len, buf);
	ipcx_mbox_close(own);
	return EXIT_SUCCESS;
}

int main(void)
{
	struct ipcx_mbox_msg answer = {
		.buf = (uintptr_t)"welcome", .len = 7,
	};
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox *m;
	struct ipcx_dev *dev;
	char buf[64];
	int status;
	pid_t pid;

	check("open the device", ipcx_dev_open(&dev, NULL));
	check("make a mailbox",
	      ipcx_mbox_create(&m, dev, "/example-mbox", IPCX_OPEN_EXCL, NULL));
	pid = fork();
	if (pid < 0)
		check("fork", -errno);
	if (!pid) {
		/* Two processes that may receive from it: one too many. */
		ipcx_mbox_close(m);
		return client(dev);
	}

	/* A child that failed sends nothing: SIGALRM is our end then. */
	alarm(60);
	check("receive", ipcx_mbox_recv(m, buf, sizeof(buf), &mail));
	printf("%.*s, from %s, user %u, mailbox %llu\n", (int)mail.len, buf,
	       mail.pid == (unsigned int)pid ? "my child" : "somebody", mail.uid,
	       (unsigned long long)mail.sender);
	fflush(stdout);
	answer.cookie = mail.cookie;
	check("answer",
	      ipcx_mbox_send_to_port(dev, mail.sender, &answer, 1, NULL));
	waitpid(pid, &status, 0);
	ipcx_mbox_close(m);
	ipcx_dev_close(dev);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
