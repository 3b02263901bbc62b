#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ipcx-bench report: one page of results, for people.

    results.py	files			-> runs, ledgers
    tables.py, claims.py, summary.py	-> tables, sentences
    plots.py, svg.py	gnuplot		-> drawings
    page.html.j2, report.md.j2, page.css	-> the page, Markdown
    folder.py	all of it, or nothing, into a folder

Statuses are those of ipcx-bench: 0: done; 1: a file cannot be read or written, or a
program is missing; 2: wrong usage; 3: nothing was measured in any file.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.abspath(__file__))
TITLE = "Moving a message between processes: what each mechanism costs"
METHOD = (
    "All mechanisms of a run do the same work: the same payloads, which the sender writes and "
    "the receiver checks; the same way of waiting; as many messages on their way; processes "
    "pinned as the run's title says. After a warm-up the repetitions of all mechanisms are "
    "interleaved (A B C A B C). A figure is the median of the repetitions; of instructions it "
    "is the fewest, but for what goes one way. Percentiles are those of single messages or "
    "round trips of all repetitions, reading the clock included.",
    "Runs differ in machine, kernel or rules: compare figures within a run. Nanoseconds of an "
    "emulated processor measure the emulator, and are marked so. Instructions rank mechanisms "
    "as time does for short messages; long ones are copied faster by hardware than instruction "
    "counts suggest.",
    "The copy ledger is measured with probes at the kernel's copy functions: bytes that are "
    "copied in shared memory by the processes themselves are not in it, for no kernel sees "
    "them.",
)
EXAMPLES = """examples:
  ipcx-bench --json host.json && ipcx-bench report host.json -o report
  ipcx-bench report out/bench.json host.json out/ledger.json -o out/report
  ipcx-bench report block.json spin.json instructions.json -o /tmp/report

exit status: 0: written; 1: a file could not be read or written, or a program or package is
missing; 2: wrong usage"""


def fail(text):
    print(f"ipcx-bench report: {text}", file=sys.stderr)
    return 1


def missing():
    """A Debian package without which nothing can be made, or nothing."""
    try:
        import jinja2  # noqa: F401
    except ImportError:
        return "python3-jinja2"
    return None if shutil.which("gnuplot") else "gnuplot-nox"


class Help(argparse.RawDescriptionHelpFormatter):
    """Options look as those of the other commands do: -o, --output=DIR."""

    def _format_action_invocation(self, action):
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        return f"{', '.join(action.option_strings)}={action.metavar}"


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="ipcx-bench report", epilog=EXAMPLES, formatter_class=Help, add_help=False,
        description="Make a page of results: plots, tables, words. It is one HTML file that needs\n"
                    "no network, with the same tables as Markdown and CSV beside it.")
    parser.add_argument("results", metavar="RESULTS", nargs="+",
                        help="file of ipcx-bench --json, ipcx-bench list --json or "
                             "tools/ledger/run")
    parser.add_argument("-o", "--output", metavar="DIR", required=True,
                        help="folder for the report; one that is there is replaced")
    parser.add_argument("-t", "--title", metavar="TITLE", default=TITLE, help="title of the page")
    parser.add_argument("-?", "--help", action="help", help="this help")
    return parser.parse_args(arguments)


def warning(run):
    if run.emulated:
        return ("Nanoseconds of an EMULATED processor: they measure the emulator. Compare "
                "mechanisms within this run, never with another machine.")
    if run.unit == "instructions":
        return ("Instructions per message or round trip, not time. They repeat to within 1 % on "
                "any machine, but say nothing about cache misses and overrate copies.")
    return None


