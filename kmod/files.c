// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that a message carries, see files.h.
 *
 * They are installed by the kernel's function for received files, one by one: it
 * asks the security modules about each. What fails in the middle is undone by
 * closing the fds that were made. Another thread of the receiver may have used one of
 * them meanwhile: it had a file that the process was sent, for a moment too early. Or
 * it may have put another file in its place (dup2), which is closed then.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/sock.h>

#include "account.h"
#include "compat.h"
#include "files.h"
#include "ipcx.h"
#include "mbox.h"
#include "object.h"

static bool is_network_socket(struct file *file)
{
	struct socket *sock = sock_from_file(file);
	int family;

	if (!sock || !sock->sk)
		return false;
	family = READ_ONCE(sock->sk->sk_family);
	return family == AF_INET || family == AF_INET6;
}

static bool is_eventfd(struct file *file)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fileget(file);

	if (IS_ERR(ctx))
		return false;
	eventfd_ctx_put(ctx);
	return true;
}

static bool is_own(const struct file *file)
{
	if (ipcx_file_is(file, &ipcx_mbox_kind_ops))
		return !(ipcx_handle_of(file)->rights & IPCX_OPEN_READ);
	return ipcx_file_is(file, &ipcx_queue_kind_ops) ||
	       ipcx_file_is(file, &ipcx_ring_kind_ops) ||
	       ipcx_file_token(file);
}

/* What looks like a regular file and stands for something else. */
static bool is_handle(const struct inode *inode)
{
	switch (inode->i_sb->s_magic) {
	case ANON_INODE_FS_MAGIC:
	case NSFS_MAGIC:
	case PID_FS_MAGIC:
		return true;
	default:
		return false;
	}
}

static bool may_carry(struct file *file)
{
	const struct inode *inode = file_inode(file);
	bool anon = inode->i_sb->s_magic == ANON_INODE_FS_MAGIC;

	if (S_ISDIR(inode->i_mode) ||
	    (S_ISREG(inode->i_mode) && !is_handle(inode)))
		return true;
	/* A place in a file system; what is there was not opened. */
	if (file->f_mode & FMODE_PATH)
		return false;
	return S_ISFIFO(inode->i_mode) || is_own(file) ||
	       (anon && is_eventfd(file)) || is_network_socket(file);
}

static void put_files(struct file *const *file, u32 count)
{
	while (count--)
		fput(file[count]);
}

/* Get the files behind @fd. Returns 0, -EBADF or -EPERM. */
static int get_files(struct ipcx_files *files, const int *fd, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		struct file *file = fget_raw(fd[i]);

		if (file && may_carry(file)) {
			files->file[i] = file;
			continue;
		}
		if (file)
			fput(file);
		put_files(files->file, i);
		return file ? -EPERM : -EBADF;
	}
	files->count = count;
	return 0;
}

static int charge_files(struct ipcx_files *files, u32 count)
{
	int ret;

	files->acct = ipcx_account_get_current();
	if (!files->acct)
		return -ENOMEM;
	ret = ipcx_account_charge(files->acct, IPCX_FILES, count);
	if (ret)
		ipcx_account_put(files->acct);
	return ret;
}

static void uncharge_files(struct ipcx_files *files, u32 count)
{
	ipcx_account_uncharge(files->acct, IPCX_FILES, count);
	ipcx_account_put(files->acct);
}

/**
 * ipcx_files_get() - Get the files that a message shall carry.
 * @fds: user address of an array of __s32
 * @count: how many, at least 1
 *
 * Context: process context, may fault and sleep.
 * Return: the files, charged to the calling user; -EBADF, -EDQUOT, -EFAULT, -EINVAL
 * (too many), -ENOMEM, -EPERM (a kind that cannot be carried) as ERR_PTR.
 */
struct ipcx_files *ipcx_files_get(u64 fds, u32 count)
{
	struct ipcx_files *files;
	int fd[IPCX_FDS_MAX];
	int ret;

	if (count > IPCX_FDS_MAX)
		return ERR_PTR(-EINVAL);
	if (copy_from_user(fd, u64_to_user_ptr(fds), count * sizeof(*fd)))
		return ERR_PTR(-EFAULT);
	files = kmalloc(struct_size(files, file, count), IPCX_GFP);
	if (!files)
		return ERR_PTR(-ENOMEM);
	ret = charge_files(files, count);
	if (ret)
		goto free;
	ret = get_files(files, fd, count);
	if (ret)
		goto uncharge;
	return files;

uncharge:
	uncharge_files(files, count);
free:
	kfree(files);
	return ERR_PTR(ret);
}

/**
 * ipcx_files_free() - Close what a message carried.
 * @files: the files, or NULL
 *
 * Context: process context, may sleep.
 */
void ipcx_files_free(struct ipcx_files *files)
{
	if (!files)
		return;
	put_files(files->file, files->count);
	uncharge_files(files, files->count);
	kfree(files);
}

static void close_fds(const int *fd, u32 count)
{
	while (count--)
		close_fd(fd[count]);
}

static int install_all(const struct ipcx_files *files, u32 o_flags, int *fd)
{
	u32 i;

	for (i = 0; i < files->count; i++) {
		fd[i] = ipcx_receive_fd(files->file[i], o_flags);
		if (fd[i] < 0) {
			close_fds(fd, i);
			return fd[i];
		}
	}
	return 0;
}

/**
 * ipcx_files_install() - Give the calling process files, and tell it their fds.
 * @files: the files
 * @room: where to tell, with room for all
 * @fd: out: the fds
 *
 * Memory that cannot be written shows before anything is installed.
 *
 * Context: process context, may fault and sleep.
 * Return: 0; or -EFAULT, -EMFILE, -ENOMEM, or what a security module says, with
 * nothing installed.
 */
int ipcx_files_install(const struct ipcx_files *files,
		       const struct ipcx_fd_room *room, int *fd)
{
	void __user *to = u64_to_user_ptr(room->fds);
	size_t size = files->count * sizeof(*fd);
	int ret;

	memset(fd, -1, size);
	if (copy_to_user(to, fd, size))
		return -EFAULT;
	ret = install_all(files, room->o_flags, fd);
	if (ret)
		return ret;
	if (!copy_to_user(to, fd, size))
		return 0;
	ipcx_files_uninstall(files, fd);
	return -EFAULT;
}

/**
 * ipcx_files_uninstall() - Undo ipcx_files_install().
 * @files: the files
 * @fd: the fds
 *
 * Context: process context, may sleep.
 */
void ipcx_files_uninstall(const struct ipcx_files *files, const int *fd)
{
	close_fds(fd, files->count);
}
