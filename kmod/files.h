/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that a message carries.
 *
 * Only kinds of files are carried that can hold no message themselves and keep no
 * mailbox alive: otherwise a mailbox could lie in itself, or two in each other,
 * for ever. Hence an allow-list, and on it of this module's own files all but
 * rights to receive.
 */
#ifndef _IPCX_FILES_H
#define _IPCX_FILES_H

#include <linux/ipcx.h>
#include <linux/types.h>

struct file;
struct ipcx_account;

/**
 * struct ipcx_files - Files in a message; immutable.
 * @acct: account that they are charged to, a reference
 * @count: how many
 * @file: references
 */
struct ipcx_files {
	struct ipcx_account *acct;
	u32 count;
	struct file *file[];
};

/**
 * struct ipcx_fd_room - Where a receiver wants the fds of files.
 * @fds: user address of an array of __s32
 * @room: its length
 * @o_flags: 0 or O_CLOEXEC
 */
struct ipcx_fd_room {
	u64 fds;
	u32 room;
	u32 o_flags;
};

struct ipcx_files *ipcx_files_get(u64 fds, u32 count);
void ipcx_files_free(struct ipcx_files *files);
int ipcx_files_install(const struct ipcx_files *files,
		       const struct ipcx_fd_room *room, int *fd);
void ipcx_files_uninstall(const struct ipcx_files *files, const int *fd);

#endif /* _IPCX_FILES_H */
