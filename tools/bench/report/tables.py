# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tables of a report. Page, Markdown and CSV are made of the same ones."""
import csv
import io
from typing import NamedTuple

import names
import units

# What a result file calls noisy itself, or else: a spread that figures must not hide.
NOISE_PERCENT = 10
PERCENTILES = ("p50", "p90", "p99", "p99.9", "max")


class Cell(NamedTuple):
    """What the page says, and what CSV says: a plain number where there is one."""

    text: str
    value: object = None

    @property
    def plain(self):
        return self.text if self.value is None else self.value


NOTHING = Cell("–", "")


class Table(NamedTuple):
    """Its first column names the rows.

    key: of its CSV file; numbers: all columns but the first are right-aligned
    """

    key: str
    title: str
    note: str
    columns: tuple
    rows: list
    numbers: bool = True


def noise(row):
    """The spread if it is too large to be left out, else nothing."""
    spread = row.get("mad_percent", 0)
    return f" ±{spread:.0f} %" if row.get("noisy", spread > NOISE_PERCENT) else ""


def _name(name):
    return Cell(names.title(name), name)


def _figure(run, row):
    if row is None:
        return NOTHING
    return Cell(units.figure(row["figure"], run.unit) + noise(row), round(row["figure"], 2))


def bytes_per_second(row):
    return row["size"] / row["figure"] * 1e9


def _rate(row):
    if row is None or not row["figure"] or not row["size"]:
        return NOTHING
    return Cell(units.rate(bytes_per_second(row)) + noise(row), round(bytes_per_second(row)))


NOISE = "± marks rows whose repetitions differ much: half of them by more than that."

# Mode: title, what a figure is.
_BY_SIZE = {
    "roundtrip": ("Round trip", "There and back between two processes; per round trip"),
    "latency": ("One-way latency", "From the send to the receipt in another process"),
    "pair": ("Send and receive in one process", "Nobody waits; per message"),
    "oneway": ("One way", "One process sends, another receives; per message"),
}


def what_is_measured(run, mode):
    """In words, at the beginning of a sentence."""
    if mode == "latency" and run.rules.get("rate"):
        return "From when a message should have been sent to its receipt in another process"
    return _BY_SIZE.get(mode, (mode, "Per message"))[1]


def by_size(run, mode, batch=1):
    """A row for each mechanism, a column for each size."""
    title, key = title_of(mode), f"{run.letter}-{mode}"
    sizes = run.sizes(mode, batch)
    rows = [[_name(name)] + [_figure(run, run.row(mode, name, size, batch)) for size in sizes]
            for name in run.names(mode, batch) if name != "switch"]
    unit = "" if run.unit == "ns" else f", {run.unit}"
    if batch > 1:
        title, key = f"{title}, {batch} messages per call", f"{key}-{batch}"
    return Table(key, title, f"{what_is_measured(run, mode)}{unit}. {NOISE}",
                 ("Mechanism", *map(units.size, sizes)), rows)


def setup(run):
    """Sum and parts; a mechanism's second process may have nothing to do."""
    parts = ("create", "attach", "close")
    rows = []
    for name in run.names("setup"):
        row = next(row for row in run.measured("setup") if row["transport"] == name)
        known = row.get("setup") or {}
        rows.append([_name(name), _figure(run, row)]
                    + [_known(known, part, lambda value: units.figure(value, run.unit))
                       for part in parts])
    return Table(f"{run.letter}-setup", "Set-up",
                 "To create what both directions need, to attach a second process to it (– where "
                 f"that has nothing to do), and to close it; nothing is sent. {NOISE}",
                 ("Mechanism", "All", *parts), rows)


def title_of(mode):
    return _BY_SIZE.get(mode, (mode, ""))[0]


def throughput(run):
    sizes = [size for size in run.sizes("oneway") if size]
    rows = [[_name(name)] + [_rate(run.row("oneway", name, size)) for size in sizes]
            for name in run.names("oneway")]
    return Table(f"{run.letter}-throughput", "Throughput",
                 f"One process sends, another receives; bytes of payload. {NOISE}",
                 ("Mechanism", *map(units.size, sizes)), rows)


def _crowd(row):
    return tuple(map(int, row.get("pairs", "1x1").split("x")))


