// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages through a FIFO, without ipcx: a pipe with a name in the file system, so that programs
 * meet that know nothing else of each other. The name stays until it is removed; what is in the
 * pipe goes when nobody has it open.
 *
 * All messages have one size here, so none needs a length; for others see native_pipe.c.
 */
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct message {
	char text[64];
};

/* What is longer could be mixed with that of another writer. */
_Static_assert(sizeof(struct message) <= PIPE_BUF, "messages are written in one piece");

static void write_messages(const char *path, const char *name)
{
	struct message m = { 0 };
	/* It waits for a reader. With O_NONBLOCK it fails, ENXIO, when there is none. */
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	for (int i = 1; i <= 2; i++) {
		snprintf(m.text, sizeof(m.text), "%s: message %d", name, i);
		if (write(fd, &m, sizeof(m)) != sizeof(m))
			err(1, "write");
	}
	close(fd);
}

/* 1, or 0 at the end. A read may return less than was asked for: it is a stream of bytes. */
static int read_message(int fd, struct message *m)
{
	size_t done = 0;
	ssize_t n;

	while (done < sizeof(*m)) {
		n = read(fd, (char *)m + done, sizeof(*m) - done);
		if (n < 0)
			err(1, "read");
		if (n == 0 && done)
			errx(1, "a writer died in the middle of a message");
		if (n == 0)
			return 0;
		done += (size_t)n;
	}
	return 1;
}

static void read_messages(const char *path)
{
	struct message m;
	/*
	 * It waits for a writer. A server that is not to see an end between two of them opens it
	 * with O_RDWR, which Linux allows: then it is a writer itself.
	 */
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	while (read_message(fd, &m))
		printf("%.*s\n", (int)sizeof(m.text), m.text);
	puts("all writers have closed it");
	fflush(stdout);
	close(fd);
}

static char folder[] = "/tmp/native-fifo-XXXXXX";
static char path[sizeof(folder) + sizeof("/fifo")];

static void remove_name(void)
{
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	static const char *const names[] = { "first writer", "second writer" };
	int status = 0;

	/* A write that nobody will read is an error, rather than the end. */
	signal(SIGPIPE, SIG_IGN);
	/* A folder of its own: in /tmp itself anybody could have made that name before. */
	if (!mkdtemp(folder))
		err(1, "%s", folder);
	snprintf(path, sizeof(path), "%s/fifo", folder);
	atexit(remove_name);
	if (mkfifo(path, 0600) < 0)
		err(1, "%s", path);
	for (int i = 0; i < 2 && !status; i++) {
		pid_t child = fork();

		if (child < 0)
			err(1, "fork");
		if (child == 0) {
			write_messages(path, names[i]);
			_exit(0);
		}
		read_messages(path);
		if (wait(&status) < 0)
			err(1, "wait");
	}
	return status != 0;
}
