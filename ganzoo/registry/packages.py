"""The packages that are installed here: no damaged one stands in the others' way."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, EntryPoint, distributions, version
from pathlib import Path
from typing import Any

from ganzoo.errors import reason

MODEL_FILE = "model.safetensors"  # of a run, and of a ready model in a package
Unreadable = tuple[str, str, str]  # a package's name, its version, what is wrong


def entry_points(group: str) -> tuple[list[EntryPoint], list[Unreadable]]:
    """Every installed entry point of a group, and the packages whose own cannot be read.

    As `importlib.metadata.entry_points`, which one damaged package stops: of packages of one name
    the first on the path counts. A package is known by its folder's name: to read all metadata
    takes ten times as long.
    """
    points: list[EntryPoint] = []
    unreadable: list[Unreadable] = []
    names: set[str] = set()
    for package in distributions():
        name = _called(package)[0] or named(package)[0]
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in names:
            continue
        names.add(key)
        try:
            points += [point for point in package.entry_points if point.group == group]
        except Exception as error:  # whatever stands in that file
            problem = f"its entry_points.txt cannot be read ({reason(error)})"
            unreadable.append((*named(package), problem))
    return points, unreadable


def named(package: Distribution | None) -> tuple[str, str]:
    """A distribution's name and version, as its metadata tell; without, as its folder is called."""
    name, version = _called(package)
    try:
        metadata: Any = package.metadata if package else {}
        return str(metadata["Name"] or name or "?"), str(metadata["Version"] or version or "?")
    except Exception:  # there may be none, or nonsense
        return name or "?", version or "?"


def _called(package: Distribution | None) -> tuple[str, str]:
    """A distribution's name and version in its folder's name; nothing where that is not known."""
    folder = Path(str(getattr(package, "_path", ""))).name
    name, _, rest = folder.removesuffix(".dist-info").removesuffix(".egg-info").partition("-")
    return name, rest


def required(package: Distribution | None) -> list[str]:
    """What a distribution needs, as far as its metadata tell."""
    try:
        return list((package and package.requires) or ())
    except Exception:  # metadata may be missing, or nonsense
        return []


def find_version(package: str) -> str:
    """An installed distribution's version; "" if there is none."""
    try:
        return version(package)
    except Exception:  # whatever damaged metadata make it raise
        return ""


def installed_version(package: str) -> str:
    """A distribution's version, for messages."""
    return find_version(package) or "(not installed)"
