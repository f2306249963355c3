"""Options that several commands have, and the variants that they ask for."""

from __future__ import annotations

import argparse
import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT
from benchmarks.reference import check_checkout
from benchmarks.refused import Refused
from benchmarks.variants import Variant, Words, read_variants

REFERENCE = "reference"


def add_shared(parser: argparse.ArgumentParser, rounds: int) -> None:
    """What every command has.

    rounds: how many turns a repeat has by default.
    """
    count = functools.partial(parser.add_argument, type=positive)
    count("--repeats", default=5, help="the median of so many counts")
    count("--rounds", default=rounds, help="turns of each in a repeat")
    parser.add_argument("--warmup", type=int, default=2, help="turns before, not counted")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    parser.add_argument("--record", action="store_true", help="append to benchmarks/history.jsonl")


def positive(text: str) -> int:
    """A count from 1 on.

    Raises:
        ArgumentTypeError, ValueError: it is none.
    """
    if (count := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return count


def refuse_unwritable(options: argparse.Namespace) -> None:
    """Look at where results will go before they are measured.

    Raises:
        Refused: nothing can be written there.
    """
    file: Path | None = getattr(options, "json", None)
    if file is not None and (file.is_dir() or not os.access(file.parent, os.W_OK)):
        raise Refused(f"--json {file}: no file can be written there")


def add_against(parser: argparse.ArgumentParser) -> None:
    """The option that names the reference implementation."""
    parser.add_argument(
        "--against", metavar="PATH", help="your checkout of the reference implementation"
    )


def add_variants(parser: argparse.ArgumentParser, default: str, words: Words) -> None:
    """The options that choose variants of ganzoo."""
    known = ", ".join(words)
    parser.add_argument(
        "--variants", default=default, metavar="NAMES", help=f"{known}; joined by +, with commas"
    )
    parser.add_argument(
        "--variant", action="append", default=[], metavar="NAME:KEY=VALUE,...",
        help="a variant with settings of its own",
    )  # fmt: skip
    parser.add_argument(
        "--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE",
        help="a setting of the recipe, for all of ganzoo's variants",
    )  # fmt: skip
    parser.add_argument(
        "--path", metavar="CHECKOUT", help="run ganzoo's variants from there as well"
    )
    parser.set_defaults(words=words)


def choose_variants(
    options: argparse.Namespace,
    module: str,
    settings: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
) -> list[Variant]:
    """The reference, where there is one, and ganzoo's variants; the first is the baseline.

    module: has the works `Reference` and `Ganzoo`. With --path, each variant of ganzoo stands there
        also as it is in the other checkout, before the one here.

    Raises:
        Refused: the options name no variant, or what cannot be read.
    """
    settings, environment = dict(settings), environment or {}
    variants = [
        Variant(
            name,
            f"{module}:Ganzoo",
            settings | {"overrides": [*options.overrides, *more]},
            environment=environment,
        )
        for name, more in read_variants(options.variants, options.variant, options.words).items()
    ]
    variants = [*_elsewhere(variants, options.path), *variants]
    if options.against is None:
        return variants
    settings |= {"checkout": str(options.against)}
    reference = Variant(REFERENCE, f"{module}:Reference", settings, environment=environment)
    return [reference, *variants]


def resolve_against(options: argparse.Namespace) -> None:
    """Replace --against by the folder in full, if it is given.

    Raises:
        Refused: it is no checkout of the reference.
    """
    if getattr(options, "against", None) is not None:
        options.against = check_checkout(Path(options.against))


def _elsewhere(variants: list[Variant], path: str | None) -> list[Variant]:
    if path is None:
        return []
    other = Path(path).resolve()
    if not (other / "ganzoo" / "__init__.py").is_file():
        raise Refused(f"--path {path}: there is no ganzoo/ in it")
    if other == ROOT:
        raise Refused(f"--path {path}: this is the checkout that is measured anyway")
    return [
        Variant(f"{each.name}, {other.name}", each.work, each.settings, other, each.environment)
        for each in variants
    ]
