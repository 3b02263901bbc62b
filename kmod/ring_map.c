// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared rings: what may be mapped how.
 *
 * A mapping is made of one of the places that <linux/ipcx.h> names, whole. Who does not
 * own a page maps it read-only, and can never make it writable. The mapping of a member is
 * its role: it is made with it, and ends it.
 *
 * Pages come in by faults, as page frames without struct page: nobody can pin them, the
 * process's own /proc/PID/mem included. They outlive every mapping, whose file is a handle.
 * A ring made of huge pages (IPCX_RING_HUGE) has its data mapped by whole entries of the
 * next higher table, likewise; which of both is a matter of the mapping's address alone.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include "compat.h"
#include "ipcx.h"
#include "limits.h"
#include "ring.h"

/*
 * Not inherited, also not after madvise(MADV_DOFORK), which VM_IO refuses; not larger; not
 * in core dumps, where other processes' records have no business.
 */
#define RING_VM_FLAGS \
	(VM_PFNMAP | VM_IO | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP)

static struct page *data_page(struct ipcx_ring *ring, unsigned long index)
{
	unsigned long pages = ring->size >> PAGE_SHIFT;

	return ring->pages[ipcx_ring_control_pages(ring) + index % pages];
}

/* The page at a place of a mapping; @m: whose, NULL: anybody's, read-only. */
static struct page *mapped_page(struct ipcx_ring *ring,
				const struct ipcx_member *m,
				unsigned long index)
{
	unsigned long control = ipcx_ring_control_pages(ring);

	if (!m)
		return index < control ? ring->pages[index] :
					 data_page(ring, index - control);
	switch (index) {
	case 0:
		return ring->pages[ipcx_ring_own_page(ring, m->side, m->slot)];
	case 1:
		return ring->pages[1];
	default:
		return data_page(ring, index - 2);
	}
}

/* Where the place begins that @pgoff lies in, in pages. */
static unsigned long place_of(unsigned long pgoff)
{
	return pgoff & ~((IPCX_RING_MAP_PRODUCER >> PAGE_SHIFT) - 1);
}

static vm_fault_t map_page(struct vm_area_struct *vma, unsigned long addr,
			   unsigned long index)
{
	struct page *page;

	page = mapped_page(ipcx_file_ring(vma->vm_file), vma->vm_private_data,
			   index);
	return vmf_insert_pfn(vma, addr, page_to_pfn(page));
}

/* Pages in front of the data at a place. */
static u32 pages_before_data(const struct ipcx_ring *ring, unsigned long place)
{
	return place == IPCX_RING_MAP_VIEW >> PAGE_SHIFT ?
	       ipcx_ring_control_pages(ring) : 2;
}

/*
 * Can the fault be met with a huge page? What lies around it has to be data all of it, as
 * the mapping is aligned, and not to have single pages already: those of a mapping that
 * was moved to here from where it was not aligned.
 */
static bool huge_fits(const struct vm_fault *vmf)
{
	const struct ipcx_ring *ring = ipcx_file_ring(vmf->vma->vm_file);
	unsigned long place = place_of(vmf->pgoff);
	unsigned long at = vmf->address & PMD_MASK;
	unsigned long data = vmf->vma->vm_start +
			     pages_before_data(ring, place) * PAGE_SIZE;
	pmd_t pmd = READ_ONCE(*vmf->pmd);

	return ring->huge && IS_ALIGNED(data, PMD_SIZE) && at >= data &&
	       at + PMD_SIZE <= vmf->vma->vm_end &&
	       (pmd_none(pmd) || pmd_leaf(pmd));
}

static vm_fault_t map_huge_page(struct vm_fault *vmf, unsigned long index)
{
	struct vm_area_struct *vma = vmf->vma;
	struct page *page;

	index -= (vmf->address & ~PMD_MASK) >> PAGE_SHIFT;
	page = mapped_page(ipcx_file_ring(vma->vm_file), vma->vm_private_data,
			   index);
	return ipcx_insert_huge(vmf, page_to_pfn(page),
				vmf->flags & FAULT_FLAG_WRITE);
}

/*
 * The mapping's length was checked when it was made, and never grows. Some of the pages
 * that follow come along: rings are used in order. But none beyond this table, where a
 * huge page may be.
 */
static vm_fault_t ring_fault(struct vm_fault *vmf)
{
	unsigned long index = vmf->pgoff - place_of(vmf->pgoff);
	struct vm_area_struct *vma = vmf->vma;
	unsigned long addr = vmf->address & PAGE_MASK;
	unsigned int i;
	vm_fault_t ret;

	if (huge_fits(vmf))
		return map_huge_page(vmf, index);
	ret = map_page(vma, addr, index);
	for (i = 1; i < IPCX_FAULT_PAGES && ret == VM_FAULT_NOPAGE; i++) {
		addr += PAGE_SIZE;
		if (addr >= vma->vm_end || IS_ALIGNED(addr, PMD_SIZE) ||
		    map_page(vma, addr, index + i) != VM_FAULT_NOPAGE)
			break;
	}
	return ret;
}

