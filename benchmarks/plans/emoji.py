"""Drawings of the same motifs in two styles, from two packages of the npm registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.refused import Refused

Pixels = NDArray[Any]
STYLES = ("google", "twitter")
FETCH = "npm install --prefix DIR emoji-datasource-google@16.0.0 emoji-datasource-twitter@16.0.0"
LEFT_OUT = ("Flags", "Component")


def draw_emoji(root: Path, side: int, count: int) -> Iterator[tuple[Pixels, Pixels]]:
    """Pairs of drawings on white, in an order of their own.

    root: the folder that holds both packages, `DIR/node_modules`.

    Raises:
        Refused: they are not there.
    """
    table = root / f"emoji-datasource-{STYLES[0]}" / "emoji.json"
    if not table.is_file():
        raise Refused(f"{table} is missing: {FETCH}, and say --emoji DIR/node_modules")
    motifs = json.loads(table.read_text())
    names = [each["image"] for each in motifs if each["category"] not in LEFT_OUT]
    order = np.random.default_rng(3).permutation(len(names))[:count]
    for index in order:
        one, other = (_open(root, style, names[index], side) for style in STYLES)
        yield one, other


def _open(root: Path, style: str, name: str, side: int) -> Pixels:
    file = root / f"emoji-datasource-{style}" / "img" / style / "64" / name
    with Image.open(file) as picture:
        drawn = picture.convert("RGBA")
        white = Image.new("RGBA", drawn.size, "white")
        white.alpha_composite(drawn)
        return np.asarray(white.convert("RGB").resize((side, side), Image.Resampling.BOX))
