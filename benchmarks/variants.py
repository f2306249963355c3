"""A variant: what is done in a process of its own, and with which settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT
from benchmarks.refused import Refused

# Words that stand for settings of a recipe; several are joined by a plus.
WORDS = {
    "fp32": (),
    "bf16": ("train.precision=bf16",),
    "auto": ("train.precision=auto",),
    "compile": ("train.compile=true",),
    "tune": ("train.tune=true",),
}


@dataclass(frozen=True)
class Variant:
    """What one process does in its turns.

    work: `module:function` in benchmarks; the function takes `settings` and returns a `Work`.
    checkout: the folder whose ganzoo is imported.
    environment: variables to set in its process.
    """

    name: str
    work: str
    settings: dict[str, Any] = field(default_factory=dict)
    checkout: Path = ROOT
    environment: dict[str, str] = field(default_factory=dict)


def read_variants(words: str, more: Sequence[str]) -> dict[str, list[str]]:
    """A recipe's settings by the name of the variant.

    words: `fp32,bf16+compile`, from WORDS.
    more: variants that bring their settings, as `name:train.precision=bf16,train.compile=true`.

    Raises:
        Refused: a word that is not known, or settings that cannot be read.
    """
    variants = {}
    for name in filter(None, words.split(",")):
        unknown = [word for word in name.split("+") if word not in WORDS]
        if unknown:
            known = ", ".join(WORDS)
            raise Refused(f"--variants: there is no '{unknown[0]}', only {known}, joined by +")
        variants[name] = [setting for word in name.split("+") for setting in WORDS[word]]
    for text in more:
        name, colon, settings = text.partition(":")
        if not colon or "=" not in settings or not name:
            raise Refused(f"--variant {text}: write name:key=value,key=value")
        variants[name] = re.split(r",(?=[\w.]+=)", settings)  # a comma may stand in a value
    return variants
