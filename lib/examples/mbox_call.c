// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A service: its callers wait for their replies. It replies to one and receives the
 * next in the same system call.
 */
#include <ctype.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "example.h"

static int client(const struct ipcx_dev *dev, uint64_t port)
{
	static const char *const words[] = { "put", "the", "fire", "out" };
	struct ipcx_mbox *service;
	char answer[64];

	check("open", ipcx_mbox_open_port(&service, dev, port, 0));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *word = words[i];
		ssize_t len;

		len = check("call", ipcx_mbox_call(service, word, strlen(word),
						   answer, sizeof(answer)));
		printf("%.*s\n", (int)len, answer);
	}
	/* No call, but a message: nobody waits for a reply to it. */
	check("send the end", ipcx_mbox_send(service, NULL, 0));
	ipcx_mbox_close(service);
	return EXIT_SUCCESS;
}

/* Writes every word in capitals, until an empty message comes. */
static void serve(const struct ipcx_mbox *m)
{
	struct ipcx_mbox_msg reply = { 0 };
	struct ipcx_mbox_recv next;
	uint64_t token = 0;
	char buf[64];

	for (;;) {
		next = (struct ipcx_mbox_recv){
			.buf = (uintptr_t)buf, .len = sizeof(buf),
		};
		check("reply and receive",
		      ipcx_mbox_reply_recv(m, token, &reply, &next, NULL));
		if (!next.len)
			return;
		for (size_t i = 0; i < next.len; i++)
			buf[i] = toupper((unsigned char)buf[i]);
		/* 0: it was no call, and the next round only receives. */
		token = next.token;
		reply = (struct ipcx_mbox_msg){ 0 };
		if (token) {
			reply.buf = (uintptr_t)buf;
			reply.len = next.len;
		}
	}
}

int main(void)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);
	struct ipcx_dev *dev;
	struct ipcx_mbox *m;
	int status;
	pid_t pid;

	check("open the device", ipcx_dev_open(&dev, NULL));
	opts.flags = IPCX_MBOX_ADDRESSABLE;
	check("make a mailbox", ipcx_mbox_create(&m, dev, NULL, 0, &opts));
	pid = fork();
	if (pid < 0)
		check("fork", -errno);
	if (!pid) {
		uint64_t port = ipcx_mbox_port(m);

		/* Or the mailbox would outlive its service. */
		ipcx_mbox_close(m);
		return client(dev, port);
	}
	/* A child that failed sends no end: SIGALRM is our end then. */
	alarm(60);
	serve(m);
	waitpid(pid, &status, 0);
	ipcx_mbox_close(m);
	ipcx_dev_close(dev);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