def many(run):
    """One object and several senders or receivers, beside one of each."""
    rows_of = run.crowds()
    shared = [row for row in rows_of if _crowd(row) != (1, 1)]
    if not shared:
        return None
    size = common_size(shared)
    crowds = sorted({_crowd(row) for row in rows_of})
    found = {(row["transport"], _crowd(row)): row for row in rows_of if row["size"] == size}
    able = sorted({row["transport"] for row in shared if row["size"] == size}, key=names.order)
    rows = [[_name(name)] + [_figure(run, found.get((name, crowd))) for crowd in crowds]
            for name in able]
    unit = "" if run.unit == "ns" else f", {run.unit}"
    return Table(f"{run.letter}-many", "Several senders and receivers",
                 f"Senders × receivers, which share the two ends; {units.size(size)}, per message "
                 f"sent{unit}. Who gets a message first has it; of a broadcast each receiver gets "
                 f"every message. – where the mechanism has one sender, or one receiver. {NOISE}",
                 ("Mechanism", *(f"{s}×{r}" for s, r in crowds)), rows)


def latency_mode(run):
    """Which mode has percentiles of single messages: the one that is asked for most."""
    for mode in ("roundtrip", "latency", "pair"):
        if any(row.get("latency") for row in run.measured(mode)):
            return mode
    return None


def common_size(rows):
    """The smallest size that most mechanisms were measured with: some carry no more than one."""
    sizes = [row["size"] for row in rows]
    return min(set(sizes), key=lambda size: (-sizes.count(size), size))


def _system_calls(row):
    known = row.get("counted", {}).get("system_calls", row.get("system_calls"))
    return NOTHING if known is None else Cell(units.count(known), round(known, 3))


def _known(row, key, form):
    value = row.get(key)
    return NOTHING if value is None else Cell(form(value), round(value, 4))


def _percentiles(run, row):
    latency = row["latency"]
    cells = [Cell(units.figure(latency[key], run.unit), latency[key]) for key in PERCENTILES]
    if run.unit == "ns":
        cells.append(_known(row, "cpu_ns", units.time))
    return cells + [_known(row, "context_switches", units.count)]


def percentiles(run):
    mode = latency_mode(run)
    rows_of = [row for row in run.measured(mode) if row.get("latency")] if mode else []
    if not rows_of:
        return None
    size = common_size(rows_of)
    rows_of = sorted((row for row in rows_of if row["size"] == size),
                     key=lambda row: names.order(row["transport"]))
    columns = ["Mechanism", *PERCENTILES, *(["CPU time"] if run.unit == "ns" else []), "Switches"]
    rows = [[_name(row["transport"])] + _percentiles(run, row) for row in rows_of]
    calls = [_system_calls(row) for row in rows_of]
    if any(cell is not NOTHING for cell in calls):
        columns.append("System calls")
        rows = [row + [cell] for row, cell in zip(rows, calls)]
    rate = run.rules.get("rate") if mode == "latency" else None
    if rate:
        columns.append("Arrived/s")
        rows = [row + [_known(measured, "arrived_per_second", lambda value: f"{value:,.0f}")]
                for row, measured in zip(rows, rows_of)]
    title = "Latency distribution"
    note = (f"{_BY_SIZE[mode][0]}, {units.size(size)}: percentiles of single ones; CPU time, "
            "context switches (and system calls where they were counted) of all processes, each.")
    if rate:
        note += (f" {rate:,} messages per second were to be sent, and each counts from when that "
                 "should have been; arrived/s: as many did.")
    return Table(f"{run.letter}-percentiles", title, note, tuple(columns), rows)


def counted(run):
    """Of a run that the QEMU plugin counted: what the instructions were."""
    rows = []
    for row in sorted(run.rows, key=lambda row: (names.order(row["transport"]), row["mode"],
                                                 row["size"], row.get("batch", 1))):
        if "figure" not in row or "counted" not in row:
            continue
        c = row["counted"]
        rows.append([_name(row["transport"]), Cell(row["mode"]), Cell(str(row["size"])),
                     Cell(str(row.get("batch", 1)))]
                    + [Cell(f"{c[key]:,.0f}", round(c[key], 1))
                       for key in ("instructions", "kernel_instructions")]
                    + [Cell(units.count(c[key]), round(c[key], 3))
                       for key in ("locked_instructions", "system_calls")])
    if not rows:
        return None
    return Table(f"{run.letter}-instructions", "Instructions",
                 "Counted by QEMU, per message or round trip.",
                 ("Mechanism", "Mode", "Bytes", "Batch", "Instructions", "of the kernel", "locked",
                  "System calls"), rows)


