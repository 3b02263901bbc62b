// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages over a Unix socket, without ipcx. SOCK_SEQPACKET keeps messages apart and tells when
 * the other side is gone; both sides need to know nothing but a name. With SOCK_STREAM lengths
 * have to be sent besides, as in native_pipe.c; with SOCK_DGRAM there is no connection.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the abstract name space, as the 0 in front says: nothing is left in the file system. */
static socklen_t make_address(struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "native-unix-%d",
		 (int)getpid());
	return sizeof(*address);
}

static void client(const struct sockaddr_un *address, socklen_t len)
{
	char reply[64];
	ssize_t n;
	int fd;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)address, len) < 0)
		err(1, "connect");
	/* MSG_NOSIGNAL: an error, and no SIGPIPE, where the server is gone. */
	if (send(fd, "what is for dinner?", 19, MSG_NOSIGNAL) < 0)
		err(1, "send");
	n = recv(fd, reply, sizeof(reply), 0);
	if (n < 0)
		err(1, "recv");
	printf("client: %.*s\n", (int)n, reply);
	fflush(stdout);
}

static void serve(int listener)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	char request[64];
	ssize_t n;
	int fd;

	fd = accept(listener, NULL, NULL);
	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		err(1, "accept");
	n = recv(fd, request, sizeof(request), 0);
	if (n < 0)
		err(1, "recv");
	printf("server: %s asks: %.*s\n", peer.uid == getuid() ? "the same user" : "a stranger",
	       (int)n, request);
	fflush(stdout);
	if (send(fd, "soup", 4, MSG_NOSIGNAL) < 0)
		err(1, "send");
	/* 0: the client has closed its side, or died. */
	if (recv(fd, request, sizeof(request), 0) == 0)
		puts("server: the client is gone");
	close(fd);
}

int main(void)
{
	struct sockaddr_un address;
	socklen_t len = make_address(&address);
	int listener;

	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, len) < 0 ||
	    listen(listener, 1) < 0)
		err(1, "listen");
	if (fork() == 0) {
		client(&address, len);
		_exit(0);
	}
	serve(listener);
	wait(NULL);
	return 0;
}
