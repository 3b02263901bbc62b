// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of primitives, and how their probes come and go.
 *
 * A kretprobe is registered only while somebody listens. What the core says about a primitive
 * is learnt before, when the module is loaded, by registering a probe that is disabled and so
 * changes no code: which of them this kernel lacks can be asked for without listening.
 *
 * Copies that sleep while their probe is unregistered keep their instance, which is the core's
 * memory, not ours; it frees it when they return, and calls nobody. That is why the module can
 * be unloaded in the middle of a copy.
 *
 * A module's exit function runs while its tracepoint may still be enabled through tracefs,
 * which is told only afterwards: ipcx_probe_close() disarms for good.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/lockdep.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "primitives.h"
#include "probe.h"

/* More would be a mistake in the call, not a machine with many sleepers. */
#define INSTANCES_MAX	65536

static unsigned int instances = 512;

static int set_instances(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 1, INSTANCES_MAX);
}

static const struct kernel_param_ops instances_ops = {
	.set = set_instances,
	.get = param_get_uint,
};

module_param_cb(instances, &instances_ops, &instances, 0444);
MODULE_PARM_DESC(instances,
		 "most calls of each primitive that can be under way at a time, 1 to 65536 (default 512)");

/* Arguments are counted from 0: where the user address or the iterator is, where the bytes. */
#define USER(symbol, direction, where, size) {					\
	.name = #symbol,							\
	.dir = IPCX_PROBE_##direction##_USER,					\
	.address = where,							\
	.bytes = size,								\
	.result = IPCX_PROBE_LEFT,						\
}

#define ITER(symbol, direction, size, where, returns) {				\
	.name = #symbol,							\
	.dir = IPCX_PROBE_##direction##_USER,					\
	.iter = true,								\
	.address = where,							\
	.bytes = size,								\
	.result = IPCX_PROBE_##returns,						\
}

struct ipcx_probe_site ipcx_probe_sites[IPCX_PROBE_PRIMITIVES] = {
	[IPCX_PROBE_COPY_FROM_USER] = USER(_copy_from_user, FROM, 1, 2),
	[IPCX_PROBE_COPY_TO_USER] = USER(_copy_to_user, TO, 0, 2),
	[IPCX_PROBE_COPY_FROM_ITER] = ITER(_copy_from_iter, FROM, 1, 2, DONE),
	[IPCX_PROBE_COPY_TO_ITER] = ITER(_copy_to_iter, TO, 1, 2, DONE),
	[IPCX_PROBE_FROM_ITER_NOCACHE] = ITER(_copy_from_iter_nocache, FROM, 1, 2, DONE),
	[IPCX_PROBE_FROM_ITER_FLUSH] = ITER(_copy_from_iter_flushcache, FROM, 1, 2, DONE),
	[IPCX_PROBE_MC_TO_ITER] = ITER(_copy_mc_to_iter, TO, 1, 2, DONE),
	[IPCX_PROBE_PAGE_FROM_ITER] = ITER(copy_page_from_iter, FROM, 2, 3, DONE),
	[IPCX_PROBE_PAGE_TO_ITER] = ITER(copy_page_to_iter, TO, 2, 3, DONE),
	[IPCX_PROBE_PAGE_NOFAULT] = ITER(copy_page_to_iter_nofault, TO, 2, 3, DONE),
	[IPCX_PROBE_PAGE_ATOMIC] = ITER(copy_page_from_iter_atomic, FROM, 2, 3, DONE),
	[IPCX_PROBE_FOLIO_ATOMIC] = ITER(copy_folio_from_iter_atomic, FROM, 2, 3, DONE),
	[IPCX_PROBE_CSUM_FROM_ITER] = ITER(csum_and_copy_from_iter, FROM, 1, 3, DONE),
	[IPCX_PROBE_CSUM_FROM_ITER_FULL] =
		ITER(csum_and_copy_from_iter_full, FROM, 1, 3, ALL_OR_NONE),
	[IPCX_PROBE_CSUM_TO_ITER] = ITER(csum_and_copy_to_iter, TO, 1, 3, DONE),
	[IPCX_PROBE_HASH_TO_ITER] = ITER(hash_and_copy_to_iter, TO, 1, 3, DONE),
};

static DEFINE_MUTEX(arm_mutex);
static bool closed;	/* arm mutex */

/* All of it anew: the core leaves marks in what was registered before. */
static void prepare_locked(struct ipcx_probe_site *site)
{
	lockdep_assert_held(&arm_mutex);
	site->rp = (struct kretprobe) {
		.kp.symbol_name = site->name,
		.entry_handler = ipcx_probe_entry,
		.handler = ipcx_probe_return,
		.data_size = sizeof(struct ipcx_probe_call),
		.maxactive = instances,
	};
}

