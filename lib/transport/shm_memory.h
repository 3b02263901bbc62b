/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that processes share, by each way that Linux has. All leave no name behind, and hold
 * until the last process has given it up.
 */
#ifndef IPCX_TRANSPORT_SHM_MEMORY_H
#define IPCX_TRANSPORT_SHM_MEMORY_H

#include <stddef.h>

/**
 * struct shm_memory - A way.
 * @map: so many zeroed bytes, all pages there, in *@out; 0, or a negative errno with the
 *	reason
 * @unmap: gives them up in this process
 */
struct shm_memory {
	int (*map)(void **out, size_t size, char *why);
	void (*unmap)(void *map, size_t size);
};

extern const struct shm_memory shm_anonymous;	/* mmap(2), inherited by fork(2) */
extern const struct shm_memory shm_posix;	/* shm_open(3) */
extern const struct shm_memory shm_memfd;	/* memfd_create(2), passed as an fd */
extern const struct shm_memory shm_file;	/* a file in $TMPDIR or /tmp */
extern const struct shm_memory shm_sysv;	/* shmget(2) */

#endif /* IPCX_TRANSPORT_SHM_MEMORY_H */
