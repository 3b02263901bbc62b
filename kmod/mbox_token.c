// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mailboxes: reply tokens as files.
 *
 * A token belongs to the table of files of the process that received the request.
 * Turned into a file it belongs to that file, which can be passed on; its last close
 * is a discard.
 */
#include <linux/anon_inodes.h>
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "ipcx.h"
#include "mbox.h"
#include "object.h"
#include "trace.h"
#include "uabi.h"

/**
 * struct ipcx_token_file - A token that is a file; immutable.
 * @mbox: its mailbox, a reference
 * @token: the token
 */
struct ipcx_token_file {
	struct ipcx_mbox *mbox;
	u64 token;
};

/**
 * ipcx_tokens_wake() - A token that was turned into a file has become stale.
 * @q: its mailbox's queue
 *
 * Context: process context, no locks of this module held.
 */
void ipcx_tokens_wake(struct ipcx_queue *q)
{
	__wake_up(&ipcx_mbox_of(q)->token_wait, TASK_NORMAL, 0,
		  poll_to_key(EPOLLHUP | EPOLLERR));
}

static __poll_t token_poll(struct file *file, poll_table *wait)
{
	struct ipcx_token_file *tok = file->private_data;
	struct ipcx_mbox *mbox = tok->mbox;
	bool waits;

	poll_wait(file, &mbox->token_wait, wait);
	spin_lock(&mbox->q.lock);
	waits = ipcx_call_find_locked(&mbox->handed, tok->token, tok);
	spin_unlock(&mbox->q.lock);
	return waits ? EPOLLOUT | EPOLLWRNORM : EPOLLHUP | EPOLLERR;
}

static int token_release(struct inode *inode, struct file *file)
{
	ipcx_uninitialized struct ipcx_wakeups wk;
	struct ipcx_token_file *tok = file->private_data;
	struct ipcx_mbox *mbox = tok->mbox;
	struct ipcx_caller *call;

	ipcx_wakeups_init(&wk);
	spin_lock(&mbox->q.lock);
	call = ipcx_call_find_locked(&mbox->handed, tok->token, tok);
	if (call)
		ipcx_call_end_locked(mbox, call, -EPIPE, &wk);
	spin_unlock(&mbox->q.lock);
	ipcx_queue_finish(&mbox->q, &wk);
	ipcx_object_put(&mbox->q.obj);
	kfree(tok);
	return 0;
}

static void token_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct ipcx_token_file *tok = file->private_data;

	seq_puts(m, "ipcx-kind:\ttoken\n");
	seq_printf(m, "ipcx-id:\t%llu\n", tok->mbox->q.obj.id);
	seq_printf(m, "ipcx-token:\t%llu\n", tok->token);
}

static const struct file_operations token_fops = {
	.owner = THIS_MODULE,
	.poll = token_poll,
	.unlocked_ioctl = ipcx_token_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = token_release,
	.show_fdinfo = token_show_fdinfo,
	.llseek = noop_llseek,
};

/**
 * ipcx_file_token() - The token that a file is.
 * @file: any file
 *
 * Context: any.
 * Return: the token, which the file keeps, or NULL.
 */
const struct ipcx_token_file *ipcx_file_token(const struct file *file)
{
	return file->f_op == &token_fops ? file->private_data : NULL;
}

/**
 * ipcx_token_mbox() - What a token's file stands for.
 * @tok: the token
 * @token: out: its number
 *
 * Context: any.
 * Return: its mailbox, which the file keeps.
 */
struct ipcx_mbox *ipcx_token_mbox(const struct ipcx_token_file *tok,
				  u64 *token)
{
	*token = tok->token;
	return tok->mbox;
}

static struct file *token_file(struct ipcx_mbox *mbox, u64 token)
{
	struct ipcx_token_file *tok = kmalloc(sizeof(*tok), IPCX_GFP);
	struct file *file;

	if (!tok)
		return ERR_PTR(-ENOMEM);
	tok->mbox = mbox;
	tok->token = token;
	file = anon_inode_getfile("[ipcx-token]", &token_fops, tok, O_RDWR);
	if (IS_ERR(file)) {
		kfree(tok);
		return file;
	}
	ipcx_object_get(&mbox->q.obj);
	return file;
}

/* The calling process's token becomes the file's. */
static int hand_token(struct ipcx_mbox *mbox, u64 token, struct file *file)
{
	struct ipcx_caller *call;

	spin_lock(&mbox->q.lock);
	call = ipcx_call_find_locked(&mbox->calls, token, current->files);
	if (call) {
		ipcx_call_hand_locked(mbox, call, file->private_data);
		trace_ipcx_token(&mbox->q.obj, token);
	}
	spin_unlock(&mbox->q.lock);
	return call ? 0 : -ESTALE;
}

/**
 * ipcx_mbox_ioctl_token() - IPCX_TOKEN.
 * @file: a mailbox's file with the right to receive
 * @arg: user address of &struct ipcx_token
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: the new fd, or a negative errno.
 */
long ipcx_mbox_ioctl_token(struct file *file, void __user *arg, size_t size)
{
	struct ipcx_mbox *mbox = ipcx_file_mbox(file);
	struct file *handed;
	struct ipcx_token t;
	int fd, ret;

	ret = ipcx_copy_in(&t, sizeof(t), arg, size);
	if (ret)
		return ret;
	if (t.flags || t.reserved || !t.token)
		return -EINVAL;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	handed = token_file(mbox, t.token);
	if (IS_ERR(handed)) {
		ret = PTR_ERR(handed);
		goto put_fd;
	}
	ret = hand_token(mbox, t.token, handed);
	if (ret)
		goto put_file;
	fd_install(fd, handed);
	return fd;

put_file:
	fput(handed);
put_fd:
	put_unused_fd(fd);
	return ret;
}
