/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that cannot be used, for the tests of bad input. */
#ifndef IPCX_SELFTESTS_BADMEM_H
#define IPCX_SELFTESTS_BADMEM_H

#include "common.h"

struct bad_memory {
	__u64 addrs[10];	/* addresses of nothing */
	size_t n;
	char *guard;		/* faults; what is below can be used */
	char *readonly;		/* a page that cannot be written */
};

static inline void make_bad_memory(struct bad_memory *mem)
{
	const __u64 addrs[] = {
		0, 8, addr(guard_page()), 0x8000000000000000, 0xffffffffffffffff,
		0xffffffffffffff00, 0xffff888000001000, 0xffffffff81000000,
		0x00007ffffffff000, 0x100000000,
	};

	_Static_assert(sizeof(addrs) == sizeof(mem->addrs), "room for all");
	memcpy(mem->addrs, addrs, sizeof(addrs));
	mem->n = ARRAY_SIZE(addrs);
	mem->guard = guard_page();
	mem->readonly = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem->readonly == MAP_FAILED)
		abort();
}

/* Puts bytes right below the guard page, @keep of them readable. */
static inline void *at_edge(struct bad_memory *mem, const void *bytes, size_t keep)
{
	memcpy(mem->guard - keep, bytes, keep);
	return mem->guard - keep;
}

/* Makes a page of its content read-only. */
static inline void *as_readonly(struct bad_memory *mem, const void *bytes, size_t len)
{
	mprotect(mem->readonly, 4096, PROT_READ | PROT_WRITE);
	memcpy(mem->readonly, bytes, len);
	mprotect(mem->readonly, 4096, PROT_READ);
	return mem->readonly;
}

/* The next fd that will be given: a failed operation must not take it. */
static inline int lowest_free_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

#endif /* IPCX_SELFTESTS_BADMEM_H */
