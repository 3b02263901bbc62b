#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A row for each mechanism and size: what ipcx-trace says of ledger-traffic.

Runs in the VM, as root, with both modules loaded. The messages of a row are those that
ledger-traffic is told to send: the kernel sees none of those in shared memory. Status 1
where the passes of a row are not what theory says, where copies are missing from the
figures, or where a mechanism failed.
"""
import argparse
import json
import os
import subprocess
import sys
from typing import NamedTuple

# ledger-traffic's, as the tests': cannot be done here.
SKIPPED = 77


class Mechanism(NamedTuple):
    """A mechanism by ledger-traffic's name of it.

    row: ipcx-trace's name of what its calls are
    theory: how often each message is copied
    setup: bytes of what is sent before the first message
    """

    row: str
    theory: int
    setup: int = 0


MECHANISMS = {
    "pipe": Mechanism("pipe", 2),
    # Its writer's calls move pages; what is copied is its reader's.
    "pipe-vmsplice": Mechanism("pipe", 1),
    "fifo": Mechanism("fifo", 2),
    "unix-stream": Mechanism("unix-stream", 2),
    "unix-dgram": Mechanism("unix-dgram", 2),
    "unix-seqpacket": Mechanism("unix-seqpacket", 2),
    "tcp": Mechanism("tcp", 2),
    "udp": Mechanism("udp", 2),
    "posix-mq": Mechanism("posix-mq", 2),
    "sysv-mq": Mechanism("sysv-msg", 2),
    # Skipped: nobody spins here.
    "shm-atomics": Mechanism("other", 0),
    "shm-futex": Mechanism("futex", 0),
    "shm-posix-futex": Mechanism("futex", 0),
    "shm-posix-sem": Mechanism("futex", 0),
    "shm-named-sem": Mechanism("futex", 0),
    "shm-sysv": Mechanism("other", 0),
    "shm-memfd": Mechanism("futex", 0),
    "shm-file": Mechanism("futex", 0),
    "process-vm": Mechanism("process-vm", 1),
    # Skipped: no payload, or a few bytes.
    "eventfd": Mechanism("eventfd", 2),
    "signal": Mechanism("other", 0),
    # The sender is first told of the receiver: a message with a struct flat_binder_object.
    "binder": Mechanism("binder", 1, setup=24),
    "ipcx-queue": Mechanism("ipcx-queue", 2),
    "ipcx-queue-rw": Mechanism("ipcx-queue", 2),
    "ipcx-mbox": Mechanism("ipcx-mbox", 2),
    "ipcx-mbox-ring": Mechanism("ipcx-delivery", 1),
    "ipcx-ring-spsc": Mechanism("ipcx-ring", 0),
    "ipcx-ring-mpsc": Mechanism("ipcx-ring", 0),
    "ipcx-ring-broadcast": Mechanism("ipcx-ring", 0),
    "ipcx-ring-memfd": Mechanism("futex", 0),
}

HEAD = (
    f"{'MECHANISM':<20} {'SIZE':>6} {'PASSES':>7} {'THEORY':>6} {'COPIES':>7} {'ARG/MSG':>8}"
    f" {'TIME/KIB':>9} {'COPY':>7} {'BLOCKED':>7}"
)
TEXT = """
PASSES    bytes copied for messages over bytes of messages; COPIES are calls of copy functions
          for a message, ARG/MSG the bytes of other arguments that were copied