static bool arm_locked(struct ipcx_probe_site *site)
{
	prepare_locked(site);
	site->error = -register_kretprobe(&site->rp);
	site->armed = !site->error;
	return site->armed;
}

/* Of this registration; counted by the core. */
static u64 missed_now_locked(const struct ipcx_probe_site *site)
{
	lockdep_assert_held(&arm_mutex);
	if (!site->armed)
		return 0;
	return (u64)READ_ONCE(site->rp.nmissed) + READ_ONCE(site->rp.kp.nmissed);
}

static void disarm_all_locked(void)
{
	static struct kretprobe *probes[IPCX_PROBE_PRIMITIVES];
	struct ipcx_probe_site *site = ipcx_probe_sites;
	unsigned int i, n = 0;

	lockdep_assert_held(&arm_mutex);
	for (i = 0; i < IPCX_PROBE_PRIMITIVES; i++, site++) {
		if (!site->armed)
			continue;
		/* Before: on its end the core counts calls that nobody asked for any more. */
		site->missed += missed_now_locked(site);
		site->armed = false;
		probes[n++] = &site->rp;
	}
	/* Waits until no handler runs. */
	unregister_kretprobes(probes, n);
}

/**
 * ipcx_probe_arm() - The first listener comes (hook of the tracepoint).
 *
 * Context: process context, under the tracepoints' mutex. Takes the arm mutex and the
 *	kprobes' one; may sleep.
 * Return: 0; -ENODEV: the module is being unloaded; else why not even one primitive could be
 *	armed.
 */
int ipcx_probe_arm(void)
{
	unsigned int i, n = 0;
	int ret = 0;

	mutex_lock(&arm_mutex);
	for (i = 0; i < IPCX_PROBE_PRIMITIVES && !closed; i++)
		n += arm_locked(&ipcx_probe_sites[i]);
	if (closed)
		ret = -ENODEV;
	else if (!n)
		ret = -ipcx_probe_sites[0].error;
	mutex_unlock(&arm_mutex);
	return ret;
}

/**
 * ipcx_probe_disarm() - The last listener has gone (hook of the tracepoint).
 *
 * Context: as ipcx_probe_arm().
 */
void ipcx_probe_disarm(void)
{
	mutex_lock(&arm_mutex);
	disarm_all_locked();
	mutex_unlock(&arm_mutex);
}

/**
 * ipcx_probe_close() - Disarm for good: the module is being unloaded.
 *
 * Context: process context; takes the arm mutex.
 */
void ipcx_probe_close(void)
{
	mutex_lock(&arm_mutex);
	closed = true;
	disarm_all_locked();
	mutex_unlock(&arm_mutex);
}

/**
 * ipcx_probe_look() - Learn which primitives this kernel has, and change nothing.
 *
 * Context: process context; takes the arm mutex.
 */
void ipcx_probe_look(void)
{
	static struct kprobe *probes[IPCX_PROBE_PRIMITIVES];
	struct ipcx_probe_site *site = ipcx_probe_sites;
	unsigned int i, n = 0;

	mutex_lock(&arm_mutex);
	for (i = 0; i < IPCX_PROBE_PRIMITIVES; i++, site++) {
		prepare_locked(site);
		site->rp.kp.flags = KPROBE_FLAG_DISABLED;
		site->error = -register_kprobe(&site->rp.kp);
		if (!site->error)
			probes[n++] = &site->rp.kp;
		else
			pr_info("%s: not here (error %d): skipped\n", site->name,
				site->error);
	}
	unregister_kprobes(probes, n);
	mutex_unlock(&arm_mutex);
}

static u64 hits(unsigned int index)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(ipcx_probe_hits, cpu)[index]);
	return sum;
}

/**
 * ipcx_probe_tell() - State and counters of one primitive.
 * @index: which
 * @p: where to
 *
 * Context: process context; takes the arm mutex.
 */
void ipcx_probe_tell(unsigned int index, struct ipcx_probe_primitive *p)
{
	const struct ipcx_probe_site *site = &ipcx_probe_sites[index];

	memset(p, 0, sizeof(*p));
	strscpy(p->name, site->name, sizeof(p->name));
	p->dir = site->dir;
	mutex_lock(&arm_mutex);
	p->armed = site->armed;
	p->error = site->error;
	p->hits = hits(index);
	p->missed = site->missed + missed_now_locked(site);
	mutex_unlock(&arm_mutex);
}
