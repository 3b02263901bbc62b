# SPDX-License-Identifier: LGPL-2.1-or-later
"""Manual pages: man/NAME.SECTION.rst says in a comment what the page is about,

    .. man: one line for NAME and apropos(1)
    .. also: other names that lead to the same page

and the page is installed under all of these names.
"""
import os
import re

from docutils import nodes
from sphinx import addnodes


def version(here):
    path = os.path.join(here, "..", "lib", "include", "ipcx", "version.h")
    with open(path, encoding="utf-8") as file:
        numbers = re.findall(r"#define IPCX_VERSION_\w+\s+(\d+)", file.read())
    return ".".join(numbers)


def _sources(here):
    folder = os.path.join(here, "man")
    for name in sorted(os.listdir(folder)):
        match = re.fullmatch(r"(.+)\.([1-8])\.rst", name)
        if match:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                yield match[1], match[2], file.read()


def _field(text, name):
    match = re.search(rf"^\.\. {name}: (.*(?:\n   .+)*)", text, re.M)
    return " ".join(match[1].split()) if match else ""


def pages(here, author):
    """The value for Sphinx's man_pages."""
    found = []
    for name, section, text in _sources(here):
        about = _field(text, "man")
        if not about:
            raise ValueError(f"man/{name}.{section}.rst: no '.. man:' comment")
        found.append((f"man/{name}.{section}", name, about, author, section))
    return found


def _name_all(path, name, others):
    """The NAME line has all names, for apropos(1) and whatis(1)."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    line = f".SH NAME\n{name} \\- "
    if line not in text:
        raise ValueError(f"{path}: its NAME is not where it is looked for")
    names = ", ".join([name] + others)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(line, f".SH NAME\n{names} \\- ", 1))


def _make_links(app, exception):
    if exception or app.builder.name != "man":
        return
    for name, section, text in _sources(app.confdir):
        folder = os.path.join(app.outdir, f"man{section}")
        others = _field(text, "also").split()
        if others:
            _name_all(os.path.join(folder, f"{name}.{section}"), name, others)
        for other in others:
            link = os.path.join(folder, f"{other}.{section}")
            if os.path.lexists(link):
                os.unlink(link)
            os.symlink(f"{name}.{section}", link)


def _link_names(app, doctree, docname):
    """In HTML, :manpage:`NAME(SECTION)` of our own pages leads there."""
    if app.builder.format != "html":
        return
    for node in list(doctree.findall(addnodes.manpage)):
        page = app.env.ipcx_manpages.get(node.astext())
        if page and page != docname:
            link = nodes.reference("", "", internal=True,
                                   refuri=app.builder.get_relative_uri(docname, page))
            node.replace_self(link)
            link += node


def _know_names(app):
    app.env.ipcx_manpages = {
        f"{other}({section})": f"man/{name}.{section}"
        for name, section, text in _sources(app.confdir)
        for other in [name] + _field(text, "also").split()
    }


def setup(app):
    app.connect("builder-inited", _know_names)
    app.connect("doctree-resolved", _link_names)
    app.connect("build-finished", _make_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
