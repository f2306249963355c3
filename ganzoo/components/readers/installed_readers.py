"""The readers that are installed, and which of them reads a file."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ganzoo.registry.components import Component
from ganzoo.registry.discovery import Zoo, installed

if TYPE_CHECKING:
    from ganzoo.components.data.image_source import ImageSource
    from ganzoo.interfaces.reader import Reader

# Reads whatever no other reader recognises, or says that it cannot.
LAST = "pillow"
# How many bytes at the beginning of a file a reader is shown.
START = 512


def read_suffixes() -> tuple[str, ...]:
    """The suffixes of image files, in lower case and sorted; no reader is imported for it."""
    return _suffixes(installed())


def find_reader(start: bytes, path: ImageSource) -> Reader:
    """The reader of a file.

    Readers of the file's suffix are asked first, then the core's; others are not imported.
    start: its first START bytes.

    Raises:
        PluginError: a reader cannot be imported.
    """
    name = path.name.lower()
    readers = _components(installed())
    asked = [each for each in readers if name.endswith(each.suffixes) or "." not in each.name]
    asked.sort(key=lambda each: (each.name == LAST, not name.endswith(each.suffixes)))
    return next(reader for reader in map(_make, asked) if reader.recognises(start))


@functools.lru_cache(maxsize=1)
def _suffixes(zoo: Zoo) -> tuple[str, ...]:
    return tuple(sorted({suffix for each in _components(zoo) for suffix in each.suffixes}))


@functools.lru_cache(maxsize=1)
def _components(zoo: Zoo) -> tuple[Component, ...]:
    return tuple(each for each in zoo.registry if each.kind == "reader")


@functools.cache
def _make(component: Component) -> Reader:
    reader: Reader = component.load()()
    return reader
