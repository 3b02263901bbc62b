#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the tables of performance.rst out of what "make bench-icount" left.

    figures.py out/bench/icount-stock >Documentation/figures.txt
"""
import json
import os
import sys

NAMES = {
    "pipe": "pipe",
    "posix-mq": "POSIX mq",
    "sysv-mq": "System V mq",
    "unix-stream": "Unix stream",
    "unix-dgram": "Unix datagram",
    "unix-seqpacket": "Unix seqpacket",
    "shm-futex": "shm + futex",
    "binder": "Binder",
    "ipcx-queue": "ipcx-queue",
    "ipcx-queue-rw": "ipcx-queue-rw",
    "ipcx-mbox": "ipcx-mbox",
    "ipcx-mbox-ring": "ipcx-mbox-ring",
    "ipcx-ring-spsc": "ipcx-ring-spsc",
    "ipcx-ring-mpsc": "ipcx-ring-mpsc",
    "ipcx-ring-broadcast": "ipcx-ring-broadcast",
    "ipcx-ring-memfd": "ipcx-ring-memfd",
}


class Folder:
    """The JSON files of one run."""

    def __init__(self, path):
        self.rows = []
        for name in ("small", "large", "two", "depth", "memory", "group", "mailboxes", "ring"):
            with open(os.path.join(path, name + ".json"), encoding="utf-8") as file:
                data = json.load(file)
            self.environment = data["environment"]
            self.rows += data["results"]
            if name == "small":
                self.repeat = data["rules"]["repeat"]

    def row(self, **keys):
        for row in self.rows:
            if all(row.get(key) == value for key, value in keys.items()):
                return row
        return {}

    def figure(self, **keys):
        value = self.row(**keys).get("figure")
        return "--" if value is None else f"{value:,.0f}"

    def locked(self, **keys):
        value = self.row(**keys).get("counted", {}).get("locked_instructions")
        return "--" if value is None else f"{value:.1f}"


def table(rows):
    """Without the rows in which there is nothing, as of what has calls only."""
    rows = [row for row in rows if any(cell != "--" for cell in row[1:])]
    widths = [max(len(cell) for cell in column) for column in zip(*rows)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
             for row in rows]
    print("\n".join([rule, lines[0], rule] + lines[1:] + [rule]), end="\n\n")


def pair(run):
    print("One process sends and receives, nobody waits; instructions per message (a send and\n"
          "a receive):\n")
    rows = [["Mechanism", "64 bytes", "of them locked", "32 per call", "4 KiB", "64 KiB"]]
    for key, name in NAMES.items():
        which = {"transport": key, "mode": "pair"}
        rows.append([name, run.figure(size=64, batch=1, **which),
                     run.locked(size=64, batch=1, **which),
                     run.figure(size=64, batch=32, **which),
                     run.figure(size=4096, **which), run.figure(size=65536, **which)])
    table(rows)
    print("*32 per call*: 64 bytes, 32 messages in one system call, per message;\n"
          "``sendmmsg(2)`` and ``recvmmsg(2)`` for sockets; the functions for many records of\n"
          "rings. Shared memory with futex, and rings, have no kernel on the way, and are faster\n"
          "than everything else; with the former the two sides have to trust each other. What\n"
          "comes in a ring is copied out of it here, for that is what all others do.\n")


def two(run):
    print("Two processes on one CPU; instructions per message one way, and per round trip (two\n"
          "messages and two switches):\n")
    rows = [["Mechanism", "one way, 64 bytes", "4 KiB", "round trip, 64 bytes", "4 KiB"]]
    for key, name in NAMES.items():
        rows.append([name] + [run.figure(transport=key, mode=mode, size=size)
                              for mode in ("oneway", "roundtrip") for size in (64, 4096)])
    rows.append(["*bare switch*", "--", "--"] + [run.figure(mode="switch")] * 2)
    table(rows)


def depth(run):
    print("Cost against what is queued already (``ipcx-bench depth``), *ipcx-queue*, 64 bytes,\n"
          "instructions of a send and a receive:\n")
    rows = [["Queued", "1 priority", "32 priorities", "32,768 priorities"]]
    for queued in (10, 1000, 100000):
        rows.append([f"{queued:,}"] + [
            run.figure(transport="ipcx-queue", mode="depth", queued=queued, priorities=n)
            for n in (1, 32, 32768)])
    table(rows)


def memory(run):
    print("Memory of a queued message of 64 bytes (``ipcx-bench memory``), the difference of the\n"
          "cgroup's ``memory.current`` over 50,000 messages:\n")
    table([["Mechanism", "Bytes"]] + [[name, run.figure(transport=key, mode="memory")]
                                      for key, name in NAMES.items()
                                      if key != "shm-futex" and "ring" not in key])


def group(run):
    print("A send of 4 KiB to a group of mailboxes, and a send to each of them (``ipcx-bench\n"
          "group``), instructions, without the receipt:\n")
    rows = [["Members", "one to the group", "one to each"]]
    for members in (1, 4, 16):
        row = run.row(mode="group", members=members)
        rows.append([str(members), f"{row['figure']:,.0f}", f"{row['separate']:,.0f}"])
    table(rows)


def mailboxes(run):
    print("A call by port and its reply, 64 bytes, with so many mailboxes open (``ipcx-bench\n"
          "mailboxes``), instructions:\n")
    table([["Mailboxes", "Instructions"]] + [[f"{n:,}", run.figure(mode="mailboxes", open=n)]
                                             for n in (2, 100000)])


def rings(run):
    print("A record of a shared ring by its public functions, 64 bytes (``ipcx-bench ring``):\n"
          "reserve, write, commit, peek, read and release, with the loop around it,\n"
          "instructions; and the producer's part of a broadcast:\n")
    rows = [["Ring", "Instructions"]]
    for mode in ("spsc", "mpsc", "broadcast"):
        rows.append([mode, run.figure(mode="ring-record", transport=f"ipcx-ring-{mode}")])
    for count in (1, 4, 16):
        rows.append([f"broadcast to {count}, producer", run.figure(
            mode="ring-producer", transport=f"ipcx-ring-broadcast-{count}")])
    table(rows)


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    run = Folder(arguments[0])
    print(".. SPDX-License-Identifier: LGPL-2.1-or-later\n")
    print(f"``make bench-icount`` on kernel {run.environment['kernel']}, instructions,\n"
          f"{run.repeat} interleaved repetitions. *ipcx-queue* sends and receives by ioctl, with\n"
          "type, priority, deadline and batches at hand; *ipcx-queue-rw* by ``write(2)`` and\n"
          "``read(2)``. The round trips of *ipcx-mbox* and Binder are a call and its reply.\n")
    pair(run)
    two(run)
    depth(run)
    memory(run)
    group(run)
    mailboxes(run)
    rings(run)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
