/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A consumer that producers wait for comes to a broadcast ring with one producer, while that
 * one works out how far it may write. The kernel sets the bit of the mask, fences on the
 * producer's processor, and only then reads where the consumer begins. (With many
 * producers the claim is made by a compare-and-swap: see attach() in many.pml.)
 *
 * An index counts records, which take one place each.
 */
#define PROCS		2
#define PRODUCER	0
#define CONSUMER	1
#ifndef PLACES
#define PLACES		2
#endif
#ifndef RECORDS
#define RECORDS		6
#endif
#ifndef DEPTH
#define DEPTH		3
#endif

/* Words of memory. */
#define TAIL		0
#define HOLDERS		1
#define HEAD		2
#define RECORD(i)	(3 + (i) % PLACES)
#define CELLS		(3 + PLACES)

#include "tso.h"

/* What is asserted: never set but in the step before an assertion fails. */
bit wrong_record;

inline look_at_limit(limit, tail, mask, head)
{
	atomic { load(PRODUCER, HOLDERS, mask); limit = tail + PLACES };
	if
	:: atomic {
			mask ->
			load(PRODUCER, HEAD, head);
			if
			:: head < tail -> limit = head + PLACES
			:: else
			fi;
			head = 0;
			mask = 0
		}
	:: else
	fi
}

active proctype producer()
{
	byte tail, limit, mask, head;

	do
	:: tail < RECORDS ->
		if
		:: tail + 1 > limit -> look_at_limit(limit, tail, mask, head)
		:: else ->
			tail++;
			atomic { store(PRODUCER, RECORD(tail), tail) };
			atomic { store(PRODUCER, TAIL, tail) }
		fi
	:: else -> break
	od
}

active proctype consumer()
{
	byte next, avail, word;

	mem[HEAD] = mem[TAIL];
	mem[HOLDERS] = 1;
#ifndef M_NO_FENCE
	d_step { drain(PRODUCER) };
#endif
#ifndef M_HEAD_BEFORE_MASK
	next = mem[TAIL];
	mem[HEAD] = next;
#endif
	next = mem[HEAD];
	do
	:: next == RECORDS -> break
	:: next < RECORDS ->
		atomic { load(CONSUMER, TAIL, avail) };
		if
		:: next < avail ->
			atomic {
				next++;
				load(CONSUMER, RECORD(next), word);
				wrong_record = (word != next);
				assert(!wrong_record);
				word = 0
			};
			atomic { store(CONSUMER, HEAD, next) }
		:: else
		fi
	od
}
