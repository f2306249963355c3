"""TOML as people write it: read within bounds, and where it is none, shown with a caret."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from ganzoo.errors import GanzooError, cut
from ganzoo.files.untrusted import UntrustedError, deeper, read_text

RECIPE_FILE = "recipe.toml"  # what a folder's recipe is called
LARGEST = 1 << 20  # bytes; no recipe is longer
# A key of a thousand names takes TOML's reader minutes.
LONG_KEY = re.compile(r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){32}""")
DEEPEST = 32  # no recipe nests deeper, and Python's own limits are told less clearly
PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class NoToml(ValueError):
    """A text that is no TOML: what is wrong, and the line and column of it, from 1 on."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line, self.column = line, column


def parse(text: str) -> dict[str, Any]:
    """Read TOML.

    Raises:
        NoToml: it is none.
        ValueError: it is, and too much to read.
    """
    if LONG_KEY.search(text):
        raise ValueError("a key here has too many dots")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _located(str(error), text) from None
    except ValueError:
        raise ValueError("a number here has too many digits") from None
    except RecursionError:
        raise ValueError("lists or tables are nested too deeply here") from None
    if deeper(tables, DEEPEST):
        raise ValueError("lists or tables are nested too deeply here")
    return tables


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a file.

    Raises:
        GanzooError: it is no regular file of UTF-8, longer than any recipe, or no TOML.
    """
    text = _read(path)
    try:
        return parse(text)
    except NoToml as error:
        shown, column = around(text.splitlines()[error.line - 1 : error.line], error.column - 1)
        raise GanzooError(
            f"{path}: this is not valid TOML: {error} (at line {error.line}, column "
            f"{error.column})\n  {shown}\n  {' ' * column}^"
        ) from None
    except ValueError as error:
        raise GanzooError(f"{path}: {error}") from None


def read_tables(path: Path, within: Path | None = None) -> dict[str, Any]:
    """The tables of a file, for listings: what is wrong with it in one line.

    within: a folder that no link may lead out of.

    Raises:
        UntrustedError: it is no regular file of UTF-8, longer than any recipe, or no TOML.
        OSError: it is missing, or may not be read.
    """
    text = read_text(path, LARGEST, within)
    try:
        return parse(text)
    except ValueError as error:
        raise UntrustedError(f"{path}: this is no TOML ({error})") from None


def around(lines: list[str], column: int, width: int = 70) -> tuple[str, int]:
    """The part of a line around a column that fits on a screen, and the column in it."""
    line = "".join(sign if sign.isprintable() else " " for sign in (lines[0] if lines else ""))
    start = max(0, column - width // 2) if len(line) > width else 0
    return line[start : start + width], column - start


def _read(path: Path) -> str:
    try:
        return read_text(path, LARGEST)
    except UntrustedError as error:
        raise GanzooError(cut(str(error), 200)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise GanzooError(f"{cut(str(path))}: this cannot be read ({reason})") from None


def _located(message: str, text: str) -> NoToml:
    match = PLACE.search(message)
    lines = text.split("\n")
    line, column = len(lines), len(lines[-1]) + 1
    if match and match[1]:
        line, column = int(match[1]), int(match[2])
    return NoToml(PLACE.sub("", message), line, column)