def own_mechanisms():
    """What ipcx-bench itself says of the mechanisms, where no file does."""
    program = os.environ.get("IPCX_BENCH")
    if not program:
        return None
    try:
        run = subprocess.run([program, "list", "--json"], capture_output=True, text=True,
                             check=True, timeout=60)
        document = json.loads(run.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return document if isinstance(document, dict) and "features" in document else None


def part_of(run):
    """What the page has of a run."""
    import plots
    import summary
    import tables

    modes = {row["mode"] for row in run.rows if "figure" in row}
    order = [mode for mode in ("roundtrip", "latency", "oneway", "pair") if mode in modes]
    others = sorted(modes - {*order, "setup", "switch"})
    found = [tables.by_size(run, mode) for mode in order + others if run.measured(mode)]
    found += [tables.by_size(run, mode, batch) for mode in order + others
              for batch in run.batches(mode) if run.measured(mode, batch)]
    if run.unit == "ns" and "oneway" in modes and run.measured("oneway"):
        found.append(tables.throughput(run))
    found += [table for table in (tables.many(run),) if table]
    if run.measured("setup"):
        found.append(tables.setup(run))
    found += [table for table in (tables.percentiles(run), tables.counted(run)) if table]
    return {"run": run, "groups": plots.of_run(run), "tables": found,
            "summary": summary.of_run(run), "warning": warning(run)}


def context_of(material, title):
    """What both templates are filled with."""
    import claims
    import summary
    import tables

    runs = material.runs
    context = {
        "title": title, "parts": [part_of(run) for run in runs], "method": METHOD,
        "features": tables.features(material.mechanisms or own_mechanisms()),
        "claims": claims.table(runs),
        "ledgers": [tables.ledger(found, number)
                    for number, found in enumerate(material.ledgers, 1)],
        "ledger_summary": [summary.of_ledger(found) for found in material.ledgers],
        "environment": tables.environment(runs) if runs else None,
        "reasons": tables.reasons(runs), "data": sorted(material.files),
    }
    places = [("features", "Features")] if context["features"] else []
    places += [(f"run-{run.letter}", f"Run {run.letter}") for run in runs]
    places += [("ledger", "Copies")] if material.ledgers else []
    places += [("claims", "Claims"), ("environment", "Environment"), ("method", "Method")]
    context["contents"] = [("summary", "Summary")] + places + [("data", "Data")]
    return context


def all_tables(context, runs):
    import tables

    found = [table for part in context["parts"] for table in part["tables"]]
    found += [context[key] for key in ("features", "claims", "environment", "reasons")
              if context[key]]
    return found + context["ledgers"] + [tables.all_results(runs)]


def texts_of(material, title):
    """Every file of the report: name -> text."""
    import jinja2

    import plots
    import svg
    import tables

    context = context_of(material, title)
    groups = [group for part in context["parts"] for group in part["groups"]]
    with tempfile.TemporaryDirectory() as work:
        drawn = plots.draw(groups, work)
    whole = {plot.key: plot for group in groups for plot in group.plots}
    texts = {f"plots/{key}.svg": svg.finish(text, key, whole[key].text, alone=True) + "\n"
             for key, text in drawn.items()}
    made = all_tables(context, material.runs)
    texts |= {f"csv/{table.key}.csv": tables.as_csv(table) for table in made}
    with open(os.path.join(HERE, "page.css"), encoding="utf-8") as file:
        css = file.read().split("\n", 1)[1]
    context |= {
        "csv": sorted(f"{table.key}.csv" for table in made), "markdown": tables.as_markdown,
        "css": jinja2.utils.markupsafe.Markup(css + svg.style()),
        "svgs": {key: jinja2.utils.markupsafe.Markup(svg.finish(text, key, whole[key].text))
                 for key, text in drawn.items()},
    }
    loader = jinja2.FileSystemLoader(HERE)
    page = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    # On paper a cell has two lines: the figure, and how noisy it is.
    page.filters["whole"] = lambda text: text.replace(" ", "\u00a0").replace("\u00a0±", " ±")
    plain = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined)
    texts["report.html"] = page.get_template("page.html.j2").render(context) + "\n"
    texts["report.md"] = plain.get_template("report.md.j2").render(context) + "\n"
    return texts


def main(arguments):
    options = parse(arguments)
    package = missing()
    if package:
        return fail(f"needs the package {package}: as root, apt-get install {package}")
    import folder
    import plots
    import results

    try:
        folder.check(options.output)
        material = results.load(options.results)
        texts = texts_of(material, options.title)
        copies = {f"data/{name}": path for name, path in material.files.items()}
        folder.write(options.output, texts, copies)
    except (results.BadFile, folder.NotOurs) as error:
        return fail(error)
    except plots.GnuplotFailed as error:
        return fail(f"gnuplot: {error}")
    except OSError as error:
        return fail(f"{error.filename or options.output}: {error.strerror}")
    print(f"written: {os.path.join(options.output, 'report.html')}, report.md, csv/, plots/, data/")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
