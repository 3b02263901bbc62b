// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who provides what? A provider gives the registry a right to send to it; who asks gets
 * that right, and needs neither name nor port. The registry is told of each death.
 */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "example.h"

#define REGISTRY "/example-registry"
#define ENTRIES 8
#define TEXT_MAX 32

enum { TYPE_PROVIDE = 1, TYPE_ASK, TYPE_END };

struct entry {
	char name[TEXT_MAX];
	struct ipcx_mbox *right;	/* NULL: free */
};

static struct entry entries[ENTRIES];

/* For the name "", which nobody provides: one that is free. */
static struct entry *find(const char *name)
{
	for (size_t i = 0; i < ENTRIES; i++)
		if (!strcmp(entries[i].name, name))
			return &entries[i];
	return NULL;
}

/* Who has no room for what is asked for is not kept waiting. */
static void reply(const struct ipcx_mbox *m, uint64_t token, const int *fds,
		  unsigned int count)
{
	struct ipcx_mbox_msg msg;

	ipcx_mbox_msg_init(&msg, NULL, 0, 0, 0);
	ipcx_mbox_msg_set_fds(&msg, fds, count);
	if (ipcx_mbox_reply_msg(m, token, &msg))
		ipcx_mbox_discard(m, token);
}

/* The fd that came with the message is ours now. */
static void provide(const struct ipcx_mbox *m, const struct ipcx_mbox_recv *mail,
		    const char *name, int fd)
{
	struct entry *entry = find("");

	if (!mail->fd_count || find(name) || !entry) {
		if (mail->fd_count)
			close(fd);
		ipcx_mbox_discard(m, mail->token);
		return;
	}
	check("right of the fd", ipcx_mbox_from_fd(&entry->right, fd));
	check("watch", ipcx_mbox_watch(entry->right, m, entry - entries));
	strcpy(entry->name, name);
	printf("registry: user %u provides %s\n", mail->uid, name);
	reply(m, mail->token, NULL, 0);
}

/* The one who asks gets an fd of its own; ours stays here. */
static void answer(const struct ipcx_mbox *m, const struct ipcx_mbox_recv *mail,
		   const char *name)
{
	struct entry *entry = find(name);
	int fd = -1;

	if (entry && entry->right)
		fd = ipcx_mbox_fd(entry->right);
	reply(m, mail->token, &fd, fd >= 0);
}

static void forget(struct entry *entry)
{
	printf("registry: %s is gone\n", entry->name);
	ipcx_mbox_close(entry->right);
	*entry = (struct entry){ 0 };
}

static void run_registry(const struct ipcx_mbox *m)
{
	struct ipcx_mbox_recv mail;
	char name[TEXT_MAX];
	int fd;

	alarm(60);
	for (;;) {
		memset(name, 0, sizeof(name));
		ipcx_mbox_recv_init(&mail, name, sizeof(name) - 1);
		ipcx_mbox_recv_set_fds(&mail, &fd, 1);
		check("receive", ipcx_mbox_recv_msgs(m, &mail, 1, NULL));
		if (mail.flags & IPCX_MSG_DEAD)
			forget(&entries[mail.cookie]);
		else if (mail.type == TYPE_PROVIDE)
			provide(m, &mail, name, fd);
		else if (mail.type == TYPE_ASK)
			answer(m, &mail, name);
		else
			return;
	}
}

/* A right to send leaves; the right to receive stays. */
static void provide_to(const struct ipcx_dev *dev, const struct ipcx_mbox *service)
{
	struct ipcx_mbox *right;
	struct ipcx_mbox_msg request;
	struct ipcx_mbox_recv answer;
	int fd;

	check("make a right to send", ipcx_mbox_grant(&right, service, IPCX_OPEN_WRITE));
	fd = ipcx_mbox_fd(right);
	ipcx_mbox_msg_init(&request, "clock", 5, TYPE_PROVIDE, 0);
	ipcx_mbox_msg_set_fds(&request, &fd, 1);
	ipcx_mbox_recv_init(&answer, NULL, 0);
	check("register", ipcx_mbox_call_name(dev, REGISTRY, &request, &answer, NULL));
	ipcx_mbox_close(right);
}

/* Says the time to who calls, until an empty message comes. */
static void run_clock(const struct ipcx_mbox *m)
{
	struct ipcx_mbox_recv mail;
	char text[TEXT_MAX];

	alarm(60);
	while (check("receive", ipcx_mbox_recv(m, text, sizeof(text), &mail)) > 0)
		check("reply", ipcx_mbox_reply(m, mail.token, "a quarter past nine", 19));
}

/* False: nobody provides it. */
static int ask(const struct ipcx_dev *dev, const char *name, struct ipcx_mbox **right)
{
	struct ipcx_mbox_msg request;
	struct ipcx_mbox_recv found;
	int fd;

	ipcx_mbox_msg_init(&request, name, strlen(name), TYPE_ASK, 0);
	ipcx_mbox_recv_init(&found, NULL, 0);
	ipcx_mbox_recv_set_fds(&found, &fd, 1);
	check("ask", ipcx_mbox_call_name(dev, REGISTRY, &request, &found, NULL));
	if (!found.fd_count)
		return 0;
	check("right of the fd", ipcx_mbox_from_fd(right, fd));
	return 1;
}

static void run_client(const struct ipcx_dev *dev)
{
	struct ipcx_mbox *clock;
	char text[TEXT_MAX];
	ssize_t len;

	if (!ask(dev, "clock", &clock))
		check("clock", -ENOENT);
	len = check("call", ipcx_mbox_call(clock, "time?", 5, text, sizeof(text)));
	printf("client: it is %.*s\n", (int)len, text);
	check("send the end", ipcx_mbox_send(clock, NULL, 0));
	ipcx_mbox_close(clock);
}

/* A process of its own takes the right to receive with it; ours is closed. */
static pid_t start(void (*run)(const struct ipcx_mbox *), struct ipcx_mbox *m)
{
	pid_t pid = fork();

	if (pid < 0)
		check("fork", -errno);
	if (!pid) {
		run(m);
		exit(EXIT_SUCCESS);
	}
	ipcx_mbox_close(m);
	return pid;
}

int main(void)
{
	struct ipcx_mbox *registry, *service, *clock;
	IPCX_OPTS(ipcx_mbox_opts, opts);
	struct ipcx_mbox_msg end;
	struct ipcx_dev *dev;
	pid_t pid;

	setvbuf(stdout, NULL, _IOLBF, 0);
	check("open the device", ipcx_dev_open(&dev, NULL));
	opts.flags = IPCX_MBOX_FILES;
	check("make the registry", ipcx_mbox_create(&registry, dev, REGISTRY, 0, &opts));
	start(run_registry, registry);

	check("make a service", ipcx_mbox_create(&service, dev, NULL, 0, NULL));
	provide_to(dev, service);
	pid = start(run_clock, service);
	run_client(dev);

	/* Once it has ended, the registry has its notice. */
	waitpid(pid, NULL, 0);
	if (!ask(dev, "clock", &clock))
		puts("client: nobody provides clock");
	ipcx_mbox_msg_init(&end, NULL, 0, TYPE_END, 0);
	check("end", ipcx_mbox_send_to_name(dev, REGISTRY, &end, 1, NULL));
	wait(NULL);
	ipcx_dev_close(dev);
	return EXIT_SUCCESS;
}
