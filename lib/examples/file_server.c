// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A file server: it answers a name with the open file. The client reads that as if it
 * had opened it itself, and may do no more than the server opened it for.
 *
 *	file_server		serves /etc to a client of its own
 *	file_server FOLDER	serves FOLDER until an empty message comes, for
 *				ipcx call --cat /example-files NAME
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "example.h"

#define NAME_LEN_MAX 64

/* A file of this folder that everybody may read; or a negative errno. */
static int open_for_all(int folder, const char *name)
{
	struct stat st;
	int fd;

	if (strchr(name, '/'))
		return -EPERM;
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (st.st_mode & S_IROTH))
		return fd;
	close(fd);
	return -EACCES;
}

/* Without one: no reply. */
static void answer(const struct ipcx_mbox *m, uint64_t token, int fd)
{
	struct ipcx_mbox_msg reply;

	ipcx_mbox_msg_init(&reply, NULL, 0, 0, 0);
	ipcx_mbox_msg_set_fds(&reply, &fd, 1);
	/* One who has no room for a file is not kept waiting. */
	if (fd < 0 || ipcx_mbox_reply_msg(m, token, &reply))
		ipcx_mbox_discard(m, token);
	/* What is on its way to the client stays open. */
	if (fd >= 0)
		close(fd);
}

/* Until an empty message comes. */
static void serve(const struct ipcx_mbox *m, int folder)
{
	struct ipcx_mbox_recv request;
	char name[NAME_LEN_MAX + 1];
	ssize_t len;

	for (;;) {
		len = check("receive", ipcx_mbox_recv(m, name, NAME_LEN_MAX, &request));
		if (!len)
			return;
		name[len] = '\0';
		answer(m, request.token, open_for_all(folder, name));
	}
}

static int get(const struct ipcx_mbox *server, const char *name)
{
	struct ipcx_mbox_msg request;
	struct ipcx_mbox_recv reply;
	int fd, err;

	ipcx_mbox_msg_init(&request, name, strlen(name), 0, 0);
	ipcx_mbox_recv_init(&reply, NULL, 0);
	ipcx_mbox_recv_set_fds(&reply, &fd, 1);
	err = ipcx_mbox_call_msg(server, &request, &reply, NULL);
	return err ? err : fd;
}

static void print_first_line(const struct ipcx_mbox *server, const char *name)
{
	char text[256] = "";
	int fd = get(server, name);

	if (fd < 0) {
		printf("%s: refused\n", name);
		return;
	}
	if (read(fd, text, sizeof(text) - 1) < 0)
		check(name, -errno);
	printf("%s: %.*s\n", name, (int)strcspn(text, "\n"), text);
	close(fd);
}

static int client(const struct ipcx_dev *dev)
{
	struct ipcx_mbox *server;

	check("open", ipcx_mbox_open(&server, dev, "/example-files", 0));
	print_first_line(server, "passwd");
	print_first_line(server, "shadow");
	print_first_line(server, "../proc/version");
	check("send the end", ipcx_mbox_send(server, NULL, 0));
	ipcx_mbox_close(server);
	return EXIT_SUCCESS;
}

static void run_client(const struct ipcx_dev *dev, struct ipcx_mbox *m)
{
	pid_t pid = fork();

	if (pid < 0)
		check("fork", -errno);
	if (!pid) {
		ipcx_mbox_close(m);
		exit(client(dev));
	}
	/* A child that failed sends no end: SIGALRM is our end then. */
	alarm(60);
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/etc";
	IPCX_OPTS(ipcx_mbox_opts, opts);
	int folder, status = 0;
	struct ipcx_dev *dev;
	struct ipcx_mbox *m;

	folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		check(path, -errno);
	check("open the device", ipcx_dev_open(&dev, NULL));
	opts.max_msg_size = NAME_LEN_MAX;
	check("make a mailbox", ipcx_mbox_create(&m, dev, "/example-files", 0, &opts));
	if (argc == 1)
		run_client(dev, m);
	serve(m, folder);
	ipcx_mbox_close(m);
	wait(&status);
	ipcx_dev_close(dev);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
