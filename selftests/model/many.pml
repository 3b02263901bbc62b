/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ring with two producers: announce, witness, claim, fill, commit; peek, release; the
 * sleep of both sides; the death of a member and the kernel's repair. With BROADCAST the
 * consumers attach late and producers do not wait for one that is not there.
 *
 * The ring has PLACES places and each record takes one, so that it fills and wraps at once.
 * An index counts records. The header and both words of a record's payload hold its name.
 *
 * What must hold is in assertions: see deliver() and monitor. Each MUTANT breaks one rule;
 * "run" wants it found.
 */
#define PRODUCERS	2
#ifndef CONSUMERS
#define CONSUMERS	1
#endif
#define PROCS		(PRODUCERS + CONSUMERS)
#ifndef PLACES
#define PLACES		2
#endif
#ifndef RECORDS_0
#define RECORDS_0	2	/* of producer 0, which may die; its slot is used again */
#endif
#ifndef RECORDS_1
#define RECORDS_1	1	/* of producer 1, which may stop for ever */
#endif
#define RECORDS_OF(p)	((p) == 0 -> RECORDS_0 : RECORDS_1)
#ifndef DEPTH
#define DEPTH		2
#endif

/* Words of memory. Those from PRESENT on only the kernel writes. */
#define CLAIM		0
#define CONFIRMED(p)	(1 + (p))
#define ANNOUNCE(p)	(3 + (p))
#define END(p)		(5 + (p))
#define HEAD(c)		(7 + (c))	/* of consumer c, from 0 */
#define HEADER(i)	(9 + (i) % PLACES)
#define FIRST(i)	(9 + PLACES + (i) % PLACES)
#define SECOND(i)	(9 + 2 * PLACES + (i) % PLACES)
#define PRESENT		(9 + 3 * PLACES)	/* mask: producers */
#define HOLDERS		(PRESENT + 1)		/* mask: consumers */
#define DATA_WAITERS	(PRESENT + 2)
#define SPACE_WAITERS	(PRESENT + 3)
#define BROKEN		(PRESENT + 4)
#define CELLS		(PRESENT + 5)

#include "tso.h"

/* Words that hold an index and something else. */
#define CLAIM_WORD(i, p)	((i) * 2 + (p))
#define ANNOUNCED(i)		((i) * 2 + 1)
#define QUIET(i)		((i) * 2)
#define INDEX(word)		((word) / 2)
#define LOW(word)		((word) % 2)
#define IS_IN(mask, n)		(((mask) >> (n)) & 1)

#define NAME(p, n)	(1 + (p) * 4 + (n))
#define DISCARDED	15

/* What is true, for the assertions: which record a place was claimed for last. */
byte owner[PLACES];		/* its name */
bit committed[PLACES];
bit repaired[PLACES];
bit claimed[PRODUCERS];		/* has a claim that is not committed */

bit die[PROCS];
bit asleep[PROCS];
byte wanted[PROCS];		/* the index that it sleeps for */
byte lock;			/* the kernel's lock of the ring: process + 1 */

/* What is asserted: never set but in the step before an assertion fails. */
bit wrong_record;
bit lost_wakeup;

/* ---- the kernel ---- */

/*
 * How far the records before @top are committed, seen from @from: that is what an announce
 * ends. Reads what the memory holds: a part of a d_step.
 */
inline stop_at(p, from, top)
{
	if
	:: IS_IN(mem[PRESENT], p) && LOW(mem[ANNOUNCE(p)]) &&
	   INDEX(mem[ANNOUNCE(p)]) >= from && INDEX(mem[ANNOUNCE(p)]) < top ->
		top = INDEX(mem[ANNOUNCE(p)])
	:: else
	fi
}

inline stop_at_head(c, top)
{
	if
	:: IS_IN(mem[HOLDERS], c) && mem[HEAD(c)] < top -> top = mem[HEAD(c)]
	:: else
	fi
}

/* Has the wait of consumer process @p come true? @top: its variable for an index. */
inline data_is_there(p, top, yes)
{
	top = INDEX(mem[CLAIM]);
	stop_at(0, wanted[p], top);
	stop_at(1, wanted[p], top);
	yes = (top > wanted[p] || mem[PRESENT] == 0)
}

