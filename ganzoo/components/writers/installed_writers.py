"""The writers that are installed, and which of them writes a file."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.errors import GanzooError, did_you_mean
from ganzoo.registry.components import Component
from ganzoo.registry.discovery import installed

if TYPE_CHECKING:
    from ganzoo.interfaces.writer import Writer


def written_suffixes() -> tuple[str, ...]:
    """The suffixes of files that can be written, sorted; no writer is imported for it."""
    return tuple(sorted({suffix for each in writer_components() for suffix in each.suffixes}))


def writer_components() -> tuple[Component, ...]:
    """The writers, the core's before those of plugins."""
    components = installed().registry.components.values()
    return tuple(each for each in components if each.kind == "writer")


def find_format(path: Path) -> Component | None:
    """The writer of a file by its suffix, not imported yet; None where there is no writer."""
    suffix = path.suffix.lower()
    return next((each for each in writer_components() if suffix in each.suffixes), None)


def get_format(name: str) -> Component:
    """The writer of that name, not imported yet.

    Raises:
        UnknownComponent: there is no such writer.
    """
    return installed().registry.get("writer", name)


def check_format(name: str) -> None:
    """Check a format that a user gave; "" stands for none.

    Raises:
        GanzooError: there is no such writer.
    """
    names = [each.name for each in writer_components()]
    if name and name not in names:
        hint = did_you_mean(name, names)
        raise GanzooError(f"--format {name}: there is {', '.join(names)}.{hint}")


@functools.cache
def make_writer(component: Component) -> Writer:
    """The writer itself.

    Raises:
        PluginError: it cannot be imported.
    """
    writer: Writer = component.load()()
    return writer
