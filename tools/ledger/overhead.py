#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the ledger costs who is looked at, and who is not.

Runs in a VM whose clock counts instructions, as root, with no module loaded. The same round
trips of ipcx-bench are measured with more and more in place: nothing, both modules, an
ipcx-trace that follows another process, and one that follows the bench.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

STATES = ("nothing", "modules", "another process is traced", "traced")


def load(folder):
    for module in "ipcx", "ipcx_probe":
        subprocess.run(["insmod", f"{folder}/{module}.ko"], check=True)


class Tracer:
    """An ipcx-trace that follows a process which does nothing."""

    def __init__(self, tools):
        self.idle = subprocess.Popen(["sleep", "infinity"])
        self.tracer = subprocess.Popen(
            [f"{tools}/ipcx-trace", "copies", "-p", str(self.idle.pid)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        for line in self.tracer.stderr:
            if "tracing" in line:
                return self
        sys.exit("overhead.py: ipcx-trace does not trace")

    def __exit__(self, *_):
        self.idle.kill()
        self.idle.wait()
        self.tracer.communicate()


def bench(options, transports, before=()):
    """Instructions of a round trip, by transport and size."""
    with tempfile.TemporaryDirectory() as folder:
        results = os.path.join(folder, "results.json")
        subprocess.run(
            [*before, f"{options.tools}/ipcx-bench", "--quiet", "--unit", "instructions"]
            + ["--modes", "roundtrip", "--sizes", ",".join(map(str, options.sizes))]
            + ["--transports", ",".join(transports), "--json", results],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with open(results, encoding="utf-8") as file:
            rows = json.load(file)["results"]
    return {(row["transport"], row["size"]): row["figure"] for row in rows}


def measure(options):
    """By state: what bench() says; ipcx is not there before its module is."""
    native = [name for name in options.transports if not name.startswith("ipcx")]
    figures = {"nothing": bench(options, native)}
    load(options.modules)
    figures["modules"] = bench(options, options.transports)
    with Tracer(options.tools):
        figures["another process is traced"] = bench(options, options.transports)
    before = (f"{options.tools}/ipcx-trace", "copies", "--")
    figures["traced"] = bench(options, options.transports, before)
    return figures


def show(figures):
    print(f"kernel   {os.uname().release}")
    print("unit     instructions of a round trip between two processes; in brackets: compared")
    print("         with the first figure of the row\n")
    print(
        f"{'MECHANISM':<14} {'SIZE':>6} {'NOTHING':>9} {'MODULES':>17} {'ANOTHER TRACED':>17}"
        f" {'TRACED':>17}"
    )
    for row in figures["modules"]:
        plain = figures["nothing"].get(row)
        base = figures["modules"][row] if plain is None else plain
        first = "-" if plain is None else f"{plain:.0f}"
        line = f"{row[0]:<14} {row[1]:>6} {first:>9}"
        for state in STATES[1:]:
            value = figures[state][row]
            line += f" {value:>8.0f} {f'({100 * (value / base - 1):+.1f}%)':>8}"
        print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", required=True, help="folder of ipcx-bench and ipcx-trace")
    parser.add_argument("--modules", required=True, help="folder of the modules")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 4096])
    parser.add_argument("--json", metavar="FILE", help="write the figures there, too")
    parser.add_argument("transports", nargs="*", metavar="MECHANISM")
    options = parser.parse_args()
    options.transports = options.transports or ["pipe", "unix-stream", "ipcx-queue"]
    figures = measure(options)
    show(figures)
    if options.json:
        rows = [
            {"mechanism": name, "size": size}
            | {state: figures[state].get((name, size)) for state in STATES}
            for name, size in figures["modules"]
        ]
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"overhead": 1, "unit": "instructions", "rows": rows}, file, indent=1)
            file.write("\n")


main()
