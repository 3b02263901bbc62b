// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages over TCP, without ipcx: the one way here that also leads to another machine. It is
 * a stream of bytes, so lengths are sent, in the order of bytes of the network.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM 64

/* One call for length and payload, or two packets would be sent. */
static void send_message(int fd, const char *text)
{
	uint32_t size = htonl((uint32_t)strlen(text));
	struct iovec parts[2] = {
		{ &size, sizeof(size) }, { (void *)text, strlen(text) },
	};
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };

	/* So short a message goes out whole; a long one may need a loop. */
	if (sendmsg(fd, &m, MSG_NOSIGNAL) != (ssize_t)(sizeof(size) + strlen(text)))
		err(1, "send");
}

/* The length, or 0 when the other side is gone. */
static uint32_t receive_message(int fd, char text[ROOM])
{
	uint32_t size;

	/* MSG_WAITALL: not less than that. */
	if (recv(fd, &size, sizeof(size), MSG_WAITALL) != sizeof(size))
		return 0;
	size = ntohl(size);
	if (size > ROOM)
		errx(1, "a message of %u bytes is too long", size);
	return recv(fd, text, size, MSG_WAITALL) == (ssize_t)size ? size : 0;
}

static void client(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	char text[ROOM];
	uint32_t n;

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		err(1, "connect");
	/* Or a short message waits until the one before it is acknowledged. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	send_message(fd, "a message");
	send_message(fd, "and another one");
	n = receive_message(fd, text);
	printf("client: %.*s\n", (int)n, text);
	fflush(stdout);
}

int main(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	socklen_t len = sizeof(address);
	char text[ROOM];
	uint32_t n;

	/* Port 0: any that is free. */
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, len) < 0 ||
	    listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) < 0)
		err(1, "listen");
	if (fork() == 0) {
		client(&address);
		_exit(0);
	}
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		err(1, "accept");
	for (int i = 0; i < 2; i++) {
		n = receive_message(fd, text);
		printf("server: %.*s\n", (int)n, text);
	}
	fflush(stdout);
	send_message(fd, "both are here");
	wait(NULL);
	return 0;
}
