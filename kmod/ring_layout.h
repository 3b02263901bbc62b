/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Arithmetic of a ring's indexes and records: plain C, for the module, the library and
 * tests on the host. The structures are in <linux/ipcx.h>.
 *
 * An index counts bits and wraps at 2^64; that is 2^61 bytes, of which a ring holds 2^30
 * at most, so that the difference of two indexes of one ring, taken as signed, orders them.
 */
#ifndef _IPCX_RING_LAYOUT_H
#define _IPCX_RING_LAYOUT_H

#include <linux/ipcx.h>
#include <linux/types.h>

#define IPCX_RING_HEADER	8	/* bytes in front of each payload */

/* The index in a word that has something else in its low bits. */
static inline __u64 ipcx_ring_index(__u64 word)
{
	return word & ~(__u64)IPCX_RING_LOW_MASK;
}

/* Where it lies in the data, in bytes; @size is a power of two. */
static inline __u64 ipcx_ring_offset(__u64 index, __u64 size)
{
	return index / IPCX_RING_BITS & (size - 1);
}

/* Bytes from @from to @to, negative where @to comes first. */
static inline __s64 ipcx_ring_distance(__u64 from, __u64 to)
{
	return (__s64)(to - from) / IPCX_RING_BITS;
}

static inline __u64 ipcx_ring_add(__u64 index, __u64 bytes)
{
	return index + bytes * IPCX_RING_BITS;
}

/* Bytes that a record takes. */
static inline __u64 ipcx_ring_record_size(__u64 len)
{
	return IPCX_RING_HEADER + ((len + 7) & ~7ULL);
}

/* The longest payload. */
static inline __u64 ipcx_ring_len_max(__u64 size)
{
	return size - IPCX_RING_HEADER;
}

static inline __u64 ipcx_ring_header(__u64 len, __u64 seq, __u64 slot)
{
	return len | (seq & IPCX_RING_SEQ_MASK) << IPCX_RING_SEQ_SHIFT |
	       slot << IPCX_RING_SLOT_SHIFT;
}

static inline __u64 ipcx_ring_header_len(__u64 header)
{
	return header & IPCX_RING_LEN_MASK;
}

static inline __u64 ipcx_ring_header_seq(__u64 header)
{
	return header >> IPCX_RING_SEQ_SHIFT & IPCX_RING_SEQ_MASK;
}

static inline __u32 ipcx_ring_header_slot(__u64 header)
{
	return header >> IPCX_RING_SLOT_SHIFT;
}

/*
 * Is this header's record whole within @room bytes, and has it no unknown bits? What it
 * says was written by somebody who may lie.
 */
static inline int ipcx_ring_header_good(__u64 header, __u64 room)
{
	return !(header & (1ULL << 30)) &&
	       ipcx_ring_record_size(ipcx_ring_header_len(header)) <= room;
}

/* Does the end of a claim show that the claim [@start, @end) was made? */
static inline int ipcx_ring_claimed(__u64 claim, __u64 confirmed, __u32 slot,
				    __u64 end)
{
	return claim == (end | slot) || confirmed == end;
}

#endif /* _IPCX_RING_LAYOUT_H */
