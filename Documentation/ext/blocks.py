#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Blocks of commands in the documentation.

    blocks.py list WHERE          pages that have blocks for WHERE (vm, debug, trace, host, no)
    blocks.py tap COMMAND WHERE...  run the blocks of every page that are for these places, in
                                  one shell each, which ends with that command; as TAP

A block is a console block behind a comment that says where it runs:
".. run: vm" or "<!-- run: vm -->". conventions.rst explains them.
"""
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
PLACES = ("vm", "debug", "trace", "host", "no")


@dataclass
class Step:
    """A command and what it prints."""

    line: int
    command: str
    output: list = field(default_factory=list)


@dataclass
class Block:
    page: str
    line: int
    where: str
    steps: list


def pages():
    found = ["README.md"]
    for path in glob.glob(os.path.join(TOP, "Documentation", "**", "*.rst"), recursive=True):
        found.append(os.path.relpath(path, TOP))
    return sorted(found)


def _steps(lines, first):
    steps = []
    for number, line in enumerate(lines, first):
        prompt = re.match(r"[$#] (?=\S)(.*)", line)
        # A comment that a command prints looks like root's prompt.
        if prompt and not re.match(r"# (id |network namespace)", line):
            steps.append(Step(number, prompt[1]))
        elif not steps:
            raise ValueError(f"line {number}: a block of commands begins with a prompt")
        elif line.startswith("> "):
            steps[-1].command += "\n" + line[2:]
        else:
            steps[-1].output.append(line)
    for step in steps:
        while step.output and not step.output[-1].strip():
            step.output.pop()
    return steps


def _markdown(lines):
    """Yield (line, mark, content) of each console block."""
    mark, inside, content = None, 0, []
    for number, line in enumerate(lines, 1):
        if inside:
            if line.startswith("```"):
                yield inside, mark, content
                mark, inside, content = None, 0, []
            else:
                content.append(line)
        elif line.startswith("```console"):
            inside = number
        elif line.strip():
            comment = re.fullmatch(r"<!-- run: (.*) -->", line)
            mark = comment[1] if comment else None


def _rest(lines):
    mark, at = None, 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if re.fullmatch(r"\.\. code-block:: console", line.strip()) and not line[0].isspace():
            begin = at
            content = []
            while at < len(lines) and (not lines[at].strip() or lines[at].startswith("   ")):
                content.append(lines[at][3:])
                at += 1
            while content and not content[0].strip():
                content.pop(0)
                begin += 1
            while content and not content[-1].strip():
                content.pop()
            yield begin, mark, content
            mark = None
        elif line.strip():
            comment = re.fullmatch(r"\.\. run: (.*)", line)
            mark = comment[1] if comment else None


def blocks(page):
    """All blocks of a page; ValueError where one is not as it should be."""
    with open(os.path.join(TOP, page), encoding="utf-8") as file:
        lines = file.read().split("\n")
    reader = _markdown if page.endswith(".md") else _rest
    for line, mark, content in reader(lines):
        where = re.split(r"[,\s]", mark or "", maxsplit=1)[0]
        if where not in PLACES:
            raise ValueError(f"{page}:{line}: say in a comment before the block where it runs")
        if where == "no" and "," not in mark:
            raise ValueError(f"{page}:{line}: say why it does not run")
        yield Block(page, line, where, _steps(content, line + 1))


def _plain(text):
    """Numbers and the width of gaps do not count."""
    text = re.sub(r"[ \t]+", " ", text)
    text = "\n".join(line.strip() for line in text.split("\n"))
    return re.sub(r"\d+", "N", text)


def matches(expected, printed):
    pattern = ""
    for line in expected:
        line = _plain(line)
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in line.split("...")) + r"\n"
    printed = _plain(printed.rstrip("\n"))
    return re.fullmatch(pattern, printed + "\n" if printed else "") is not None


def _script(steps, folder, last):
    """One shell for all, so that cd and variables last."""
    lines = [f"trap {shlex.quote(last)} EXIT", f"cd {TOP!r}"]
    for number, step in enumerate(steps):
        lines += [
            f"{{ {step.command}\n}} >{folder}/{number}.out 2>&1 </dev/null",
            f"echo $? >{folder}/{number}.status",
        ]
    return "\n".join(lines) + "\n"


def _read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return None


def run(page, last, places):
    """Run what is meant for these places: what is not as the page says, one string for each."""
    steps = [step for block in blocks(page) if block.where in places for step in block.steps]
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/shell", "w", encoding="utf-8") as said:
            subprocess.run(["bash", "-c", _script(steps, folder, last)], check=False,
                           stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        for number, step in enumerate(steps):
            status = _read(f"{folder}/{number}.status")
            printed = _read(f"{folder}/{number}.out") or ""
            if status is None:
                problem = "the shell never got there"
            elif int(status) != 0:
                problem = f"exit status {status.strip()}"
            elif step.output and not matches(step.output, printed):
                problem = "prints something else"
            else:
                continue
            problems.append(f"{page}:{step.line}: {step.command}\n{problem}:\n{printed}")
        if problems:
            problems.append(_read(f"{folder}/shell"))
    return problems


def tap(last, places):
    """All pages in one process: to start python takes seconds in a VM."""
    count = failed = 0
    for page in pages():
        if not any(block.where in places for block in blocks(page)):
            continue
        problems = run(page, last, places)
        for line in "\n".join(problems).splitlines():
            print("#", line)
        count += 1
        failed += bool(problems)
        print("not ok" if problems else "ok", count, f"commands of {page}", flush=True)
    print(f"1..{count}")
    return 1 if failed else 0


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "list":
        for page in pages():
            if any(block.where == arguments[1] for block in blocks(page)):
                print(page)
        return 0
    if len(arguments) >= 3 and arguments[0] == "tap":
        return tap(arguments[1], arguments[2:])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