static int ring_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

/* mremap(2) has the old and the new mapping for a moment. */
static void member_vm_open(struct vm_area_struct *vma)
{
	struct ipcx_member *m = vma->vm_private_data;

	refcount_inc(&m->maps);
}

static void member_vm_close(struct vm_area_struct *vma)
{
	struct ipcx_member *m = vma->vm_private_data;

	if (refcount_dec_and_test(&m->maps))
		ipcx_member_end(m);
}

static const struct vm_operations_struct view_vm_ops = {
	.may_split = ring_may_split,
	.fault = ring_fault,
};

static const struct vm_operations_struct member_vm_ops = {
	.open = member_vm_open,
	.close = member_vm_close,
	.may_split = ring_may_split,
	.fault = ring_fault,
};

static int map_view(struct ipcx_ring *ring, struct vm_area_struct *vma)
{
	unsigned long pages = vma_pages(vma);
	u32 control = ipcx_ring_control_pages(ring);

	if (vma->vm_flags & VM_WRITE)
		return -EPERM;
	if (pages == control + 2 * (ring->size >> PAGE_SHIFT)) {
		if (!(ipcx_handle_of(vma->vm_file)->rights & IPCX_OPEN_READ))
			return -EBADF;
	} else if (pages != control && pages != 1) {
		return -EINVAL;
	}
	ipcx_vm_flags_clear(vma, VM_MAYWRITE);
	vma->vm_ops = &view_vm_ops;
	return 0;
}

static int map_member(struct ipcx_ring *ring, struct vm_area_struct *vma,
		      enum ipcx_ring_side side, bool hold)
{
	const u32 right = side == IPCX_PRODUCERS ? IPCX_OPEN_WRITE :
						   IPCX_OPEN_READ;
	const vm_flags_t access = VM_READ | VM_WRITE;
	unsigned long pages = 1;
	struct ipcx_member *m;

	if (side == IPCX_PRODUCERS)
		pages = 2 + 2 * (ring->size >> PAGE_SHIFT);
	if (!(ipcx_handle_of(vma->vm_file)->rights & right))
		return -EBADF;
	if (vma_pages(vma) != pages || (vma->vm_flags & access) != access)
		return -EINVAL;
	m = ipcx_member_attach(vma->vm_file, side, hold);
	if (IS_ERR(m))
		return PTR_ERR(m);
	vma->vm_private_data = m;
	vma->vm_ops = &member_vm_ops;
	return 0;
}

/**
 * ipcx_ring_mmap() - mmap(2) of a ring.
 * @file: its handle's file
 * @vma: the mapping to be
 *
 * Context: process context, mmap lock held for writing.
 * Return: 0, -EBADF (the handle lacks the right), -EBUSY (no slot is free), -EINVAL,
 * -ENOMEM or -EPERM (writable where that is not to be).
 */
int ipcx_ring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct ipcx_ring *ring = ipcx_file_ring(file);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	ipcx_vm_flags_set(vma, RING_VM_FLAGS);
	switch ((u64)vma->vm_pgoff << PAGE_SHIFT) {
	case IPCX_RING_MAP_VIEW:
		return map_view(ring, vma);
	case IPCX_RING_MAP_PRODUCER:
		return map_member(ring, vma, IPCX_PRODUCERS, false);
	case IPCX_RING_MAP_CONSUMER:
		return map_member(ring, vma, IPCX_CONSUMERS, true);
	case IPCX_RING_MAP_OVERRUN:
		if (ring->mode != IPCX_RING_BROADCAST)
			return -EINVAL;
		return map_member(ring, vma, IPCX_CONSUMERS, false);
	default:
		return -EINVAL;
	}
}

/**
 * ipcx_ring_unmapped_area() - Where a mapping goes: huge pages need aligned data.
 * @file: as the VFS gives it
 * @addr: likewise
 * @len: likewise
 * @pgoff: likewise
 * @flags: likewise
 *
 * Context: process context, mmap lock held for writing.
 * Return: the address, or a negative errno.
 */
unsigned long ipcx_ring_unmapped_area(struct file *file, unsigned long addr,
				      unsigned long len, unsigned long pgoff,
				      unsigned long flags)
{
	const struct ipcx_ring *ring = ipcx_file_ring(file);
	unsigned long before, at;

	before = pages_before_data(ring, place_of(pgoff)) * PAGE_SIZE;
	if (ring->huge && !(flags & MAP_FIXED) && len > before + PMD_SIZE) {
		at = ipcx_get_unmapped_area(file, addr, len + PMD_SIZE, pgoff,
					    flags);
		if (!IS_ERR_VALUE(at))
			return ALIGN(at + before, PMD_SIZE) - before;
	}
	return ipcx_get_unmapped_area(file, addr, len, pgoff, flags);
}
