"""The packages that a file needs, as it says itself: which are missing here, or too old."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ganzoo.registry.former import how_to_install
from ganzoo.registry.packages import find_version

PACKAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
OWN = "ganzoo-"  # with what the names of ganzoo's own packages begin


@dataclass(frozen=True)
class NeededPackage:
    """A distribution that a file was made with.

    version: of it, then.
    here: the version that is installed here; "" if none is.
    """

    name: str
    version: str
    here: str

    @property
    def is_old(self) -> bool:
        """Whether the version here is older than the one that the file was made with."""
        return bool(self.here) and _release(self.here) < _release(self.version)

    def advice(self) -> str:
        """What to type where it is missing or too old, in one line."""
        if self.here:
            said = f"{self.name} {self.here} is older than {self.version}, which this needs"
        else:
            said = f"{self.name} {self.version} is not installed"
        return f"{said}: {how_to_get(self.name, bool(self.here))}"


def find_lacking(packages: Mapping[str, str]) -> list[NeededPackage]:
    """Those of the packages that are missing here, or older than a file was made with.

    What is no name of a package is left out: a stranger's would end up in a command.
    """
    needed = [
        NeededPackage(name, wanted, find_version(name))
        for name, wanted in packages.items()
        if PACKAGE.fullmatch(name)
    ]
    return [each for each in needed if not each.here or each.is_old]


def how_to_get(name: str, upgrade: bool = False) -> str:
    """The command; a name that a stranger's file says may be a trap, which is said too."""
    if name.startswith(OWN):
        return how_to_install(name)
    return f"pip install {'-U ' if upgrade else ''}{name}, if you trust those who publish it"


def _release(version: str) -> tuple[int, ...]:
    """`(0, 2)` of `0.2.0rc1`: numbers alone, zeros at the end left out."""
    numbers = re.match(r"v?(?:\d+!)?(\d+(?:\.\d+)*)", version)
    release = [int(number) for number in numbers[1].split(".")] if numbers else []
    while release and release[-1] == 0:
        release.pop()
    return tuple(release)
