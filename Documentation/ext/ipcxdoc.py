# SPDX-License-Identifier: LGPL-2.1-or-later
"""Directives and roles of this documentation.

.. kernel-doc:: PATH     what the kernel-doc comments of that file say
   :only: NAME...        just these
.. essay:: PATH          the comment that the file opens with
:source:`PATH`           a file of the source tree, which has to exist
:test:`FILE/NAME`        a test of selftests/, which has to exist
"""
import os
import re

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

import kerneldoc

TOP = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
UAPI = [os.path.join(TOP, "kmod", "include", "uapi", "linux", name)
        for name in ("ipcx.h", "ipcx_probe.h")]

_INLINE = re.compile(
    r"&(?P<tag>struct|enum) (?P<ref>\w+)|@(?P<param>[\w.]+\w)|(?P<func>\b\w+\(\))"
    r"|(?P<const>\bIPCX_[A-Z0-9_]*\*?|\bE(?:2BIG|[A-Z]{3,})\b|'/')"
)


def _abi_names():
    return {item.name for path in UAPI for item in kerneldoc.read(path)
            if item.what in ("struct", "enum")}


def inline(text, linked):
    """Kernel-doc's inline markup as reStructuredText."""
    out, at = [], 0

    def plain(part):
        return re.sub(r"([\\*`|_])", r"\\\1", part)

    for match in _INLINE.finditer(text):
        out.append(plain(text[at:match.start()]))
        at = match.end()
        if match["ref"]:
            target = f"{match['tag']} {match['ref']}"
            if match["ref"] in linked:
                out.append(f":c:{match['tag']}:`{target} <{match['ref']}>`")
            else:
                out.append(f"``{target}``")
        else:
            word = match["param"] or match["func"] or match["const"]
            out.append(f"``{word}``")
        # Inline markup ends before white space or punctuation only.
        if at < len(text) and (text[at].isalnum() or text[at] == "_"):
            out.append("\\ ")
    return "".join(out) + plain(text[at:])


class KernelDoc(SphinxDirective):
    required_arguments = 1
    option_spec = {"only": directives.unchanged_required}

    def run(self):
        path = os.path.join(TOP, self.arguments[0])
        self.env.note_dependency(path)
        try:
            items = kerneldoc.read(path)
        except (OSError, ValueError) as err:
            raise self.error(str(err))
        only = self.options.get("only", "").split()
        missing = set(only) - {item.name for item in items}
        if missing:
            raise self.error(f"{self.arguments[0]}: no kernel-doc for {', '.join(sorted(missing))}")
        self.linked = _abi_names()
        lines = []
        for item in items:
            if not only or item.name in only:
                lines += self.describe(item)
        parent = nodes.Element()
        self.state.nested_parse(StringList(lines, source=path), self.content_offset, parent)
        return parent.children

    def text(self, text):
        return inline(text, self.linked)

    def describe(self, item):
        body = [self.text(item.about[0].upper() + item.about[1:]), ""]
        if item.what == "macro":
            head = f".. c:macro:: {item.name}"
            body[0] += f" Value: ``{item.code}``."
        elif item.what == "function":
            head = f".. c:function:: {item.code}"
        else:
            head = f".. c:{item.what}:: {item.name}"
        body += self.fields(item)
        for paragraph in item.text:
            section = re.match(r"(Context|Return|Errors):\s*(.*)", paragraph)
            body += [f"**{section[1]}:** {self.text(section[2])}" if section else self.text(paragraph), ""]
        return [head, ""] + ["   " + line for line in body] + [""]

    def fields(self, item):
        known = {}
        if item.what in ("struct", "union"):
            known = kerneldoc.member_types(item)
        elif item.what == "enum":
            known = {k: f"{k} = {v}" for k, v in kerneldoc.enum_values(item).items()}
        lines = []
        for name, text in item.fields:
            lines += [f"``{known.get(name, name)}``", "   " + self.text(text), ""]
        return lines


class Essay(SphinxDirective):
    required_arguments = 1

    def run(self):
        path = os.path.join(TOP, self.arguments[0])
        self.env.note_dependency(path)
        try:
            text = kerneldoc.essay(path)
        except (OSError, ValueError) as err:
            raise self.error(str(err))
        block = nodes.literal_block(text, text)
        block["language"] = "none"
        return [block]


def source_role(name, rawtext, text, lineno, inliner, options=None, content=None):
    if not os.path.exists(os.path.join(TOP, text)):
        return [], [inliner.reporter.error(f"no such file: {text}", line=lineno)]
    return [nodes.literal(rawtext, text)], []


def test_exists(text):
    """Whether selftests/ has this test: FILE, FILE/NAME, or a script's name."""
    file, _, name = text.partition("/")
    path = os.path.join(TOP, "selftests", file)
    if os.path.exists(path + ".sh"):
        return not name
    try:
        with open(path + ".c", encoding="utf-8") as source:
            return not name or re.search(rf"^TEST\w*\((?:\w+, )?{name}\b", source.read(), re.M)
    except OSError:
        return False


def test_role(name, rawtext, text, lineno, inliner, options=None, content=None):
    if not test_exists(text):
        return [], [inliner.reporter.error(f"no such test: {text}", line=lineno)]
    return [nodes.literal(rawtext, text)], []


def setup(app):
    app.add_directive("kernel-doc", KernelDoc)
    app.add_directive("essay", Essay)
    app.add_role("source", source_role)
    app.add_role("test", test_role)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
