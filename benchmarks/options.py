"""Options that several commands have, and the variants that they ask for."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import ROOT
from benchmarks.reference import check_checkout
from benchmarks.refused import Refused
from benchmarks.variants import WORDS, read_variants


@dataclass(frozen=True)
class Asked:
    """A variant that the options ask for: a recipe's settings, in some checkout of ganzoo."""

    name: str
    overrides: list[str]
    checkout: Path = ROOT


def add_shared(parser: argparse.ArgumentParser) -> None:
    """What every command has."""
    parser.add_argument("--repeats", type=int, default=5, help="the median of so many counts")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each variant in a repeat")
    parser.add_argument("--warmup", type=int, default=2, help="turns before, not counted")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    parser.add_argument("--record", action="store_true", help="append to benchmarks/history.jsonl")


def add_against(parser: argparse.ArgumentParser) -> None:
    """The option that names the reference implementation."""
    parser.add_argument(
        "--against", metavar="PATH", help="your checkout of the reference implementation"
    )


def add_variants(parser: argparse.ArgumentParser, default: str) -> None:
    """The options that choose variants of ganzoo."""
    words = ", ".join(WORDS)
    parser.add_argument(
        "--variants", default=default, metavar="NAMES", help=f"{words}; joined by +, with commas"
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


def gather_variants(options: argparse.Namespace) -> list[Asked]:
    """ganzoo's variants; with --path each also as it is in the other checkout, first.

    Raises:
        Refused: the options name none, or what cannot be read.
    """
    variants = read_variants(options.variants, options.variant)
    if not variants:
        raise Refused("no variant is left: name some by --variants or --variant")
    here = [Asked(name, [*options.overrides, *more]) for name, more in variants.items()]
    if options.path is None:
        return here
    other = Path(options.path).resolve()
    if not (other / "ganzoo" / "__init__.py").is_file():
        raise Refused(f"--path {options.path}: there is no ganzoo/ in it")
    there = [Asked(f"{each.name}, {other.name}", each.overrides, other) for each in here]
    return [*there, *here]


def resolve_against(options: argparse.Namespace) -> None:
    """Replace --against by the folder in full, if it is given.

    Raises:
        Refused: it is no checkout of the reference.
    """
    if getattr(options, "against", None) is not None:
        options.against = check_checkout(Path(options.against))
