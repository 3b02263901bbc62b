/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading and unloading a module that selftests/run names in the environment. As in
 * common.h: -errno, and no checks.
 */
#ifndef IPCX_SELFTESTS_MODULE_H
#define IPCX_SELFTESTS_MODULE_H

#include "common.h"

#include <sys/syscall.h>

/* @variable: in the environment, has the path of its file; @name: the kernel's of it */
struct module {
	const char *variable, *name;
};

static inline int module_load(const struct module *m, const char *parameters)
{
	const char *path = getenv(m->variable);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	int ret;

	if (fd < 0)
		return -ENOENT;
	ret = syscall(SYS_finit_module, fd, parameters, 0) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

static inline int module_unload_now(const struct module *m)
{
	return syscall(SYS_delete_module, m->name, O_NONBLOCK) < 0 ? -errno : 0;
}

struct module_unloading {
	const struct module *module;
	int ret;
};

static inline bool module_unloads(void *arg)
{
	struct module_unloading *u = arg;

	u->ret = module_unload_now(u->module);
	return u->ret != -EWOULDBLOCK;
}

/* A file that was closed is given up by a task work or a worker. */
static inline int module_unload(const struct module *m)
{
	struct module_unloading u = { m, -EWOULDBLOCK };

	wait_until(module_unloads, &u);
	return u.ret;
}

#endif /* IPCX_SELFTESTS_MODULE_H */
