// SPDX-License-Identifier: LGPL-2.1-or-later
/* Payloads from and to files. */
#include <unistd.h>

#include "tool.h"

#define FIRST_ROOM 65536

int read_bytes(int fd, size_t max, struct bytes *b)
{
	size_t room = FIRST_ROOM;

	b->data = check_alloc(malloc(room));
	b->len = 0;
	for (;;) {
		ssize_t ret;

		if (b->len == room) {
			room *= 2;
			b->data = check_alloc(realloc(b->data, room));
		}
		ret = read(fd, b->data + b->len, room - b->len);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret < 0)
			return -errno;
		b->len += ret;
		if (!ret || b->len > max)
			return 0;
	}
}

int input_failed(int err)
{
	fprintf(stderr, "ipcx: standard input: %s\n", strerror(-err));
	return EXIT_FAILURE;
}

int write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t ret = write(fd, buf, len);

		if (ret < 0 && errno == EINTR)
			continue;
		if (ret < 0)
			return -errno;
		buf += ret;
		len -= ret;
	}
	return 0;
}

int write_payload(const char *buf, size_t len, bool newline)
{
	int err;

	/* A prompt is to come on a line of its own. */
	if (isatty(STDOUT_FILENO) && (!len || buf[len - 1] != '\n'))
		newline = true;
	err = write_all(STDOUT_FILENO, buf, len);
	if (!err && newline)
		err = write_all(STDOUT_FILENO, "\n", 1);
	return err;
}

int write_json(json_t *value)
{
	char *text = check_alloc(json_dumps(check_alloc(value), JSON_COMPACT));
	int err = write_all(STDOUT_FILENO, text, strlen(text));

	if (!err)
		err = write_all(STDOUT_FILENO, "\n", 1);
	free(text);
	json_decref(value);
	return err;
}
