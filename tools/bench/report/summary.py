# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the figures say, in words: a few sentences for each run."""
import names
import tables
import units


def _best(rows, value, least=True):
    return sorted(rows, key=value, reverse=not least)


def _quick(run, mode, what):
    """The shortest and the longest one of the smallest size."""
    sizes = [size for size in run.sizes(mode) if size]
    if not sizes:
        return None
    rows = _best([row for row in run.measured(mode) if row["size"] == sizes[0]],
                 lambda row: row["figure"])
    if len(rows) < 2:
        return None

    def said(row):
        text = units.figure(row["figure"], run.unit)
        return f"{names.title(row['transport'])} ({text}{tables.noise(row)})"

    unit = "" if run.unit == "ns" else f", in {run.unit},"
    ratio = units.times(rows[-1]["figure"] / rows[0]["figure"])
    between = ", ".join(said(row) for row in rows[1:-1][:2])
    return (f"The shortest {what} of {units.size(sizes[0])}{unit} is that of {said(rows[0])}"
            f"{', before ' if between else ''}{between}; the longest, {ratio} as long, that of "
            f"{said(rows[-1])}.")


def _much(run):
    """Who moves most at the largest size."""
    sizes = [size for size in run.sizes("oneway") if size]
    if not sizes or run.unit != "ns":
        return None
    rows = _best([row for row in run.measured("oneway") if row["size"] == sizes[-1]],
                 tables.bytes_per_second, least=False)
    if len(rows) < 2:
        return None

    def said(row):
        return f"{names.title(row['transport'])} ({units.rate(tables.bytes_per_second(row))})"

    return (f"Most bytes, in messages of {units.size(sizes[-1])}, are moved by {said(rows[0])}, "
            f"then {said(rows[1])}; the least by {said(rows[-1])}.")


def _kept(run):
    """Who is steady: p99 against p50."""
    rows = [row for row in run.measured("roundtrip") if row.get("latency")]
    sizes = sorted({row["size"] for row in rows if row["size"]})
    if not sizes:
        return None
    tails = [(row["latency"]["p99"] / row["latency"]["p50"], row) for row in rows
             if row["size"] == sizes[0] and row["latency"]["p50"]]
    if len(tails) < 2:
        return None
    tails.sort(key=lambda tail: tail[0])
    (low, steady), (high, wild) = tails[0], tails[-1]
    return (f"The 99th percentile is {units.times(low)} the median for "
            f"{names.title(steady['transport'])} and {units.times(high)} for "
            f"{names.title(wild['transport'])}.")


def _noisy(run):
    rows = [row for row in run.rows if "figure" in row]
    count = sum(bool(tables.noise(row)) for row in rows)
    if not count:
        return None
    return (f"{count} of {len(rows)} rows are noisy: their repetitions differ by more than "
            f"{run.rules.get('noise_percent', tables.NOISE_PERCENT):g} %; small differences between them mean nothing.")


def of_run(run):
    """Sentences."""
    sentences = [_quick(run, "roundtrip", "round trip"), _quick(run, "latency", "one-way latency"),
                 _much(run), _kept(run), _noisy(run)]
    if run.interrupted:
        sentences.append("The run was interrupted: figures are over what was finished.")
    return [sentence for sentence in sentences if sentence]


def of_ledger(ledger):
    passes = {}
    for row in ledger.rows:
        if "passes" in row:
            passes.setdefault(round(row["passes"]), set()).add(names.title(row["mechanism"]))
    parts = []
    for count in sorted(passes):
        words = {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
        members = sorted(passes[count])
        listed = ", ".join(members) if len(members) <= 6 else f"{len(members)} mechanisms"
        parts.append(f"{words} by {listed}")
    wrong = sum(not row.get("matches", True) for row in ledger.rows)
    end = ("; as often as theory says in every row" if not wrong
           else f"; other than theory says in {wrong} rows")
    return f"The kernel copies a message {', '.join(parts)}{end}."
