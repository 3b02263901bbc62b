// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is left of a round trip if the message is taken away: a process wakes
 * another one on its CPU and waits until that one wakes it. The loop runs in the
 * kernel, in one system call of each process; the processes have address spaces of
 * their own, so that a switch changes the address space, too.
 *
 * For measurements (ipcx-bench) only: no part of ipcx, and never installed.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "switch_bench.h"

enum side {
	PING,
	PONG,
	SIDES,
};

/**
 * struct switch_pair - Two players, one open file.
 * @lock: for joining and leaving
 * @joined: who came first waits here
 * @task: the players, NULL before they come. Each has a reference, which is kept
 *	until the file's end, so that a pointer once read may be used
 * @turn: whose turn it is; written by that side only
 * @gone: a player has left; never false again
 */
struct switch_pair {
	spinlock_t lock;	/* joining and leaving */
	wait_queue_head_t joined;
	struct task_struct *task[SIDES];
	enum side turn;
	bool gone;
};

static int switch_open(struct inode *inode, struct file *file)
{
	struct switch_pair *pair = kzalloc(sizeof(*pair), GFP_KERNEL);

	if (!pair)
		return -ENOMEM;
	spin_lock_init(&pair->lock);
	init_waitqueue_head(&pair->joined);
	pair->turn = PING;
	file->private_data = pair;
	return 0;
}

static int switch_release(struct inode *inode, struct file *file)
{
	struct switch_pair *pair = file->private_data;
	enum side side;

	for (side = PING; side < SIDES; side++)
		if (pair->task[side])
			put_task_struct(pair->task[side]);
	kfree(pair);
	return 0;
}

static int join(struct switch_pair *pair, enum side side)
{
	int err = 0;

	spin_lock(&pair->lock);
	if (pair->gone)
		err = -EPIPE;
	else if (pair->task[!side] == current)
		err = -EBUSY;
	else if (!pair->task[side])
		WRITE_ONCE(pair->task[side], get_task_struct(current));
	else if (pair->task[side] != current)
		err = -EBUSY;
	spin_unlock(&pair->lock);
	if (!err)
		wake_up_interruptible(&pair->joined);
	return err;
}

/*
 * Closing happens in the process that closes, or dies; also in one that has the
 * file by inheritance and is no player, which nobody minds.
 */
static int switch_flush(struct file *file, fl_owner_t id)
{
	struct switch_pair *pair = file->private_data;
	struct task_struct *other = NULL;
	enum side side;

	/* Who joins later finds @gone, who has joined is found here. */
	spin_lock(&pair->lock);
	for (side = PING; side < SIDES; side++)
		if (pair->task[side] &&
		    same_thread_group(pair->task[side], current)) {
			WRITE_ONCE(pair->gone, true);
			other = pair->task[!side];
		}
	spin_unlock(&pair->lock);
	if (READ_ONCE(pair->gone))
		wake_up_interruptible(&pair->joined);
	if (other)
		wake_up_process(other);
	return 0;
}

static int meet(struct switch_pair *pair, enum side side)
{
	int err = join(pair, side);

	if (err)
		return err;
	if (wait_event_interruptible(pair->joined,
				     READ_ONCE(pair->task[!side]) ||
				     READ_ONCE(pair->gone)))
		return -EINTR;
	/* Without the other one there is nobody to wake. */
	return READ_ONCE(pair->task[!side]) ? 0 : -EPIPE;
}

static int wait_turn(struct switch_pair *pair, enum side side)
{
	int err = 0;

	for (;;) {
		/*
		 * A full barrier between writing the state and reading @turn
		 * and @gone. It pairs with the one in wake_up_process(), which
		 * is between writing those and reading the state: what is not
		 * seen here is followed by a wake-up that finds this task.
		 */
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(pair->turn) == side)
			break;
		if (READ_ONCE(pair->gone)) {
			err = -EPIPE;
			break;
		}
		if (signal_pending(current)) {
			err = -EINTR;
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return err;
}

/* The loop that is measured. @left: how many times to give the turn away. */
static int play(struct switch_pair *pair, enum side side, u64 *left)
{
	struct task_struct *other = pair->task[!side];
	int err;

	for (; *left; --*left) {
		err = wait_turn(pair, side);
		if (err)
			return err;
		/* Before the wake-up, whose barrier is the one in wait_turn(). */
		WRITE_ONCE(pair->turn, !side);
		wake_up_process(other);
	}
	return side == PING ? wait_turn(pair, side) : 0;
}

static long switch_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct switch_pair *pair = file->private_data;
	u64 __user *number = (u64 __user *)arg;
	enum side side;
	u64 left;
	int err;

	switch (cmd) {
	case SWITCH_BENCH_PING:
		side = PING;
		break;
	case SWITCH_BENCH_PONG:
		side = PONG;
		break;
	default:
		return -ENOTTY;
	}
	if (get_user(left, number))
		return -EFAULT;
	err = meet(pair, side);
	if (!err)
		err = play(pair, side, &left);
	if (put_user(left, number))
		return -EFAULT;
	return err;
}

static const struct file_operations switch_fops = {
	.owner = THIS_MODULE,
	.open = switch_open,
	.release = switch_release,
	.flush = switch_flush,
	.unlocked_ioctl = switch_ioctl,
};

/* Open to all: measurements are an ordinary user's. */
static struct miscdevice switch_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = SWITCH_BENCH_NAME,
	.mode = 0666,
	.fops = &switch_fops,
};

module_misc_device(switch_device);

MODULE_DESCRIPTION("Test module: what waking and switching cost, without a message");
MODULE_LICENSE("GPL");
