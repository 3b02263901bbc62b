// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of operations, and those on the control fd.
 */
#include <linux/build_bug.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ipcx.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <net/net_namespace.h>

#include "account.h"
#include "ipcx.h"
#include "limits.h"
#include "mbox.h"
#include "mbox_ring.h"
#include "object.h"
#include "queue.h"
#include "ring.h"
#include "uabi.h"

/* What an operation is for. */
#define ON_CONTROL	BIT(0)
#define ON_QUEUE	BIT(IPCX_KIND_QUEUE)
#define ON_MBOX		BIT(IPCX_KIND_MBOX)
#define ON_RING		BIT(IPCX_KIND_RING)
#define ON_TOKEN	BIT(15)
#define ON_OBJECT	(ON_QUEUE | ON_MBOX | ON_RING)
#define ON_ANY		(ON_CONTROL | ON_OBJECT | ON_TOKEN)

/**
 * struct ipcx_op - An operation.
 * @cmd: ioctl number; its size is this kernel's size of the structure
 * @min_size: smallest size that callers may pass
 * @on: ON_* of the fds that have it
 * @rights: IPCX_OPEN_* that the handle needs
 * @handler: called with the file, the user address and the caller's size
 */
struct ipcx_op {
	unsigned int cmd;
	u16 min_size;
	u16 on;
	u32 rights;
	long (*handler)(struct file *file, void __user *arg, size_t size);
};

static long op_info(struct file *file, void __user *arg, size_t size)
{
	u64 used[IPCX_RESOURCES];
	struct ipcx_info info;
	int ret;

	ret = ipcx_copy_in(&info, sizeof(info), arg, size);
	if (ret)
		return ret;
	if (info.flags)
		return -EINVAL;
	memset(&info, 0, sizeof(info));
	info.abi_version = IPCX_ABI_VERSION;
	info.features = IPCX_FEATURE_QUEUE | IPCX_FEATURE_MBOX |
			IPCX_FEATURE_RING | IPCX_FEATURE_DELIVERY |
			IPCX_FEATURE_STAMPS;
	info.max_msg_size = READ_ONCE(ipcx_max_msg_size);
	info.max_queue_msgs = READ_ONCE(ipcx_max_queue_msgs);
	info.max_queue_bytes = READ_ONCE(ipcx_max_queue_bytes);
	info.user_bytes_limit = READ_ONCE(ipcx_user_max_bytes);
	info.user_objects_limit = READ_ONCE(ipcx_user_max_objects);
	info.user_files_limit = READ_ONCE(ipcx_user_max_files);
	ipcx_account_usage(used);
	info.user_bytes = used[IPCX_BYTES];
	info.user_objects = used[IPCX_OBJECTS];
	info.user_files = used[IPCX_FILES];
	return ipcx_copy_out(arg, size, &info, sizeof(info));
}

static const struct ipcx_kind_ops *find_kind(u32 kind)
{
	switch (kind) {
	case IPCX_KIND_QUEUE:
		return &ipcx_queue_kind_ops;
	case IPCX_KIND_MBOX:
		return &ipcx_mbox_kind_ops;
	case IPCX_KIND_RING:
		return &ipcx_ring_kind_ops;
	default:
		return NULL;
	}
}

/* Without the right to receive a mailbox is not created, by its port not opened. */
static int check_open_mbox(const struct ipcx_open *o)
{
	if (o->flags & IPCX_OPEN_PORT)
		return o->name || o->flags & (IPCX_OPEN_CREATE | IPCX_OPEN_READ);
	return o->flags & IPCX_OPEN_CREATE && !(o->flags & IPCX_OPEN_READ);
}

static int check_open(const struct ipcx_open *o)
{
	bool create = o->flags & IPCX_OPEN_CREATE;

	if (o->flags & ~IPCX_OPEN_VALID || o->reserved || !find_kind(o->kind))
		return -EINVAL;
	if (!(o->flags & IPCX_OPEN_RIGHTS))
		return -EINVAL;
	if (o->flags & IPCX_OPEN_EXCL && (!create || !o->name))
		return -EINVAL;
	if (o->kind == IPCX_KIND_MBOX ? check_open_mbox(o) :
	    o->flags & (IPCX_OPEN_PORT | IPCX_OPEN_SUBSCRIBE))
		return -EINVAL;
	if (!o->name && !create && !(o->flags & IPCX_OPEN_PORT))
		return -EINVAL;
	if (o->mode & ~0777 || (!create && (o->mode || o->attr)))
		return -EINVAL;
	if (!o->attr != !o->attr_size)
		return -EINVAL;
	return 0;
}

