/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log-linear buckets: a value belongs to the one that is named by the smallest value in it,
 * and the next one is an eighth (LEDGER_PARTS_SHIFT) of its power of two away.
 */
#ifndef _IPCX_BPF_HISTOGRAM_H
#define _IPCX_BPF_HISTOGRAM_H

#include "kernel.h"
#include "ledger.h"

/* The number of the highest bit that is set; 0 for 0, too. */
static inline u32 highest_bit(u64 value)
{
	u32 bit = 0;

	if (value >> 32) {
		value >>= 32;
		bit += 32;
	}
	if (value >> 16) {
		value >>= 16;
		bit += 16;
	}
	if (value >> 8) {
		value >>= 8;
		bit += 8;
	}
	if (value >> 4) {
		value >>= 4;
		bit += 4;
	}
	if (value >> 2) {
		value >>= 2;
		bit += 2;
	}
	return bit + (value >> 1);
}

static inline u64 bucket_start(u64 value)
{
	u32 bit = highest_bit(value);
	u32 shift = bit > LEDGER_PARTS_SHIFT ? bit - LEDGER_PARTS_SHIFT : 0;

	return value >> shift << shift;
}

#endif /* _IPCX_BPF_HISTOGRAM_H */
