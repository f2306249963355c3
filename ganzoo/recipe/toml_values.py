"""Values and keys as TOML writes them, in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tomli_w

from ganzoo.printing.text import HIDDEN

WORD = re.compile(r"[A-Za-z0-9_-]+")


def write_value(value: Any) -> str:
    """A value in one line; control characters of texts are escaped, so that editors show them.

    Raises:
        TypeError: TOML has no such value.
    """
    if isinstance(value, Mapping):
        inner = ", ".join(f"{write_key(k)} = {write_value(v)}" for k, v in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(write_value, value))}]"
    written = tomli_w.dumps({"value": value}).partition(" = ")[2].rstrip("\n")
    return HIDDEN.sub(_escape, written)


def write_key(name: str) -> str:
    """A key, in quotes where it needs them."""
    return name if WORD.fullmatch(name) else write_value(name)


def _escape(match: re.Match[str]) -> str:
    """The escape of a character; half a surrogate pair has none, and stays."""
    code = ord(match[0])
    return match[0] if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"