static struct ipcx_object *create_object(const struct ipcx_open *o,
					 const struct ipcx_name *name)
{
	struct ipcx_object *obj;
	int ret;

	obj = find_kind(o->kind)->create(u64_to_user_ptr(o->attr),
					 o->attr_size);
	if (IS_ERR(obj))
		return obj;
	obj->mode = o->mode & ~current_umask();
	ret = ipcx_object_set_name(obj, name);
	if (ret) {
		ipcx_object_close(obj);
		return ERR_PTR(ret);
	}
	return obj;
}

/* Open the object of this name; with IPCX_OPEN_CREATE it need not exist. */
static struct ipcx_object *find_object(struct net *net,
				       const struct ipcx_open *o,
				       const struct ipcx_name *name)
{
	struct ipcx_object *obj;

	if (o->flags & IPCX_OPEN_PORT)
		return ipcx_mbox_open_port(net, o->id,
					   o->flags & IPCX_OPEN_RIGHTS);
	if (!name->len)
		return ERR_PTR(-ENOENT);
	obj = ipcx_object_open_name(net, name, o->kind,
				    o->flags & IPCX_OPEN_RIGHTS);
	/* Whatever is wrong with it: it is there. */
	if (o->flags & IPCX_OPEN_EXCL && obj != ERR_PTR(-ENOENT)) {
		if (!IS_ERR(obj))
			ipcx_object_close(obj);
		return ERR_PTR(-EEXIST);
	}
	return obj;
}

/*
 * Make or find the object and its file. A new object is published last, when
 * nothing else can fail: nobody finds one that is taken back again. -EAGAIN:
 * somebody else has published that name meanwhile.
 */
static int open_object(struct net *net, struct ipcx_open *o,
		       const struct ipcx_name *name, void __user *arg,
		       size_t size, struct file **filep)
{
	struct ipcx_object *obj;
	struct file *file;
	bool fresh;
	int ret = 0;

	obj = find_object(net, o, name);
	fresh = obj == ERR_PTR(-ENOENT) && o->flags & IPCX_OPEN_CREATE;
	if (fresh)
		obj = create_object(o, name);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	o->id = obj->id;
	file = ipcx_fs_open(obj, o->flags);
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (ipcx_copy_out(arg, size, o, sizeof(*o)))
		ret = -EFAULT;
	else if (fresh)
		ret = ipcx_object_publish(obj, net);
	if (ret) {
		fput(file);
		return ret == -EEXIST ? -EAGAIN : ret;
	}
	*filep = file;
	return 0;
}

static long op_open(struct file *control, void __user *arg, size_t size)
{
	struct net *net = ipcx_control_net(control);
	struct ipcx_name name;
	struct ipcx_open o;
	struct file *file;
	int fd, ret;

	ret = ipcx_copy_in(&o, sizeof(o), arg, size);
	if (!ret)
		ret = check_open(&o);
	if (!ret)
		ret = ipcx_name_get(&name, o.name, o.name_len);
	if (ret)
		return ret;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	do {
		ret = open_object(net, &o, &name, arg, size, &file);
		cond_resched();
	} while (ret == -EAGAIN && !signal_pending(current));
	if (ret) {
		put_unused_fd(fd);
		return ret == -EAGAIN ? -ERESTARTNOINTR : ret;
	}
	fd_install(fd, file);
	return fd;
}

static long op_unlink(struct file *control, void __user *arg, size_t size)
{
	struct ipcx_name name;
	struct ipcx_unlink u;
	int ret;

	ret = ipcx_copy_in(&u, sizeof(u), arg, size);
	if (ret)
		return ret;
	if (u.flags)
		return -EINVAL;
	ret = ipcx_name_get(&name, u.name, u.name_len);
	if (ret)
		return ret;
	if (!name.len)
		return -EINVAL;
	return ipcx_object_unlink(ipcx_control_net(control), &name);
}

static int check_list(const struct ipcx_list *l)
{
	if (l->flags || !l->count || l->entry_size < IPCX_STAT_SIZE_VER0 ||
	    (l->kind && !find_kind(l->kind)))
		return -EINVAL;
	return l->entry_size > IPCX_STRUCT_MAX ? -E2BIG : 0;
}

static struct ipcx_object *next_object(struct net *net, u64 *cursor, u32 kind)
{
	struct ipcx_object *obj;

	while ((obj = ipcx_object_next(net, cursor, kind)) == ERR_PTR(-EAGAIN)) {
		if (signal_pending(current))
			return ERR_PTR(-EINTR);
		cond_resched();
	}
	return obj;
}

