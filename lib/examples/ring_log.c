// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A collector of logs: four processes write lines, one reads them. Each process has its own
 * lines in order; one that is killed in the middle of a line leaves none behind.
 */
#include "example_ring.h"

#define WRITERS 4
#define LINES 1000

struct line {
	uint32_t writer;
	uint32_t number;
	char text[];
};

static void write_line(struct ipcx_producer *p, uint32_t writer, uint32_t number)
{
	char buf[128];
	struct line *line = (struct line *)buf;
	int len;

	line->writer = writer;
	line->number = number;
	len = snprintf(line->text, sizeof(buf) - sizeof(*line), "writer %u: line %u", writer,
		       number);
	check("send", ipcx_producer_send(p, buf, sizeof(*line) + len, NULL));
}

static int writer(struct ipcx_ring *ring, int number)
{
	struct ipcx_producer *p;

	check("attach", ipcx_producer_attach(&p, ring));
	for (uint32_t i = 0; i < LINES; i++)
		write_line(p, number, i);
	ipcx_producer_detach(p);
	ipcx_ring_close(ring);
	return EXIT_SUCCESS;
}

/* What can be had at once, in one go. Returns whether there may be more. */
static int collect(struct ipcx_consumer *c, uint32_t *next)
{
	const struct line *line;
	long len;

	while ((len = ipcx_consumer_peek(c, (const void **)&line)) >= 0) {
		if (line->number != next[line->writer])
			check("order", -EBADMSG);
		if (++next[line->writer] == LINES)
			printf("%.*s\n", (int)(len - sizeof(*line)), line->text);
	}
	check("release", ipcx_consumer_release(c));
	if (len == -ENODATA)
		return 0;
	if (len != -EAGAIN)
		check("peek", len);
	return 1;
}

int main(int argc, char **argv)
{
	struct ipcx_ring *ring = make_ring(argc, argv, IPCX_RING_MPSC, 0);
	uint32_t next[WRITERS] = { 0 };
	struct ipcx_producer *keeper;
	struct ipcx_consumer *c;
	int failed = 0;

	check("attach", ipcx_consumer_attach(&c, ring, 0));
	/* As long as this one is attached there is no end of the file. */
	check("attach", ipcx_producer_attach(&keeper, ring));
	for (int i = 0; i < WRITERS; i++)
		start(writer, ring, i);
	alarm(60);
	for (int left = WRITERS; left;) {
		check("wait", ipcx_consumer_wait(c, NULL));
		collect(c, next);
		left = 0;
		for (int i = 0; i < WRITERS; i++)
			left += next[i] < LINES;
	}
	ipcx_producer_detach(keeper);
	failed = join_all();
	if (collect(c, next))
		failed = EXIT_FAILURE;
	ipcx_consumer_detach(c);
	ipcx_ring_close(ring);
	return failed;
}