inline room_is_there(p, top, yes)
{
#ifdef BROADCAST
	top = INDEX(mem[CLAIM]);
#if !defined(M_LIMIT_WITHOUT_ANNOUNCES)
	stop_at(1 - (p), 0, top);
#endif
	stop_at_head(0, top);
#if CONSUMERS > 1
	stop_at_head(1, top);
#endif
#else
	top = mem[HEAD(0)];
#endif
	yes = (top + PLACES >= wanted[p] || mem[BROKEN])
}

inline wake_consumer(p, top, yes)
{
	if
	:: asleep[p] ->
		data_is_there(p, top, yes);
		if
		:: yes ->
			asleep[p] = 0;
			wanted[p] = 0;
			mem[DATA_WAITERS] = mem[DATA_WAITERS] & ~(1 << (p))
		:: else
		fi
	:: else
	fi
}

inline wake_producer(p, top, yes)
{
	if
	:: asleep[p] ->
		room_is_there(p, top, yes);
		if
		:: yes ->
			asleep[p] = 0;
			wanted[p] = 0;
			mem[SPACE_WAITERS] = mem[SPACE_WAITERS] & ~(1 << (p))
		:: else
		fi
	:: else
	fi
}

/* IPCX_RING_WAKE, and what the kernel does where a member ends: under the lock. */
inline wake_all(top, yes)
{
	wake_consumer(PRODUCERS, top, yes);
#if CONSUMERS > 1
	wake_consumer(PRODUCERS + 1, top, yes);
#endif
	wake_producer(0, top, yes);
	wake_producer(1, top, yes);
	top = 0;
	yes = 0
}

/* The asymmetric fence: a full one on the processors of all others. */
inline fence_all()
{
	drain(0);
	drain(1);
	drain(2)
#if CONSUMERS > 1
	;
	drain(3)
#endif
}

#define WAITERS(p)	((p) < PRODUCERS -> SPACE_WAITERS : DATA_WAITERS)

/*
 * IPCX_RING_WAIT. Taking the lock and giving it back are in one step with what comes next
 * to them: nobody can tell.
 */
inline wait(p, index, top, yes)
{
	d_step {
		lock == 0;
		lock = p + 1;
		drain(p);
		wanted[p] = index;
		mem[WAITERS(p)] = mem[WAITERS(p)] | (1 << p)
	};
#ifndef M_NO_FENCE
	d_step { fence_all() };
#endif
	d_step {
#ifndef M_NO_SECOND_LOOK
		if
		:: p < PRODUCERS -> room_is_there(p, top, yes)
		:: else -> data_is_there(p, top, yes)
		fi;
#endif
		if
		:: yes ->
			wanted[p] = 0;
			mem[WAITERS(p)] = mem[WAITERS(p)] & ~(1 << p)
		:: else ->
			asleep[p] = 1
		fi;
		top = 0;
		yes = 0;
		lock = 0
	};
end_asleep:
	asleep[p] == 0
}

inline forget_waiter(p)
{
	asleep[p] = 0;
	wanted[p] = 0;
	mem[WAITERS(p)] = mem[WAITERS(p)] & ~(1 << p)
}

/* A producer's mapping ends: its processor has been given up, its buffer is empty. */
inline end_producer(me, word, seen, start, yes)
{
	d_step {
		lock == 0;
		lock = me + 1;
		drain(me);
		forget_waiter(me);
		start = mem[ANNOUNCE(me)]
	};
	if
	:: d_step { LOW(start) -> start = INDEX(start); word = mem[CLAIM] };
		d_step {
			seen = mem[CONFIRMED(me)];
#ifdef M_BLIND_REPAIR
			yes = 1;
#else
			yes = (word == CLAIM_WORD(mem[END(me)], me) || seen == mem[END(me)]);
#endif
			word = 0;
			seen = 0
		};
		if
		:: d_step {
				yes ->
				repaired[start % PLACES] = claimed[me];
				mem[HEADER(start)] = DISCARDED;
				yes = 0
			}
		:: else
		fi;
		d_step { mem[ANNOUNCE(me)] = QUIET(start); start = 0 }
	:: else
	fi;
	d_step {
		mem[PRESENT] = mem[PRESENT] & ~(1 << me);
		claimed[me] = 0;
		start = 0;
		wake_all(start, yes);
		lock = 0
	}
}

