// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of objects, on a private pseudo file system.
 *
 * Every object has one inode while somebody has it open, numbered by the
 * object's id: fstat(), fchmod() and /proc/PID/fd mean this object and no other.
 * Files are opened for reading and writing whatever the handle may do: the VFS
 * refuses shared mappings of files that are not, and rights are the handle's
 * business.
 *
 * An inode holds a reference to its object: O_PATH descriptors keep inodes, and
 * with them fchmod(), beyond the last handle.
 *
 * The mount exists while inodes do, and it, not the objects, pins the module:
 * after a file's operations were released the VFS still goes through dentry,
 * inode and superblock, which lead back into this file. Each inode therefore pins
 * the mount, so that an object never has a second one on a second mount; the
 * superblock's reference to the module is dropped by core code, after it is gone.
 *
 * An inode's end may not end the superblock that it is on. It does not: whoever
 * holds an inode holds its mount, too (files, descriptors of paths). What holds
 * inodes alone are marks of inotify and fanotify, which nobody may set here.
 */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/magic.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/slab.h>

#include "compat.h"
#include "ipcx.h"
#include "limits.h"
#include "object.h"
#include "stamps.h"
#include "trace.h"

/* "ipcx" */
#define IPCX_FS_MAGIC	0x69706378

static struct vfsmount *ipcx_mnt;
static int ipcx_mnt_count;

/* fchmod() and fchown(): the object follows the inode. */
static int ipcx_setattr(struct ipcx_idmap *idmap, struct dentry *dentry,
			struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	struct ipcx_object *obj = inode->i_private;
	int ret;

	if (attr->ia_valid & ATTR_SIZE)
		return -EINVAL;
	ret = setattr_prepare(idmap, dentry, attr);
	if (ret)
		return ret;
	setattr_copy(idmap, inode, attr);
	spin_lock(&obj->perm_lock);
	obj->mode = inode->i_mode & 0777;
	obj->uid = inode->i_uid;
	obj->gid = inode->i_gid;
	spin_unlock(&obj->perm_lock);
	return 0;
}

/* For all that opens or marks by path: an object's way in is IPCX_OPEN. */
static int ipcx_permission(struct ipcx_idmap *idmap, struct inode *inode,
			   int mask)
{
	return -EACCES;
}

static const struct inode_operations ipcx_inode_operations = {
	.setattr = ipcx_setattr,
	.permission = ipcx_permission,
};

static void ipcx_evict_inode(struct inode *inode)
{
	struct ipcx_object *obj = inode->i_private;

	clear_inode(inode);
	/* The root directory is nobody's. */
	if (!obj)
		return;
	ipcx_object_put(obj);
	simple_release_fs(&ipcx_mnt, &ipcx_mnt_count);
}

static const struct super_operations ipcx_super_operations = {
	.statfs = simple_statfs,
	.drop_inode = generic_delete_inode,
	.evict_inode = ipcx_evict_inode,
};

/* What /proc/PID/fd shows. */
static char *ipcx_dname(struct dentry *dentry, char *buffer, int buflen)
{
	const struct ipcx_object *obj = d_inode(dentry)->i_private;
	char text[48];
	int len;

	len = scnprintf(text, sizeof(text), "ipcx:[%s:%llu]", obj->kind->name,
			obj->id) + 1;
	if (len > buflen)
		return ERR_PTR(-ENAMETOOLONG);
	return memcpy(buffer + buflen - len, text, len);
}

static const struct dentry_operations ipcx_dentry_operations = {
	.d_dname = ipcx_dname,
};

static int ipcx_init_fs_context(struct fs_context *fc)
{
	struct pseudo_fs_context *ctx = init_pseudo(fc, IPCX_FS_MAGIC);

	if (!ctx)
		return -ENOMEM;
	ctx->ops = &ipcx_super_operations;
	ctx->dops = &ipcx_dentry_operations;
	/* Nothing mapped is executable, not even for a process that always asks so. */
	fc->s_iflags |= SB_I_NOEXEC;
	return 0;
}

static struct file_system_type ipcx_fs_type = {
	.owner = THIS_MODULE,
	.name = "ipcx",
	.init_fs_context = ipcx_init_fs_context,
	.kill_sb = kill_anon_super,
};

