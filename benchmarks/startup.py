"""How long the light commands take beside an empty Python: `python benchmarks/startup.py`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "an empty Python": ["-c", "pass"],
    "import ganzoo": ["-c", "import ganzoo"],
    "ganzoo --help": ["-m", "ganzoo", "--help"],
    "ganzoo list": ["-m", "ganzoo", "list"],
    "ganzoo list components": ["-m", "ganzoo", "list", "components"],
}


def seconds(words):
    started = time.perf_counter()
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main():
    times = {name: [] for name in COMMANDS}
    for round_ in range(11):
        for name, words in COMMANDS.items():
            taken = seconds(words)
            if round_:
                times[name].append(taken)
    for name, taken in times.items():
        low, high = min(taken), max(taken)
        print(f"{name:<24} {statistics.median(taken):.3f} s ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main()
