// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages through a pipe that is given the writer's pages by vmsplice(2), without ipcx. write(2)
 * would copy them into pages of the kernel's; so only read(2) copies.
 *
 * The price: what is in the pipe is the page, not what was in it at that time. It must not be
 * written again until it has been read, and nothing tells when that is: so the reader says it.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 2
#define MESSAGES 5

/* All messages are a page long here; for others see native_pipe.c. */
static size_t page_size;

static char *map_pages(unsigned int count)
{
	/* Pages of a private map would be copied at the first write after a fork(2). */
	char *pages = mmap(NULL, count * page_size, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		err(1, "mmap");
	return pages;
}

static void give_page(int fd, char *page)
{
	struct iovec vec = { page, page_size };

	/*
	 * It waits while the pipe has no place for a page, whatever O_NONBLOCK says: that would
	 * be SPLICE_F_NONBLOCK.
	 */
	if (vmsplice(fd, &vec, 1, 0) != (ssize_t)page_size)
		err(1, "vmsplice");
}

/* 1, or 0 at the end. */
static int read_page(int fd, char *page)
{
	size_t done = 0;
	ssize_t n;

	while (done < page_size) {
		n = read(fd, page + done, page_size - done);
		if (n < 0)
			err(1, "read");
		if (n == 0 && done)
			errx(1, "the writer died in the middle of a message");
		if (n == 0)
			return 0;
		done += (size_t)n;
	}
	return 1;
}

/* What happens to who does not wait. */
static void too_early(void)
{
	char *page = map_pages(1), *copy = map_pages(1);
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		err(1, "pipe");
	snprintf(page, page_size, "as it was sent");
	give_page(fds[1], page);
	snprintf(page, page_size, "as it was written later");
	if (!read_page(fds[0], copy))
		errx(1, "the pipe is empty");
	printf("too early: %s\n", copy);
	close(fds[0]);
	close(fds[1]);
	munmap(page, page_size);
	munmap(copy, page_size);
}

/* Pages in turn: one is written while the other one is read. */
static void write_messages(int fd, int acks)
{
	char *pages = map_pages(PAGES), *page, ack;

	for (int i = 0; i < MESSAGES; i++) {
		page = pages + (size_t)(i % PAGES) * page_size;
		/* Acknowledgements come in order: this one is for what was in this page. */
		if (i >= PAGES && read(acks, &ack, 1) != 1)
			errx(1, "the reader is gone");
		snprintf(page, page_size, "message %d", i + 1);
		give_page(fd, page);
	}
}

static void read_messages(int fd, int acks)
{
	/* Who only hands it on to another file has splice(2) and tee(2): then nobody copies. */
	char *page = map_pages(1);

	while (read_page(fd, page)) {
		/* The page is the writer's again; the last ones nobody waits for. */
		if (write(acks, "", 1) < 0)
			err(1, "write");
		printf("%.*s\n", (int)page_size, page);
	}
}

int main(void)
{
	int data[2], acks[2], status;
	pid_t child;

	page_size = (size_t)sysconf(_SC_PAGESIZE);
	/* A write to a pipe that nobody reads is an error, rather than the end. */
	signal(SIGPIPE, SIG_IGN);
	too_early();
	fflush(stdout);
	if (pipe2(data, O_CLOEXEC) < 0 || pipe2(acks, O_CLOEXEC) < 0)
		err(1, "pipe");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		close(data[0]);
		close(acks[1]);
		write_messages(data[1], acks[0]);
		_exit(0);
	}
	close(data[1]);
	/* acks[0] stays open here: the writer has ended before its last ones are read. */
	read_messages(data[0], acks[1]);
	return wait(&status) < 0 || status;
}