/* The object's inode. The caller pins the mount. */
static struct inode *ipcx_inode(struct ipcx_object *obj)
{
	struct inode *inode = iget_locked(ipcx_mnt->mnt_sb, obj->id);

	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (!(inode->i_state & I_NEW))
		return inode;

	/* The mount is there, and this only counts. */
	simple_pin_fs(&ipcx_fs_type, &ipcx_mnt, &ipcx_mnt_count);
	ipcx_object_get(obj);
	inode->i_private = obj;
	inode->i_op = &ipcx_inode_operations;
	spin_lock(&obj->perm_lock);
	inode->i_mode = obj->mode;
	inode->i_uid = obj->uid;
	inode->i_gid = obj->gid;
	spin_unlock(&obj->perm_lock);
	unlock_new_inode(inode);
	return inode;
}

static struct file *ipcx_file(struct ipcx_object *obj, u32 flags)
{
	int oflags = O_RDWR | (flags & IPCX_OPEN_NONBLOCK ? O_NONBLOCK : 0);
	struct inode *inode;
	struct file *file;

	inode = ipcx_inode(obj);
	if (IS_ERR(inode))
		return ERR_CAST(inode);
	file = alloc_file_pseudo(inode, ipcx_mnt, obj->kind->name, oflags,
				 obj->kind->fops);
	if (IS_ERR(file)) {
		iput(inode);
		return file;
	}
	/* Closing the file drops this; the control fd we came by holds one. */
	__module_get(obj->kind->fops->owner);
	stream_open(inode, file);
	/*
	 * RWF_NOWAIT and io_uring need no thread to wait in; and as for sockets,
	 * there is no file for fanotify to tell about.
	 */
	file->f_mode |= FMODE_NOWAIT | FMODE_NONOTIFY;
	return file;
}

/**
 * ipcx_fs_open() - Make a handle and its file.
 * @obj: the object; the caller's reference and handle count go to the handle
 * @flags: IPCX_OPEN_READ, IPCX_OPEN_WRITE, IPCX_OPEN_SUBSCRIBE, IPCX_OPEN_NONBLOCK
 *
 * Context: process context, may sleep.
 * Return: the file, or an ERR_PTR, with @obj closed.
 */
struct file *ipcx_fs_open(struct ipcx_object *obj, u32 flags)
{
	struct ipcx_handle *handle;
	struct file *file;
	int ret = -ENOMEM;

	handle = kmalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle)
		goto close;
	handle->obj = obj;
	handle->rights = flags & IPCX_OPEN_RIGHTS;
	handle->asks = false;
	INIT_LIST_HEAD(&handle->watches);

	ret = simple_pin_fs(&ipcx_fs_type, &ipcx_mnt, &ipcx_mnt_count);
	if (ret)
		goto free;
	file = ipcx_file(obj, flags);
	/* Its inode has a pin of its own. */
	simple_release_fs(&ipcx_mnt, &ipcx_mnt_count);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto free;
	}
	file->private_data = handle;
	trace_ipcx_object_open(obj);
	return file;

free:
	kfree(handle);
close:
	ipcx_object_close(obj);
	return ERR_PTR(ret);
}

/**
 * ipcx_file_is() - Is this a handle of such an object?
 * @file: any file
 * @kind: kind of the object
 *
 * Context: any.
 */
bool ipcx_file_is(const struct file *file, const struct ipcx_kind_ops *kind)
{
	return file->f_op == kind->fops;
}

/**
 * ipcx_file_receives() - Is this a handle with the right to receive from @obj?
 * @file: any file
 * @obj: the object
 *
 * Context: any.
 */
bool ipcx_file_receives(const struct file *file, const struct ipcx_object *obj)
{
	return ipcx_file_is(file, obj->kind) &&
	       ipcx_handle_of(file)->obj == obj &&
	       ipcx_handle_of(file)->rights & IPCX_OPEN_READ;
}

/**
 * ipcx_fs_release() - Undo ipcx_fs_open(), from the file's release operation.
 * @file: the file
 *
 * Context: process context, may sleep.
 */
void ipcx_fs_release(struct file *file)
{
	struct ipcx_handle *handle = ipcx_handle_of(file);

	ipcx_stamps_release(handle);
	ipcx_object_close(handle->obj);
	kfree(handle);
}
