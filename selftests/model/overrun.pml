/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reader that may be overrun: the producer waits for nobody, and the reader finds out
 * afterwards, by the claim, whether what it read was whole. The producer reserves one place
 * or two, and commits or discards (or dies, and another one goes on from what is shared:
 * that is the same).
 *
 * The ring has PLACES places; what is committed takes one. An index counts places.
 */
#define PROCS		2
#define PRODUCER	0
#define READER		1
#ifndef PLACES
#define PLACES		2
#endif
#ifndef RECORDS
#define RECORDS		4
#endif
#ifndef DISCARDS
#define DISCARDS	2
#endif
#ifndef DEPTH
#define DEPTH		3
#endif

/* Words of memory. */
#define TAIL		0
#define CLAIM		1
#define HEADER(i)	(2 + (i) % PLACES)
#define PAYLOAD(i)	(2 + PLACES + (i) % PLACES)
#define CELLS		(2 + 2 * PLACES)

#include "tso.h"

#define NAME(i)		(1 + (i))	/* of the record that is committed at an index */
#define RUBBISH		31		/* what is discarded */

/* What is asserted: never set but in the step before an assertion fails. */
bit wrong_record;

inline fill(i, name)
{
	atomic { store(PRODUCER, HEADER(i), name) };
	atomic { store(PRODUCER, PAYLOAD(i), name) }
}

/* The claim comes before the data, and never goes back. */
inline reserve(end, claim)
{
	atomic {
#ifndef M_CLAIM_GOES_BACK
		if
		:: end <= claim
		:: else ->
			claim = end;
			store(PRODUCER, CLAIM, claim)
		fi
#else
		claim = end;
		store(PRODUCER, CLAIM, claim)
#endif
	}
}

active proctype producer()
{
	byte tail, claim, discards;

	do
	:: tail < RECORDS ->
#ifndef M_CLAIM_AFTER_DATA
		reserve(tail + 1, claim);
#endif
		fill(tail, NAME(tail));
#ifdef M_CLAIM_AFTER_DATA
		reserve(tail + 1, claim);
#endif
		atomic { tail++; store(PRODUCER, TAIL, tail) }
	:: tail < RECORDS && discards < DISCARDS ->
		discards++;
		reserve(tail + 2, claim);
		fill(tail, RUBBISH);
		fill(tail + 1, RUBBISH)
	:: else -> break
	od
}

active proctype reader()
{
	byte next, avail, header, payload, claim;

	do
	:: next == RECORDS -> break
	:: next < RECORDS ->
		atomic { load(READER, TAIL, avail) };
		if
		:: next < avail ->
#ifdef M_CHECK_BEFORE_READING
			atomic { load(READER, CLAIM, claim) };
#endif
			atomic { load(READER, HEADER(next), header) };
			atomic { load(READER, PAYLOAD(next), payload) };
#ifndef M_CHECK_BEFORE_READING
			atomic { load(READER, CLAIM, claim) };
#endif
			atomic {
				if
				:: claim - next <= PLACES ->
					wrong_record = (header != NAME(next) || payload != NAME(next));
					assert(!wrong_record);
					next++
				:: else ->
					next = avail
				fi;
				header = 0;
				payload = 0;
				claim = 0
			}
		:: else
		fi
	od
}
