"""What files beside weights say of their training, as `train_opt.txt` and `config.json`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganzoo.errors import ModelError
from ganzoo.files.untrusted import UntrustedError, is_plain, read_object, read_text

TEXTS = ("train_opt.txt", "test_opt.txt", "opt.txt")
TABLES = ("train_config.json", "config.json")
LARGEST = 1 << 20
LINE = re.compile(r"\s*(\w+): (.*?)\s*(?:\[default: .*\])?")
WORDS = {"True": True, "False": False, "None": None}


@dataclass(frozen=True)
class Neighbour:
    """A file beside weights, and the options in it, by the names of the code that wrote it."""

    file: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def read_neighbour(file: Path) -> Neighbour:
    """The first file beside one that tells of its training; an empty one where there is none.

    Raises:
        ModelError: it is there and cannot be read.
    """
    folder = file.absolute().parent
    above = [folder.parent] if folder.name == "checkpoints" else []
    for path in (place / name for place in (folder, *above) for name in (*TEXTS, *TABLES)):
        if is_plain(path):
            return Neighbour(path, _options(path))
    return Neighbour()


def _options(path: Path) -> dict[str, Any]:
    try:
        if path.suffix == ".json":
            return _flat(read_object(path, LARGEST))
        lines = read_text(path, LARGEST).splitlines()
    except (OSError, UntrustedError) as error:
        raise ModelError(f"{path}: cannot be read ({error})") from None
    options = (LINE.fullmatch(line[:1000]) for line in lines)
    return {match[1]: _value(match[2]) for match in options if match}


def _value(text: str) -> Any:
    """A value as Python prints it: True, 286, 0.0002, or a text."""
    if text in WORDS:
        return WORDS[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _flat(table: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Tables in tables as one, with names joined by _: `G_ngf`."""
    options: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{before}_{key}" if before else key
        options |= _flat(value, name) if isinstance(value, Mapping) else {name: value}
    return options
