"""How long the light commands take beside an empty Python: `python benchmarks/startup.py`.

Also with twenty plugins installed beside what is there, as `ganzoo new plugin` writes them; one of
them is broken. On a busy machine, read the processor's seconds.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ganzoo.cli.new import What, new

PLUGINS = 20
COMMANDS = {
    "an empty Python": ["-c", "pass"],
    "import ganzoo": ["-c", "import ganzoo"],
    "ganzoo --help": ["-m", "ganzoo", "--help"],
    "ganzoo list": ["-m", "ganzoo", "list"],
    "ganzoo list components": ["-m", "ganzoo", "list", "components"],
}
# What a user gets wrong; each must be refused before torch is imported.
REFUSED = {
    "a wrong recipe": ["run", "cyclegann"],
    "a wrong key": ["run", "cyclegan", "--set", "train.lenght=1"],
    "a wrong setting": ["run", "cyclegan", "--set", "networks.G.widht=3"],
    "a wrong folder": ["run", "cyclegan_paper", "--set", "data.root=nowhere"],
    "a wrong option": ["run", "cyclegan", "--epochs", "5"],
    "a wrong model": ["translate", "nowhere", "a.png", "b.png"],
}
COMMANDS |= {name: ["-m", "ganzoo", *words] for name, words in REFUSED.items()}


def plant(site):
    """Twenty packages as pip leaves them in a folder."""
    for number in range(PLUGINS):
        with tempfile.TemporaryDirectory() as work, contextlib.redirect_stdout(io.StringIO()):
            new(What.plugin, f"planted{number}", out=Path(work))
            shutil.move(f"{work}/ganzoo-planted{number}/ganzoo_planted{number}", site)
        info = site / f"ganzoo_planted{number}-0.1.0.dist-info"
        info.mkdir()
        head = f"Metadata-Version: 2.1\nName: ganzoo-planted{number}\nVersion: 0.1.0\n"
        (info / "METADATA").write_text(head)
        points = f"[ganzoo]\nplanted{number} = ganzoo_planted{number}\n"
        (info / "entry_points.txt").write_text(points)
    (site / "ganzoo_planted7" / "__init__.py").write_text("import a_module_that_is_not_there\n")


def seconds(words, site=""):
    """By the clock, and of the processor."""
    started, used = time.perf_counter(), cpu()
    subprocess.run(
        [sys.executable, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        env={**os.environ, "PYTHONPATH": str(site)} if site else None,
    )
    return time.perf_counter() - started, cpu() - used


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    with tempfile.TemporaryDirectory() as work:
        plant(Path(work))
        timed = {name: (words, "") for name, words in COMMANDS.items()}
        for name in ("ganzoo --help", "ganzoo list"):
            timed[f"{name}, {PLUGINS} plugins"] = (COMMANDS[name], work)
        times = {name: [] for name in timed}
        for round_ in range(11):
            for name, (words, site) in timed.items():
                taken = seconds(words, site)
                if round_:
                    times[name].append(taken)
    for name, taken in times.items():
        clock, used = zip(*taken, strict=True)
        spread = f"({min(clock):.3f} to {max(clock):.3f})"
        middle = statistics.median(clock), statistics.median(used)
        print(f"{name:<28} {middle[0]:.3f} s {spread}, processor {middle[1]:.3f} s")


if __name__ == "__main__":
    main()
