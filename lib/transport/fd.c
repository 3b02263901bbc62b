// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fd.h"
#include "internal.h"

int fd_set_nonblock(int fd, int on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

int fd_wait(int fd, short events)
{
	struct pollfd pollfd = { .fd = fd, .events = events };

	return poll(&pollfd, 1, -1) < 0 ? -errno : 0;
}

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/**
 * struct room - A buffer of a socket.
 * @option: its size
 * @force: the same, for those who may pass the limit
 * @limit: the setting that has it
 */
struct room {
	int option;
	int force;
	const char *limit;
};

/*
 * The kernel doubles what it is asked for, and silently cuts a wish at the limit; what forces
 * it does not.
 */
static int make_room(int fd, const struct room *room, long long bytes, bool no_more, char *why)
{
	int now, want;
	socklen_t len = sizeof(now);

	if (getsockopt(fd, SOL_SOCKET, room->option, &now, &len) < 0)
		return -errno;
	if (now >= bytes && !no_more)
		return 0;
	if (bytes > INT_MAX - 1)
		return transport_why(why, -ENOSPC, "a socket's buffer cannot be %lld bytes",
				     bytes);
	want = (int)(bytes / 2 + 1);
	if (setsockopt(fd, SOL_SOCKET, room->force, &want, sizeof(want)) < 0)
		setsockopt(fd, SOL_SOCKET, room->option, &want, sizeof(want));
	len = sizeof(now);
	if (getsockopt(fd, SOL_SOCKET, room->option, &now, &len) < 0)
		return -errno;
	if (now >= bytes)
		return 0;
	return transport_why(why, -ENOSPC,
			     "the socket's buffer is limited to %d bytes: as root, sysctl %s=%d",
			     now, room->limit, want);
}

int fd_socket_room(int fd, long long bytes, bool no_more, char *why)
{
	static const struct room room = { SO_SNDBUF, SO_SNDBUFFORCE, "net.core.wmem_max" };

	return make_room(fd, &room, bytes, no_more, why);
}

int fd_receive_room(int fd, long long bytes, bool no_more, char *why)
{
	static const struct room room = { SO_RCVBUF, SO_RCVBUFFORCE, "net.core.rmem_max" };

	return make_room(fd, &room, bytes, no_more, why);
}
