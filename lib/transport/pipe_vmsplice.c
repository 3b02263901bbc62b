// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two pipes whose writers give the kernel pages of theirs with vmsplice(2), instead of having
 * bytes copied into its own: only the reader's read(2) copies.
 *
 * A page may not be written again before it was read. Nothing tells when that is, but a pipe
 * holds no more pages than it has room for: what so many pages have followed was read. So a
 * message is laid out in the next pages of a ring that has as many more than the pipe as the
 * largest message needs, twice, since a message that does not fit before the ring's end goes to
 * its beginning.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fd.h"
#include "pipe.h"

#define PAGE	4096
#define HEADER	sizeof(uint32_t)

/**
 * struct pages - Those of one end.
 * @map: the ring
 * @count: how many
 * @next: the first that the next message may have
 * @flags: of vmsplice(2), which does not look at those of the file
 */
struct pages {
	char *map;
	size_t count;
	size_t next;
	unsigned int flags;
};

struct vmsplice_pair {
	struct stream_pair stream;
	struct pages pages[2];
};

static size_t pages_of(size_t bytes)
{
	return (bytes + PAGE - 1) / PAGE;
}

static ssize_t put_pages(const struct stream_end *end, const void *bytes, size_t len)
{
	struct iovec vec = { (void *)bytes, len };

	return vmsplice(end->out, &vec, 1, ((const struct pages *)end->own)->flags);
}

static int vmsplice_send(struct ipcx_transport_end *base, const struct ipcx_transport_msg *msg)
{
	struct stream_end *end = (struct stream_end *)base;
	size_t header = end->fixed ? 0 : HEADER;
	struct pages *pages = end->own;
	uint32_t len = (uint32_t)msg->len;
	size_t need = pages_of(header + msg->len), at = pages->next;
	char *place;
	int err;

	if (end->fixed ? msg->len != end->fixed : msg->len > end->max)
		return -EMSGSIZE;
	if (at + need > pages->count)
		at = 0;
	place = pages->map + at * PAGE;
	memcpy(place, &len, header);
	memcpy(place + header, msg->buf, msg->len);
	err = stream_write(end, place, header + msg->len);
	if (!err)
		pages->next = at + need;
	return err;
}

static int map_pages(struct pages *pages, int fd, const struct ipcx_transport_opts *opts, char *why)
{
	int room = fcntl(fd, F_GETPIPE_SZ);

	if (room < 0)
		return transport_why(why, -errno, "F_GETPIPE_SZ: %m");
	pages->count = (size_t)room / PAGE + 2 * pages_of(stream_bytes(opts));
	pages->map = mmap(NULL, pages->count * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (pages->map != MAP_FAILED)
		return 0;
	pages->map = NULL;
	return transport_why(why, -errno, "cannot map %zu pages: %m", pages->count);
}

/* However short, a message has a page of the pipe. */
static long long page_room(const struct ipcx_transport_opts *opts)
{
	return (long long)pages_of(stream_bytes(opts)) * PAGE * opts->depth;
}

static int join(struct stream_end *from, struct stream_end *to, struct pages *pages,
		const struct ipcx_transport_opts *opts, char *why)
{
	int fds[2], err;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return transport_why(why, -errno, "pipe: %m");
	to->in = fds[0];
	from->out = fds[1];
	from->put = put_pages;
	from->own = pages;
	err = pipe_make_room(from->out, page_room(opts), why);
	return err ? err : map_pages(pages, from->out, opts, why);
}

static int vmsplice_open(struct ipcx_transport_pair **out, const struct ipcx_transport_opts *opts,
			 char *why)
{
	struct vmsplice_pair *pair = calloc(1, sizeof(*pair));
	struct stream_end *end;
	int err;

	if (!pair)
		return -ENOMEM;
	stream_pair_init(&pair->stream, &ipcx_transport_pipe_vmsplice, opts);
	end = pair->stream.end;
	*out = &pair->stream.base;
	err = join(&end[0], &end[1], &pair->pages[0], opts, why);
	return err ? err : join(&end[1], &end[0], &pair->pages[1], opts, why);
}

static int vmsplice_set_nonblock(struct ipcx_transport_end *base, int on)
{
	struct pages *pages = ((struct stream_end *)base)->own;

	pages->flags = on ? SPLICE_F_NONBLOCK : 0;
	return stream_set_nonblock(base, on);
}

static void vmsplice_close(struct ipcx_transport_pair *base)
{
	struct vmsplice_pair *pair = (struct vmsplice_pair *)base;

	for (int side = 0; side < 2; side++)
		if (pair->pages[side].map)
			munmap(pair->pages[side].map, pair->pages[side].count * PAGE);
	stream_close(base);
}

const struct ipcx_transport_ops ipcx_transport_pipe_vmsplice = {
	.name = "pipe-vmsplice",
	.summary = "two pipes that are given the writer's pages by vmsplice(2)",
	.caps = IPCX_TRANSPORT_RELATED | IPCX_TRANSPORT_PEER_DEATH | IPCX_TRANSPORT_POLL,
	.traits = IPCX_TRAIT_DEATH,
	.max_size = STREAM_MAX_SIZE,
	.open = vmsplice_open,
	.send = vmsplice_send,
	.recv = stream_recv,
	.set_nonblock = vmsplice_set_nonblock,
	.wait = stream_wait,
	.attach = stream_attach,
	.close = vmsplice_close,
};
