"""The trackers that a recipe may name: Accelerate's, and those that others registered with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ganzoo.errors import Fault, choices
from ganzoo.registry.former import new_name, renamed

SECRET = re.compile(r"api_?key|token|password|secret")


def tracker_classes() -> dict[str, Any]:
    """Accelerate's classes by name; none of their packages is imported."""
    from accelerate import tracking

    return dict(tracking.LOGGER_TYPE_TO_CLASS)


def wrong_trackers(tables: Mapping[str, Mapping[str, Any]]) -> list[Fault]:
    """Trackers that do not exist, settings under former names, and secrets."""
    known = sorted(tracker_classes()) if tables else []
    unknown = [
        Fault(f"trackers.{name}", f"there is no tracker '{name}'.{choices(name, known)}")
        for name in tables
        if name not in known
    ]
    former = [
        Fault(f"trackers.{name}.{key}", renamed(key, new))
        for name, table in tables.items()
        for key in table
        if (new := new_name(("trackers", name), key))
    ]
    reason = (
        "a recipe is kept with the run and in the model file: leave this out, and give it as the "
        "tracker's own login or environment variable"
    )
    secrets = [(name, key) for name, table in tables.items() for key in table if SECRET.search(key)]
    return [*unknown, *former, *(Fault(f"trackers.{n}.{key}", reason) for n, key in secrets)]
