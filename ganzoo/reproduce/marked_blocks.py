"""Blocks of a page that are written anew, between two markers; all else on the page stays."""

from __future__ import annotations

import re
from collections.abc import Mapping

START, END = "<!-- ganzoo reproduce: {} -->", "<!-- end of {} -->"


def replace_blocks(page: str, blocks: Mapping[str, str], headings: Mapping[str, str]) -> str:
    """The page with these blocks, by name; a block that it lacks is added below its heading.

    Whatever a person wrote outside of the markers stays as it is.
    """
    for name, text in blocks.items():
        start, end = START.format(name), END.format(name)
        block = f"{start}\n{text.strip()}\n{end}"
        before = re.search(f"{re.escape(start)}.*?{re.escape(end)}", page, re.DOTALL)
        if before:
            page = page[: before.start()] + block + page[before.end() :]
        else:
            page = f"{page.rstrip()}\n\n{headings[name]}\n\n{block}\n"
    return page
