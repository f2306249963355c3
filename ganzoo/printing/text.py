"""Prints texts with their control characters made visible, as \\x1b.

Names, summaries, logs and file names may come from a stranger. Control characters in them could
make a terminal change its title, the clipboard, or lines that were printed before.
"""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

# Control characters except tab and newline, characters that change the direction of writing, other
# line separators, and lone surrogates, which names of files may contain.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb"
    "\ud800-\udfff]"
)
BREAKS = re.compile(r"[\t\n]")


def visible(text: str) -> str:
    r"""A text whose control characters are escaped, as \x1b; tabs and newlines stay."""
    return HIDDEN.sub(_escape_python, text)


def one_line(text: str) -> str:
    r"""A text on one line, for a cell or a name: newlines and tabs are escaped, too, as \n."""
    return BREAKS.sub(_escape_python, visible(text))


def say(text: object = "", *, err: bool = False, bold: bool = False, end: str = "\n") -> None:
    """Print a text. err: to stderr. bold: in bold, if the output is a terminal."""
    import typer

    typer.secho(visible(f"{text}{end}"), err=err, bold=bold or None, nl=False)


def say_aside(text: str) -> None:
    """Print a note to stderr, so that it stays apart from the results on stdout."""
    say(text, err=True)


def say_json(value: Any) -> None:
    """Print a value as indented JSON, for programs to read."""
    import typer

    typer.echo(HIDDEN.sub(_escape_json, json.dumps(value, indent=2, ensure_ascii=False)))


def guard_warnings() -> None:
    """Make Python escape the control characters of its warnings, too."""
    plain = warnings.formatwarning
    warnings.formatwarning = lambda *given, **named: visible(plain(*given, **named))


def short_count(number: float, unit: str = "") -> str:
    """A number in three digits, as `812`, `11.4 M` or `11.2 GFLOP`; from 10^15 on `1,234 P`."""
    for prefix in ("", "k", "M", "G", "T"):
        if float(f"{number:.3g}") < 1000:
            return f"{number:.3g} {prefix}{unit}".rstrip()
        number /= 1000
    return f"{number:,.4g} P{unit}"


def _escape_python(match: re.Match[str]) -> str:
    """The escape of a character, as `\\x1b`; of a file name's byte that is no UTF-8, that byte."""
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else repr(match[0])[1:-1]


def _escape_json(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
