"""Ten recipes that an expert might write by hand for two folders, the same ten for all of them.

They are data: a recipe that ships, and what is changed in it. All are trained for equally long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.plans.image_sets import ImageSet


@dataclass(frozen=True)
class HandMade:
    """A recipe by hand.

    recipe: the one it starts from. changes: settings of it, by their paths.
    """

    name: str
    text: str
    recipe: str
    changes: Mapping[str, Any]


GENERATORS = ("G", "F")
DIRECTIONS = ("X", "Y")


def _weights(cycle: float, identity: float) -> dict[str, Any]:
    """Weights of the cycle terms and of the identity terms."""
    terms = {
        "identity_Y": {"type": "l1", "prediction": "G(y)", "target": "y", "weight": identity},
        "identity_X": {"type": "l1", "prediction": "F(x)", "target": "x", "weight": identity},
    }
    cycles = {f"losses.cycle_{each}.weight": cycle for each in DIRECTIONS}
    return cycles | ({f"losses.{k}": v for k, v in terms.items()} if identity else {})


def _both(setting: str, value: Any) -> dict[str, Any]:
    """One setting of both generators."""
    return {f"networks.{name}.{setting}": value for name in GENERATORS}


COPY = _both("skip", "input")
UNUSED = ("networks.F", "networks.D_X", "losses.adversarial_X", "losses.cycle_X", "losses.cycle_Y")
LOW_PASS = {"type": "low_pass", "prediction": "G(x)", "target": "x", "weight": 10, "sigma": 1.5}
COPY_LOW = {
    **{path: {} for path in UNUSED},
    "networks.G.skip": "input",
    "losses.low_pass": LOW_PASS,
    "outputs.y2x": {},
    "samples.show": ["x", "G(x)", "y"],
}
CYCLE, CUT = "cyclegan", "cut.cut"
BOTH, LIGHT = _weights(30, 15), _weights(3, 1)
NARROW, WIDE = _both("width", 8), _both("width", 32)
RECOLOUR = {f"networks.{name}": {"type": "recolour"} for name in GENERATORS}

TEN = (
    HandMade("cyclegan", "cyclegan.toml as it ships: cycle 30", CYCLE, {}),
    HandMade("identity", "with identity 15", CYCLE, BOTH),
    HandMade("light", "cycle 3, identity 1", CYCLE, LIGHT),
    HandMade("copy_light", "starts as a copy, cycle 3, identity 1", CYCLE, COPY | LIGHT),
    HandMade("copy_heavy", "starts as a copy, cycle 30, identity 15", CYCLE, COPY | BOTH),
    HandMade("cut", "cut.cut", CUT, {}),
    HandMade("fastcut", "cut.fastcut", "cut.fastcut", {}),
    HandMade("unet", "U-Nets, cycle 30", "cyclegan_unet", {}),
    HandMade("narrow", "half as wide, identity 15, more steps", CYCLE, NARROW | BOTH),
    HandMade("gan_alone", "no cycle, no identity", "cyclegan_gan_alone", {}),
)
BESIDES = (
    HandMade("copy_cut", "cut.cut that starts as a copy", CUT, {"networks.G.skip": "input"}),
    HandMade("recolour", "colours alone, cycle 3, identity 1", CYCLE, RECOLOUR | LIGHT),
    HandMade("copy_free", "starts as a copy, cycle 3", CYCLE, COPY | _weights(3, 0)),
    HandMade("cycle_10", "cycle 10, no identity", CYCLE, _weights(10, 0)),
    HandMade("wide", "twice as wide, identity 15, fewer steps", CYCLE, WIDE | BOTH),
    HandMade("copy_low", "starts as a copy, one way, texture alone free", CYCLE, COPY_LOW),
    HandMade("copy_faint", "a copy, cycle 1, identity .3", CYCLE, COPY | _weights(1, 0.3)),
)
"""Tried to find rules; they are not among the ten."""
ALL = {each.name: each for each in (*TEN, *BESIDES)}


def make_tables(
    made: HandMade, chosen: ImageSet, folder: Path, steps: int, seed: int
) -> dict[str, Any]:
    """The tables of a recipe by hand for a data set."""
    from ganzoo.recipe.loading import load_recipe

    channels = 1 if chosen.suffix == "tif" else 3
    data = {"type": "folders", "root": str(folder), "size": chosen.side, "channels": channels}
    if chosen.span != (0, 255):
        data["range"] = list(chosen.span)
    tables = load_recipe(made.recipe, made.changes | fitting(made, chosen, channels)).to_dict()
    tables |= {"data": data, "metrics": {}, "default_metrics": False, "summary": made.text}
    tables["train"] |= {"length": f"{steps} steps", "seed": seed}
    return tables


def fitting(made: HandMade, chosen: ImageSet, channels: int) -> dict[str, Any]:
    """What depends on the size and the channels of images, not on an idea."""
    halvings = next(n for n in (4, 5) if chosen.side >> n in (1, 2, 3))
    if made.name == "unet":
        return _both("layers", halvings)
    if made.recipe.startswith("cut.") and channels == 1:
        return {"networks.H.channels": [1, 32, 64, 64, 64]}
    return {}
