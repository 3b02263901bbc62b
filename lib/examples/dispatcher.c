// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A dispatcher: it takes calls and hands each to a worker, with the right to reply to it.
 * That is a file descriptor: should the worker end, its caller is told.
 */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "example.h"

#define WORKERS 2
#define TEXT_MAX 64

/* Gets work with its token, until an empty message comes. */
static int worker(const struct ipcx_mbox *m, int number)
{
	char text[TEXT_MAX], answer[TEXT_MAX + 32];
	struct ipcx_mbox_recv mail;
	int token, len;

	alarm(60);
	for (;;) {
		ipcx_mbox_recv_init(&mail, text, sizeof(text));
		ipcx_mbox_recv_set_fds(&mail, &token, 1);
		check("receive work", ipcx_mbox_recv_msgs(m, &mail, 1, NULL));
		if (!mail.len)
			return EXIT_SUCCESS;
		/* Its last close ends the call: the caller of "leave" gets EPIPE. */
		if (mail.len == 5 && !memcmp(text, "leave", 5))
			return EXIT_SUCCESS;
		len = snprintf(answer, sizeof(answer), "%.*s: done by worker %d",
			       (int)mail.len, text, number);
		check("reply", ipcx_token_reply(token, answer, len));
		close(token);
	}
}

static int client(const struct ipcx_dev *dev)
{
	static const char *const jobs[] = { "wash", "dry", "leave", "sweep" };
	struct ipcx_mbox *service;
	char answer[128];

	check("open", ipcx_mbox_open(&service, dev, "/example-jobs", 0));
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		ssize_t len = ipcx_mbox_call(service, jobs[i], strlen(jobs[i]), answer,
					     sizeof(answer));

		if (len == -EPIPE)
			printf("%s: the worker has left\n", jobs[i]);
		else
			printf("%.*s\n", (int)check("call", len), answer);
	}
	check("send the end", ipcx_mbox_send(service, NULL, 0));
	ipcx_mbox_close(service);
	return EXIT_SUCCESS;
}

/* Each call to the next worker; what is sent carries the token, ours is closed. */
static void dispatch(const struct ipcx_mbox *m, struct ipcx_mbox *const workers[])
{
	struct ipcx_mbox_recv mail;
	struct ipcx_mbox_msg work;
	char text[TEXT_MAX];
	ssize_t len;
	int token;

	for (unsigned int next = 0;; next++) {
		len = check("receive", ipcx_mbox_recv(m, text, sizeof(text), &mail));
		if (!len)
			return;
		if (!mail.token)	/* nobody waits for it */
			continue;
		token = check("token", ipcx_mbox_token_fd(m, mail.token));
		ipcx_mbox_msg_init(&work, text, len, 0, 0);
		ipcx_mbox_msg_set_fds(&work, &token, 1);
		check("hand on", ipcx_mbox_send_msgs(workers[next % WORKERS], &work, 1, NULL));
		close(token);
	}
}

/* Returns a right to send to it. */
static struct ipcx_mbox *start_worker(const struct ipcx_dev *dev, int number)
{
	IPCX_OPTS(ipcx_mbox_opts, opts);
	struct ipcx_mbox *m, *right;
	pid_t pid;

	opts.flags = IPCX_MBOX_FILES;
	check("make a mailbox", ipcx_mbox_create(&m, dev, NULL, 0, &opts));
	check("make a right to send", ipcx_mbox_grant(&right, m, IPCX_OPEN_WRITE));
	pid = fork();
	if (pid < 0)
		check("fork", -errno);
	if (!pid)
		exit(worker(m, number));
	ipcx_mbox_close(m);
	return right;
}

int main(void)
{
	struct ipcx_mbox *m, *workers[WORKERS];
	int failed = 0, status;
	struct ipcx_dev *dev;
	pid_t pid;

	check("open the device", ipcx_dev_open(&dev, NULL));
	for (int i = 0; i < WORKERS; i++)
		workers[i] = start_worker(dev, i + 1);
	check("make a mailbox", ipcx_mbox_create(&m, dev, "/example-jobs", 0, NULL));
	pid = fork();
	if (pid < 0)
		check("fork", -errno);
	if (!pid) {
		ipcx_mbox_close(m);
		return client(dev);
	}
	alarm(60);
	dispatch(m, workers);
	for (int i = 0; i < WORKERS; i++) {
		/* One has left already. */
		int err = ipcx_mbox_send(workers[i], NULL, 0);

		if (err != -EPIPE)
			check("send the end", err);
		ipcx_mbox_close(workers[i]);
	}
	while (wait(&status) > 0)
		failed |= status;
	ipcx_mbox_close(m);
	ipcx_dev_close(dev);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
