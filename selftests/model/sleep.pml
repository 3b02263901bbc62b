/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sleep of both sides of a ring with one producer: look, say that one waits, fence on
 * the other side's processors, look again, sleep; store, look at the word, ring. Either of
 * the two may stop for ever where the protocol lets it, so that nobody is woken by chance.
 *
 * The ring has one place: every record needs both handshakes. An index counts records.
 */
#define PROCS		2
#define PRODUCER	0
#define CONSUMER	1
#ifndef RECORDS
#define RECORDS		4
#endif
#ifndef DEPTH
#define DEPTH		3
#endif

/* Words of memory. */
#define TAIL		0
#define HEAD		1
#define RECORD		2
#define WAITERS(p)	(3 + (p))	/* who waits; only the kernel writes it */
#define CELLS		5

#include "tso.h"

bit asleep[PROCS];
byte wanted[PROCS];		/* the index that it sleeps for */
byte lock;			/* the kernel's lock of the ring: process + 1 */

/* What is asserted: never set but in the step before an assertion fails. */
bit wrong_record;
bit lost_wakeup;

inline has_come_true(p, yes)
{
	yes = (p == PRODUCER -> mem[HEAD] >= wanted[p] : mem[TAIL] > wanted[p])
}

/* IPCX_RING_WAIT. */
inline wait(p, index, yes)
{
	d_step {
		lock == 0;
		lock = p + 1;
		drain(p);
		wanted[p] = index;
		mem[WAITERS(p)] = 1
	};
	d_step {
		if
#ifndef M_NO_FENCE_FOR_DATA
		:: p == CONSUMER -> drain(PRODUCER)
#endif
#ifndef M_NO_FENCE_FOR_ROOM
		:: p == PRODUCER -> drain(CONSUMER)
#endif
		:: else
		fi
	};
	d_step {
#ifndef M_NO_SECOND_LOOK
		has_come_true(p, yes);
#endif
		asleep[p] = !yes;
		mem[WAITERS(p)] = !yes;
		yes = 0;
		lock = 0
	};
end_asleep:
	asleep[p] == 0
}

/* Looks at the word of the other side and, if that waits, IPCX_RING_WAKE. */
inline ring_bell(p, word, yes)
{
	atomic { load(p, WAITERS(1 - p), word) };
	if
	:: d_step {
			word != 0 && lock == 0 ->
			drain(p);
			has_come_true(1 - p, yes);
			if
			:: asleep[1 - p] && yes -> asleep[1 - p] = 0; mem[WAITERS(1 - p)] = 0
			:: else
			fi;
			yes = 0
		}
	:: word == 0
	fi;
	word = 0
}

active proctype producer()
{
	byte tail, head, word;
	bit yes;

	do
	:: tail < RECORDS ->
		atomic { load(PRODUCER, HEAD, head) };
		if
		:: head < tail -> wait(PRODUCER, tail, yes)
		:: else ->
#ifdef M_BELL_BEFORE_COMMIT
			ring_bell(PRODUCER, word, yes);
#endif
			tail++;
#ifdef M_TAIL_BEFORE_RECORD
			atomic { store(PRODUCER, TAIL, tail) };
			atomic { store(PRODUCER, RECORD, tail) };
#else
			atomic { store(PRODUCER, RECORD, tail) };
			atomic { store(PRODUCER, TAIL, tail) };
#endif
#ifndef M_BELL_BEFORE_COMMIT
			ring_bell(PRODUCER, word, yes);
#endif
			if
			:: true
			:: true -> break
			fi
		fi
	:: else -> break
	od
}

active proctype consumer()
{
	byte next, avail, word;
	bit yes;

end:	do
	:: next == avail ->
		atomic { load(CONSUMER, TAIL, avail) };
		if
		:: next == avail -> wait(CONSUMER, next, yes)
		:: else
		fi
	:: else ->
		atomic {
			load(CONSUMER, RECORD, word);
			next++;
			wrong_record = (word != next);
			assert(!wrong_record)
		};
		atomic { store(CONSUMER, HEAD, next) };
		ring_bell(CONSUMER, word, yes);
		if
		:: true
		:: true -> break
		fi
	od
}

/* When nobody can go on: nobody may sleep whose wait has come true. */
active proctype monitor()
{
	bit yes;

	atomic {
		timeout ->
		has_come_true(PRODUCER, yes);
		lost_wakeup = (asleep[PRODUCER] && yes);
		assert(!lost_wakeup);
		has_come_true(CONSUMER, yes);
		lost_wakeup = (asleep[CONSUMER] && yes);
		assert(!lost_wakeup)
	}
}
