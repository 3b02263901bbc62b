// SPDX-License-Identifier: LGPL-2.1-or-later
/* Two pipes, one per direction. */
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "pipe.h"

#define PAGE	4096

/*
 * A pipe counts pages, not bytes: a message that fills no whole page leaves the
 * rest of its last page to the next one only where that fits whole.
 */
long long pipe_room(const struct ipcx_transport_opts *opts)
{
	long long bytes = (long long)stream_bytes(opts);
	long long per_page = PAGE / bytes;

	if (per_page > 1)
		return ((long long)opts->depth + per_page - 1) / per_page * PAGE;
	return (bytes + PAGE - 1) / PAGE * PAGE * opts->depth;
}

int pipe_make_room(int fd, long long room, char *why)
{
	long long limit;

	/* No wish: the default. */
	if (!room)
		return 0;
	if (room > INT_MAX)
		return transport_why(why, -ENOSPC, "a pipe cannot hold %lld bytes", room);
	if (fcntl(fd, F_SETPIPE_SZ, (int)room) >= 0)
		return 0;
	limit = transport_setting("/proc/sys/fs/pipe-max-size");
	if (errno == EPERM)
		return transport_why(why, -ENOSPC,
				     "needs a pipe of %lld bytes, and fs.pipe-max-size is %lld: as root, sysctl fs.pipe-max-size=%lld",
				     room, limit, room);
	return transport_why(why, -errno, "cannot make a pipe of %lld bytes: %m", room);
}

static int join(struct stream_end *from, struct stream_end *to, long long room, char *why)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return transport_why(why, -errno, "pipe: %m");
	to->in = fds[0];
	from->out = fds[1];
	return pipe_make_room(from->out, room, why);
}

int pipe_connect(struct stream_pair *pair, const struct ipcx_transport_opts *opts, char *why)
{
	long long room = pipe_room(opts);
	int err = join(&pair->end[0], &pair->end[1], room, why);

	return err ? err : join(&pair->end[1], &pair->end[0], room, why);
}

static int pipe_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
		     char *why)
{
	struct stream_pair *pair = stream_pair_new(&ipcx_transport_pipe, opts);

	if (!pair)
		return -ENOMEM;
	*out = &pair->base;
	return pipe_connect(pair, opts, why);
}

const struct ipcx_transport_ops ipcx_transport_pipe = {
	.name = "pipe",
	.summary = "two pipes",
	.caps = IPCX_TRANSPORT_RELATED | IPCX_TRANSPORT_PEER_DEATH | IPCX_TRANSPORT_POLL |
		TRANSPORT_MANY,
	.traits = IPCX_TRAIT_DEATH,
	.max_size = STREAM_MAX_SIZE,
	.open = pipe_open,
	STREAM_OPS
};