def _kind(row):
    """Its mode, and what it has more or fewer of than the plain rows of that mode."""
    text = row["mode"]
    if _crowd(row) != (1, 1):
        text += " {}×{}".format(*_crowd(row))
    if row.get("batch", 1) > 1:
        text += f" of {row['batch']}"
    return text


def _sizes(sizes, known):
    """Each of them, or the first and the last of many with none of KNOWN left out between."""
    sizes = sorted(sizes)
    between = [size for size in known if sizes[0] <= size <= sizes[-1]]
    if len(sizes) > 2 and sizes == between:
        return f"{units.size(sizes[0])} to {units.size(sizes[-1])}"
    return ", ".join(map(units.size, sizes))


def reasons(runs):
    """What could not be measured, and why."""
    rows = []
    for run in runs:
        known = sorted({row["size"] for row in run.rows if row["transport"] != "switch"})
        for name, found in run.reasons().items():
            for why, where in found.items():
                rows.append([_name(name), Cell(run.letter),
                             Cell(", ".join(sorted(set(map(_kind, where))))),
                             Cell(_sizes({row["size"] for row in where}, known)), Cell(why)])
    if not rows:
        return None
    return Table("not-measured", "Not measured",
                 "Rows without a figure, and the reason. 4×1: four senders and one receiver; of 8: "
                 "so many messages per call.",
                 ("Mechanism", "Run", "Modes", "Sizes", "Reason"), rows, numbers=False)


_LEDGER_COLUMNS = ("Mechanism", "Size", "Passes", "Theory", "Copies", "Arguments", "Per KiB",
                   "Copying", "Blocked")


def _ledger_row(row, unit):
    head = [_name(row["mechanism"]), Cell(units.size(row["size"]), row["size"])]
    why = row.get("skipped") or row.get("failed")
    if why:
        return head + [Cell(why)] + [NOTHING] * (len(_LEDGER_COLUMNS) - 3)
    plain = "ns" if unit.startswith("ns") else unit

    passes = f"{row['passes']:.2f}" + ("" if row.get("matches") else " (differs)")
    return head + [
        Cell(passes, round(row["passes"], 4)), Cell(str(row["theory"]), row["theory"]),
        _known(row, "copies_per_message", units.count),
        _known(row, "argument_bytes_per_message", lambda value: f"{units.count(value)} B"),
        _known(row, "per_kib", lambda value: units.figure(value, plain)),
        _known(row, "copy_share", units.share), _known(row, "blocked_share", units.share),
    ]


def ledger(found, number):
    rows = sorted(found.rows, key=lambda row: (names.order(row["mechanism"]), row["size"]))
    unit = {"ns-emulated": "time of an emulated processor, which measures the emulator: compare "
                           "rows only", "ns": "nanoseconds"}.get(found.unit, found.unit)
    note = (f"Kernel {found.kernel}, {found.messages} messages from one process to another. "
            "Passes: bytes copied over bytes of messages, beside what theory says; copies: calls of copy "
            "functions for a message; arguments: other bytes copied for it; per KiB: what copying "
            f"took ({unit}); copying: share of the calls' processor time; blocked: share of all "
            "their time.")
    key = "ledger" if number == 1 else f"ledger-{number}"
    return Table(key, "Copy ledger", note, _LEDGER_COLUMNS,
                 [_ledger_row(row, found.unit) for row in rows])


