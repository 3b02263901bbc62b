// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A collector of logs in which nobody can write another's name. Lines come into the ring of a
 * mailbox, where the kernel puts them together with who sent them, and are read there without
 * a system call. Who wants to know that its lines have been read asks with a call, which
 * comes in by the other way.
 */
#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "example.h"

#define NAME "/example-log"
#define WRITERS 3
#define LINES 500

struct writer {
	uint32_t pid;
	uint64_t lines;		/* that were read */
	uint64_t wanted;	/* lines after which its call is answered */
	uint64_t token;
};

static int write_lines(const struct ipcx_dev *dev)
{
	uint64_t lines = LINES;
	struct ipcx_mbox *to;
	char line[64];
	int len;

	check("open the mailbox", ipcx_mbox_open(&to, dev, NAME, 0));
	for (int i = 0; i < LINES; i++) {
		len = snprintf(line, sizeof(line), "line %d", i);
		check("log", ipcx_mbox_send(to, line, len));
	}
	check("ask", ipcx_mbox_call(to, &lines, sizeof(lines), NULL, 0));
	return EXIT_SUCCESS;
}

static struct writer *find(struct writer *writers, uint32_t pid)
{
	for (int i = 0; i < WRITERS; i++)
		if (writers[i].pid == pid)
			return &writers[i];
	fprintf(stderr, "who is process %u?\n", pid);
	exit(EXIT_FAILURE);
}

/* All that is in the ring, where it lies; then the senders may have the room again. */
static void read_lines(struct ipcx_consumer *c, struct writer *writers)
{
	struct ipcx_mbox_recv line;
	struct writer *w;
	const void *record;
	char number[16];
	long len;

	while ((len = ipcx_consumer_peek(c, &record)) >= 0) {
		check("read", ipcx_mbox_ring_msg(&line, record, len));
		w = find(writers, line.pid);
		len = snprintf(number, sizeof(number), "line %d", (int)w->lines++);
		if ((long)line.len != len || memcmp((char *)(uintptr_t)line.buf, number, len))
			check("order", -EBADMSG);
	}
	if (len != -EAGAIN)
		check("peek", len);
	check("release", ipcx_consumer_release(c));
}

/* A call may be here before lines that were sent before it: it is answered after them. */
static void take_call(const struct ipcx_mbox *m, struct writer *writers)
{
	IPCX_OPTS(ipcx_recv_opts, opts);
	struct ipcx_mbox_recv call;
	struct writer *w;
	uint64_t wanted;
	long ret;

	opts.flags = IPCX_XFER_NONBLOCK;
	ipcx_mbox_recv_init(&call, &wanted, sizeof(wanted));
	ret = ipcx_mbox_recv_msgs(m, &call, 1, &opts);
	if (ret == -EAGAIN)
		return;
	check("receive", ret);
	w = find(writers, call.pid);
	w->wanted = wanted;
	w->token = call.token;
}

static int answer_calls(const struct ipcx_mbox *m, struct writer *writers)
{
	int answered = 0;

	for (struct writer *w = writers; w < writers + WRITERS; w++) {
		if (!w->token || w->lines < w->wanted)
			continue;
		check("reply", ipcx_mbox_reply(m, w->token, NULL, 0));
		w->token = 0;
		answered++;
	}
	return answered;
}

static void collect(const struct ipcx_mbox *m, struct ipcx_consumer *c, struct writer *writers)
{
	struct pollfd either_way = { .fd = ipcx_mbox_fd(m), .events = POLLIN };

	for (int left = WRITERS; left; left -= answer_calls(m, writers)) {
		check("poll", poll(&either_way, 1, -1) < 0 ? -errno : 0);
		read_lines(c, writers);
		take_call(m, writers);
	}
}

int main(void)
{
	struct writer writers[WRITERS] = { 0 };
	IPCX_OPTS(ipcx_mbox_opts, opts);
	struct ipcx_consumer *c;
	struct ipcx_ring *ring;
	struct ipcx_dev *dev;
	struct ipcx_mbox *m;
	int failed = 0, status;

	check("open the device", ipcx_dev_open(&dev, NULL));
	opts.ring_size = 65536;
	check("make a mailbox", ipcx_mbox_create(&m, dev, NAME, IPCX_OPEN_EXCL, &opts));
	for (int i = 0; i < WRITERS; i++) {
		pid_t pid = fork();

		if (pid < 0)
			check("fork", -errno);
		if (!pid) {
			alarm(60);
			ipcx_mbox_close(m);
			return write_lines(dev);
		}
		writers[i].pid = pid;
	}
	alarm(60);
	check("map its ring", ipcx_mbox_ring(&ring, m));
	check("attach", ipcx_consumer_attach(&c, ring, 0));
	collect(m, c, writers);
	for (int i = 0; i < WRITERS; i++) {
		waitpid(writers[i].pid, &status, 0);
		failed |= status;
		printf("writer %d: %llu lines\n", i + 1, (unsigned long long)writers[i].lines);
	}
	ipcx_consumer_detach(c);
	ipcx_ring_close(ring);
	ipcx_mbox_close(m);
	ipcx_dev_close(dev);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