/* ---- a producer ---- */

/* The doorbell: looks at the words one by one, and rings once. */
inline ring_bell(me, word, yes)
{
	atomic { load(me, DATA_WAITERS, word) };
#if defined(BROADCAST) && !defined(M_NO_BELL_FOR_ROOM)
	if
	:: atomic { word == 0 -> load(me, SPACE_WAITERS, word) }
	:: else
	fi;
#endif
	if
	:: d_step { word != 0 && lock == 0 -> drain(me); wake_all(word, yes) }
	:: word == 0
	fi
}

inline lower(limit, word)
{
	if
	:: word < limit -> limit = word
	:: else
	fi;
	word = 0
}

inline limit_by_producer(me, p, limit, mask, seen)
{
	if
	:: atomic {
			p != me && IS_IN(mask, p) ->
			load(me, ANNOUNCE(p), seen);
			if
			:: LOW(seen) -> seen = INDEX(seen); lower(limit, seen)
			:: else -> seen = 0
			fi
		}
	:: else
	fi
}

inline limit_by_holder(me, c, limit, mask, seen)
{
	if
	:: atomic { IS_IN(mask, c) -> load(me, HEAD(c), seen); lower(limit, seen) }
	:: else
	fi
}

/* How far it may write. The order counts: the claim, announces, the mask of holders, heads. */
inline look_at_limit(me, limit, mask, seen)
{
#ifdef BROADCAST
#ifdef M_HOLDERS_BEFORE_CLAIM
	atomic { load(me, HOLDERS, mask) };
	atomic { load(me, CLAIM, limit); limit = INDEX(limit) };
	limit_by_holder(me, 0, limit, mask, seen);
	atomic { load(me, PRESENT, mask) };
	limit_by_producer(me, 1 - me, limit, mask, seen);
#else
	atomic { load(me, CLAIM, limit); limit = INDEX(limit) };
	atomic {
		load(me, PRESENT, mask);
#ifdef M_LIMIT_WITHOUT_ANNOUNCES
		mask = 0
#endif
#ifdef M_LIMIT_BY_HOLDERS_ALONE
		load(me, HOLDERS, seen);
		if
		:: seen -> mask = 0
		:: else
		fi
#endif
	};
	limit_by_producer(me, 1 - me, limit, mask, seen);
	atomic { load(me, HOLDERS, mask) };
	limit_by_holder(me, 0, limit, mask, seen);
#if CONSUMERS > 1
	limit_by_holder(me, 1, limit, mask, seen);
#endif
#endif
	d_step { mask = 0; limit = limit + PLACES }
#else
	atomic { load(me, HEAD(0), limit); limit = limit + PLACES }
#endif
}

/* Whoever claimed before: make it known that somebody saw it. Its claim is never lowered. */
inline bear_witness(me, p, start, seen, yes)
{
	do
	:: atomic {
			load(me, CONFIRMED(p), seen);
			if
			:: seen >= start -> seen = 0; break
			:: else
			fi
		};
		atomic {
			cas(me, CONFIRMED(p), seen, start, yes);
			seen = 0;
			if
			:: yes -> yes = 0; break
			:: else
			fi
		}
	od
}

/* The two stores are in one step: the first is read by nobody before the second is there. */
inline announce(me, start)
{
	atomic { store(me, END(me), start + 1); store(me, ANNOUNCE(me), ANNOUNCED(start)) }
}

/* Claim @start after @word; what is true is noted with it. */
inline claim(me, word, start, n, yes)
{
	d_step {
		cas(me, CLAIM, word, CLAIM_WORD(start + 1, me), yes);
		word = 0;
		if
		:: yes ->
			claimed[me] = 1;
			owner[start % PLACES] = NAME(me, n);
			committed[start % PLACES] = 0;
			repaired[start % PLACES] = 0
		:: else
		fi
	}
}

/* Two stores in one step again; each reaches the memory by itself. */
inline fill(me, start, n)
{
	atomic { store(me, FIRST(start), NAME(me, n)); store(me, SECOND(start), NAME(me, n)) };
	atomic { store(me, HEADER(start), NAME(me, n)) }
}

