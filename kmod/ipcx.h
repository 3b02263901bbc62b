/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ipcx: overview for those who read or change the module.
 *
 * Objects and who holds whom (an arrow is a reference):
 *
 *   control file --> network namespace
 *   object file --> handle --> object --> account (user) --> account (owner of
 *        |                       ^                           the user namespace)
 *        +--> dentry --> inode --+
 *   name (registry) ------------>+        message --> account
 *   token file, link ----------->+        mail -----> pids of its sender, its link
 *   ring's mapping --> object   a mailbox's share --> account
 *        |             file     a message's files --> files, account
 *        +--> member (a role) --> mm (the structure, to be compared)
 *   mailbox --> file of its ring, until its death
 *
 * - An object (object.h) is found by name or by id in the registry of its network
 *   namespace. A name holds a reference, an id does not. The last reference
 *   frees it.
 * - A handle is what one open file description may do with an object. A file
 *   pins the module; so does the mount that inodes live on, which exists
 *   exactly as long as some inode does (fs.c). Objects do not pin it.
 * - The content of an object goes when it has neither name nor handle, even
 *   if something (an O_PATH descriptor) still holds the inode.
 * - A message belongs to exactly one of: the task that sends it, a queue, a
 *   waiting sender, the task that received it, the caller that was replied to, a
 *   queue's cache of free messages, a notice to come (mbox_notice.h).
 *   An observer that peeks pins it; the last pin frees a message that was
 *   released meanwhile.
 * - A mailbox lives as long as the one file with the right to receive; everything
 *   else keeps its memory only. No message can carry that file (files.h), so that
 *   no mailbox lives by what lies in a mailbox.
 * - A ring (ring.h) is memory that processes map. A mapping holds the file, and so
 *   a handle: it keeps the ring. A member is a mapping with a role, and ends with it.
 *   Records are not messages: the kernel does not see them. But for a mailbox's ring
 *   (mbox_ring.h), which it fills itself: messages are copied there, and are none any more.
 * - A link (mbox_link.h) ties a mailbox to one whose death it watches, or to a group.
 * - An account (account.h) counts what one user caused. It is kept alive by
 *   the objects and messages charged to it.
 *
 * Locks, outermost first. No lock is held while user memory is touched, and
 * none but the two mutexes while memory is allocated.
 *
 *   net_rwsem (debugfs only), inode lock (VFS, fchmod)
 *     registry lock          mutex: names, ids, handle counts. Allocates when it
 *                            enters a name; nothing that reclaim needs takes it
 *     links' mutex           who is tied to whom (mbox_link.c). Allocates when it
 *                            enters a link; the same holds
 *       queue lock           spinlock: everything of one queue; never two. Under
 *                            those above where state or a count is told only
 *         poll waitqueue lock  never taken under the queue lock: waiters are
 *                            only looked for there, and woken after it
 *       permission lock      spinlock, leaf: owner and mode of an object
 *   mmap lock (core)         its owner attaches and ends members. Queue lock under it
 *                            where a mailbox's ring is mapped
 *       ring lock            spinlock: members and waiters of one ring, the kernel's
 *                            words in its memory. Under the registry lock, too,
 *                            where state is told; never together with a queue
 *                            lock. No fence of other processors (IPI) and no wake-up
 *                            under it
 *     account lock           spinlock, leaf: the table of accounts
 *
 * Wake-ups, signals, eventfds, frees and replies to asynchronous calls that a locked
 * section causes are collected in a struct ipcx_wakeups (wait.h) and carried out
 * after unlock: that is what keeps two mailboxes' locks apart.
 */
#ifndef _IPCX_H
#define _IPCX_H

#include <linux/fs.h>
#include <linux/ipcx.h>
#include <linux/list.h>

/*
 * For all that a message needs on its way: at a limit, of the machine's or of a
 * control group's memory, the caller gets -ENOMEM, and the OOM killer stays out.
 */
#define IPCX_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

struct ipcx_object;

/**
 * struct ipcx_handle - What one open file description may do.
 * @obj: the object; immutable, a reference and a handle count
 * @rights: IPCX_OPEN_READ, IPCX_OPEN_WRITE, IPCX_OPEN_SUBSCRIBE; immutable
 * @asks: a receive by it has asked for stamps (stamps.h); atomic
 * @watches: watches that were asked for by it; links' mutex
 */
struct ipcx_handle {
	struct ipcx_object *obj;
	u32 rights;
	bool asks;
	struct list_head watches;
};

static inline struct ipcx_handle *ipcx_handle_of(const struct file *file)
{
	return file->private_data;
}

/* Module parameters, see main.c. Read with READ_ONCE(). */
extern unsigned int ipcx_max_msg_size;
extern unsigned int ipcx_max_queue_msgs;
extern unsigned long ipcx_max_queue_bytes;
extern unsigned long ipcx_user_max_bytes;
extern unsigned long ipcx_user_max_objects;
extern unsigned long ipcx_user_max_files;

/* main.c */
struct net *ipcx_control_net(const struct file *file);

/* ioctl.c */
long ipcx_control_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
long ipcx_object_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
long ipcx_token_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* debugfs.c */
void ipcx_debugfs_init(void);
void ipcx_debugfs_exit(void);

#endif /* _IPCX_H */
