# SPDX-License-Identifier: LGPL-2.1-or-later
"""Often claimed, measured here.

A claim holds where the figure measured is within a factor of two of what is claimed:
more would let everything pass, less would fail claims that are right for another
machine. It is judged by every run of real time, since one often holds in one way of
waiting and fails in all others; nanoseconds of an emulated processor and instructions
judge no claim.
"""
from typing import NamedTuple

import names
import tables
import units

NEAR = 2
# Round trips are claimed of "small messages".
SMALL = 64
SHARED_MEMORY = ("shm-futex", "shm-posix-futex", "shm-posix-sem", "shm-named-sem", "shm-sysv",
                 "shm-memfd", "shm-atomics")
QUEUES = ("posix-mq", "sysv-mq")
UNIX = ("unix-stream", "unix-dgram", "unix-seqpacket")


class Claim(NamedTuple):
    """A figure: of a round trip in nanoseconds, or of throughput in GB/s.

    who: mechanisms, the best of which counts; wait: it is said of this way only
    """

    text: str
    value: float
    who: tuple
    throughput: bool = False
    wait: str = ""
    remark: str = ""


class Ratio(NamedTuple):
    """How many times as fast one is as another."""

    text: str
    value: float
    fast: tuple
    slow: tuple


ROUND_TRIPS = (
    Claim("shared memory with atomics", 50, ("shm-atomics", *SHARED_MEMORY), wait="spin",
          remark="who spins needs no more than atomics"),
    Claim("shared memory with a mutex", 200, ("shm-futex", "shm-posix-futex"),
          remark="a mutex that is waited for is a futex"),
    Claim("pipe", 500, ("pipe",)),
    Claim("Unix socket", 2000, UNIX),
    Claim("FIFO", 2500, ("fifo",)),
    Claim("POSIX mq", 3000, ("posix-mq",)),
    Claim("TCP loopback", 10000, ("tcp",)),
    Claim("System V mq", 15000, ("sysv-mq",)),
)
THROUGHPUTS = (
    Claim("shared memory", 20, SHARED_MEMORY, throughput=True),
    Claim("mmap", 15, ("shm-file",), throughput=True, remark="a mapped file"),
    Claim("pipe", 10, ("pipe", "pipe-vmsplice"), throughput=True),
    Claim("Unix socket", 3, UNIX, throughput=True),
    Claim("TCP", 1, ("tcp",), throughput=True),
    Claim("message queues", 0.5, QUEUES, throughput=True),
)
RATIOS = (
    Ratio("shared memory is 200 × faster than TCP", 200, SHARED_MEMORY, ("tcp",)),
    Ratio("Unix sockets are 5 × faster than TCP", 5, UNIX, ("tcp",)),
)


class Found(NamedTuple):
    """The best of a claim's mechanisms in one run."""

    run: object
    row: dict
    value: float
    where: str = ""

    @property
    def how(self):
        return self.where or _said(self.run)


def _said(run):
    """A run in a cell of the table."""
    return f"run {run.letter} ({run.how})"


def _rows(run, mode, who):
    return [row for row in run.measured(mode) if row["transport"] in who and row["figure"]]


def _small(rows):
    """Those of the size nearest to what is called small."""
    sizes = {row["size"] for row in rows if row["size"]}
    if not sizes:
        return []
    nearest = min(sizes, key=lambda size: abs(size - SMALL))
    return [row for row in rows if row["size"] == nearest]


def _round_trip(run, who, mode="roundtrip"):
    rows = _small(_rows(run, mode, who))
    best = min(rows, key=lambda row: row["figure"], default=None)
    return Found(run, best, best["figure"]) if best else None


def _throughput(run, who):
    """GB/s, at the size at which there is most."""
    best = max((row for row in _rows(run, "oneway", who) if row["size"]),
               key=tables.bytes_per_second, default=None)
    return Found(run, best, tables.bytes_per_second(best) / 1e9) if best else None


def _judges(runs):
    return [run for run in runs if run.unit == "ns" and not run.emulated]


def _all(claim, runs):
    measure = _throughput if claim.throughput else _round_trip
    found = [measure(run, claim.who) for run in _judges(runs)
             if not claim.wait or run.rules.get("wait") == claim.wait]
    return [f for f in found if f]


def _off(value, claimed):
    """How far from what is claimed, whichever way."""
    return max(value / claimed, claimed / value)


def _elsewhere(claim, runs):
    """Ways that are no round trip between processes, but have what was claimed of it."""
    if claim.throughput:
        return []
    texts = {"pair": "one process that sends and receives, nobody waits",
             "oneway": "one way, many messages at a time, no reply"}
    found = []
    for run in _judges(runs):
        for mode, text in texts.items():
            best = _round_trip(run, claim.who, mode)
            if best:
                found.append(best._replace(where=f"{text}, {_said(run)}"))
    return found


