// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notification: a process is told once that a message has come into the empty
 * queue.
 *
 * The registration is the queue's (queue lock) until it fires or is taken back;
 * then it is the one's who took it off the queue, who fires it after unlocking.
 *
 * A signal goes to the process that registered while it still runs the same
 * program: the count of its executions is kept and compared, since nobody may send
 * signals to a set-uid program by having registered before it was executed. It
 * goes to a thread that does not block it; where all do, it stays pending for
 * the first thread.
 */
#include <linux/cred.h>
#include <linux/eventfd.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "ipcx.h"
#include "queue.h"
#include "trace.h"
#include "uabi.h"

/**
 * struct ipcx_notification - A registration; immutable.
 * @how: one of enum ipcx_notify_how
 * @signo: signal
 * @value: its value
 * @eventfd: eventfd, a reference
 * @owner: process that registered, a reference
 * @exec_id: which of its programs did
 * @user_ns: its user namespace, a reference
 */
struct ipcx_notification {
	u32 how;
	int signo;
	u64 value;
	struct eventfd_ctx *eventfd;
	struct pid *owner;
	u64 exec_id;
	struct user_namespace *user_ns;
};

/**
 * ipcx_notification_free() - Free a registration.
 * @n: one that is no queue's any more, or NULL
 *
 * Context: any.
 */
void ipcx_notification_free(struct ipcx_notification *n)
{
	if (!n)
		return;
	if (n->eventfd)
		eventfd_ctx_put(n->eventfd);
	put_pid(n->owner);
	put_user_ns(n->user_ns);
	kfree(n);
}

/* The process that registered, if it still runs that program. Under RCU. */
static struct task_struct *owner_task(const struct ipcx_notification *n)
{
	struct task_struct *task = pid_task(n->owner, PIDTYPE_TGID);

	if (task && READ_ONCE(task->self_exec_id) == n->exec_id)
		return task;
	return NULL;
}

/**
 * ipcx_notification_alive() - Does the process still run that registered?
 * @n: a registration or NULL
 *
 * Context: any; the queue's lock keeps @n while it is the queue's.
 * Return: false also where it has executed another program meanwhile.
 */
bool ipcx_notification_alive(const struct ipcx_notification *n)
{
	bool alive;

	if (!n)
		return false;
	rcu_read_lock();
	alive = owner_task(n);
	rcu_read_unlock();
	return alive;
}

/*
 * The thread that gets the signal: modules cannot send one to a process. The
 * first that does not block it, else the first; but none that has ended, as the
 * main thread may have.
 */
static struct task_struct *signal_target(struct task_struct *leader, int signo)
{
	struct task_struct *target = NULL, *t;

	for_each_thread(leader, t) {
		if (READ_ONCE(t->flags) & PF_EXITING)
			continue;
		if (!sigismember(&t->blocked, signo))
			return t;
		if (!target)
			target = t;
	}
	return target ? target : leader;
}

static void fire_signal(const struct ipcx_notification *n)
{
	struct kernel_siginfo info;
	struct task_struct *leader;

	clear_siginfo(&info);
	info.si_signo = n->signo;
	info.si_code = SI_MESGQ;
	info.si_value.sival_ptr = u64_to_user_ptr(n->value);
	info.si_uid = from_kuid_munged(n->user_ns, current_uid());

	rcu_read_lock();
	leader = owner_task(n);
	if (leader) {
		info.si_pid = task_tgid_nr_ns(current, ns_of_pid(n->owner));
		send_sig_info(n->signo, &info, signal_target(leader, n->signo));
	}
	rcu_read_unlock();
}

/**
 * ipcx_notification_fire() - Tell the process, and free the registration.
 * @n: a registration that was taken off its queue
 *
 * Context: process context, no locks of this module held.
 */
void ipcx_notification_fire(struct ipcx_notification *n)
{
	trace_ipcx_notify(n->how, n->signo);
	if (n->how == IPCX_NOTIFY_SIGNAL)
		fire_signal(n);
	else if (ipcx_notification_alive(n))
		ipcx_eventfd_signal(n->eventfd);
	ipcx_notification_free(n);
}

