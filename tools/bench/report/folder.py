# SPDX-License-Identifier: LGPL-2.1-or-later
"""The folder of a report: all of it or nothing.

It is made beside its place and then renamed. A report that is there is replaced; a list
of its files, which it has with it, tells whether something else is in the folder by now,
which is never removed.
"""
import os
import shutil
import tempfile

LIST = ".ipcx-report"


class NotOurs(Exception):
    """Its text says what is in the way."""


def _files(folder):
    found = set()
    for path, _, files in os.walk(folder):
        found |= {os.path.relpath(os.path.join(path, file), folder) for file in files}
    return found


def check(place):
    """May PLACE be written?"""
    if not os.path.lexists(place):
        return
    if not os.path.isdir(place) or os.path.islink(place):
        raise NotOurs(f"{place}: is not a folder: give the name of a new one")
    ours = {LIST}
    try:
        with open(os.path.join(place, LIST), encoding="utf-8") as file:
            ours |= set(file.read().splitlines())
    except FileNotFoundError:
        pass
    others = sorted(_files(place) - ours)
    if others:
        raise NotOurs(f"{place}: has files that are not of a report, such as {others[0]}: "
                      "give the name of a new folder")


def write(place, texts, copies):
    """TEXTS: name -> contents; COPIES: name -> path of what is copied there."""
    check(place)
    parent = os.path.dirname(os.path.abspath(place))
    os.makedirs(parent, exist_ok=True)
    fresh = tempfile.mkdtemp(prefix=f".{os.path.basename(os.path.abspath(place))}.", dir=parent)
    try:
        for name in list(texts) + list(copies):
            os.makedirs(os.path.dirname(os.path.join(fresh, name)), exist_ok=True)
        for name, text in texts.items():
            with open(os.path.join(fresh, name), "w", encoding="utf-8", newline="") as file:
                file.write(text)
        for name, path in copies.items():
            shutil.copyfile(path, os.path.join(fresh, name))
        with open(os.path.join(fresh, LIST), "w", encoding="utf-8") as file:
            file.write("".join(f"{name}\n" for name in sorted([*texts, *copies])))
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(fresh, 0o777 & ~mask)
        _replace(fresh, place)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _replace(fresh, place):
    """FRESH takes PLACE; the old one is gone only when the new one is there."""
    old = None
    if os.path.isdir(place):
        old = fresh + ".old"
        os.rename(place, old)
    try:
        os.rename(fresh, place)
    except OSError:
        if old:
            os.rename(old, place)
        raise
    if old:
        shutil.rmtree(old)
