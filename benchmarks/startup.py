"""How long commands take from the first byte to the last, each in a process of its own.

    python -m benchmarks startup

Beside an empty Python and `import torch`: the commands that should answer at once, also with twenty
more plugins (one of them broken), what a user gets wrong, and the first step of the README's
recipe. `Modules` counts the modules imported, `Heavy` names torch, numpy and PIL among them.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.machine import ROOT
from benchmarks.refused import Refused
from benchmarks.result import Result, make_rows
from benchmarks.turns import Turn, interleave

ROUNDS = 1
PLUGINS = 20
EMPTY, TORCH, FIRST = "an empty Python", "import torch", "the first step on streets"
GANZOO = ["-m", "ganzoo"]
QUICK = {
    EMPTY: ["-c", "pass"],
    "import ganzoo": ["-c", "import ganzoo"],
    "ganzoo --help": [*GANZOO, "--help"],
    "ganzoo list": [*GANZOO, "list"],
    "ganzoo list components": [*GANZOO, "list", "components"],
    # What a user gets wrong; each must be refused before torch is imported.
    "a wrong recipe": [*GANZOO, "run", "cyclegann"],
    "a wrong key": [*GANZOO, "run", "cyclegan", "--set", "train.lenght=1"],
    "a wrong setting": [*GANZOO, "run", "cyclegan", "--set", "networks.G.widht=3"],
    "a wrong folder": [*GANZOO, "run", "cyclegan_paper", "--set", "data.root=nowhere"],
    "a wrong option": [*GANZOO, "run", "cyclegan", "--epochs", "5"],
    "a wrong model": [*GANZOO, "translate", "nowhere", "a.png", "b.png"],
}
BESIDE_PLUGINS = ("ganzoo --help", "ganzoo list")
# Runs the command line until the first step is made, then leaves at once.
FIRST_STEP = """
import os, sys, tempfile
from ganzoo.engine.trainer import Trainer
step = Trainer.train_step
def first(*given):
    step(*given)
    os._exit(0)
Trainer.train_step = first
from ganzoo.__main__ import main
sys.argv = ["ganzoo", "run", "cyclegan", "--out", tempfile.mkdtemp() + "/run"]
main()
"""
HEAVY = ("torch", "numpy", "PIL")


@dataclass(frozen=True)
class Command:
    """A command, run anew in each turn.

    site: a folder of further packages. environment: variables to set.
    """

    words: list[str]
    site: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def turn(self) -> Turn:
        """Run it once."""
        started, used = time.perf_counter(), _processor_time()
        self.run(self.words)
        seconds = time.perf_counter() - started
        return Turn(seconds, _processor_time() - used)

    def run(self, words: Iterable[str]) -> str:
        """Run Python with these words; returns what it writes to stderr."""
        path = os.pathsep.join(filter(None, (str(ROOT), self.site)))
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "PYTHONPATH": path, "TMPDIR": folder}
            done = subprocess.run(
                [sys.executable, *words],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                cwd=folder,
                check=False,
                env={**environment, **self.environment},
            )
        return done.stderr

    def count_imports(self) -> dict[str, str]:
        """Columns of the table: how many modules it imports, and which heavy ones."""
        lines = self.run(["-X", "importtime", *self.words]).splitlines()
        modules = {line.rpartition("|")[2].strip() for line in lines if line.count("|") == 2}
        heavy = " ".join(name for name in HEAVY if name in modules)
        return {"Modules": str(len(modules) - 1), "Heavy": heavy}  # one line is the heading


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--quick", action="store_true", help="only what needs no torch")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these rows")


def run(options: argparse.Namespace) -> list[Result]:
    """Run all commands in turn."""
    with tempfile.TemporaryDirectory() as work:
        commands = choose_commands(Path(work), options.quick)
        unknown = [name for name in options.only if name not in commands]
        if unknown:
            raise Refused(f"--only: there is no '{unknown[0]}', only: {', '.join(commands)}")
        commands = {name: commands[name] for name in options.only or commands}
        interleave(commands, 1, options.warmup, lambda text: None)
        turns = interleave(commands, options.repeats, options.rounds, options.report)
        facts = {name: {"columns": each.count_imports()} for name, each in commands.items()}
    settings = {"more plugins": PLUGINS}
    return [Result("Start-up", "startup", settings, make_rows(turns, None, facts=facts))]


def choose_commands(work: Path, quick: bool) -> dict[str, Command]:
    """What is run, by name; plugins and caches lie in `work`."""
    site = work / "site"
    install_plugins(site)
    commands = {name: Command(words) for name, words in QUICK.items()}
    for name in BESIDE_PLUGINS:
        commands[f"{name}, {PLUGINS} more plugins"] = Command(QUICK[name], str(site))
    if quick:
        return commands
    cache = {"GANZOO_CACHE": str(work / "cache")}
    first = Command(["-c", FIRST_STEP], environment=cache)
    return {**commands, TORCH: Command(["-c", TORCH]), FIRST: first}


def install_plugins(site: Path) -> None:
    """Packages as `ganzoo new plugin` writes them and pip leaves them; one of them is broken."""
    from ganzoo.cli.new import Beginning, new

    site.mkdir()
    for number in range(PLUGINS):
        with tempfile.TemporaryDirectory() as work, contextlib.redirect_stdout(io.StringIO()):
            new(Beginning.plugin, f"planted{number}", out=Path(work))
            shutil.move(f"{work}/ganzoo-planted{number}/ganzoo_planted{number}", site)
        info = site / f"ganzoo_planted{number}-0.1.0.dist-info"
        info.mkdir()
        head = f"Metadata-Version: 2.1\nName: ganzoo-planted{number}\nVersion: 0.1.0\n"
        (info / "METADATA").write_text(head, encoding="utf-8")
        points = f"[ganzoo]\nplanted{number} = ganzoo_planted{number}\n"
        (info / "entry_points.txt").write_text(points, encoding="utf-8")
    broken = site / "ganzoo_planted7" / "__init__.py"
    broken.write_text("import a_module_that_is_not_there\n", encoding="utf-8")


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
