# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files that a report is made of: read, checked, put together.

Three kinds of file: results of the comparison (ipcx-bench --json), the copy ledger
(tools/ledger/run), and a list of the mechanisms (ipcx-bench list --json). Results that
were measured in the same environment, in the same unit and under the same rules make up
one run, whatever files they are in; all others are runs of their own, because their
figures must not stand in one table.
"""
import json
import os
from typing import NamedTuple

import names

FORMAT = 1


class BadFile(Exception):
    """Its text says which file and what to do about it."""


class Run:
    """Rows that may stand in one table.

    key: what tells it from other runs; letter: how the report calls it; apart: in words, what
    tells it from those that its title would not
    rows: of the files, without those measured again later
    """

    def __init__(self, document, path):
        self.unit = document["unit"]
        self.environment = document["environment"]
        self.rules = document.get("rules", {})
        self.interrupted = bool(document.get("interrupted"))
        self.files = [path]
        self.letter = ""
        self.apart = ""
        self._rows = {}
        self.add(document)

    @staticmethod
    def key(document):
        # The price of reading the clock differs a little each time.
        environment = {key: value for key, value in document["environment"].items()
                       if key not in ("clock_cost", "uid", "cgroup", "ipc_namespace", "date", "time")}
        same = (document["unit"], environment, document.get("rules", {}))
        return json.dumps(same, sort_keys=True)

    def add(self, document):
        for row in document["results"]:
            place = tuple(str(row.get(key)) for key in ("transport", "mode", "size", "batch",
                                                        "pairs", "rate"))
            # What was skipped in a later file does not undo a figure.
            if "figure" in row or "figure" not in self._rows.get(place, {}):
                self._rows[place] = row

    @property
    def rows(self):
        return list(self._rows.values())

    @property
    def emulated(self):
        """Nanoseconds of an emulated processor say nothing about a real one."""
        return self.unit == "ns" and "emulation" in (self.environment.get("virtualization") or "")

    def measured(self, mode, batch=1):
        """Rows with a figure, one sender and one receiver."""
        return [row for row in self.rows
                if row["mode"] == mode and row.get("batch", 1) == batch and "figure" in row
                and row.get("pairs", "1x1") == "1x1" and not row.get("rate")]

    def crowds(self):
        """Rows of mode oneway with a figure, whatever number of senders and receivers."""
        return [row for row in self.rows if row["mode"] == "oneway" and "figure" in row
                and row.get("batch", 1) == 1]

    def batches(self, mode):
        """Messages per call, other than one."""
        return sorted({row.get("batch", 1) for row in self.rows if row["mode"] == mode} - {1})

    def row(self, mode, name, size, batch=1):
        for row in self.measured(mode, batch):
            if row["transport"] == name and row["size"] == size:
                return row
        return None

    def names(self, mode, batch=1):
        return sorted({row["transport"] for row in self.measured(mode, batch)}, key=names.order)

    def sizes(self, mode, batch=1):
        return sorted({row["size"] for row in self.measured(mode, batch)})

    def reasons(self):
        """Why there is no figure: mechanism -> {reason: rows}."""
        found = {}
        for row in self.rows:
            why = row.get("skipped") or row.get("failed")
            if why and "figure" not in row:
                found.setdefault(row["transport"], {}).setdefault(why, []).append(row)
        return dict(sorted(found.items(), key=lambda item: names.order(item[0])))

    @property
    def machine(self):
        kind = self.environment.get("virtualization") or "unknown"
        if "emulation" in kind:
            return "emulated machine"
        return "bare machine" if kind == "none" else f"machine under {kind}"

    @property
    def how(self):
        """How processes wait, and where they are."""
        cpus = {"same": "one CPU", "two": "two CPUs", "any": "any CPUs"}
        where = self.rules.get("cpus", "")
        text = f"{self.rules.get('wait', 'unknown')}, {cpus.get(where, where)}"
        rate = self.rules.get("rate")
        if rate:
            text += f", {rate:,} messages/s"
        return f"{text}, {self.apart}" if self.apart else text

    @property
    def title(self):
        unit = {"ns": "nanoseconds"}.get(self.unit, self.unit)
        return f"Run {self.letter}: {self.machine}, waiting: {self.how}, {unit}"


class Ledger(NamedTuple):
    """One run of tools/ledger/run."""

    path: str
    kernel: str
    unit: str
    messages: int
    rows: list


class Material(NamedTuple):
    """All that the report is made of."""

    runs: list
    ledgers: list
    mechanisms: dict
    files: dict


def _numbers(object_, keys):
    return all(isinstance(object_.get(key, 0), (int, float)) for key in keys)


def _is_row(row):
    if not (isinstance(row, dict) and isinstance(row.get("transport"), str)
            and isinstance(row.get("mode"), str) and isinstance(row.get("size"), int)):
        return False
    latency = row.get("latency")
    percentiles = ("count", "p50", "p90", "p99", "p99.9", "max")
    return (_numbers(row, ("figure", "mad_percent", "cpu_ns", "context_switches"))
            and (not latency or (isinstance(latency, dict) and set(percentiles) <= set(latency)
                                 and _numbers(latency, percentiles))))


def _is_ledger_row(row):
    if not (isinstance(row, dict) and isinstance(row.get("mechanism"), str)
            and isinstance(row.get("size"), int)):
        return False
    return ("skipped" in row or "failed" in row
            or ({"passes", "theory"} <= set(row) and _numbers(row, ("passes", "theory"))))


def _check_results(path, document):
    if document.get("kind") != "transports":
        raise BadFile(f"{path}: has results of 'ipcx-bench {document.get('kind')}': a report takes "
                      "those of the comparison (ipcx-bench --json FILE)")
    rows = document.get("results")
    if (not isinstance(rows, list) or not isinstance(document.get("environment"), dict)
            or not isinstance(document.get("unit"), str) or not all(map(_is_row, rows))):
        raise BadFile(f"{path}: is damaged: not what ipcx-bench --json writes")
    if not any("figure" in row for row in rows):
        raise BadFile(f"{path}: nothing was measured in it: every row was skipped")


def _check_ledger(path, document):
    rows = document.get("rows")
    if not isinstance(rows, list) or not all(map(_is_ledger_row, rows)):
        raise BadFile(f"{path}: is damaged: not what tools/ledger/run writes")
    if not rows:
        raise BadFile(f"{path}: nothing was measured in it")


def _check_list(path, document):
    features, mechanisms = document.get("features"), document.get("transports")
    if (not isinstance(features, list) or not isinstance(mechanisms, list)
            or not all(isinstance(f, dict) and {"key", "column", "text"} <= set(f)
                       for f in features)
            or not all(isinstance(m, dict) and "name" in m for m in mechanisms)):
        raise BadFile(f"{path}: is damaged: not what 'ipcx-bench list --json' writes")


def _load(path):
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise BadFile(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict) or not {"ipcx-bench", "ledger"} & set(document):
        raise BadFile(f"{path}: neither results of ipcx-bench --json nor of tools/ledger/run")
    for key, what in (("ipcx-bench", "ipcx-bench"), ("ledger", "tools/ledger/run")):
        if key in document and document[key] != FORMAT:
            raise BadFile(f"{path}: not a result of this version of {what}: its format is "
                          f"{document[key]!r}, not {FORMAT}: measure again")
    return document


def _name_of_copy(path, taken):
    """Two files of one name are kept both."""
    stem, ending = os.path.splitext(os.path.basename(path))
    name, number = stem + (ending or ".json"), 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}{ending or '.json'}"
    return name


def load(paths):
    runs, ledgers, mechanisms, files = {}, [], None, {}
    for path in paths:
        document = _load(path)
        name = _name_of_copy(path, files)
        files[name] = path
        if "ledger" in document:
            _check_ledger(path, document)
            ledgers.append(Ledger(name, document.get("kernel", "unknown"),
                                  document.get("unit", "unknown"),
                                  document.get("messages", 0), document["rows"]))
        elif document.get("kind") == "list":
            _check_list(path, document)
            mechanisms = document
        else:
            _check_results(path, document)
            key = Run.key(document)
            if key in runs:
                runs[key].add(document)
                runs[key].files.append(name)
            else:
                runs[key] = Run(document, name)
    if not runs and not ledgers:
        raise BadFile("no results: give files of ipcx-bench --json or tools/ledger/run")
    return Material(_in_order(runs.values()), ledgers, mechanisms, files)


# What may tell two runs apart, and how a title says it.
_APART = (
    ("rules", "payload_checked", "payload {} the loop"), ("rules", "depth", "depth {}"),
    ("rules", "policy", "{} scheduling"), ("rules", "framed", "framed: {}"),
    ("rules", "repeat", "{} repetitions"), ("rules", "duration_ms", "{} ms each"),
    ("environment", "cpu", "{}"), ("environment", "cpus", "of {} CPUs"),
    ("environment", "kernel", "kernel {}"),
)


def _tell_apart(runs):
    """Words for runs that would have the same title."""
    alike = {}
    for run in runs:
        alike.setdefault((run.unit, run.machine, run.how), []).append(run)
    for group in alike.values():
        for where, key, text in _APART if len(group) > 1 else ():
            values = [getattr(run, where).get(key) for run in group]
            if len(set(map(str, values))) < 2:
                continue
            for run, value in zip(group, values):
                said = {True: "yes", False: "no", None: "unknown"}.get(value, value)
                run.apart += (", " if run.apart else "") + text.format(said)


def _in_order(runs):
    """Real time first, then emulated time, then instructions; blocking before spinning."""
    waits = ("block", "adaptive", "spin")

    def place(run):
        wait = run.rules.get("wait")
        return (run.unit != "ns", run.emulated, waits.index(wait) if wait in waits else 3,
                run.rules.get("cpus") != "same")

    ordered = sorted(runs, key=place)
    for number, run in enumerate(ordered):
        run.letter = chr(ord("A") + number) if number < 26 else str(number + 1)
    _tell_apart(ordered)
    return ordered
