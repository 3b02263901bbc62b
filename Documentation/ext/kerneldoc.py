# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads kernel-doc comments out of C files.

The kernel's own scripts/kernel-doc passes over comments on constants, of
which the ABI header is full; this reader knows the little that ipcx uses:

    /** NAME - text */                       a constant
    /**
     * [struct|enum] NAME - text             a structure, an enumeration,
     * NAME() - text                         a function
     * @field: text
     *
     * Paragraphs; "Context:", "Return:" and "Errors:" begin sections.
     */
"""
import re
from dataclasses import dataclass, field

_COMMENT = re.compile(r"^/\*\*(?!\*)(.*?)\*/[ \t]*\n", re.S | re.M)
_HEAD = re.compile(r"(?:(struct|enum|union)\s+)?(\w+)(\(\))?\s+-\s+(.*)", re.S)
_NOISE = re.compile(r"\b(IPCX_API|static|inline|__always_inline|noinline|__user)\b ?")


@dataclass
class Item:
    """One documented thing."""

    what: str  # struct, enum, function, macro
    name: str
    about: str
    fields: list = field(default_factory=list)  # (name, text)
    text: list = field(default_factory=list)  # paragraphs
    code: str = ""  # declaration


def _lines(comment):
    return [re.sub(r"^[ \t]*\*[ \t]?", "", line).rstrip() for line in comment.split("\n")]


def _declaration(source, what, name):
    """What follows the comment, as far as it belongs to it."""
    if what == "macro":
        match = re.match(rf"#define\s+{name}\b[ \t]*((?:.*\\\n)*.*)", source)
        return " ".join(match[1].replace("\\\n", " ").split()) if match else None
    if what == "function":
        match = re.match(r"[^;{]*?\)(?=\s*[;{\n])", source)
        return _NOISE.sub("", " ".join(match[0].split())) if match else None
    match = re.match(rf"{what}\s+{name}\s*(;|\{{.*?^\}};)", source, re.S | re.M)
    return match[0] if match else None


def _parse(comment, rest, path):
    lines = _lines(comment)
    while lines and not lines[0].strip():
        lines.pop(0)
    head = []
    while lines and lines[0].strip() and not lines[0].startswith("@"):
        head.append(lines.pop(0).strip())
    match = _HEAD.fullmatch(" ".join(head))
    if not match:
        raise ValueError(f"{path}: not kernel-doc: {' '.join(head)!r}")
    what = match[1] or ("function" if match[3] else "macro")
    item = Item(what, match[2], match[4].strip())
    item.code = _declaration(rest, what, item.name)
    if item.code is None:
        raise ValueError(f"{path}: {item.name}: the comment is not in front of it")
    _parse_body(item, lines)
    return item


def _parse_body(item, lines):
    paragraph = []
    for line in lines + [""]:
        match = re.match(r"@([\w.]+):\s*(.*)", line)
        if match:
            item.fields.append([match[1], match[2]])
            paragraph = None
        elif not line.strip():
            if paragraph:
                item.text.append(" ".join(paragraph))
            paragraph = []
        elif paragraph is None:
            item.fields[-1][1] += " " + line.strip()
        elif re.match(r"(Context|Return|Errors):", line) and paragraph:
            item.text.append(" ".join(paragraph))
            paragraph = [line.strip()]
        else:
            paragraph.append(line.strip())


def read(path):
    """The documented items of a file, in its order."""
    with open(path, encoding="utf-8") as file:
        source = file.read()
    return [_parse(m[1], source[m.end():], path) for m in _COMMENT.finditer(source)]


def essay(path):
    """The comment that a file opens with, after its licence line."""
    with open(path, encoding="utf-8") as file:
        source = file.read()
    match = re.search(r"^/\*\n(.*?)^ \*/", source, re.S | re.M)
    if not match:
        raise ValueError(f"{path}: opens with no comment")
    return "\n".join(re.sub(r"^ \*[ ]?", "", line).rstrip() for line in match[1].split("\n")).strip("\n")


def member_types(item):
    """Types of a structure's members by their names."""
    return {
        m[2]: " ".join((m[1] + m[2] + (m[3] or "")).split())
        for m in re.finditer(r"^\s+([\w \t]+?[\s*]+)(\w+)((?:\[[^\]]*\])*)(?:\s*__\w+)?;", item.code, re.M)
    }


def enum_values(item):
    """Values of an enumeration by their names."""
    return dict(re.findall(r"(\w+)\s*=\s*(\w+)", item.code))