static long list_objects(struct net *net, struct ipcx_list *l)
{
	void __user *to = u64_to_user_ptr(l->entries);
	u64 cursor = l->cursor;
	struct ipcx_stat st;
	u32 n;

	for (n = 0; n < l->count; n++, to += l->entry_size) {
		struct ipcx_object *obj = next_object(net, &cursor, l->kind);

		if (IS_ERR(obj))
			return n ? n : PTR_ERR(obj);
		if (!obj)
			break;
		ipcx_object_stat(obj, &st);
		ipcx_object_put(obj);
		if (ipcx_copy_out(to, l->entry_size, &st, sizeof(st)))
			return n ? n : -EFAULT;
		l->cursor = cursor;
	}
	return n;
}

static long op_list(struct file *control, void __user *arg, size_t size)
{
	struct ipcx_list l;
	long n;
	int ret;

	ret = ipcx_copy_in(&l, sizeof(l), arg, size);
	if (!ret)
		ret = check_list(&l);
	if (ret)
		return ret;
	n = list_objects(ipcx_control_net(control), &l);
	if (n >= 0 && ipcx_copy_out(arg, size, &l, sizeof(l)))
		return -EFAULT;
	return n;
}

/* A mailbox can have a ring, too. */
static long op_ring_wait(struct file *file, void __user *arg, size_t size)
{
	if (ipcx_file_is(file, &ipcx_mbox_kind_ops))
		return ipcx_mbox_ioctl_ring_wait(file, arg, size);
	return ipcx_ring_ioctl_wait(file, arg, size);
}

static long op_ring_wake(struct file *file, void __user *arg, size_t size)
{
	if (ipcx_file_is(file, &ipcx_mbox_kind_ops))
		return ipcx_mbox_ioctl_ring_wake(file, arg, size);
	return ipcx_ring_ioctl_wake(file, arg, size);
}

static long op_stat(struct file *file, void __user *arg, size_t size)
{
	struct ipcx_stat st;

	ipcx_object_stat(ipcx_handle_of(file)->obj, &st);
	return ipcx_copy_out(arg, size, &st, sizeof(st));
}

#define IPCX_FIRST_NR	_IOC_NR(IPCX_INFO)

#define OP_INDEX(cmd)	(_IOC_NR(cmd) - IPCX_FIRST_NR)

static const struct ipcx_op ops[] = {
	[OP_INDEX(IPCX_INFO)] = {
		IPCX_INFO, IPCX_INFO_SIZE_VER0, ON_ANY, 0, op_info
	},
	[OP_INDEX(IPCX_OPEN)] = {
		IPCX_OPEN, IPCX_OPEN_SIZE_VER0, ON_CONTROL, 0, op_open
	},
	[OP_INDEX(IPCX_UNLINK)] = {
		IPCX_UNLINK, IPCX_UNLINK_SIZE_VER0, ON_CONTROL, 0, op_unlink
	},
	[OP_INDEX(IPCX_LIST)] = {
		IPCX_LIST, IPCX_LIST_SIZE_VER0, ON_CONTROL, 0, op_list
	},
	[OP_INDEX(IPCX_STAT)] = {
		IPCX_STAT, IPCX_STAT_SIZE_VER0, ON_OBJECT, 0, op_stat
	},
	[OP_INDEX(IPCX_SEND)] = {
		IPCX_SEND, IPCX_XFER_SIZE_VER0, ON_QUEUE, IPCX_OPEN_WRITE,
		ipcx_queue_ioctl_send
	},
	[OP_INDEX(IPCX_RECV)] = {
		IPCX_RECV, IPCX_XFER_SIZE_VER0, ON_OBJECT, IPCX_OPEN_READ,
		ipcx_queue_ioctl_recv
	},
	[OP_INDEX(IPCX_NOTIFY)] = {
		IPCX_NOTIFY, IPCX_NOTIFY_SIZE_VER0, ON_QUEUE, IPCX_OPEN_READ,
		ipcx_queue_ioctl_notify
	},
	[OP_INDEX(IPCX_POST)] = {
		IPCX_POST, IPCX_POST_SIZE_VER0, ON_CONTROL | ON_MBOX,
		IPCX_OPEN_WRITE, ipcx_mbox_ioctl_post
	},
	[OP_INDEX(IPCX_CALL)] = {
		IPCX_CALL, IPCX_CALL_SIZE_VER0, ON_CONTROL | ON_MBOX,
		IPCX_OPEN_WRITE, ipcx_mbox_ioctl_call
	},
	[OP_INDEX(IPCX_REPLY)] = {
		IPCX_REPLY, IPCX_REPLY_SIZE_VER0, ON_MBOX | ON_TOKEN,
		IPCX_OPEN_READ, ipcx_mbox_ioctl_reply
	},
	[OP_INDEX(IPCX_GRANT)] = {
		IPCX_GRANT, IPCX_GRANT_SIZE_VER0, ON_MBOX, IPCX_OPEN_READ,
		ipcx_mbox_ioctl_grant
	},
	[OP_INDEX(IPCX_TOKEN)] = {
		IPCX_TOKEN, IPCX_TOKEN_SIZE_VER0, ON_MBOX, IPCX_OPEN_READ,
		ipcx_mbox_ioctl_token
	},
	[OP_INDEX(IPCX_WATCH)] = {
		IPCX_WATCH, IPCX_WATCH_SIZE_VER0, ON_CONTROL | ON_MBOX,
		IPCX_OPEN_WRITE, ipcx_mbox_ioctl_watch
	},
	[OP_INDEX(IPCX_UNWATCH)] = {
		IPCX_UNWATCH, IPCX_LEAVE_SIZE_VER0, ON_MBOX, IPCX_OPEN_READ,
		ipcx_mbox_ioctl_unwatch
	},
	[OP_INDEX(IPCX_SUBSCRIBE)] = {
		IPCX_SUBSCRIBE, IPCX_SUBSCRIBE_SIZE_VER0, ON_CONTROL | ON_MBOX,
		IPCX_OPEN_SUBSCRIBE, ipcx_mbox_ioctl_subscribe
	},
	[OP_INDEX(IPCX_UNSUBSCRIBE)] = {
		IPCX_UNSUBSCRIBE, IPCX_LEAVE_SIZE_VER0, ON_MBOX, IPCX_OPEN_READ,
		ipcx_mbox_ioctl_unsubscribe
	},
	[OP_INDEX(IPCX_RING_WAIT)] = {
		IPCX_RING_WAIT, IPCX_RING_WAIT_SIZE_VER0, ON_RING | ON_MBOX, 0,
		op_ring_wait
	},
	[OP_INDEX(IPCX_RING_WAKE)] = {
		IPCX_RING_WAKE, IPCX_RING_WAKE_SIZE_VER0, ON_RING | ON_MBOX, 0,
		op_ring_wake
	},
	[OP_INDEX(IPCX_RING_EVENTFD)] = {
		IPCX_RING_EVENTFD, IPCX_RING_EVENTFD_SIZE_VER0, ON_RING, 0,
		ipcx_ring_ioctl_eventfd
	},
};

