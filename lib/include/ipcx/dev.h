/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device: where objects are found, created, listed and unlinked. */
#ifndef IPCX_DEV_H
#define IPCX_DEV_H

#include <ipcx/common.h>

#ifdef __cplusplus
extern "C" {
#endif

/** IPCX_DEV_PATH - Where ipcx_dev_open() looks for the device. */
#define IPCX_DEV_PATH "/dev/ipcx"

/**
 * struct ipcx_dev - An open device (a control fd).
 *
 * It sees the names of the network namespace that it was opened in, also when
 * the process has since moved to another. Its functions are thread-safe, except
 * that ipcx_dev_close() must be the last call.
 */
struct ipcx_dev;

/**
 * struct ipcx_dev_opts - Options of ipcx_dev_open().
 * @sz: size of this structure, set by IPCX_OPTS()
 * @path: device node; NULL: IPCX_DEV_PATH
 */
struct ipcx_dev_opts {
	size_t sz;
	const char *path;
};

/**
 * ipcx_dev_open() - Open the device.
 * @dev: out: the device; NULL after an error
 * @opts: options, or NULL
 *
 * Objects that were opened through it do not need it any more and outlive it.
 *
 * Return: 0, or -ENOENT (no such device node: the module is not loaded),
 * -EACCES (its mode), -ENOTTY (it is not an ipcx device), -EPROTO (the module
 * is older than the ABI version that the library needs), -ENOMEM, -EMFILE, -ENFILE, -EINVAL or -E2BIG
 * (@opts), or what else open(2) says.
 */
IPCX_API int ipcx_dev_open(struct ipcx_dev **dev, const struct ipcx_dev_opts *opts);

/**
 * ipcx_dev_close() - Close the device.
 * @dev: the device, or NULL
 */
IPCX_API void ipcx_dev_close(struct ipcx_dev *dev);

/**
 * ipcx_dev_fd() - The control fd, for operations that the library lacks.
 * @dev: the device
 *
 * Return: the fd, which stays the device's.
 */
IPCX_API int ipcx_dev_fd(const struct ipcx_dev *dev);

/**
 * ipcx_dev_info() - What the module offers, its limits and the caller's use.
 * @dev: the device
 * @info: out
 *
 * Return: 0, or a negative errno.
 */
IPCX_API int ipcx_dev_info(const struct ipcx_dev *dev, struct ipcx_info *info);

/**
 * ipcx_dev_unlink() - Remove the name of an object of any kind.
 * @dev: the device
 * @name: the name, with its leading '/'
 *
 * The object lives on until its last fd is closed.
 *
 * Return: 0, or -ENOENT (no such name), -EACCES (neither the owner nor
 * CAP_IPC_OWNER), -EINVAL (not a name), -ENAMETOOLONG.
 */
IPCX_API int ipcx_dev_unlink(const struct ipcx_dev *dev, const char *name);

/**
 * struct ipcx_iter - A walk over the objects that the caller may read.
 *
 * For one thread at a time.
 */
struct ipcx_iter;

/**
 * ipcx_iter_new() - Begin a walk.
 * @iter: out: the walk; NULL after an error
 * @dev: the device, which must stay open during the walk
 * @kind: one of &enum ipcx_kind, or 0 for all
 *
 * Return: 0, or -ENOMEM.
 */
IPCX_API int ipcx_iter_new(struct ipcx_iter **iter, const struct ipcx_dev *dev,
			   unsigned int kind);

/**
 * ipcx_iter_next() - The next object.
 * @iter: the walk
 * @stat: out: its state, valid until the next call for @iter
 *
 * Objects come in the order of their ids; one that exists during the whole walk
 * is given exactly once.
 *
 * Return: 1 with an object, 0 at the end, or -EINVAL (unknown kind), -EINTR
 * (the call can be repeated) or another negative errno.
 */
IPCX_API int ipcx_iter_next(struct ipcx_iter *iter, const struct ipcx_stat **stat);

/**
 * ipcx_iter_free() - End a walk.
 * @iter: the walk, or NULL
 */
IPCX_API void ipcx_iter_free(struct ipcx_iter *iter);

#ifdef __cplusplus
}
#endif

#endif /* IPCX_DEV_H */