static struct ipcx_notification *
take_if_owner_locked(struct ipcx_queue *q)
{
	struct ipcx_notification *n = q->notification;

	lockdep_assert_held(&q->lock);
	if (!n || n->owner != task_tgid(current))
		return NULL;
	q->notification = NULL;
	return n;
}

/**
 * ipcx_notification_drop_owner() - Take the calling process's registration back.
 * @q: the queue
 *
 * Context: process context.
 */
void ipcx_notification_drop_owner(struct ipcx_queue *q)
{
	struct ipcx_notification *n;

	spin_lock(&q->lock);
	n = take_if_owner_locked(q);
	spin_unlock(&q->lock);
	ipcx_notification_free(n);
}

static int check_notify(const struct ipcx_notify *arg)
{
	bool signal = arg->how == IPCX_NOTIFY_SIGNAL;
	bool eventfd = arg->how == IPCX_NOTIFY_EVENTFD;

	if (arg->flags || arg->how > IPCX_NOTIFY_EVENTFD)
		return -EINVAL;
	if (signal ? !valid_signal(arg->signo) || !arg->signo : arg->signo)
		return -EINVAL;
	if ((!signal && arg->value) || (!eventfd && arg->fd))
		return -EINVAL;
	return 0;
}

static struct ipcx_notification *
make_notification(const struct ipcx_notify *arg)
{
	struct eventfd_ctx *eventfd = NULL;
	struct ipcx_notification *n;

	if (arg->how == IPCX_NOTIFY_EVENTFD) {
		eventfd = eventfd_ctx_fdget(arg->fd);
		if (IS_ERR(eventfd))
			return ERR_CAST(eventfd);
	}
	n = kzalloc(sizeof(*n), GFP_KERNEL_ACCOUNT);
	if (!n) {
		if (eventfd)
			eventfd_ctx_put(eventfd);
		return ERR_PTR(-ENOMEM);
	}
	n->how = arg->how;
	n->signo = arg->signo;
	n->value = arg->value;
	n->eventfd = eventfd;
	n->owner = get_pid(task_tgid(current));
	n->exec_id = READ_ONCE(current->group_leader->self_exec_id);
	n->user_ns = get_user_ns(current_user_ns());
	return n;
}

static int register_notification(struct ipcx_queue *q,
				 struct ipcx_notification *n)
{
	struct ipcx_notification *stale = NULL;
	int ret = 0;

	spin_lock(&q->lock);
	if (!ipcx_notification_alive(q->notification)) {
		stale = q->notification;
		q->notification = NULL;
	}
	if (q->notification)
		ret = -EBUSY;
	else
		q->notification = n;
	spin_unlock(&q->lock);
	ipcx_notification_free(stale);
	return ret;
}

/**
 * ipcx_queue_ioctl_notify() - IPCX_NOTIFY.
 * @file: a file of a queue with the right to receive
 * @uarg: user address of &struct ipcx_notify
 * @size: its size
 *
 * Context: process context, may sleep.
 * Return: 0 or a negative errno.
 */
long ipcx_queue_ioctl_notify(struct file *file, void __user *uarg, size_t size)
{
	struct ipcx_queue *q = ipcx_file_queue(file);
	struct ipcx_notification *n;
	struct ipcx_notify arg;
	int ret;

	ret = ipcx_copy_in(&arg, sizeof(arg), uarg, size);
	if (!ret)
		ret = check_notify(&arg);
	if (ret)
		return ret;
	if (arg.how == IPCX_NOTIFY_NONE) {
		ipcx_notification_drop_owner(q);
		return 0;
	}
	n = make_notification(&arg);
	if (IS_ERR(n))
		return PTR_ERR(n);
	ret = register_notification(q, n);
	if (ret)
		ipcx_notification_free(n);
	return ret;
}