TIME/KIB  of copying, in the unit above; less what measuring cost
COPY      share of the calls' time on a processor that went to copies, BLOCKED of all their
          time; less what measuring cost"""


def emulated():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as cpus:
        return "QEMU TCG" in cpus.read()


def unit_of(instructions):
    """The unit of the figures of time, and a line on it for the reader."""
    if instructions:
        return "instructions", "instructions (the VM's clock counts them)"
    if emulated():
        return "ns-emulated", (
            "ns OF AN EMULATED PROCESSOR: they measure the emulator; compare rows, not machines"
        )
    return "ns", "ns"


def known(tools):
    """All that ledger-traffic can do, in its order."""
    names = subprocess.run(
        [f"{tools}/ledger-traffic", "--list"], check=True, capture_output=True, text=True
    ).stdout.split()
    strange = [name for name in names if name not in MECHANISMS]
    if strange:
        sys.exit(f"table.py: {', '.join(strange)}: add what theory says to MECHANISMS")
    return names


def row_of(document, name):
    """The figures of a mechanism; None where none of its calls were seen."""
    rows = [r for r in document["mechanisms"] if r["mechanism"] == name]
    return rows[0] if rows else None


def result_of(document, name, size, count):
    """What the text and the JSON say of a mechanism with messages of a size."""
    mechanism = MECHANISMS[name]
    row = row_of(document, mechanism.row)
    payload = row["payload_bytes"] - mechanism.setup if row else 0
    result = {
        "mechanism": name,
        "size": size,
        "passes": payload / (size * count),
        "theory": mechanism.theory,
        "matches": payload == mechanism.theory * size * count,
        "copies_per_message": row["payload_copies"] / count if row else 0,
        "argument_bytes_per_message": row["argument_bytes"] / count if row else 0,
        "lost": {kind: n for kind, n in document["lost"].items() if n},
    }
    for key in "per_kib", "copy_share":
        result[key] = row["corrected"][key] if row and payload else None
    result["blocked_share"] = row["blocked_share"] if row else None
    return result


def trace(options, name, size):
    """One run of ledger-traffic under ipcx-trace."""
    run = subprocess.run(
        [f"{options.tools}/ipcx-trace", "copies", "--json", "--"]
        + [f"{options.tools}/ledger-traffic", name, str(size), str(options.count)],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode == 0:
        return result_of(json.loads(run.stdout), name, size, options.count)
    why = (run.stderr.strip().splitlines() or [f"status {run.returncode}"])[0]
    how = "skipped" if run.returncode == SKIPPED else "failed"
    return {"mechanism": name, "size": size, how: why}


def share(value):
    return "-" if value is None else f"{100 * value:.1f}%"


def show(result):
    head = f"{result['mechanism']:<20} {result['size']:>6}"
    for how in "skipped", "failed":
        if how in result:
            print(f"{head}  {how}: {result[how]}", flush=True)
            return
    time = "-" if result["per_kib"] is None else f"{result['per_kib']:.0f}"
    print(
        f"{head} {result['passes']:>7.3f} {result['theory']:>6}"
        f" {result['copies_per_message']:>7.2f} {result['argument_bytes_per_message']:>8.1f}"
        f" {time:>9} {share(result['copy_share']):>7} {share(result['blocked_share']):>7}"
        + ("" if result["matches"] else "  differs")
        + ("  lost: " + str(result["lost"]) if result["lost"] else ""),
        flush=True,
    )


def good(result):
    return "skipped" in result or (result.get("matches", False) and not result["lost"])


def measure(options, names):
    results = []
    for name in names:
        for size in options.sizes:
            results.append(trace(options, name, size))
            show(results[-1])
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", required=True, help="folder of ipcx-trace, ledger-traffic")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 4096, 65536])
    parser.add_argument("--count", type=int, default=10000, help="messages of each size")
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    parser.add_argument("--instructions", action="store_true", help="the clock counts them")
    parser.add_argument("mechanisms", nargs="*", metavar="MECHANISM", help="default: all")
    options = parser.parse_args()
    names = known(options.tools)
    strange = [name for name in options.mechanisms if name not in names]
    if strange:
        parser.error(f"{strange[0]}: no such mechanism; there are {', '.join(names)}")

    unit, remark = unit_of(options.instructions)
    print(f"kernel   {os.uname().release}, {options.count} messages, from one process to another")
    print(f"unit     {remark}\n\n{HEAD}", flush=True)
    results = measure(options, options.mechanisms or names)
    print(TEXT)
    if options.json:
        document = {"ledger": 1, "kernel": os.uname().release, "unit": unit}
        document |= {"messages": options.count, "rows": results}
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.write("\n")
    return 0 if all(map(good, results)) else 1


sys.exit(main())
