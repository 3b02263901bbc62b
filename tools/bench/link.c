// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>

#include "link.h"

/* Bytes that may move between two looks; a short message counts as some. */
#define LOOK_UP_BYTES	((uint64_t)256 << 20)
#define LEAST_BYTES	1024

static unsigned long piece_of(size_t size, unsigned int batch)
{
	unsigned long piece = LOOK_UP_BYTES / (size + LEAST_BYTES) / batch * batch;

	return piece ? piece : batch;
}

static int messages(struct ipcx_transport_msg **msgs, size_t size, unsigned int count)
{
	unsigned int i;

	*msgs = calloc(count, sizeof(**msgs));
	if (!*msgs)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		(*msgs)[i].len = size;
		(*msgs)[i].buf = ipcx_transport_buffer(size);
		if (!(*msgs)[i].buf)
			return -ENOMEM;
	}
	return 0;
}

int link_init(struct link *link, size_t size, unsigned int batch)
{
	int err;

	link->size = size;
	link->batch = batch;
	link->piece = piece_of(size, batch);
	err = messages(&link->out, size, batch);
	return err ? err : messages(&link->in, size, batch);
}

static void messages_free(struct ipcx_transport_msg *msgs, unsigned int count)
{
	unsigned int i;

	for (i = 0; msgs && i < count; i++)
		ipcx_transport_buffer_free(msgs[i].buf);
	free(msgs);
}

void link_free(struct link *link)
{
	messages_free(link->out, link->batch);
	messages_free(link->in, link->batch);
}

int link_send_again(struct link *link, unsigned int from, unsigned int count, int result)
{
	for (;;) {
		if (result == -EINTR)
			result = signals_verdict();
		if (result < 0)
			return result;
		from += (unsigned int)result;
		if (from >= count)
			return 0;
		result = ipcx_transport_send_batch(link->send, link->out + from, count - from);
	}
}

int link_recv_again(struct link *link, unsigned int from, unsigned int count, int result)
{
	for (;;) {
		if (result == -EINTR)
			result = signals_verdict();
		if (result < 0)
			return result;
		from += (unsigned int)result;
		if (from >= count)
			return 0;
		result = ipcx_transport_recv_batch(link->recv, link->in + from, count - from);
	}
}
