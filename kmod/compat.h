/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that knows kernel versions. Each entry names the release that
 * changed.
 */
#ifndef _IPCX_COMPAT_H
#define _IPCX_COMPAT_H

#include <linux/eventfd.h>
#include <linux/fault-inject-usercopy.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/pfn_t.h>
#endif

/* 6.3: inode operations take a struct mnt_idmap, not a user namespace. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define ipcx_idmap	mnt_idmap
#else
#define ipcx_idmap	user_namespace
#endif

/* 6.3: a mapping's flags are changed by functions. */
static inline void ipcx_vm_flags_set(struct vm_area_struct *vma,
				     vm_flags_t flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

static inline void ipcx_vm_flags_clear(struct vm_area_struct *vma,
				       vm_flags_t flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_clear(vma, flags);
#else
	vma->vm_flags &= ~flags;
#endif
}

/* 6.10: where a mapping can go is asked for by a function. */
static inline unsigned long
ipcx_get_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
		       unsigned long pgoff, unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	return mm_get_unmapped_area(current->mm, file, addr, len, pgoff, flags);
#else
	return current->mm->get_unmapped_area(file, addr, len, pgoff, flags);
#endif
}

/*
 * 6.12: the entry of a huge page made of page frames is special, as that of a single one is:
 * nobody can pin the pages (gup_fast_pmd_leaf()). Before, only an entry that says "of a
 * device" is like that: for want of such a device nobody gets hold of them, either
 * (__gup_device_huge()). 6.17: there are no entries of devices any more, and no pfn_t.
 *
 * IPCX_HUGE_PAGES: how many pages such an entry maps; 0: there are none here.
 */
#if defined(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) || \
	(defined(CONFIG_TRANSPARENT_HUGEPAGE) && \
	 defined(CONFIG_ARCH_HAS_PTE_DEVMAP) && \
	 LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0))
#define IPCX_HUGE_PAGES	(PMD_SIZE / PAGE_SIZE)
static inline vm_fault_t ipcx_insert_huge(struct vm_fault *vmf,
					  unsigned long pfn, bool write)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	return vmf_insert_pfn_pmd(vmf, pfn, write);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return vmf_insert_pfn_pmd(vmf, pfn_to_pfn_t(pfn), write);
#else
	return vmf_insert_pfn_pmd(vmf, __pfn_to_pfn_t(pfn, PFN_DEV | PFN_MAP),
				  write);
#endif
}
#else
#define IPCX_HUGE_PAGES	0UL
static inline vm_fault_t ipcx_insert_huge(struct vm_fault *vmf,
					  unsigned long pfn, bool write)
{
	return VM_FAULT_SIGBUS;
}
#endif

/* 6.8: eventfd_signal() always adds 1. */
static inline void ipcx_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx);
#else
	eventfd_signal(ctx, 1);
#endif
}

/* 6.9: pidfds have a file system of their own. */
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC	0x50494446
#endif

/* 6.8: receive_fd() can write to user memory, too. */
static inline int ipcx_receive_fd(struct file *file, unsigned int o_flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	return receive_fd(file, NULL, o_flags);
#else
	return receive_fd(file, o_flags);
#endif
}

/* Is the task on a processor now? Only asked where there are several. */
static inline bool ipcx_task_runs(struct task_struct *task)
{
#ifdef CONFIG_SMP
	return owner_on_cpu(task);
#else
	return false;
#endif
}

/* Was the task woken, and waits for its processor? */
static inline bool ipcx_task_wakes(struct task_struct *task)
{
	unsigned int state = READ_ONCE(task->__state);

	return state == TASK_RUNNING || state == TASK_WAKING;
}

/*
 * 5.9 and later (CONFIG_INIT_STACK_ALL_ZERO): the compiler clears every local
 * variable. The hot paths' arrays, of which a call uses a few elements, opt out;
 * what is read from them was written before.
 */
#if __has_attribute(__uninitialized__)
#define ipcx_uninitialized	__attribute__((__uninitialized__))
#else
#define ipcx_uninitialized
#endif

/*
 * Since 5.10 (CONFIG_FAULT_INJECTION_USERCOPY) the copy functions can be made
 * to fail; our own inline copies join in. Not exported where it is off.
 */
#ifdef CONFIG_FAULT_INJECTION_USERCOPY
#define ipcx_should_fail_usercopy()	should_fail_usercopy()
#else
#define ipcx_should_fail_usercopy()	false
#endif

#endif /* _IPCX_COMPAT_H */
