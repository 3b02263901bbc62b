/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the kernel's memory. As in common.h: -errno, and no checks. */
#ifndef IPCX_SELFTESTS_KCORE_H
#define IPCX_SELFTESTS_KCORE_H

#include "common.h"

#include <elf.h>

/* Through /proc/kcore, whose program headers say which memory is where in it. */
static inline int kcore_read(unsigned long long at, void *buf, size_t len)
{
	int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC), ret = -ENOENT;
	Elf64_Ehdr header;
	Elf64_Phdr part;
	int i;

	if (fd < 0)
		return -errno;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		ret = -EIO;
	for (i = 0; ret == -ENOENT && i < header.e_phnum; i++) {
		off_t from = header.e_phoff + i * sizeof(part);

		if (pread(fd, &part, sizeof(part), from) != sizeof(part))
			ret = -EIO;
		else if (part.p_type == PT_LOAD && at >= part.p_vaddr &&
			 at - part.p_vaddr < part.p_memsz)
			ret = pread(fd, buf, len, part.p_offset + at - part.p_vaddr) ==
			      (ssize_t)len ? 0 : -EIO;
	}
	close(fd);
	return ret;
}

#endif /* IPCX_SELFTESTS_KCORE_H */
