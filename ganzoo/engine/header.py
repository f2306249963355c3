"""Reads the header of a file of weights, which may come from a stranger."""

from __future__ import annotations

import json
from typing import Any

from ganzoo.files.untrusted import DEEPEST, deeper

STATE = "state.safetensors"  # a checkpoint's file of weights
LARGEST = 2**24  # characters; a recipe has a few thousand


def parse_header(text: str) -> dict[str, Any]:
    """The header of a file that ganzoo wrote, from its JSON.

    Raises:
        ValueError: the header has another form; the message says where.
    """
    if len(text) > LARGEST:
        raise ValueError(f"its header has {len(text):,} characters")
    try:
        header = json.loads(text)  # parse_json would turn the infinities of components into null
    except RecursionError:
        raise ValueError("its header is nested too deeply") from None
    if deeper(header, DEEPEST):
        raise ValueError("its header is nested too deeply")
    if not isinstance(header, dict):
        raise ValueError("its header is no table")
    for key, value in header.items():
        if not _is_sound(key, value):
            raise ValueError(f"'{key:.40}' in its header is of another form")
    return header


def _is_sound(key: str, value: Any) -> bool:
    """Whether an entry has the form that ganzoo writes; unknown entries are accepted."""
    if key in ("step", "processes", "ema_updates"):
        return type(value) is int and 0 <= value < 2**63
    if key == "shared":
        return _is_table(value) and all(_is_table(names, str) for names in value.values())
    if key == "packages":
        return _is_table(value, str)
    if key == "callbacks":
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    if key == "numbers":
        return _is_table(value, dict)
    return _is_table(value) if key in ("recipe", "scaler") else True


def _is_table(value: Any, of: type = object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, of) for item in value.values())
