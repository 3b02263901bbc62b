/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processors whose stores are seen late, for SPIN, which knows none: total store
 * order as of x86. Each process has a buffer of DEPTH stores. They reach the memory one
 * by one, in order, at any later time; a load looks into the buffer of its own process
 * first. A compare-and-swap, a fence and an entry into the kernel empty it.
 *
 * The model says before it includes this: PROCS, CELLS (words of memory), DEPTH (2 or 3).
 */
byte mem[CELLS];
byte late_cell[PROCS * DEPTH];
byte late_value[PROCS * DEPTH];
byte late[PROCS];		/* stores in the buffer of each */

/* The oldest store of a process reaches the memory. What is not used is 0: fewer states. */
inline drain_one(p)
{
	mem[late_cell[(p) * DEPTH]] = late_value[(p) * DEPTH];
	late_cell[(p) * DEPTH] = late_cell[(p) * DEPTH + 1];
	late_value[(p) * DEPTH] = late_value[(p) * DEPTH + 1];
#if DEPTH == 3
	late_cell[(p) * DEPTH + 1] = late_cell[(p) * DEPTH + 2];
	late_value[(p) * DEPTH + 1] = late_value[(p) * DEPTH + 2];
#endif
	late_cell[(p) * DEPTH + DEPTH - 1] = 0;
	late_value[(p) * DEPTH + DEPTH - 1] = 0;
	late[p]--
}

inline drain(p)
{
	if
	:: late[p] > 0 -> drain_one(p)
	:: else
	fi;
	if
	:: late[p] > 0 -> drain_one(p)
	:: else
	fi
#if DEPTH == 3
	;
	if
	:: late[p] > 0 -> drain_one(p)
	:: else
	fi
#endif
}

/*
 * The accesses. Each is to be within an atomic step, together with what the process does to
 * its own variables before the next.
 */

inline store(p, cell, value)
{
	late[p] < DEPTH;
	late_cell[(p) * DEPTH + late[p]] = cell;
	late_value[(p) * DEPTH + late[p]] = value;
	late[p]++
}

inline load(p, cell, to)
{
	to = mem[cell];
	if
	:: late[p] > 0 && late_cell[(p) * DEPTH] == cell -> to = late_value[(p) * DEPTH]
	:: else
	fi;
	if
	:: late[p] > 1 && late_cell[(p) * DEPTH + 1] == cell -> to = late_value[(p) * DEPTH + 1]
	:: else
	fi
#if DEPTH == 3
	;
	if
	:: late[p] > 2 && late_cell[(p) * DEPTH + 2] == cell -> to = late_value[(p) * DEPTH + 2]
	:: else
	fi
#endif
}

inline cas(p, cell, old, new, done)
{
	drain(p);
	done = (mem[cell] == old);
	if
	:: done -> mem[cell] = new
	:: else
	fi
}

/* Stores reach the memory when they like. */
active proctype processors()
{
end:	do
	:: d_step { late[0] > 0 -> drain_one(0) }
	:: d_step { late[1] > 0 -> drain_one(1) }
#if PROCS > 2
	:: d_step { late[2] > 0 -> drain_one(2) }
#endif
#if PROCS > 3
	:: d_step { late[3] > 0 -> drain_one(3) }
#endif
	od
}
