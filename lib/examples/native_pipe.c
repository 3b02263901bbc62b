// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages through a pipe, without ipcx. A pipe is a stream of bytes: so the length goes before
 * each message, and who reads goes on until all of it is there.
 */
#include <err.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM 4096

/* Up to PIPE_BUF bytes a write is never mixed with that of another writer. */
static void send_message(int fd, const void *data, uint32_t len)
{
	char frame[sizeof(len) + ROOM];

	memcpy(frame, &len, sizeof(len));
	memcpy(frame + sizeof(len), data, len);
	if (write(fd, frame, sizeof(len) + len) != (ssize_t)(sizeof(len) + len))
		err(1, "write");
}

/* 1, or 0 at the end: all writers are gone. */
static int read_all(int fd, void *to, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = read(fd, (char *)to + done, len - done);
		if (n < 0)
			err(1, "read");
		if (n == 0 && done == 0)
			return 0;
		if (n == 0)
			errx(1, "the writer died in the middle of a message");
		done += (size_t)n;
	}
	return 1;
}

static void receive_messages(int fd)
{
	char data[ROOM];
	uint32_t len;

	while (read_all(fd, &len, sizeof(len))) {
		if (len > sizeof(data))
			errx(1, "a message of %u bytes is too long", len);
		if (len && !read_all(fd, data, len))
			errx(1, "the writer died in the middle of a message");
		printf("%.*s\n", (int)len, data);
	}
}

int main(void)
{
	static const char *const messages[] = { "sweep the floor", "", "put the fire out" };
	int fds[2];

	/* A write to a pipe that nobody reads is an error, rather than the end. */
	signal(SIGPIPE, SIG_IGN);
	if (pipe(fds) < 0)
		err(1, "pipe");
	if (fork() == 0) {
		close(fds[0]);
		for (unsigned int i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
			send_message(fds[1], messages[i], (uint32_t)strlen(messages[i]));
		_exit(0);
	}
	/* The reader sees no end while it could still be a writer itself. */
	close(fds[1]);
	receive_messages(fds[0]);
	wait(NULL);
	return 0;
}
