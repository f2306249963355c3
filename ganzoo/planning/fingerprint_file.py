"""A fingerprint as JSON, as it is written beside a recipe."""

from __future__ import annotations

import json
from dataclasses import asdict

from ganzoo.interfaces.data_fingerprint import Fingerprint
from ganzoo.printing.text import visible

FORMAT = 1


def as_json(facts: Fingerprint) -> str:
    """A fingerprint as indented JSON; equal ones give equal texts."""
    table = {"format": FORMAT, **asdict(facts)}
    text = json.dumps(table, indent=2, ensure_ascii=False)
    if visible(text) != text:
        text = json.dumps(table, indent=2)  # names of files may hold anything
    return text + "\n"