def environment(runs):
    """A column for each run."""
    def mitigated(run):
        states = run.environment.get("mitigations") or {}
        count = sum((state or "").startswith("Mitigation") for state in states.values())
        return f"{count} of {len(states)} known flaws"

    def cgroup(run):
        limit = (run.environment.get("cgroup") or {}).get("memory_max")
        return f"{limit >> 20} MiB" if limit else "no limit"

    facts = [
        ("Kernel", lambda run: run.environment.get("kernel")),
        ("Version", lambda run: run.environment.get("version")),
        ("Processor", lambda run: run.environment.get("cpu")),
        ("CPUs online", lambda run: run.environment.get("cpus")),
        ("Virtualization", lambda run: run.environment.get("virtualization")),
        ("Clock source", lambda run: run.environment.get("clocksource")),
        ("Mitigated", mitigated),
        ("User", lambda run: run.environment.get("uid")),
        ("Memory of the cgroup", cgroup),
        ("IPC namespace", lambda run: run.environment.get("ipc_namespace")),
        ("Unit", lambda run: run.unit),
        ("Waiting", lambda run: run.rules.get("wait")),
        ("CPUs of the two processes", lambda run: run.rules.get("cpus")),
        ("Scheduling", lambda run: run.rules.get("policy")),
        ("Messages on their way", lambda run: run.rules.get("depth")),
        ("Repetitions", lambda run: run.rules.get("repeat")),
        ("Payload checked", lambda run: run.rules.get("payload_checked")),
        ("Reading the clock", lambda run: units.figure(run.environment["clock_cost"], run.unit)
         if "clock_cost" in run.environment else None),
        ("Interrupted", lambda run: "yes" if run.interrupted else "no"),
        ("Files", lambda run: ", ".join(run.files)),
    ]
    rows = [[Cell(name)] + [Cell("–" if fact(run) is None else str(fact(run))) for run in runs]
            for name, fact in facts]
    return Table("environment", "Environment", "What each run was measured on and by which rules.",
                 ("", *(f"Run {run.letter}" for run in runs)), rows, numbers=False)


_PERSISTENCE = {"process": "–", "name": "name", "kernel": "until reboot", "file": "file"}


def features(mechanisms):
    """What each mechanism can do; nothing where no file and no program said so."""
    keys = (mechanisms or {}).get("features", [])
    if not keys:
        return None
    rows = []
    for m in sorted(mechanisms["transports"], key=lambda m: names.order(m["name"])):
        largest = m.get("max_size")
        rows.append([_name(m["name"])]
                    + [Cell("●", "yes") if m.get(f["key"]) else Cell("", "no") for f in keys]
                    + [Cell(_PERSISTENCE.get(m.get("persistence"), m.get("persistence") or "–")),
                       Cell(", ".join(m.get("wait") or []) or "–"),
                       Cell(units.size(largest) if largest else "–", largest or "")])
    note = "; ".join(f"{f['column']}: {f['text']}" for f in keys)
    note += ("; stays: what is left when its processes have ended; waiting: how a process can "
             "wait; largest: message, – for no limit of the mechanism's own.")
    return Table("features", "What each can do", note[0].upper() + note[1:],
                 ("Mechanism", *(f["column"] for f in keys), "stays", "waiting", "largest"), rows)


def all_results(runs):
    """Every row with a figure, for programs."""
    plain = ("cpu_ns", "context_switches", "system_calls", "arrived_per_second")
    columns = ("run", "transport", "mode", "size", "batch", "pairs", "unit", "figure",
               "mad_percent", "min", "max", *(f"latency_{key}" for key in PERCENTILES), *plain)
    rows = []
    for run in runs:
        for row in run.rows:
            if "figure" not in row:
                continue
            latency = row.get("latency") or {}
            values = [run.letter, row["transport"], row["mode"], row["size"], row.get("batch", 1),
                      row.get("pairs", "1x1"), run.unit, row["figure"]]
            values += [row.get(key, "") for key in ("mad_percent", "min", "max")]
            values += [latency.get(key, "") for key in PERCENTILES]
            values += [row.get(key, "") for key in plain]
            rows.append([Cell(str(value), value) for value in values])
    return Table("all-results", "", "", columns, rows)


def as_csv(table):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([cell.plain for cell in row] for row in table.rows)
    return text.getvalue()


def _markdown_text(text):
    return str(text).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def as_markdown(table):
    """Numbers aligned, so that they can be read as they are."""
    lines = [[_markdown_text(text) for text in table.columns]]
    lines += [[_markdown_text(cell.text) for cell in row] for row in table.rows]
    widths = [max(3, *map(len, column)) if table.numbers else 3 for column in zip(*lines)]
    right = [table.numbers and place > 0 for place in range(len(widths))]

    def line(cells):
        return "| " + " | ".join(cell.rjust(width) if r else cell.ljust(width)
                                 for cell, width, r in zip(cells, widths, right)) + " |"

    rule = "|" + "|".join("-" * (width + 1) + (":" if r else "-")
                          for width, r in zip(widths, right)) + "|"
    return "\n".join([line(lines[0]), rule] + [line(cells) for cells in lines[1:]])
