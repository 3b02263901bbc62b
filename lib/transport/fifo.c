// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two FIFOs, one per direction, in a folder of their own under $TMPDIR or /tmp. Both ends are
 * opened at once, as a reader that does not wait for a writer, and then a writer; the names
 * are gone again before anything is sent.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "pipe.h"

/* Opens what is there by its name; the fd, or a negative errno with the reason. */
static int open_one(const char *path, int flags, char *why)
{
	int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 ? transport_why(why, -errno, "%s: %m", path) : fd;
}

static int open_both(struct stream_end *from, struct stream_end *to, const char *path, char *why)
{
	int fd = open_one(path, O_RDONLY | O_NONBLOCK, why);

	if (fd < 0)
		return fd;
	to->in = fd;
	fd = open_one(path, O_WRONLY, why);
	if (fd < 0)
		return fd;
	from->out = fd;
	return fd_set_nonblock(to->in, 0);
}

static int join(struct stream_end *from, struct stream_end *to, const char *path, long long room,
		char *why)
{
	int err;

	if (mkfifo(path, 0600) < 0)
		return transport_why(why, -errno, "%s: %m", path);
	err = open_both(from, to, path, why);
	unlink(path);
	return err ? err : pipe_make_room(from->out, room, why);
}

static int open_ends(struct stream_pair *pair, const struct ipcx_transport_opts *opts, char *why)
{
	char folder[PATH_MAX - 16], path[PATH_MAX];
	int err = transport_temporary(folder, sizeof(folder), why);

	if (err)
		return err;
	if (!mkdtemp(folder))
		return transport_why(why, -errno, "%s: %m", folder);
	snprintf(path, sizeof(path), "%s/fifo", folder);
	err = join(&pair->end[0], &pair->end[1], path, pipe_room(opts), why);
	if (!err)
		err = join(&pair->end[1], &pair->end[0], path, pipe_room(opts), why);
	rmdir(folder);
	return err;
}

static int fifo_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		     char *why)
{
	struct stream_pair *pair = stream_pair_new(&ipcx_transport_fifo, opts);

	if (!pair)
		return -ENOMEM;
	*out = &pair->base;
	return open_ends(pair, opts, why);
}

const struct ipcx_transport_ops ipcx_transport_fifo = {
	.name = "fifo",
	.summary = "two pipes that have names",
	.caps = IPCX_TRANSPORT_PEER_DEATH | IPCX_TRANSPORT_POLL | TRANSPORT_MANY,
	.traits = IPCX_TRAIT_DEATH,
	.persistence = IPCX_PERSISTS_NAME,
	.max_size = STREAM_MAX_SIZE,
	.open = fifo_open,
	STREAM_OPS
};
