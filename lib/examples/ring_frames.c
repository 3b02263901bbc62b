// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Frames as of a camera, which are made and looked at where they lie: no copy, and no system
 * call as long as both are busy.
 */
#include "example_ring.h"

#define WIDTH 320
#define HEIGHT 240
#define FRAMES 100

struct frame {
	uint32_t number;
	uint32_t width;
	uint32_t height;
	uint32_t reserved;
	uint8_t pixels[WIDTH * HEIGHT];
};

/* Paints into the ring itself. */
static int camera(struct ipcx_ring *ring, int number)
{
	struct ipcx_producer *p;
	struct frame *frame;
	long err;

	(void)number;
	check("attach", ipcx_producer_attach(&p, ring));
	for (uint32_t i = 0; i < FRAMES;) {
		err = ipcx_producer_reserve(p, sizeof(*frame), (void **)&frame);
		if (err == -EAGAIN) {
			check("wait", ipcx_producer_wait(p, sizeof(*frame), NULL));
			continue;
		}
		check("reserve", err);
		*frame = (struct frame){ .number = i, .width = WIDTH, .height = HEIGHT };
		memset(frame->pixels, i, sizeof(frame->pixels));
		/* One that was blurred: nobody sees it. */
		if (i++ % 10 == 9)
			check("discard", ipcx_producer_discard(p));
		else
			check("commit", ipcx_producer_commit(p));
	}
	/* The end of the file, after all frames have been seen. */
	ipcx_producer_detach(p);
	ipcx_ring_close(ring);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct ipcx_ring *ring = make_ring(argc, argv, IPCX_RING_SPSC, 1 << 20);
	unsigned long frames = 0, bright = 0;
	const struct frame *frame;
	struct ipcx_consumer *c;
	long len;

	check("attach", ipcx_consumer_attach(&c, ring, 0));
	start(camera, ring, 0);
	alarm(60);
	for (;;) {
		len = ipcx_consumer_peek(c, (const void **)&frame);
		if (len == -ENODATA)
			break;
		if (len == -EAGAIN) {
			/* The end of the file is found by the next look. */
			len = ipcx_consumer_wait(c, NULL);
			if (len != -ENODATA)
				check("wait", len);
			continue;
		}
		if (check("peek", len) != sizeof(*frame))
			check("frame", -EBADMSG);
		for (size_t i = 0; i < sizeof(frame->pixels); i++)
			bright += frame->pixels[i] >= 50;
		frames++;
		check("release", ipcx_consumer_release(c));
	}
	printf("%lu frames, %lu of them bright\n", frames, bright / (WIDTH * HEIGHT));
	ipcx_consumer_detach(c);
	ipcx_ring_close(ring);
	return join_all();
}
