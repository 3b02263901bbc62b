# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a mechanism is called, whose kin it is, and how it is drawn.

Each mechanism has one colour, dash and marker wherever it is drawn. There are more
mechanisms than colours that everybody can tell apart: within a family, and among the
landmarks (one or two of each family, which the first plot of each kind shows together),
no two have the same colour, and dash and marker tell them apart in grey.
"""
from typing import NamedTuple

# Those of svg.py, each with a marker.
COLOURS = 9
DASHES = 5


class Family(NamedTuple):
    """Mechanisms that are shown in one plot.

    members: in the order of the legend, which gives them their colours
    """

    key: str
    title: str
    members: tuple


FAMILIES = (
    Family("pipes", "Pipes", ("pipe", "fifo", "pipe-vmsplice", "io_uring-pipe")),
    Family(
        "sockets", "Sockets",
        ("tcp", "unix-stream", "unix-dgram", "unix-seqpacket", "udp", "io_uring-unix"),
    ),
    Family("queues", "Message queues", ("posix-mq", "sysv-mq", "ipcx-queue", "ipcx-queue-rw")),
    Family(
        "shared-memory", "Shared memory",
        ("shm-futex", "shm-posix-futex", "shm-posix-sem", "shm-named-sem", "shm-sysv",
         "shm-memfd", "shm-file", "shm-atomics"),
    ),
    Family(
        "rings", "Shared rings of ipcx",
        ("ipcx-ring-spsc", "ipcx-ring-mpsc", "ipcx-ring-broadcast", "ipcx-ring-memfd"),
    ),
    Family(
        "calls", "Mailboxes, calls and the rest",
        ("ipcx-mbox", "ipcx-mbox-ring", "binder", "process-vm", "eventfd", "signal", "switch"),
    ),
)

# Together in the first plot: they are given their colours first.
LANDMARKS = ("pipe", "unix-stream", "tcp", "posix-mq", "sysv-mq", "shm-futex", "ipcx-queue",
             "ipcx-ring-spsc")
# Where a landmark was not measured, the next of its kin stands for it.
STAND_INS = {"ipcx-ring-spsc": ("ipcx-ring-memfd",)}

TITLES = {
    "pipe": "pipe", "fifo": "FIFO", "pipe-vmsplice": "pipe + vmsplice",
    "io_uring-pipe": "pipe + io_uring", "tcp": "TCP loopback", "udp": "UDP loopback",
    "unix-stream": "Unix stream", "unix-dgram": "Unix datagram",
    "unix-seqpacket": "Unix seqpacket", "io_uring-unix": "Unix + io_uring",
    "posix-mq": "POSIX mq", "sysv-mq": "System V mq", "shm-futex": "shm + futex",
    "shm-posix-futex": "POSIX shm + futex", "shm-posix-sem": "POSIX shm + sem",
    "shm-named-sem": "POSIX named sem", "shm-sysv": "SysV shm + sem",
    "shm-memfd": "memfd + futex", "shm-file": "mapped file + futex",
    "shm-atomics": "shm + atomics", "process-vm": "process_vm_readv",
    "binder": "Binder", "eventfd": "eventfd", "signal": "real-time signal",
    "switch": "bare switch",
}


class Look(NamedTuple):
    """How a mechanism is drawn; numbers from 0 of colour (and marker) and dash."""

    colour: int
    dash: int


def title(name):
    return TITLES.get(name, name)


def family_of(name):
    """Who is in no family is with the rest."""
    for family in FAMILIES:
        if name in family.members:
            return family
    return FAMILIES[-1]


def order(name):
    """To sort mechanisms as the families have them."""
    family = family_of(name)
    place = family.members.index(name) if name in family.members else len(family.members)
    return FAMILIES.index(family), place, name


def landmarks(names):
    """Those of the first plot, of those that there are."""
    found = []
    for name in LANDMARKS:
        there = [n for n in (name, *STAND_INS.get(name, ())) if n in names]
        found += there[:1]
    return found


def _fixed_colours():
    colours = {name: number for number, name in enumerate(LANDMARKS)}
    # In its family it stands beside the landmark.
    colours.update({other: COLOURS - 1 for others in STAND_INS.values() for other in others})
    return colours


def _looks():
    colours, looks = _fixed_colours(), {}
    for family in FAMILIES:
        taken = {colours[name] for name in family.members if name in colours}
        free = [number for number in range(COLOURS) if number not in taken]
        for place, name in enumerate(family.members):
            colour = colours[name] if name in colours else free.pop(0)
            looks[name] = Look(colour, place % DASHES)
    return looks


LOOKS = _looks()


def look(name):
    """Unknown mechanisms get one, too, always the same."""
    if name in LOOKS:
        return LOOKS[name]
    number = sum(name.encode())
    return Look(number % COLOURS, number % DASHES)
