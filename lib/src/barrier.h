/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Access to memory that others write, and its order. Each use names its partner: see the
 * IPCX_RING_* pairs in ring.h.
 */
#ifndef IPCX_BARRIER_H
#define IPCX_BARRIER_H

#define load_relaxed(p)		__atomic_load_n(p, __ATOMIC_RELAXED)
#define load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define load_seq_cst(p)		__atomic_load_n(p, __ATOMIC_SEQ_CST)
#define store_relaxed(p, v)	__atomic_store_n(p, v, __ATOMIC_RELAXED)
#define store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define store_seq_cst(p, v)	__atomic_store_n(p, v, __ATOMIC_SEQ_CST)

/* To a word that the caller alone writes: one instruction, where the compiler can. */
#ifdef __SANITIZE_THREAD__
#define add_own(p, v)		store_relaxed(p, load_relaxed(p) + (v))
#else
#define add_own(p, v)		((void)(*(p) += (v)))
#endif

/* Is the word set? Likewise. To be called after barrier(), or where old news will do. */
#ifdef __SANITIZE_THREAD__
#define is_set(p)		(load_relaxed(p) != 0)
#else
#define is_set(p)		(*(p) != 0)
#endif

/* Writes what was found to *@seen where that is not what it had. */
#define compare_exchange(p, seen, v)							\
	__atomic_compare_exchange_n(p, seen, v, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

/* ThreadSanitizer does not know fences: what needs them is not tested with it. */
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"
#endif

#define fence_acquire()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define fence_release()		__atomic_thread_fence(__ATOMIC_RELEASE)
#define fence_full()		__atomic_thread_fence(__ATOMIC_SEQ_CST)

/* For the compiler only. */
#define barrier()		__atomic_signal_fence(__ATOMIC_SEQ_CST)

static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#else
	barrier();
#endif
}

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

/* Out of the fast path's registers; COLD: and seldom called. */
#define NOINLINE	__attribute__((noinline))
#define COLD		__attribute__((cold, noinline))

#endif /* IPCX_BARRIER_H */
