// SPDX-License-Identifier: GPL-2.0-only
/* Whose copies are told: see filter.h. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "filter.h"

#define HASH_BITS	8
/* Forks that can happen before the worker runs. */
#define POOL_SIZE	256

/**
 * struct ipcx_probe_file - What one open file of the device wishes.
 * @all: copies of everybody; filter mutex
 * @children: it follows some process with its children; filter mutex
 * @entries: the processes that it follows; filter lock
 */
struct ipcx_probe_file {
	bool all;
	bool children;
	struct list_head entries;
};

/**
 * struct entry - A process that a file follows.
 * @node: in the table; written under the filter lock, read under RCU
 * @of_file: in the file's list; filter lock
 * @free: in the pool
 * @pid: of the process, a reference; immutable while it is in the table
 * @file: who follows it; immutable while it is in the table
 * @children: with its children; filter lock
 * @rcu: for readers of the table
 */
struct entry {
	struct hlist_node node;
	struct list_head of_file;
	union {
		struct llist_node free;
		struct rcu_head rcu;
	};
	struct pid *pid;
	struct ipcx_probe_file *file;
	bool children;
};

static DEFINE_MUTEX(filter_mutex);
static unsigned int files, files_all, files_children;	/* filter mutex */
static struct tracepoint *fork_tp, *exit_tp;		/* immutable after init */

/* Nobody has to be looked for. Written under the filter mutex. */
static bool everybody = true;

static DEFINE_RAW_SPINLOCK(filter_lock);
static struct hlist_head table[1 << HASH_BITS];		/* filter lock, RCU */
static unsigned long followed, children_lost;		/* filter lock */

/* Taken from under the filter lock (one at a time), put back by anybody. */
static LLIST_HEAD(pool);
static atomic_t pool_count = ATOMIC_INIT(0);
static unsigned int pool_wanted;			/* filter mutex; read by anybody */

/* ---- looking up ---- */

static struct hlist_head *bucket(const struct pid *pid)
{
	return &table[hash_ptr(pid, HASH_BITS)];
}

