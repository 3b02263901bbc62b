// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages through a POSIX message queue, without ipcx: with priorities, by a name, and there
 * until somebody removes it.
 */
#include <err.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What any user may have by default; more needs fs.mqueue.* and RLIMIT_MSGQUEUE. */
#define MESSAGES 10
#define ROOM 64

static void send_messages(const char *name)
{
	static const struct {
		const char *text;
		unsigned int priority;
	} messages[] = { { "sweep the floor", 0 }, { "put the fire out", 10 } };
	mqd_t queue = mq_open(name, O_WRONLY);

	if (queue == (mqd_t)-1)
		err(1, "mq_open");
	for (unsigned int i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (mq_send(queue, messages[i].text, strlen(messages[i].text),
			    messages[i].priority) < 0)
			err(1, "mq_send");
	mq_close(queue);
}

int main(void)
{
	struct mq_attr attr = { .mq_maxmsg = MESSAGES, .mq_msgsize = ROOM };
	unsigned int priority;
	char name[64], text[ROOM];
	mqd_t queue;
	ssize_t n;

	snprintf(name, sizeof(name), "/native-posix-mq-%d", (int)getpid());
	queue = mq_open(name, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attr);
	if (queue == (mqd_t)-1)
		err(1, "mq_open");
	if (fork() == 0) {
		send_messages(name);
		_exit(0);
	}
	/* The sender has ended; what it sent is there. */
	wait(NULL);
	for (int i = 0; i < 2; i++) {
		/* The room must be mq_msgsize at least, however short the message. */
		n = mq_receive(queue, text, sizeof(text), &priority);
		if (n < 0)
			err(1, "mq_receive");
		printf("%u: %.*s\n", priority, (int)n, text);
	}
	mq_close(queue);
	mq_unlink(name);
	return 0;
}
