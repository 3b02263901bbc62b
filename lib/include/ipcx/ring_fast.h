/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The short way through a ring: what a record takes where there is room, or something to
 * read, and nobody to wake. Inlined into its callers, with every check that is made there;
 * all else is done by functions of the library. Included by <ipcx/ring.h>.
 *
 * The same functions are in the library as well, for programs that are compiled without
 * optimization, that take their address, or that are written in another language.
 *
 * What begins with ipcx_fast, or ends with _slowly, is not for programs; but its layout is
 * part of the library's binary interface.
 *
 * The order of accesses, and why it is enough, is told in Documentation/ring-protocol.rst.
 */
#ifndef IPCX_RING_FAST_H
#define IPCX_RING_FAST_H

#include <errno.h>

#include <ipcx/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nothing is reserved; no length is so large. */
#define IPCX_FAST_NONE		UINT32_MAX
/* What the number of a record goes up by in ipcx_producer_fast.upper. */
#define IPCX_FAST_SEQ		64U

/* Where a word of 64 bits has its lower half. */
#define IPCX_FAST_LOWER		(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* Only ever inlined. */
#define IPCX_FAST		extern __inline__ __attribute__((gnu_inline, always_inline))

#define ipcx_fast_unlikely(x)	__builtin_expect(!!(x), 0)

/*
 * struct ipcx_producer_fast - How a producer begins.
 * @fits: shorter payloads fit between @record and the end of the room, or of the data; 0
 *	where a reservation takes more than that
 * @start: index of the record
 * @record: where that is
 * @word: what a commit lets move on: the tail, or the own announcement
 * @records: how many there were, for others
 * @broken: set where the last consumer has gone
 * @waiters: set where there is somebody to wake
 * @len: of what is reserved, or IPCX_FAST_NONE
 * @upper: of a record's header: the slot in the low 6 bits, and the number above
 */
struct ipcx_producer_fast {
	uint64_t fits;
	uint64_t start;
	unsigned char *record;
	__u64 *word;
	__u64 *records;
	const __u32 *broken;
	const __u32 *waiters;
	uint32_t len;
	uint32_t upper;
};

/*
 * struct ipcx_consumer_fast - How a consumer begins.
 * @next: where it reads next
 * @avail: records are there up to here, or further
 * @data: the data
 * @mask: of its size in bytes
 * @beyond: more than its size in units of an index, by one; 0: @tail does not tell
 * @tail: where to look for more
 * @head: what was released
 * @waiters: set where there is somebody to wake
 */
struct ipcx_consumer_fast {
	uint64_t next;
	uint64_t avail;
	const unsigned char *data;
	uint64_t mask;
	uint64_t beyond;
	const __u64 *tail;
	__u64 *head;
	const __u32 *waiters;
};

/* struct ipcx_found - What was found, returned in registers: bytes, or a negative errno. */
struct ipcx_found {
	ssize_t len;
	void *buf;
};

IPCX_API struct ipcx_found ipcx_producer_reserve_slowly(struct ipcx_producer *p, size_t len);
IPCX_API int ipcx_producer_commit_slowly(struct ipcx_producer *p);
IPCX_API struct ipcx_found ipcx_consumer_peek_slowly(struct ipcx_consumer *c);
IPCX_API int ipcx_consumer_release_slowly(struct ipcx_consumer *c);

