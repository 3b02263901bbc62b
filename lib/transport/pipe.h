/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Room in pipes, with a name or without. */
#ifndef IPCX_TRANSPORT_PIPE_H
#define IPCX_TRANSPORT_PIPE_H

#include "stream.h"

/* Bytes that a pipe has to have for what @opts asks for; 0: no wish. */
long long pipe_room(const struct ipcx_transport_opts *opts);

/* Gives a pipe that many; 0, or a negative errno with the reason. */
int pipe_make_room(int fd, long long room, char *why);

/* Gives a pair its two pipes; 0, or a negative errno with the reason. */
int pipe_connect(struct stream_pair *pair, const struct ipcx_transport_opts *opts, char *why);

#endif /* IPCX_TRANSPORT_PIPE_H */
