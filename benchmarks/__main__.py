"""The command line: `python -m benchmarks step --help`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from rich.console import Console

from benchmarks.options import add_shared, refuse_unwritable, resolve_against
from benchmarks.output import record, show, write_json
from benchmarks.refused import Refused
from benchmarks.result import Result

COMMANDS = {
    "step": "a training step, against the reference implementation or another checkout",
    "data": "loading training images",
    "translate": "translating a folder of photos, files to files",
    "folder": "a folder translated, against one image after the other",
    "startup": "the commands that should answer at once, and the first step",
    "scaling": "time and memory of a step as work grows, a law fitted to them, plots",
    "memory": "the peak of memory as work grows",
    "predicted": "what `ganzoo check --memory` predicts, beside what runs take",
    "parity": "scores of two folders, against torch-fidelity, clean-fid and lpips",
    "alarms": "what alarms cost beside a step",
    "own_folders": "what metrics of one's own folders cost while training",
    "trip": "functions and files between the command line and the first step, counted",
    "planning": "planned recipes beside ten that are made by hand, and beside copying the input",
    "gpu": "steps, loading and translation on one GPU, in a given time",
}


def make_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, purpose in COMMANDS.items():
        module = importlib.import_module(f"benchmarks.{name}")
        command = commands.add_parser(
            name,
            help=purpose,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if module.ROUNDS:
            add_shared(command, module.ROUNDS)
        module.add_options(command)
        command.set_defaults(run=module.run)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, and write what was asked for; returns the exit code."""
    options = make_parser().parse_args(words)
    notes = Console(stderr=True)
    options.report = lambda text: notes.print(text, style="dim", highlight=False)
    results: list[Result] = []
    try:
        refuse_unwritable(options)
        resolve_against(options)
        for result in options.run(options):
            finish(result, results, options)
    except Refused as refused:
        print(f"benchmarks: {refused}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def finish(result: Result, results: list[Result], options: argparse.Namespace) -> None:
    """Print a result at once, and write it with those before it: what follows may be cut short."""
    results.append(result)
    show(result)
    if options.json:
        write_json(results, options.json)
    if options.record:
        record(result)


if __name__ == "__main__":
    sys.exit(main())
