# SPDX-License-Identifier: LGPL-2.1-or-later
"""Figures as a reader wants them: three digits and a unit."""


def _three(value):
    """1.23, 12.3, 123, 1234."""
    for digits, bound in ((2, 9.995), (1, 99.95)):
        if abs(value) < bound:
            return f"{value:.{digits}f}"
    return f"{value:.0f}"


def _scaled(value, steps):
    for bound, factor, unit in steps:
        if value < bound:
            break
    return f"{_three(value / factor)} {unit}"


def time(ns):
    return _scaled(ns, ((999.5, 1, "ns"), (999.5e3, 1e3, "µs"), (999.5e6, 1e6, "ms"),
                        (float("inf"), 1e9, "s")))


def rate(bytes_per_second):
    return _scaled(bytes_per_second, ((999.5e3, 1e3, "kB/s"), (999.5e6, 1e6, "MB/s"),
                                      (float("inf"), 1e9, "GB/s")))


def size(count):
    for factor, unit in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= factor and count % factor == 0:
            return f"{count // factor} {unit}"
    if count >= 1 << 20:
        factor, unit = (1 << 30, "GiB") if count > 1000 << 20 else (1 << 20, "MiB")
        return f"{count / factor:.3g} {unit}"
    return f"{count} B"


def figure(value, unit):
    """Of a result file: nanoseconds or instructions."""
    return time(value) if unit == "ns" else f"{value:,.0f}"


def times(factor):
    """How many times as much."""
    return f"{_three(factor)}×"


def count(value):
    """Something per message: often a whole number, sometimes a small part of one."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value >= 0.005 or value == 0 else "< 0.01"


def share(value):
    return f"{100 * value:.1f} %"
