# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tables of a report that ipcx-bench has written as Markdown.

.. report-table:: PATH       of the report, in this folder
   :section: HEADING         whose first table it is
   :after: HEADING           of the first section of that name behind this heading
   :columns: N...            of these columns only, counted from 1
"""
import os
import re

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective


def _cells(line):
    return [cell.strip().replace("\\|", "|").replace("\\\\", "\\")
            for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def read(lines, section, after=None):
    """What a section says before its first table, and the table's rows."""
    headings = [line.lstrip("#").strip() if line.startswith("#") else None for line in lines]

    def find(name, start):
        for number in range(start, len(lines)):
            if headings[number] and headings[number].startswith(name):
                return number
        raise ValueError(f"no heading '{name}'")

    at = find(section, find(after, 0) + 1 if after else 0) + 1
    note, rows = [], []
    for line in lines[at:]:
        if line.startswith("|"):
            rows.append(_cells(line))
        elif rows or line.startswith("#"):
            break
        else:
            note.append(line)
    if len(rows) < 3:
        raise ValueError(f"no table under '{section}'")
    return " ".join(" ".join(note).split()), [rows[0]] + rows[2:]


def _plain(text):
    return re.sub(r"([\\*`|_])", r"\\\1", text)


class ReportTable(SphinxDirective):
    required_arguments = 1
    option_spec = {"section": directives.unchanged_required, "after": directives.unchanged,
                   "columns": directives.positive_int_list}

    def run(self):
        path = os.path.join(self.env.srcdir, self.arguments[0])
        self.env.note_dependency(path)
        try:
            with open(path, encoding="utf-8") as file:
                note, rows = read(file.read().splitlines(), self.options["section"],
                                  self.options.get("after"))
        except (OSError, ValueError) as err:
            raise self.error(f"{self.arguments[0]}: {err}")
        columns = self.options.get("columns")
        if columns:
            rows = [[row[number - 1] for number in columns] for row in rows]
        lines = [_plain(note), "", ".. list-table::", "   :header-rows: 1", ""]
        for row in rows:
            lines += [f"   {'*' if first else ' '} - {_plain(cell)}"
                      for first, cell in zip([True] + [False] * len(row), row)]
        return self.parse(lines, path)

    def parse(self, lines, path):
        parent = nodes.Element()
        self.state.nested_parse(StringList(lines, source=path), self.content_offset, parent)
        return parent.children


def setup(app):
    app.add_directive("report-table", ReportTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