/* Find the operation for an fd of this kind; the size is not looked at. */
static const struct ipcx_op *find_op(unsigned int cmd, u16 on)
{
	unsigned int nr = _IOC_NR(cmd) - IPCX_FIRST_NR;
	const struct ipcx_op *op;

	if (nr >= ARRAY_SIZE(ops))
		return NULL;
	op = &ops[array_index_nospec(nr, ARRAY_SIZE(ops))];
	if ((op->cmd ^ cmd) & ~IOCSIZE_MASK || !(op->on & on))
		return NULL;
	return op;
}

static long run_op(const struct ipcx_op *op, struct file *file,
		   unsigned int cmd, unsigned long arg)
{
	size_t size = _IOC_SIZE(cmd);

	if (unlikely(size < op->min_size))
		return -EINVAL;
	if (unlikely(size > IPCX_STRUCT_MAX))
		return -E2BIG;
	return op->handler(file, (void __user *)arg, size);
}

/**
 * ipcx_control_ioctl() - ioctl on the device.
 * @file: a file of /dev/ipcx
 * @cmd: operation
 * @arg: user address of its structure
 *
 * Context: process context, may sleep.
 * Return: what the operation does, -ENOTTY where there is none.
 */
long ipcx_control_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct ipcx_op *op = find_op(cmd, ON_CONTROL);

	return op ? run_op(op, file, cmd, arg) : -ENOTTY;
}

/**
 * ipcx_token_ioctl() - ioctl on a reply token's file.
 * @file: the file
 * @cmd: operation
 * @arg: user address of its structure
 *
 * Context: process context, may sleep.
 * Return: what the operation does, -ENOTTY where there is none.
 */
long ipcx_token_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct ipcx_op *op = find_op(cmd, ON_TOKEN);

	return op ? run_op(op, file, cmd, arg) : -ENOTTY;
}

/**
 * ipcx_object_ioctl() - ioctl on a handle.
 * @file: a file of an object
 * @cmd: operation
 * @arg: user address of its structure
 *
 * Context: process context, may sleep.
 * Return: what the operation does; -ENOTTY where there is none, -EBADF where
 * the handle lacks the right.
 */
long ipcx_object_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ipcx_handle *handle = ipcx_handle_of(file);
	const struct ipcx_op *op = find_op(cmd, BIT(handle->obj->kind->kind));

	if (!op)
		return -ENOTTY;
	if (op->rights & ~handle->rights)
		return -EBADF;
	return run_op(op, file, cmd, arg);
}