def _value(claim, value):
    return units.rate(value * 1e9) if claim.throughput else units.time(value)


def _claimed(text):
    """10.0 µs is what one measures, 10 µs what one claims."""
    number, unit = text.split(" ")
    return f"{float(number):g} {unit}"


def _measured(claim, found):
    return "; ".join(f"{f.run.letter}: {_value(claim, f.value)}"
                     + (f" ({names.title(f.row['transport'])})" if len(claim.who) > 1 else "")
                     for f in found)


def _factor(claim, value):
    factor = units.times(_off(value, claim.value))
    if claim.throughput:
        return f"at least {factor} as much" if value > claim.value else f"{factor} less at best"
    return f"{factor} as long at best" if value > claim.value else f"at least {factor} as fast"


def _would_hold(claim, runs, found):
    """The ways of waiting in which it comes true, or the nearest."""
    good = [f for f in found if _off(f.value, claim.value) <= NEAR]
    if good:
        return "; ".join(f.how for f in good)
    other = [f for f in _elsewhere(claim, runs) if _off(f.value, claim.value) <= NEAR]
    if other:
        best = min(other, key=lambda f: _off(f.value, claim.value))
        return f"not a round trip: {best.where}: {_value(claim, best.value)}"
    best = min(found, key=lambda f: _off(f.value, claim.value))
    return f"none of those measured; nearest: {best.how}"


def _verdict(claim, found):
    good = [f for f in found if _off(f.value, claim.value) <= NEAR]
    if len(good) == len(found):
        return "holds"
    if good:
        return "holds in part: not in run " + ", ".join(
            f.run.letter for f in found if f not in good)
    nearest = min(found, key=lambda f: _off(f.value, claim.value))
    return f"does not hold: {_factor(claim, nearest.value)}"


def _row(claim, runs):
    kind = "throughput" if claim.throughput else "round trip"
    text = f"{kind}, {claim.text}"
    if claim.remark:
        text += f" ({claim.remark})"
    head = [tables.Cell(text), tables.Cell(_claimed(_value(claim, claim.value)))]
    found = _all(claim, runs)
    if not found:
        why = f"not measured here: needs --wait {claim.wait}" if claim.wait else "not measured here"
        return head + [tables.NOTHING, tables.NOTHING, tables.Cell(why)]
    return head + [tables.Cell(_measured(claim, found)),
                   tables.Cell(_would_hold(claim, runs, found)),
                   tables.Cell(_verdict(claim, found))]


def _ratios(claim, runs):
    """(run, what, factor): of round trips and of throughput."""
    found = []
    for run in _judges(runs):
        fast, slow = _round_trip(run, claim.fast), _round_trip(run, claim.slow)
        if fast and slow and fast.row["size"] == slow.row["size"]:
            found.append((run, "round trip", slow.value / fast.value))
        fast, slow = _throughput(run, claim.fast), _throughput(run, claim.slow)
        if fast and slow:
            found.append((run, "throughput", fast.value / slow.value))
    return found


def _ratio_row(claim, runs):
    head = [tables.Cell(claim.text), tables.Cell(f"{claim.value}×")]
    found = _ratios(claim, runs)
    if not found:
        return head + [tables.NOTHING, tables.NOTHING, tables.Cell("not measured here")]
    measured = "; ".join(f"{run.letter}: {units.times(factor)} ({what})"
                         for run, what, factor in found)
    good = [f for f in found if _off(f[2], claim.value) <= NEAR]
    near = min(found, key=lambda f: _off(f[2], claim.value))
    if good:
        hold = "; ".join(f"{what}, {_said(run)}" for run, what, _ in good)
        verdict = "holds" if len(good) == len(found) else "holds in part"
    else:
        hold = f"none of those measured; nearest: {near[1]}, {_said(near[0])}"
        verdict = f"does not hold: {units.times(near[2])} at best"
    return head + [tables.Cell(measured), tables.Cell(hold), tables.Cell(verdict)]


def table(runs):
    rows = [_row(claim, runs) for claim in ROUND_TRIPS + THROUGHPUTS]
    rows += [_ratio_row(claim, runs) for claim in RATIOS]
    note = (f"Round trips are those of {SMALL} bytes or the nearest size; throughput is the best "
            "of all sizes; of several mechanisms the best one counts. A claim holds where the figure "
            "is within a factor of two of it. Letters are runs.")
    inside = [run.letter for run in _judges(runs) if run.rules.get("payload_checked") == "inside"]
    if inside:
        note += (f" In run {', '.join(inside)} writing and checking every payload is part of the "
                 "figures, and no throughput is above what that takes; --check outside leaves it "
                 "out.")
    if not _judges(runs):
        note += (" No run is of real time: figures of emulated processors and instructions judge "
                 "no claim.")
    return tables.Table("claims", "Often claimed, measured here", note,
                        ("Claim", "Claimed", "Measured", "Would hold", "Verdict"), rows,
                        numbers=False)
