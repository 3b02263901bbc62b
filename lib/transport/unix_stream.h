/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unix stream sockets, whichever way they are read and written. */
#ifndef IPCX_TRANSPORT_UNIX_STREAM_H
#define IPCX_TRANSPORT_UNIX_STREAM_H

#include "stream.h"

/* Gives a pair its sockets; 0, or a negative errno with the reason. */
int unix_stream_connect(struct stream_pair *pair, const struct ipcx_transport_opts *opts,
			char *why);

#endif /* IPCX_TRANSPORT_UNIX_STREAM_H */
