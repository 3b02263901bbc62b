// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages through a System V message queue, without ipcx. Each has a type, and who receives
 * chooses by it: so one queue carries requests to a server and replies to many clients.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM 64
/* Requests have this type, replies that of the client's process. */
#define REQUEST 1

struct message {
	long type;
	char text[ROOM];
};

static void say(int queue, long type, const char *text)
{
	struct message m = { .type = type };

	snprintf(m.text, sizeof(m.text), "%s", text);
	if (msgsnd(queue, &m, strlen(m.text) + 1, 0) < 0)
		err(1, "msgsnd");
}

static void hear(int queue, long type, struct message *m)
{
	if (msgrcv(queue, m, sizeof(m->text), type, 0) < 0)
		err(1, "msgrcv");
	m->text[ROOM - 1] = '\0';
}

static void client(int queue)
{
	struct message m;
	char text[ROOM];

	snprintf(text, sizeof(text), "%d", (int)getpid());
	say(queue, REQUEST, text);
	hear(queue, getpid(), &m);
	puts(m.text);
	fflush(stdout);
}

int main(void)
{
	/* It has no fd: nothing but IPC_RMID removes it, not even the end of all processes. */
	int queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	struct message m;
	long who;

	if (queue < 0)
		err(1, "msgget");
	for (int i = 0; i < 2; i++)
		if (fork() == 0) {
			client(queue);
			_exit(0);
		}
	for (int i = 0; i < 2; i++) {
		hear(queue, REQUEST, &m);
		if (sscanf(m.text, "%ld", &who) == 1 && who > REQUEST)
			say(queue, who, "this reply is for you alone");
	}
	for (int i = 0; i < 2; i++)
		wait(NULL);
	if (msgctl(queue, IPC_RMID, NULL) < 0)
		err(1, "msgctl");
	return 0;
}
