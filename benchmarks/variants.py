"""A variant: what is done in a process of its own, and with which settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT
from benchmarks.refused import Refused

Words = Mapping[str, tuple[str, ...]]
"""Short names of settings; several are joined by a plus."""


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
    environment: Mapping[str, str] = field(default_factory=dict)


def read_variants(text: str, more: Sequence[str], words: Words) -> dict[str, list[str]]:
    """A recipe's settings by the name of the variant.

    text: `fp32,bf16+compile`, made of `words`.
    more: variants that bring their settings, as `name:train.precision=bf16,train.compile=true`.

    Raises:
        Refused: a word that is not known, settings that cannot be read, or no variant at all.
    """
    variants = {}
    for name in filter(None, text.split(",")):
        unknown = [word for word in name.split("+") if word not in words]
        if unknown:
            known = ", ".join(words)
            raise Refused(f"--variants: there is no '{unknown[0]}', only {known}, joined by +")
        variants[name] = [setting for word in name.split("+") for setting in words[word]]
    for each in more:
        name, colon, settings = each.partition(":")
        if not colon or "=" not in settings or not name:
            raise Refused(f"--variant {each}: write name:key=value,key=value")
        variants[name] = re.split(r",(?=[\w.]+=)", settings)  # a comma may stand in a value
    if not variants:
        raise Refused("no variant is left: name some by --variants or --variant")
    return variants