/* It is committed when this is stored: what a dead process stored is seen, too. */
inline commit(me, start)
{
	atomic {
		store(me, ANNOUNCE(me), QUIET(start));
		claimed[me] = 0;
		committed[start % PLACES] = 1
	}
}

inline fill_and_commit(me, start, n, word, yes)
{
#ifdef M_COMMIT_BEFORE_FILL
	commit(me, start);
	fill(me, start, n);
#else
	fill(me, start, n);
	commit(me, start);
#endif
	ring_bell(me, word, yes)
}

/* The own announce has hidden the record of another: as after a commit. */
inline bell_after_failure(me, word, yes, shadow)
{
#ifndef M_NO_BELL_AFTER_FAILURE
	if
	:: shadow -> ring_bell(me, word, yes)
	:: else
	fi;
#endif
	shadow = 0
}

/* Finds itself without room: takes back what it announced, and waits. */
inline give_way(me, start, word, seen, yes, shadow)
{
	if
	:: atomic { shadow -> store(me, ANNOUNCE(me), QUIET(start)) }
	:: else
	fi;
	bell_after_failure(me, word, yes, shadow);
	wait(me, start + 1, seen, yes)
}

/* May it stop here for ever, without an end? Others must not need it to go on. */
inline may_stop(me)
{
#ifdef STOP
	if
	:: true
	:: me == 1 -> goto stop
	fi
#else
	skip
#endif
}

proctype producer(byte me)
{
	byte n, word, mask, seen, start, limit;
	bit yes, shadow;

	do
	:: {
		do
		:: n < RECORDS_OF(me) ->
			atomic { load(me, CLAIM, word); start = INDEX(word) };
			if
			:: start + 1 > limit -> look_at_limit(me, limit, mask, seen)
			:: else
			fi;
			if
			:: d_step { start + 1 > limit -> word = 0 };
				give_way(me, start, word, seen, yes, shadow);
				if
				:: mem[BROKEN] -> break
				:: else
				fi
			:: else ->
#ifndef M_NO_WITNESS
				if
				:: LOW(word) != me ->
					bear_witness(me, LOW(word), start, seen, yes)
				:: else
				fi;
#endif
#ifdef M_ANNOUNCE_AFTER_CLAIM
				claim(me, word, start, n, yes);
				if
				:: yes -> announce(me, start)
				:: else
				fi;
#else
				announce(me, start);
				claim(me, word, start, n, yes);
#endif
				if
				:: d_step { yes -> yes = 0 };
					bell_after_failure(me, word, yes, shadow);
					may_stop(me);
					fill_and_commit(me, start, n, word, yes);
					d_step { n++; start = 0 }
				:: else ->
					shadow = 1
				fi
			fi
		:: else -> break
		od;
		may_stop(me);
		goto over;
stop:
end_stopped:
		false;
over:
		skip
	} unless { die[me] && lock != me + 1 };
		atomic { word = 0; mask = 0; seen = 0; start = 0; yes = 0; shadow = 0; limit = 0 };
		end_producer(me, word, seen, start, yes);
		if
		:: d_step {
				/* Another one gets its slot, and a name of its own for its records. */
				die[me] && n + 1 < RECORDS_OF(me) && lock == 0 ->
				n++;
				die[me] = 0;
				mem[PRESENT] = mem[PRESENT] | (1 << me)
			}
		:: !die[me] || n + 1 >= RECORDS_OF(me) -> break
		fi
	od
}

/* ---- a consumer ---- */

inline end_at_announce(me, p, next, avail, mask, seen)
{
	if
	:: atomic {
			IS_IN(mask, p) ->
			load(me, ANNOUNCE(p), seen);
			if
			:: LOW(seen) && INDEX(seen) >= next && INDEX(seen) < avail ->
				avail = INDEX(seen)
			:: else
			fi;
			seen = 0
		}
	:: else
	fi
}

inline look_for_data(me, next, avail, mask, seen)
{
	atomic { load(me, CLAIM, avail); avail = INDEX(avail) };
	if
	:: avail > next ->
		atomic { load(me, PRESENT, mask) };
		end_at_announce(me, 0, next, avail, mask, seen);
		end_at_announce(me, 1, next, avail, mask, seen);
		mask = 0
	:: else
	fi
}

