# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sphinx configuration: HTML and man pages from the same sources."""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "ext"))

import manpages  # noqa: E402  (needs the path above)

project = "ipcx"
author = "the ipcx authors"
copyright = "the ipcx authors, LGPL-2.1-or-later"
version = release = manpages.version(here)

extensions = ["ipcxdoc", "manpages", "sampledoc"]
master_doc = "index"
source_suffix = ".rst"
exclude_patterns = ["ext", "sample", "static"]

# Every reference has to lead somewhere. C types in the signatures of functions
# are those of the kernel and the C library, which are documented elsewhere.
nitpicky = True
nitpick_ignore_regex = [("c:identifier", ".*")]

# No date: what is built twice from the same sources is the same.
today_fmt = " "
html_last_updated_fmt = None
html_theme = "alabaster"
html_theme_options = {
    "description": "messages between processes, and what they cost",
    "page_width": "1040px",
    "fixed_sidebar": True,
}
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}
html_show_sourcelink = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["ipcx.css"]
highlight_language = "none"
smartquotes = False

man_make_section_directory = True
man_pages = manpages.pages(here, author)