/* For the compiler only: the sleeper sees to the processor's part. */
IPCX_FAST void ipcx_fast_barrier(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Compilers load it first, which takes an instruction more. */
IPCX_FAST int ipcx_fast_set(const __u32 *word)
{
#if defined(__x86_64__) && defined(__GCC_ASM_FLAG_OUTPUTS__) && !defined(__SANITIZE_THREAD__)
	int set;

	__asm__ volatile("cmpl $0, %1" : "=@ccne"(set) : "m"(*word));
	return set;
#else
	return __atomic_load_n(word, __ATOMIC_RELAXED) != 0;
#endif
}

/* One instruction, where the compiler can: nobody else writes it. */
IPCX_FAST void ipcx_fast_count(__u64 *word)
{
#ifdef __SANITIZE_THREAD__
	__atomic_store_n(word, __atomic_load_n(word, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
#else
	++*word;
#endif
}

/* Bytes that a record takes. */
IPCX_FAST uint64_t ipcx_fast_size(uint32_t len)
{
	return ((uint64_t)len + 8 + 7) & ~7ULL;
}

IPCX_FAST uint64_t ipcx_fast_header(uint32_t upper, uint32_t len)
{
	return (uint64_t)(upper >> 6 | upper << 26) << 32 | len;
}

IPCX_FAST int ipcx_fast_reserve(struct ipcx_producer *p, size_t len, void **buf)
{
	struct ipcx_producer_fast *f = (struct ipcx_producer_fast *)p;

	if (ipcx_fast_unlikely(len >= f->fits || f->len != IPCX_FAST_NONE ||
			       ipcx_fast_set(f->broken))) {
		struct ipcx_found found = ipcx_producer_reserve_slowly(p, len);

		*buf = found.buf;
		return (int)found.len;
	}
	f->len = (uint32_t)len;
	*buf = f->record + 8;
	return 0;
}

IPCX_FAST int ipcx_fast_commit(struct ipcx_producer *p)
{
	struct ipcx_producer_fast *f = (struct ipcx_producer_fast *)p;
	uint32_t len = f->len;
	uint64_t size;

	if (ipcx_fast_unlikely(len == IPCX_FAST_NONE))
		return -EINVAL;
	f->len = IPCX_FAST_NONE;
	/* Those that can be overrun may be looking. */
	__atomic_store_n((__u64 *)f->record, ipcx_fast_header(f->upper, len), __ATOMIC_RELAXED);
	size = ipcx_fast_size(len);
	f->start += size * 8;
	__atomic_store_n(f->word, f->start, __ATOMIC_RELEASE);	/* IPCX_RING_COMMIT */
	ipcx_fast_count(f->records);
	f->upper += IPCX_FAST_SEQ;
	f->record += size;
	f->fits -= size;
	if (ipcx_fast_unlikely((int64_t)f->fits < 0))
		return ipcx_producer_commit_slowly(p);
	ipcx_fast_barrier();	/* IPCX_RING_SLEEP */
	if (ipcx_fast_unlikely(ipcx_fast_set(f->waiters)))
		return ipcx_producer_commit_slowly(p);
	return 0;
}

/* A record of those between @next and @avail; not @buf: there is none that is sure. */
IPCX_FAST struct ipcx_found ipcx_fast_take(struct ipcx_consumer_fast *f, uint64_t next,
					   uint64_t avail)
{
	const unsigned char *record = f->data + (next / 8 & f->mask);
	/* With anything but a length in its lower half it would be longer than any ring. */
	uint32_t len = __atomic_load_n((const __u32 *)record + IPCX_FAST_LOWER, __ATOMIC_RELAXED);
	uint64_t bits = ipcx_fast_size(len) * 8;
	struct ipcx_found found = { (ssize_t)len, NULL };

	if (ipcx_fast_unlikely(bits > avail - next))
		return found;
	f->next = next + bits;
	found.buf = (void *)(record + 8);
	return found;
}

IPCX_FAST ssize_t ipcx_fast_peek_slowly(struct ipcx_consumer *c, const void **buf)
{
	struct ipcx_found found = ipcx_consumer_peek_slowly(c);

	*buf = found.buf;
	return found.len;
}

IPCX_FAST ssize_t ipcx_fast_peek(struct ipcx_consumer *c, const void **buf)
{
	struct ipcx_consumer_fast *f = (struct ipcx_consumer_fast *)c;
	uint64_t next = f->next, avail = f->avail;
	struct ipcx_found found;

	if (__builtin_expect(next == avail, 1)) {
		avail = __atomic_load_n(f->tail, __ATOMIC_ACQUIRE);	/* IPCX_RING_COMMIT */
		if (ipcx_fast_unlikely(avail - next >= f->beyond))
			return ipcx_fast_peek_slowly(c, buf);
		f->avail = avail;
	}
	found = ipcx_fast_take(f, next, avail);
	if (ipcx_fast_unlikely(!found.buf))
		return ipcx_fast_peek_slowly(c, buf);
	*buf = found.buf;
	return found.len;
}

IPCX_FAST int ipcx_fast_release(struct ipcx_consumer *c)
{
	struct ipcx_consumer_fast *f = (struct ipcx_consumer_fast *)c;

	__atomic_store_n(f->head, f->next, __ATOMIC_RELEASE);	/* IPCX_RING_ROOM */
	ipcx_fast_barrier();	/* IPCX_RING_SLEEP */
	if (ipcx_fast_unlikely(ipcx_fast_set(f->waiters)))
		return ipcx_consumer_release_slowly(c);
	return 0;
}

#ifndef IPCX_RING_NO_INLINE
/* Where a call cannot be inlined the library's function is called. */
#define IPCX_FAST_CALL	extern __inline__ __attribute__((gnu_inline))

IPCX_FAST_CALL int ipcx_producer_reserve(struct ipcx_producer *p, size_t len, void **buf)
{
	return ipcx_fast_reserve(p, len, buf);
}

IPCX_FAST_CALL int ipcx_producer_commit(struct ipcx_producer *p)
{
	return ipcx_fast_commit(p);
}

IPCX_FAST_CALL ssize_t ipcx_consumer_peek(struct ipcx_consumer *c, const void **buf)
{
	return ipcx_fast_peek(c, buf);
}

IPCX_FAST_CALL int ipcx_consumer_release(struct ipcx_consumer *c)
{
	return ipcx_fast_release(c);
}
#endif

#ifdef __cplusplus
}
#endif

#endif /* IPCX_RING_FAST_H */
