"""The readers that are installed, and which of them reads a file."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.registry.components import Component
from ganzoo.registry.discovery import installed

if TYPE_CHECKING:
    from ganzoo.interfaces.reader import Reader

# Reads whatever no other reader recognises, or says that it cannot.
LAST = "pillow"
# How many bytes at the beginning of a file a reader is shown.
START = 512


@functools.cache
def read_suffixes() -> tuple[str, ...]:
    """The suffixes of image files, in lower case and sorted; no reader is imported for it."""
    return tuple(sorted({suffix for each in _components() for suffix in each.suffixes}))


def find_reader(start: bytes, path: Path) -> Reader:
    """The reader of a file.

    Readers of the file's suffix are asked first, then the core's; others are not imported.
    start: its first START bytes.

    Raises:
        PluginError: a reader cannot be imported.
    """
    name = path.name.lower()
    asked = [each for each in _components() if name.endswith(each.suffixes) or "." not in each.name]
    asked.sort(key=lambda each: (each.name == LAST, not name.endswith(each.suffixes)))
    readers = (_make(each) for each in asked)
    return next(reader for reader in readers if reader.recognises(start))


@functools.cache
def _components() -> tuple[Component, ...]:
    return tuple(each for each in installed().registry if each.kind == "reader")


@functools.cache
def _make(component: Component) -> Reader:
    reader: Reader = component.load()()
    return reader
