// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "../src/internal.h"
#include "internal.h"
#include "shm_memory.h"

static int map_fd(void **out, int fd, size_t size, int flags, char *why)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE | flags,
			 fd, 0);

	if (map == MAP_FAILED)
		return transport_why(why, -errno, "cannot map %zu bytes: %m", size);
	*out = map;
	return 0;
}

static void unmap(void *map, size_t size)
{
	munmap(map, size);
}

static int map_anonymous(void **out, size_t size, char *why)
{
	return map_fd(out, -1, size, MAP_ANONYMOUS, why);
}

/* A file has to have the blocks: without, a full file system ends the program. */
static int map_file(void **out, int fd, const char *what, size_t size, char *why)
{
	int err = ipcx_allocate(fd, size);

	if (err)
		return transport_why(why, err, "%s: no %zu bytes: %s", what, size,
				     strerror(-err));
	return map_fd(out, fd, size, 0, why);
}

/* Takes @fd over. */
static int map_and_close(void **out, int fd, const char *what, size_t size, char *why)
{
	int err;

	if (fd < 0)
		return transport_why(why, -errno, "%s: %m", what);
	err = map_file(out, fd, what, size, why);
	close(fd);
	return err;
}

static int map_posix(void **out, size_t size, char *why)
{
	char name[TRANSPORT_NAME];
	int fd, saved;

	transport_name(name);
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	saved = errno;
	if (fd >= 0)
		shm_unlink(name);
	errno = saved;
	return map_and_close(out, fd, name, size, why);
}

static int map_memfd(void **out, size_t size, char *why)
{
	return map_and_close(out, memfd_create("ipcx-transport", MFD_CLOEXEC), "memfd_create", size,
			     why);
}

static int map_named_file(void **out, size_t size, char *why)
{
	char path[PATH_MAX];
	int fd, saved, err = transport_temporary(path, sizeof(path), why);

	if (err)
		return err;
	fd = mkostemp(path, O_CLOEXEC);
	saved = errno;
	if (fd >= 0)
		unlink(path);
	errno = saved;
	return map_and_close(out, fd, path, size, why);
}

/* Removed at once: it goes with the last process that has it. */
static int map_sysv(void **out, size_t size, char *why)
{
	int id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
	void *map;

	if (id < 0)
		return transport_why(why, -errno, "shmget: %m: see kernel.shmmax, kernel.shmall and kernel.shmmni");
	map = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	if (map == (void *)-1)
		return transport_why(why, -errno, "shmat: %m");
	memset(map, 0, size);
	*out = map;
	return 0;
}

static void unmap_sysv(void *map, size_t size __attribute__((unused)))
{
	shmdt(map);
}

const struct shm_memory shm_anonymous = { map_anonymous, unmap };
const struct shm_memory shm_posix = { map_posix, unmap };
const struct shm_memory shm_memfd = { map_memfd, unmap };
const struct shm_memory shm_file = { map_named_file, unmap };
const struct shm_memory shm_sysv = { map_sysv, unmap_sysv };
