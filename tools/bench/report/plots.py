# SPDX-License-Identifier: LGPL-2.1-or-later
"""The plots of a run, drawn by gnuplot.

Of each kind (round trips, throughput, ...) the first plot shows the landmarks, one or
two of each family; the others show a family each, with everything else in grey behind
it, on the same axes, so that a reader sees where the family stands.
"""
import math
import os
import subprocess
from typing import NamedTuple

import names
import svg
import tables
import units

WIDTH, HEIGHT, KEY_LINE = 420, 290, 18
# So many spaces between the texts of the sizes fit below a plot.
TICS = 6.5
DASHES = ("solid", "(9,4)", "(3,3)", "(9,3,2,3)", "(14,4)")
MARKERS = (5, 9, 7, 13, 4, 6, 8, 12, 11)
# Where percentiles stand: by the number of nines; the largest value has none.
PLACES = {"p50": -math.log10(0.5), "p90": 1, "p99": 2, "p99.9": 3, "max": 3.8}


class GnuplotFailed(Exception):
    """Its text is what gnuplot said."""


class Curve(NamedTuple):
    """MARKED says which points have a marker; without, all."""

    name: str
    points: list
    marked: list = ()


class Axes(NamedTuple):
    """Shared by the plots of a kind.

    xs: position and text of each tic, units and all; left, right: the outermost points, tics or
    not; unit: writes a value; log_x: to base two
    """

    xs: list
    left: float
    right: float
    low: float
    high: float
    unit: object
    log_x: bool


class Plot(NamedTuple):
    """One drawing.

    key: of its file; caption: what the reader sees above it
    """

    key: str
    caption: str
    text: str
    curves: list
    behind: list
    axes: Axes


class Group(NamedTuple):
    """A kind's plots: the landmarks' first, then a family each."""

    key: str
    title: str
    note: str
    plots: list


def _steps(low, high, factors):
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [factor * 10.0 ** n for n in range(first, last + 1) for factor in factors]


def _y_tics(axes):
    """Decades, or more where there are few of them, or every other one of many."""
    few = axes.high / axes.low <= 200
    values = [value for value in _steps(axes.low, axes.high, (1, 2, 5) if few else (1,))
              if 0.99 * axes.low <= value <= 1.01 * axes.high]
    return values[::2] if len(values) > 8 else values


def _quoted(text):
    return "'" + text.replace("'", "''") + "'"


def _tics(pairs):
    return ", ".join(f"{_quoted(text)} {value:g}" for value, text in pairs)


def _short(text):
    """1.00 µs is 1 µs at an axis."""
    number, unit = text.split(" ")
    return f"{float(number):g} {unit}"


def _legend_lines(plot):
    return max(1, math.ceil(len(plot.curves) / 2))


def _key_width(plot):
    """gnuplot thinks letters to be wider than they are: long names get less, for two columns."""
    longest = max(len(names.title(curve.name)) for curve in plot.curves)
    return -1.5 - max(0, longest - 17) * 1.4


