// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: parameters, the device, start and end.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <net/net_namespace.h>

#include "ipcx.h"
#include "limits.h"
#include "msg.h"
#include "object.h"
#include "stamps.h"

unsigned int ipcx_max_msg_size = IPCX_MAX_MSG_SIZE;
unsigned int ipcx_max_queue_msgs = IPCX_MAX_QUEUE_MSGS;
unsigned long ipcx_max_queue_bytes = IPCX_MAX_QUEUE_BYTES;
unsigned long ipcx_user_max_bytes = IPCX_USER_MAX_BYTES;
unsigned long ipcx_user_max_objects = IPCX_USER_MAX_OBJECTS;
unsigned long ipcx_user_max_files = IPCX_USER_MAX_FILES;

static int set_bounded(const char *val, const struct kernel_param *kp,
		       unsigned int max)
{
	return param_set_uint_minmax(val, kp, 1, max);
}

static int set_msg_size(const char *val, const struct kernel_param *kp)
{
	return set_bounded(val, kp, IPCX_MSG_SIZE_CEILING);
}

static int set_queue_msgs(const char *val, const struct kernel_param *kp)
{
	return set_bounded(val, kp, IPCX_QUEUE_MSGS_CEILING);
}

static const struct kernel_param_ops msg_size_ops = {
	.set = set_msg_size,
	.get = param_get_uint,
};

static const struct kernel_param_ops queue_msgs_ops = {
	.set = set_queue_msgs,
	.get = param_get_uint,
};

module_param_cb(max_msg_size, &msg_size_ops, &ipcx_max_msg_size, 0644);
MODULE_PARM_DESC(max_msg_size,
		 "largest payload in bytes that a queue or mailbox can be created for, 1 to 268435456 (default 16777216)");
module_param_cb(max_queue_msgs, &queue_msgs_ops, &ipcx_max_queue_msgs, 0644);
MODULE_PARM_DESC(max_queue_msgs,
		 "most messages that a queue or mailbox can be created for, 1 to 268435456 (default 1048576)");
module_param_named(max_queue_bytes, ipcx_max_queue_bytes, ulong, 0644);
MODULE_PARM_DESC(max_queue_bytes,
		 "most payload bytes that a queue or mailbox can be created for (default 1073741824)");
module_param_named(user_max_bytes, ipcx_user_max_bytes, ulong, 0644);
MODULE_PARM_DESC(user_max_bytes,
		 "most bytes that may be charged to one user (default 268435456)");
module_param_named(user_max_objects, ipcx_user_max_objects, ulong, 0644);
MODULE_PARM_DESC(user_max_objects,
		 "most objects that may be charged to one user (default 131072)");
module_param_named(user_max_files, ipcx_user_max_files, ulong, 0644);
MODULE_PARM_DESC(user_max_files,
		 "most files that messages of one user may carry (default 16384)");

static const struct file_operations control_fops;

/**
 * ipcx_control_net() - Network namespace of a control file.
 * @file: a file of this module
 *
 * Context: any.
 * Return: the namespace, which the file keeps, or NULL: an object's file.
 */
struct net *ipcx_control_net(const struct file *file)
{
	return file->f_op == &control_fops ? file->private_data : NULL;
}

/* A control fd works in the network namespace that it was opened in. */
static int control_open(struct inode *inode, struct file *file)
{
	file->private_data = get_net(current->nsproxy->net_ns);
	return 0;
}

static int control_release(struct inode *inode, struct file *file)
{
	put_net(file->private_data);
	return 0;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = control_open,
	.release = control_release,
	.unlocked_ioctl = ipcx_control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/*
 * Open to all, like mq_open(3) and socket(2): who may do what is decided object by
 * object, and what a user can cause is limited by the user's account.
 */
static struct miscdevice control_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ipcx",
	.mode = 0666,
	.fops = &control_fops,
};

static int __init ipcx_init(void)
{
	int ret;

	ret = ipcx_messages_init();
	if (ret)
		return ret;
	ret = ipcx_objects_init();
	if (ret)
		goto messages;
	ipcx_debugfs_init();
	ret = misc_register(&control_device);
	if (ret)
		goto objects;
	return 0;

objects:
	ipcx_debugfs_exit();
	ipcx_objects_exit();
messages:
	ipcx_messages_exit();
	return ret;
}

static void __exit ipcx_exit(void)
{
	misc_deregister(&control_device);
	ipcx_debugfs_exit();
	ipcx_objects_exit();
	ipcx_messages_exit();
	ipcx_stamps_exit();
}

module_init(ipcx_init);
module_exit(ipcx_exit);

MODULE_DESCRIPTION("In-kernel mailboxes, priority queues and shared rings");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
