"""A recipe's trip from the command line to its first step: `python -m benchmarks trip`.

Runs `ganzoo run` on a tiny recipe in this process and follows the calls between ganzoo's own
functions until an optimizer steps for the first time. Counted are:

- **stops**: functions that are entered from another module. Each (module, function) counts once.
- **files**: modules with at least one stop.
- **climbs**: stops that are entered at least once from a room that stands above theirs in the order
  of the house (docs/draw_rooms.py). Imports lead upward there; so such a call comes through a
  callback, an attribute or a registered name, and a reader cannot follow it by the imports.

The caller is the nearest function of ganzoo on the stack: calls through a library (typer, pydantic,
torch) count, too. Code that runs while a module is imported, comprehensions and generator
expressions do not count. Dataclasses' own methods have no file and do not count either. Only the
main thread is followed.

Counted as well is what should happen once. Measured on 2026-11-28, `cyclegan` at 16 px, before the
move into rooms (b4dfb1e, its modules given their later rooms by `--rooms`) and after it:

|                        | before | after |
|------------------------|--------|-------|
| stops                  |    364 |   402 |
| files                  |    136 |   148 |
| climbs                 |     12 |    14 |
| recipe files read      |      3 |     1 |
| recipes validated      |      2 |     1 |
| components constructed |     35 |    31 |

Files became smaller, and what happens while training goes through callbacks: so there are more
stops, not fewer.

`--rooms FILE` reads the rooms of modules from JSON, as `{"ganzoo.run.folder": "runs"}`, for a
version whose packages are others. `--list` prints the stops in their order, climbs with a `^`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import runpy
import sys
import tempfile
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from benchmarks.machine import ROOT
from benchmarks.refused import Refused
from benchmarks.result import Result

ROUNDS = 0  # it has no turns
ORDER = runpy.run_path(str(ROOT / "docs" / "draw_rooms.py"))["ORDER"]
TINY = (
    *("networks.G.width=4", "networks.F.width=4", "networks.D_X.width=4", "networks.D_Y.width=4"),
    *("networks.G.blocks=1", "networks.F.blocks=1"),
    'data={type="streets",size=16,count=8,held_out=2}',
    *('train.length="2 steps"', 'train.device="cpu"', "samples.count=2"),
)
COMPREHENSIONS = ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>")
# What should happen once, by the function that does it, as both versions call it.
REPEATED = {
    "recipe files read": ("read_toml",),
    "recipes validated": ("Recipe._short_outputs",),
    "components constructed": ("ComponentPlan.make", "PartPlan.make"),
}
OPTIMIZED = 1  # CO_OPTIMIZED: the code of a function, not of a module or a class


class Trip:
    """What is entered, and from where."""

    def __init__(self, package: Path, rooms: dict[str, str]) -> None:
        self.package, self.rooms = package, rooms
        self.modules: dict[str, str] = {}  # by file, as many calls come from one
        self.callers: dict[tuple[str, str], set[str]] = {}  # of each stop, in order of first entry
        self.counts = dict.fromkeys(REPEATED, 0)
        self.ended = False

    def follow(self, frame: FrameType, event: str, _: Any) -> None:
        """A profile function: see `sys.setprofile`."""
        if event != "call" or self.ended:
            return
        code = frame.f_code
        if code.co_name == "step" and Path(code.co_filename).parts[-3:-1] == ("torch", "optim"):
            self.ended = True
            sys.setprofile(None)
        elif (module := self.module(code.co_filename)) and is_function(code):
            caller = self.caller(frame)
            for what, names in REPEATED.items():
                self.counts[what] += code.co_qualname in names
            if caller and caller != module:
                self.callers.setdefault((module, code.co_qualname), set()).add(caller)

    def caller(self, frame: FrameType) -> str:
        """The module of the nearest function of ganzoo above; "" while a module is imported."""
        above = frame.f_back
        while above is not None:
            if module := self.module(above.f_code.co_filename):
                return module if above.f_code.co_flags & OPTIMIZED else ""
            above = above.f_back
        return "the command line"

    def module(self, file: str) -> str:
        """The name of ganzoo's module in a file; "" for other files."""
        if file not in self.modules:
            path = Path(file)
            inside = path.is_relative_to(self.package)
            parts = path.relative_to(self.package).with_suffix("").parts if inside else ()
            name = ".".join(("ganzoo", *parts)).removesuffix(".__init__")
            self.modules[file] = name if inside else ""
        return self.modules[file]

    def room(self, module: str) -> str:
        """Where a module stands."""
        return self.rooms.get(module) or ".".join(module.split(".")[1:2])

    def is_climb(self, stop: tuple[str, str]) -> bool:
        """Whether a stop was entered from a room above its own."""
        room = self.place(stop[0])
        return any(self.place(c) < room for c in self.callers[stop] if c.startswith("ganzoo"))

    def place(self, module: str) -> int:
        """How far down a module's room stands; the front door stands below all."""
        room = self.room(module)
        return ORDER.index(room) if room in ORDER else len(ORDER)


def is_function(code: CodeType) -> bool:
    """Whether code is a function that somebody wrote down as one."""
    return bool(code.co_flags & OPTIMIZED) and code.co_name not in COMPREHENSIONS


def travel(words: list[str], rooms: dict[str, str]) -> Trip:
    """The trip of one command."""
    import ganzoo
    from ganzoo.cli import main

    trip = Trip(Path(ganzoo.__file__).parent, rooms)
    sys.argv = ["ganzoo", *words]
    with contextlib.redirect_stdout(sys.stderr), contextlib.suppress(SystemExit):
        sys.setprofile(trip.follow)
        try:
            main()
        finally:
            sys.setprofile(None)
    if not trip.ended:
        raise Refused("the command ended before a step was made")
    return trip


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--rooms", type=Path, help="JSON with the rooms of modules")
    parser.add_argument("--list", action="store_true", help="print the stops")
    parser.add_argument("--recipe", default="cyclegan")


def read_rooms(file: Path) -> dict[str, str]:
    """The rooms of modules.

    Raises:
        Refused: the file cannot be read, or is no JSON.
    """
    try:
        rooms: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"--rooms {file}: {error}") from error
    return rooms


def run(options: argparse.Namespace) -> list[Result]:
    """Count, and print; nothing is timed."""
    rooms = read_rooms(options.rooms) if options.rooms else {}
    with tempfile.TemporaryDirectory() as folder:
        settings = [word for each in TINY for word in ("--set", each)]
        os.environ["HF_HUB_OFFLINE"] = "1"
        command = ["run", options.recipe, "--out", f"{folder}/run", *settings]
        trip = travel(command, rooms)
    stops = list(trip.callers)
    if options.list:
        for stop in stops:
            sign = "^" if trip.is_climb(stop) else " "
            print(f"{sign} {stop[0]}:{stop[1]}  <- {', '.join(sorted(trip.callers[stop]))}")
    climbs = sum(map(trip.is_climb, stops))
    print(f"{len(stops)} stops, {len({module for module, _ in stops})} files, {climbs} climbs")
    print(", ".join(f"{count} {what}" for what, count in trip.counts.items()))
    return []
