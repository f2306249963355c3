"""The trackers that a recipe may name: Accelerate's, and those that others registered with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ganzoo.errors import Fault, choices


def tracker_classes() -> dict[str, Any]:
    """Accelerate's classes by name; none of their packages is imported."""
    from accelerate import tracking

    return dict(tracking.LOGGER_TYPE_TO_CLASS)


def wrong_trackers(names: Iterable[str]) -> list[Fault]:
    """The trackers that there are not."""
    named = list(names)
    known = sorted(tracker_classes()) if named else []
    return [
        Fault(f"trackers.{name}", f"there is no tracker '{name}'.{choices(name, known)}")
        for name in named
        if name not in known
    ]
