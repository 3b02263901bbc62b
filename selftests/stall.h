/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory whose pager does not answer. As in common.h: -errno, and no checks. */
#ifndef IPCX_SELFTESTS_STALL_H
#define IPCX_SELFTESTS_STALL_H

#include "common.h"

#include <linux/userfaultfd.h>
#include <poll.h>
#include <sys/syscall.h>

#define STALL_SIZE	4096

/* A page that nobody may touch until it is answered, and its monitor. */
struct stall {
	char *page;
	int uffd;
};

static inline int stall_new(struct stall *s)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	s->page = mmap(NULL, STALL_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	s->uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (s->uffd < 0)
		return -errno;
	reg.range.start = addr(s->page);
	reg.range.len = STALL_SIZE;
	if (ioctl(s->uffd, UFFDIO_API, &api) < 0 || ioctl(s->uffd, UFFDIO_REGISTER, &reg) < 0)
		return -errno;
	return 0;
}

/* Returns when somebody stands still on the page. */
static inline int stall_wait(const struct stall *s)
{
	struct pollfd p = { .fd = s->uffd, .events = POLLIN };
	struct uffd_msg msg;

	if (poll(&p, 1, 100000 * timeout_factor()) != 1)
		return -ETIMEDOUT;
	return read(s->uffd, &msg, sizeof(msg)) == sizeof(msg) ? 0 : -errno;
}

/* Lets them go on, over a page of @fill. */
static inline int stall_answer(const struct stall *s, char fill)
{
	char content[STALL_SIZE] __attribute__((aligned(STALL_SIZE)));
	struct uffdio_copy copy = {
		.dst = addr(s->page), .src = addr(content), .len = STALL_SIZE,
	};

	memset(content, fill, STALL_SIZE);
	return ioctl(s->uffd, UFFDIO_COPY, &copy) < 0 ? -errno : 0;
}

static inline void stall_free(struct stall *s)
{
	munmap(s->page, STALL_SIZE);
	close(s->uffd);
}

#endif /* IPCX_SELFTESTS_STALL_H */
