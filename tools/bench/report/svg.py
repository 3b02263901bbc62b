# SPDX-License-Identifier: LGPL-2.1-or-later
"""What gnuplot drew, made ready for a page.

gnuplot is given colours that nobody would choose; here they become names, to which the
page gives one colour in the light and another one in the dark. Names of parts get the
plot's own in front, so that many plots fit into one page, and what draws nothing goes.
"""
import re
import xml.etree.ElementTree as tree

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
HREF = f"{{{XLINK}}}href"

# The colours' names, and what gnuplot takes for them: red 254, then these two.
_NAMES = {"grid": (0, 1), "ink": (0, 2), "rest": (0, 3)}
_SECRET = re.compile(r"rgb\(\s*254,\s*(\d+),\s*(\d+)\s*\)")

# Okabe and Ito's, the yellow darker on white and the dark ones lighter on black.
LIGHT = ("#0072b2", "#d55e00", "#009e73", "#b0508a", "#2b2b2b", "#e69f00", "#3aa0d8", "#8a7a00",
         "#7a4a3a")
DARK = ("#4aa8e8", "#ff8a3d", "#2fc99b", "#e59ac8", "#e8e8e8", "#f2b632", "#8fd3ff", "#d6c943",
        "#c79a8a")

tree.register_namespace("", SVG)
tree.register_namespace("xlink", XLINK)


def colour(name):
    """For gnuplot: a name, or the number of a mechanism's colour."""
    green, blue = _NAMES.get(name, (1, name))
    return f"#fe{green:02x}{blue:02x}"


def style():
    """What the names stand for, as CSS."""
    def values(colours, grid, ink, rest):
        named = "".join(f"--c{number}:{value};" for number, value in enumerate(colours))
        return f"{named}--grid:{grid};--ink:{ink};--rest:{rest}"

    light = values(LIGHT, "#e3e3e3", "#333", "#d2d2d2")
    dark = values(DARK, "#3a3d42", "#ddd", "#4b4f55")
    return (f":root{{{light}}}\n"
            f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}")


def _name(match):
    pair = int(match[1]), int(match[2])
    names = [name for name, known in _NAMES.items() if known == pair]
    return f"var(--{names[0] if names else f'c{pair[1]}'})"


def _colours(element):
    """Attributes take no var(): what has a name goes into the style."""
    styles = []
    for key in ("stroke", "fill", "color"):
        value = element.get(key, "")
        if _SECRET.search(value):
            styles.append(f"{key}:{_SECRET.sub(_name, value)}")
            del element.attrib[key]
        elif value == "black":
            # The root's colour, which groups have from there.
            del element.attrib[key]
            if key != "color":
                styles.append(f"{key}:var(--ink)")
    if styles:
        element.set("style", ";".join(styles))


def _plain_text(element):
    """gnuplot puts each text into a tspan of its own."""
    for text in element.iter(f"{{{SVG}}}text"):
        text.text = "".join(text.itertext())
        for part in list(text):
            text.remove(part)


def _prune(element):
    """Groups without anything in them, and layout between elements."""
    for child in list(element):
        _prune(child)
        child.tail = None
        empty = child.tag == f"{{{SVG}}}g" and not len(child)
        if empty or child.tag in (f"{{{SVG}}}desc", f"{{{SVG}}}filter"):
            element.remove(child)
    if element.tag not in (f"{{{SVG}}}text", f"{{{SVG}}}title", f"{{{SVG}}}style"):
        element.text = None


# What an SVG means anyway, or what the root says for all.
_USUAL = {"stroke-linecap": "butt", "stroke-linejoin": "miter", "font-family": "sans-serif",
          "font-size": "13.00"}


def _shorten(root):
    """A page has a hundred plots."""
    for element in root.iter():
        for key, value in _USUAL.items():
            if element.get(key) == value:
                del element.attrib[key]
        for key in ("d", "transform"):
            if key in element.attrib:
                text = re.sub(r"(\.\d)\d+", r"\1", " ".join(element.get(key).split()))
                element.set(key, text.replace(".0 ", " ").replace(".0,", ","))
    root.set("font-family", "sans-serif")
    root.set("font-size", "13")


def _drop_titles(root):
    """gnuplot names its curves by number where the legend does not."""
    for group in root.iter(f"{{{SVG}}}g"):
        for title in group.findall(f"{{{SVG}}}title"):
            if re.search(r"_plot_\d+$", title.text or ""):
                group.remove(title)


def _own_names(root, key):
    for element in root.iter():
        if "id" in element.attrib:
            element.set("id", f"{key}-{element.get('id')}")
        if element.get(HREF, "").startswith("#"):
            element.set(HREF, f"#{key}-{element.get(HREF)[1:]}")


def _needed_parts(root):
    """Of the markers only those that are used, also by one another."""
    defs = root.find(f".//{{{SVG}}}defs")
    known = {part.get("id"): part for part in defs}
    wanted, names = set(), [e.get(HREF)[1:] for e in root.iter(f"{{{SVG}}}use")
                            if e not in list(defs)]
    while names:
        name = names.pop()
        if name in known and name not in wanted:
            wanted.add(name)
            names += [known[name].get(HREF, "#")[1:]]
    for name, part in known.items():
        if name not in wanted:
            defs.remove(part)


def finish(text, key, title, alone=False):
    """An <svg> for a page, or (alone) a file with its colours in it."""
    root = tree.fromstring(text)
    for old in root.findall(f"{{{SVG}}}title"):
        root.remove(old)
    _drop_titles(root)
    _plain_text(root)
    _prune(root)
    _needed_parts(root)
    _own_names(root, "p" if alone else key)
    _shorten(root)
    for element in root.iter():
        _colours(element)
    root.set("style", "color:var(--ink)")
    root.set("role", "img")
    root.set("aria-label", title)
    if alone:
        own = tree.Element(f"{{{SVG}}}style")
        # A page that has it need not be dark because the reader's system is.
        own.text = (f"{style()}\nsvg{{background:#fff}}\n"
                    "@media screen and (prefers-color-scheme:dark){svg{background:#17181b}}")
        root.insert(0, own)
    else:
        root.set("data-plot", key)
    return tree.tostring(root, encoding="unicode")
