// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: where a message goes, and from where.
 */
#include <linux/file.h>
#include <linux/fs.h>

#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "object.h"

/* The mailbox with this port, if the caller may use it so. */
static struct ipcx_object *find_port(struct net *net, u64 port, u32 rights)
{
	struct ipcx_object *obj = ipcx_object_get_id(net, port);
	struct ipcx_mbox *mbox;

	if (!obj)
		return ERR_PTR(-ENOENT);
	if (obj->kind != &ipcx_mbox_kind_ops)
		goto refuse;
	mbox = ipcx_mbox_of(ipcx_queue_of(obj));
	if (!(mbox->flags & IPCX_MBOX_ADDRESSABLE || READ_ONCE(obj->linked)))
		goto refuse;
	if (!ipcx_object_permission(obj, rights))
		return obj;
refuse:
	/* All the same: a number tells nothing. */
	ipcx_object_put(obj);
	return ERR_PTR(-ENOENT);
}

/**
 * ipcx_mbox_open_port() - Open a mailbox by its port.
 * @net: network namespace, whose end the caller holds off
 * @port: the port
 * @rights: IPCX_OPEN_WRITE, IPCX_OPEN_SUBSCRIBE
 *
 * Context: process context, may sleep.
 * Return: the object with a reference and a handle count for the caller, or
 * -ENOENT as ERR_PTR.
 */
struct ipcx_object *ipcx_mbox_open_port(struct net *net, u64 port, u32 rights)
{
	struct ipcx_object *obj = find_port(net, port, rights);

	if (!IS_ERR(obj))
		ipcx_object_add_handle(obj);
	return obj;
}

static struct ipcx_object *find_name(struct net *net, u64 addr, u32 len,
				     u32 rights)
{
	struct ipcx_name name;
	int ret;

	ret = ipcx_name_get(&name, addr, len);
	if (!ret && !name.len)
		ret = -EINVAL;
	if (ret)
		return ERR_PTR(ret);
	return ipcx_object_get_name(net, &name, IPCX_KIND_MBOX, rights);
}

static struct ipcx_object *find_dest(struct net *net, u32 flags, u64 dest,
				     u32 dest_len, u32 rights)
{
	switch (flags & IPCX_TO_VALID) {
	case IPCX_TO_PORT:
		return dest_len ? ERR_PTR(-EINVAL) :
				  find_port(net, dest, rights);
	case IPCX_TO_NAME:
		return find_name(net, dest, dest_len, rights);
	default:
		return ERR_PTR(-EINVAL);
	}
}

/**
 * ipcx_target_get() - Find out which mailbox an operation is for.
 * @t: where to
 * @file: a control file, or a mailbox's file with @rights
 * @flags: IPCX_TO_*
 * @dest: control file: which
 * @dest_len: IPCX_TO_NAME: length of the name
 * @rights: IPCX_OPEN_* that the operation needs
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
int ipcx_target_get(struct ipcx_target *t, struct file *file, u32 flags,
		    u64 dest, u32 dest_len, u32 rights)
{
	struct net *net = ipcx_control_net(file);
	struct ipcx_object *obj;

	t->ref = net;
	t->port = 0;
	if (net) {
		obj = find_dest(net, flags, dest, dest_len, rights);
		if (IS_ERR(obj))
			return PTR_ERR(obj);
	} else {
		if (flags & IPCX_TO_VALID || dest || dest_len)
			return -EINVAL;
		obj = ipcx_handle_of(file)->obj;
	}
	t->mbox = ipcx_mbox_of(ipcx_queue_of(obj));
	return 0;
}

/**
 * ipcx_target_put() - Undo ipcx_target_get().
 * @t: the target
 *
 * Context: process context, may sleep.
 */
void ipcx_target_put(struct ipcx_target *t)
{
	if (t->ref)
		ipcx_object_put(&t->mbox->q.obj);
}

/* The mailbox of which this file has the right to receive. */
static struct ipcx_mbox *own_mbox(const struct file *file)
{
	if (!ipcx_file_is(file, &ipcx_mbox_kind_ops) ||
	    ipcx_mbox_is_group(ipcx_file_mbox(file)))
		return ERR_PTR(-EINVAL);
	if (!(ipcx_handle_of(file)->rights & IPCX_OPEN_READ))
		return ERR_PTR(-EBADF);
	return ipcx_file_mbox(file);
}

/**
 * ipcx_mbox_get_own() - The mailbox that an fd has the right to receive from.
 * @fd: the fd
 *
 * Context: process context.
 * Return: the mailbox with a reference; -EBADF (not open, or no such right) or
 * -EINVAL (no mailbox, or a group) as ERR_PTR.
 */
struct ipcx_mbox *ipcx_mbox_get_own(int fd)
{
	struct file *file = fget(fd);
	struct ipcx_mbox *mbox;

	if (!file)
		return ERR_PTR(-EBADF);
	mbox = own_mbox(file);
	if (!IS_ERR(mbox))
		ipcx_object_get(&mbox->q.obj);
	fput(file);
	return mbox;
}

/**
 * ipcx_target_from() - Write down from which mailbox a message comes.
 * @t: its target
 * @fd: fd of the sender's own mailbox, or -1
 *
 * Context: process context.
 * Return: 0, -EBADF or -EINVAL.
 */
int ipcx_target_from(struct ipcx_target *t, int fd)
{
	struct ipcx_mbox *mbox;

	if (fd == -1)
		return 0;
	mbox = ipcx_mbox_get_own(fd);
	if (IS_ERR(mbox))
		return PTR_ERR(mbox);
	t->port = mbox->q.obj.id;
	ipcx_object_put(&mbox->q.obj);
	return 0;
}
