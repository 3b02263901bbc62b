/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small things that are done to fds. */
#ifndef IPCX_TRANSPORT_FD_H
#define IPCX_TRANSPORT_FD_H

#include <stdbool.h>

/* Sets or clears O_NONBLOCK; 0 or a negative errno. */
int fd_set_nonblock(int fd, int on);

/* Sleeps until poll(2) tells one of @events, or an error; 0 or a negative errno. */
int fd_wait(int fd, short events);

/* Closes *fd unless it is -1, and makes it so. */
void fd_close(int *fd);

/*
 * Makes a socket have room for at least @bytes, as the kernel counts them, of what it has
 * sent and nobody has received, and with @no_more for as little more as it can; 0, or a
 * negative errno with the reason.
 */
int fd_socket_room(int fd, long long bytes, bool no_more, char *why);

/* The same for what has arrived: there it counts for UDP. */
int fd_receive_room(int fd, long long bytes, bool no_more, char *why);

#endif /* IPCX_TRANSPORT_FD_H */