def _script(plot, path):
    """gnuplot's commands for one plot."""
    axes = plot.axes
    start = axes.left / 2 ** 0.4 if axes.log_x else axes.left - 0.15
    end = axes.right * 2 ** 0.4 if axes.log_x else axes.right + 0.15
    height = HEIGHT + KEY_LINE * _legend_lines(plot)
    lines = [
        "reset",
        f"set terminal svg size {WIDTH},{height} dynamic noenhanced font 'sans-serif,13' name 'p'",
        f"set output {_quoted(path)}",
        "set encoding utf8",
        "set logscale x 2" if axes.log_x else "unset logscale x",
        "set logscale y 10",
        f"set xrange [{start:g}:{end:g}]",
        f"set yrange [{0.97 * axes.low:g}:{1.03 * axes.high:g}]",
        f"set xtics nomirror scale 0.6 ({_tics(axes.xs)})",
        f"set ytics nomirror scale 0.6 ({_tics((v, _short(axes.unit(v))) for v in _y_tics(axes))})",
        f"set border 3 linewidth 1 linecolor rgb '{svg.colour('ink')}'",
        f"set grid xtics ytics linetype 1 linecolor rgb '{svg.colour('grid')}' linewidth 1",
        "set key at screen 0.5,screen 0.01 center bottom horizontal Left reverse samplen 3 "
        f"maxcols 2 width {_key_width(plot)}",
        f"set bmargin at screen {(KEY_LINE * _legend_lines(plot) + 42) / height:.3f}",
        "set tmargin 0.8",
        "set rmargin 3",
    ]
    drawn = []
    for number, curve in enumerate(plot.behind + plot.curves):
        lines.append(_data(f"$d{number}", curve.points))
        if number < len(plot.behind):
            drawn.append(f"$d{number} with lines linecolor rgb '{svg.colour('rest')}' notitle")
        else:
            lines.append(_data(f"$m{number}", curve.marked or curve.points))
            drawn += _drawn(curve, number)
    return "\n".join(lines + ["plot " + ", ".join(drawn)]) + "\n"


def _data(name, points):
    return f"{name} << END\n" + "".join(f"{x:g} {y:g}\n" for x, y in points) + "END"


def _drawn(curve, number):
    """The line, its markers, and both of them in the legend."""
    look = names.look(curve.name)
    colour = f"linecolor rgb '{svg.colour(look.colour)}'"
    line = f"linewidth 1.8 dashtype {DASHES[look.dash]}"
    marker = f"pointtype {MARKERS[look.colour]} pointsize 0.55"
    return [f"$d{number} with lines {colour} {line} notitle",
            f"$m{number} with points {colour} linewidth 1.8 {marker} notitle",
            f"keyentry with linespoints {colour} {line} {marker} "
            f"title {_quoted(names.title(curve.name))}"]


def _axes(curves, xs, unit, log_x):
    values = [y for curve in curves for _, y in curve.points]
    steps = _steps(min(values) / 10, max(values) * 10, (1, 2, 5))
    low = max(step for step in steps if step <= min(values))
    high = min(step for step in steps if step >= max(values) and step >= 10 * low)
    places = [x for curve in curves for x, _ in curve.points] + [x for x, _ in xs]
    return Axes(xs, min(places), max(places), low, high, unit, log_x)


def _group(key, title, note, curves, axes):
    """The plots of a kind; a family with nobody new in it is left out."""
    have = {curve.name for curve in curves}
    marks = names.landmarks(have)
    if len(have) <= names.COLOURS and not marks:
        marks = sorted(have, key=names.order)
    by_name = {curve.name: curve for curve in curves}

    def plot(suffix, caption, members, behind):
        text = f"{title}, {caption}: " + ", ".join(map(names.title, members))
        return Plot(f"{key}-{suffix}", caption, text, [by_name[name] for name in members],
                    [by_name[name] for name in sorted(behind, key=names.order)], axes)

    plots = [plot("overview", "Landmarks", marks, set())] if marks else []
    for family in names.FAMILIES:
        members = sorted((name for name in have if names.family_of(name) == family),
                         key=names.order)
        if members and not (set(members) == set(marks) or set(members) == have == set(marks)):
            plots.append(plot(family.key, family.title, members[:names.COLOURS],
                              have - set(members)))
    return Group(key, title, note, plots)


def _apart(sizes):
    """Those that have a tic: the largest one, and below it as many as texts have room for."""
    shown = sizes[-1:]
    for size in reversed(sizes[:-1]):
        if math.log2(shown[0] / size) >= math.log2(sizes[-1] / sizes[0]) / TICS:
            shown.insert(0, size)
    return shown