static bool is_followed(const struct pid *pid)
{
	const struct entry *e;
	bool found = false;

	rcu_read_lock();
	hlist_for_each_entry_rcu(e, bucket(pid), node) {
		if (e->pid == pid) {
			found = true;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/**
 * ipcx_probe_wanted() - Are the current task's copies wanted?
 *
 * Context: any, also in a breakpoint, like an NMI. Takes no lock.
 * Return: whether they are.
 */
bool ipcx_probe_wanted(void)
{
	return READ_ONCE(everybody) || is_followed(task_tgid(current));
}

static void update_everybody_locked(void)
{
	lockdep_assert_held(&filter_mutex);
	WRITE_ONCE(everybody, !files || files_all);
}

/* ---- entries ---- */

static void fill_pool(struct work_struct *work)
{
	while (atomic_read(&pool_count) < READ_ONCE(pool_wanted)) {
		struct entry *e = kzalloc(sizeof(*e), GFP_KERNEL);

		if (!e)
			return;
		llist_add(&e->free, &pool);
		atomic_inc(&pool_count);
	}
}

static DECLARE_WORK(fill_work, fill_pool);

static struct entry *take_from_pool_locked(void)
{
	struct llist_node *node;

	lockdep_assert_held(&filter_lock);
	node = llist_del_first(&pool);
	if (!node)
		return NULL;
	atomic_dec(&pool_count);
	return llist_entry(node, struct entry, free);
}

static void drain_pool(void)
{
	struct entry *e, *next;

	llist_for_each_entry_safe(e, next, llist_del_all(&pool), free) {
		atomic_dec(&pool_count);
		kfree(e);
	}
}

/* Back to the pool or to the allocator, which can be asked here. */
static void put_entry(struct rcu_head *rcu)
{
	struct entry *e = container_of(rcu, struct entry, rcu);

	put_pid(e->pid);
	if (atomic_read(&pool_count) < READ_ONCE(pool_wanted)) {
		llist_add(&e->free, &pool);
		atomic_inc(&pool_count);
	} else {
		kfree(e);
	}
}

/* The reference to @pid is the entry's from now on. */
static void insert_locked(struct entry *e, struct ipcx_probe_file *file,
			  struct pid *pid, bool children)
{
	lockdep_assert_held(&filter_lock);
	e->pid = pid;
	e->file = file;
	e->children = children;
	list_add(&e->of_file, &file->entries);
	hlist_add_head_rcu(&e->node, bucket(pid));
	followed++;
}

static void remove_locked(struct entry *e)
{
	lockdep_assert_held(&filter_lock);
	list_del(&e->of_file);
	hlist_del_rcu(&e->node);
	followed--;
	call_rcu(&e->rcu, put_entry);
}

/* ---- fork and exit ---- */

/* In kernel_clone(), before the child runs; preemption is off. */
static void on_fork(void *unused, struct task_struct *parent,
		    struct task_struct *child)
{
	struct pid *pid = task_tgid(parent), *child_pid = task_tgid(child);
	struct entry *e, *new;

	if (pid == child_pid || !is_followed(pid))
		return;
	raw_spin_lock(&filter_lock);
	/* New ones go in at the front, behind which the walk already is. */
	hlist_for_each_entry(e, bucket(pid), node) {
		if (e->pid != pid || !e->children)
			continue;
		new = take_from_pool_locked();
		if (new)
			insert_locked(new, e->file, get_pid(child_pid), true);
		else
			children_lost++;
	}
	raw_spin_unlock(&filter_lock);
	if (atomic_read(&pool_count) < POOL_SIZE / 2)
		schedule_work(&fill_work);
}

/* In do_exit(), after the task has given up its memory; preemption is off. */
static void on_exit(void *unused, IPCX_PROBE_EXIT_ARGS)
{
	struct pid *pid = task_tgid(task);
	struct hlist_node *next;
	struct entry *e;

	/* Other threads of the process still run. */
	if (atomic_read(&task->signal->live) || !is_followed(pid))
		return;
	raw_spin_lock(&filter_lock);
	hlist_for_each_entry_safe(e, next, bucket(pid), node)
		if (e->pid == pid)
			remove_locked(e);
	raw_spin_unlock(&filter_lock);
}

static void unhook_locked(void)
{
	lockdep_assert_held(&filter_mutex);
	tracepoint_probe_unregister(exit_tp, on_exit, NULL);
	tracepoint_probe_unregister(fork_tp, on_fork, NULL);
	tracepoint_synchronize_unregister();
	WRITE_ONCE(pool_wanted, 0);
	cancel_work_sync(&fill_work);
	drain_pool();
}

static int hook_locked(void)
{
	int ret;

	lockdep_assert_held(&filter_mutex);
	if (!fork_tp || !exit_tp)
		return -EOPNOTSUPP;
	WRITE_ONCE(pool_wanted, POOL_SIZE);
	fill_pool(NULL);
	ret = tracepoint_probe_register(exit_tp, on_exit, NULL);
	if (ret)
		goto pool;
	ret = tracepoint_probe_register(fork_tp, on_fork, NULL);
	if (ret)
		goto exit_hook;
	return 0;

exit_hook:
	tracepoint_probe_unregister(exit_tp, on_exit, NULL);
	tracepoint_synchronize_unregister();
pool:
	WRITE_ONCE(pool_wanted, 0);
	drain_pool();
	return ret;
}

/* ---- files ---- */

/**
 * ipcx_probe_file_open() - A file of the device was opened.
 *
 * Context: process context; takes the filter mutex.
 * Return: what it wishes, nothing as yet, or NULL: no memory.
 */
struct ipcx_probe_file *ipcx_probe_file_open(void)
{
	struct ipcx_probe_file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return NULL;
	INIT_LIST_HEAD(&file->entries);
	mutex_lock(&filter_mutex);
	files++;
	update_everybody_locked();
	mutex_unlock(&filter_mutex);
	return file;
}

/* One at a time: preemption must not be off for as long as there are entries. */
static bool remove_one(struct ipcx_probe_file *file)
{
	struct entry *e;

	raw_spin_lock(&filter_lock);
	e = list_first_entry_or_null(&file->entries, struct entry, of_file);
	if (e)
		remove_locked(e);
	raw_spin_unlock(&filter_lock);
	return e;
}

/**
 * ipcx_probe_file_close() - Take back what a file wishes, and free it.
 * @file: nobody uses it any more
 *
 * Context: process context; takes the filter mutex and lock.
 */
void ipcx_probe_file_close(struct ipcx_probe_file *file)
{
	mutex_lock(&filter_mutex);
	/* Before the entries: their children come to them by the hook. */
	if (file->children && --files_children == 0)
		unhook_locked();
	while (remove_one(file))
		;
	files--;
	files_all -= file->all;
	update_everybody_locked();
	mutex_unlock(&filter_mutex);
	kfree(file);
}

/**
 * ipcx_probe_file_all() - The file wishes copies of everybody.
 * @file: which
 *
 * Context: process context; takes the filter mutex.
 */
void ipcx_probe_file_all(struct ipcx_probe_file *file)
{
	mutex_lock(&filter_mutex);
	files_all += !file->all;
	file->all = true;
	update_everybody_locked();
	mutex_unlock(&filter_mutex);
}

/* A reference to the pid of the process that the task @nr is of. */
static struct pid *find_process(u32 nr)
{
	struct pid *pid = find_get_pid(nr), *tgid = NULL;
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);

	if (task) {
		rcu_read_lock();
		/* NULL where it has been reaped. */
		tgid = get_pid(task_tgid(task));
		rcu_read_unlock();
		put_task_struct(task);
	}
	put_pid(pid);
	return tgid;
}

static struct entry *find_locked(const struct ipcx_probe_file *file,
				 const struct pid *pid)
{
	struct entry *e;

	lockdep_assert_held(&filter_lock);
	hlist_for_each_entry(e, bucket(pid), node)
		if (e->pid == pid && e->file == file)
			return e;
	return NULL;
}

/* Takes over the reference to @pid. */
static int enter_locked(struct ipcx_probe_file *file, struct pid *pid,
			bool children)
{
	struct entry *new = kzalloc(sizeof(*new), GFP_KERNEL), *e;

	lockdep_assert_held(&filter_mutex);
	if (!new) {
		put_pid(pid);
		return -ENOMEM;
	}
	raw_spin_lock(&filter_lock);
	e = find_locked(file, pid);
	if (e)
		e->children |= children;
	else
		insert_locked(new, file, pid, children);
	raw_spin_unlock(&filter_lock);
	if (e) {
		put_pid(pid);
		kfree(new);
	}
	return 0;
}

/**
 * ipcx_probe_file_follow() - The file wishes the copies of a process.
 * @file: which
 * @nr: of one of its threads, in the caller's pid namespace
 * @children: also those of its children, from now on
 *
 * Context: process context; takes the filter mutex and lock.
 * Return: 0, -ESRCH: there is none, -ENOMEM, or -EOPNOTSUPP: this kernel does not tell of
 *	children.
 */
int ipcx_probe_file_follow(struct ipcx_probe_file *file, u32 nr, bool children)
{
	struct pid *pid = find_process(nr);
	int ret = 0;

	if (!pid)
		return -ESRCH;
	mutex_lock(&filter_mutex);
	if (children && !file->children) {
		/* Before it is entered, so that no child of it is missed. */
		if (files_children++ == 0)
			ret = hook_locked();
		if (ret)
			files_children--;
		else
			file->children = true;
	}
	if (ret)
		put_pid(pid);
	else
		ret = enter_locked(file, pid, children);
	mutex_unlock(&filter_mutex);
	return ret;
}

/* ---- the rest ---- */

/**
 * ipcx_probe_filter_tell() - Counters.
 * @stat: where to
 *
 * Context: process context; takes the filter mutex and lock.
 */
void ipcx_probe_filter_tell(struct ipcx_probe_filter_stat *stat)
{
	mutex_lock(&filter_mutex);
	stat->files = files;
	raw_spin_lock(&filter_lock);
	stat->followed = followed;
	stat->children_lost = children_lost;
	raw_spin_unlock(&filter_lock);
	mutex_unlock(&filter_mutex);
}

static void look_at(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "sched_process_fork"))
		fork_tp = tp;
	else if (!strcmp(tp->name, "sched_process_exit"))
		exit_tp = tp;
}

/**
 * ipcx_probe_filter_init() - Find what tells of fork and exit.
 *
 * Context: process context.
 */
void ipcx_probe_filter_init(void)
{
	for_each_kernel_tracepoint(look_at, NULL);
	if (!fork_tp || !exit_tp)
		pr_warn("the kernel does not tell of fork or exit: children cannot be followed\n");
}

/**
 * ipcx_probe_filter_exit() - Wait for what was removed. No file is open.
 *
 * Context: process context.
 */
void ipcx_probe_filter_exit(void)
{
	rcu_barrier();
	drain_pool();
}
