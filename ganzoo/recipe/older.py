"""Filled recipes of earlier versions, with what those versions did and had no setting for.

A run's recipe and a model's header hold every setting. One that is not there came later, and its
default may be another than what was done before: a run goes on as it began.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Version 0.1 took the colours of files as they are, whatever their profiles said.
OWN_IMAGES = ("folders", "paired_folders", "class_folders")
FILLED_THEN = {"root", "size", "flip", "channels", "aspect", "unreadable"}
DONE_THEN = {"colour": "ignore", "interpolation": "bicubic"}


def spelt_out(tables: dict[str, Any]) -> dict[str, Any]:
    """A recipe's tables; of one that version 0.1 filled, with what it did to images."""
    data = tables.get("data")
    if not isinstance(data, Mapping) or data.get("type") not in OWN_IMAGES:
        return tables
    if not data.keys() >= FILLED_THEN or not data.keys().isdisjoint(DONE_THEN):
        return tables
    return {**tables, "data": {**data, **DONE_THEN}}