/* A record must be the one that was claimed there, committed, and whole. */
inline deliver(me, next, word, seen)
{
	atomic {
		load(me, HEADER(next), word);
		wrong_record = (word == DISCARDED -> !repaired[next % PLACES] :
				word != owner[next % PLACES] || !committed[next % PLACES]);
		assert(!wrong_record)
	};
	if
	:: word != DISCARDED ->
		atomic {
			load(me, FIRST(next), seen);
			wrong_record = (seen != word);
			assert(!wrong_record)
		};
		atomic {
			load(me, SECOND(next), seen);
			wrong_record = (seen != word || word != owner[next % PLACES]);
			assert(!wrong_record);
			seen = 0
		}
	:: else
	fi;
	word = 0
}

inline release(me, next, word, yes)
{
	atomic { next++; store(me, HEAD(me - PRODUCERS), next) };
	atomic { load(me, SPACE_WAITERS, word) };
	if
	:: d_step { word != 0 && lock == 0 -> drain(me); wake_all(word, yes) }
	:: word == 0
	fi
}

#ifdef BROADCAST
/* The mask first, then where it begins: a producer reads the claim first, then the mask. */
inline attach(me, next)
{
	d_step {
		lock == 0;
		lock = me + 1;
		mem[HEAD(me - PRODUCERS)] = INDEX(mem[CLAIM])
	};
	mem[HOLDERS] = mem[HOLDERS] | (1 << (me - PRODUCERS));
#ifndef M_HEAD_BEFORE_MASK
	next = INDEX(mem[CLAIM]);
	mem[HEAD(me - PRODUCERS)] = next;
#endif
	d_step { next = mem[HEAD(me - PRODUCERS)]; lock = 0 }
}
#endif

inline end_consumer(me, word, yes)
{
	d_step {
		lock == 0;
		drain(me);
		forget_waiter(me);
		mem[HOLDERS] = mem[HOLDERS] & ~(1 << (me - PRODUCERS));
#ifndef BROADCAST
		mem[BROKEN] = 1;
#endif
		wake_all(word, yes)
	}
}

proctype consumer(byte me)
{
	byte next, avail, word, mask, seen;
	bit yes;

#ifdef BROADCAST
	attach(me, next);
	avail = next;
#endif
	{
		do
		:: avail == next ->
			atomic { load(me, PRESENT, word) };
			look_for_data(me, next, avail, mask, seen);
			if
			:: avail == next && word == 0 -> break
			:: d_step { avail == next && word != 0 -> word = 0 };
				wait(me, next, seen, yes)
			:: d_step { avail != next -> word = 0 }
			fi
		:: else ->
			deliver(me, next, word, seen);
			release(me, next, word, yes)
		od
	} unless { die[me] && lock != me + 1 };
	atomic { avail = 0; next = 0; word = 0; mask = 0; seen = 0; yes = 0 };
	end_consumer(me, word, yes)
}

/* ---- the rest of the world ---- */

#if defined(PRODUCER_DIES) || defined(CONSUMER_DIES)
/* One member is killed, at any time. */
active proctype killer()
{
#ifdef PRODUCER_DIES
	die[0] = 1
#else
	die[PRODUCERS] = 1
#endif
}
#endif

/* When nobody can go on: nobody may sleep whose wait has come true. */
active proctype monitor()
{
	byte top;
	bit yes;

	atomic {
		timeout ->
		if
		:: asleep[0] -> room_is_there(0, top, yes); lost_wakeup = yes
		:: else
		fi;
		assert(!lost_wakeup);
		if
		:: asleep[1] -> room_is_there(1, top, yes); lost_wakeup = yes
		:: else
		fi;
		assert(!lost_wakeup);
		if
		:: asleep[2] -> data_is_there(2, top, yes); lost_wakeup = yes
		:: else
		fi;
#if CONSUMERS > 1
		assert(!lost_wakeup);
		if
		:: asleep[3] -> data_is_there(3, top, yes); lost_wakeup = yes
		:: else
		fi;
#endif
		assert(!lost_wakeup)
	}
}

init {
	atomic {
		mem[PRESENT] = 3;
#ifndef BROADCAST
		mem[HOLDERS] = 1;
#endif
		run producer(0);
		run producer(1);
		run consumer(PRODUCERS);
#if CONSUMERS > 1
		run consumer(PRODUCERS + 1);
#endif
	}
}