def _by_size(run, mode, value):
    curves = []
    for name in run.names(mode):
        points = [(row["size"], value(row)) for row in run.measured(mode)
                  if row["transport"] == name and row["size"] and row["figure"]]
        if points:
            curves.append(Curve(name, sorted(points)))
    sizes = sorted({x for curve in curves for x, _ in curve.points})
    return curves, [(size, units.size(size)) for size in _apart(sizes)]


_KINDS = (
    ("roundtrip", "Round trip", "There and back between two processes, by size; less is better."),
    ("latency", "One-way latency", "From the send to the receipt, by size; less is better."),
    ("oneway", "Throughput", "One process sends, another receives, by size; more is better."),
    ("pair", "Send and receive in one process", "Nobody waits; by size; less is better."),
)


def _plain(value):
    """Instructions at an axis."""
    for factor, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:g} {unit}"
    return f"{value:g} "


def _sized_groups(run):
    unit = units.time if run.unit == "ns" else _plain
    for mode, title, note in _KINDS:
        rate = mode == "oneway" and run.unit == "ns"
        value = tables.bytes_per_second if rate else lambda row: row["figure"]
        curves, xs = _by_size(run, mode, value)
        # One size makes no curve: the table says it.
        if len(xs) < 2:
            continue
        if mode == "oneway" and not rate:
            title, note = "One way", "One process sends, another receives, by size; less is better."
        if mode == "latency":
            note = f"{tables.what_is_measured(run, mode)}, by size; less is better."
        if run.unit != "ns":
            note = f"{note[:-1]}; {run.unit} per message or round trip."
        axes = _axes(curves, xs, units.rate if rate else unit, True)
        yield _group(f"{run.letter}-{mode}", title, note, curves, axes)


def _distribution(name, latency):
    """All of a histogram where there is one, but no more than one can see."""
    marked = [(PLACES[key], latency[key]) for key in tables.PERCENTILES if latency[key] > 0]
    points, last, below = list(marked), 0, 0
    for upper, count in latency.get("histogram") or []:
        below += count
        left = 1 - below / max(latency["count"], below)
        if 0.0005 < left < 0.5 and upper > 0 and -math.log10(left) > last + 0.03:
            last = -math.log10(left)
            points.append((last, upper))
    return Curve(name, sorted(points), marked)


def _distributions(run):
    mode = tables.latency_mode(run)
    rows = [row for row in run.measured(mode) if row.get("latency")] if mode else []
    if not rows:
        return None
    size = tables.common_size(rows)
    curves = [_distribution(row["transport"], row["latency"]) for row in rows
              if row["size"] == size]
    curves = [curve for curve in curves if curve.points]
    if not curves:
        return None
    axes = _axes(curves, [(place, key) for key, place in PLACES.items()],
                 units.time if run.unit == "ns" else _plain, False)
    return _group(f"{run.letter}-distribution", "Latency distribution",
                  f"{tables.title_of(mode)}, {units.size(size)}; percentiles of single ones.",
                  curves, axes)


def of_run(run):
    """The groups of plots of a run; they are not drawn yet."""
    groups = list(_sized_groups(run))
    distribution = _distributions(run)
    return groups + ([distribution] if distribution else [])


def draw(groups, folder):
    """Draws all; key -> what gnuplot wrote. FOLDER is for its files."""
    plots = [plot for group in groups for plot in group.plots]
    if not plots:
        return {}
    script = "".join(_script(plot, os.path.join(folder, plot.key + ".svg")) for plot in plots)
    run = subprocess.run(["gnuplot"], input=script, text=True, capture_output=True, check=False,
                         env={**os.environ, "LC_ALL": "C.UTF-8"})
    drawn = {}
    for plot in plots:
        path = os.path.join(folder, plot.key + ".svg")
        if run.returncode or not os.path.exists(path):
            raise GnuplotFailed(run.stderr.strip() or f"gnuplot: status {run.returncode}")
        with open(path, encoding="utf-8") as file:
            drawn[plot.key] = file.read()
        os.unlink(path)
    return drawn
