"""The metrics of a recipe that has none for its unpaired images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ganzoo.builder.experiment import check_recipe

ROOT = Path(__file__).parents[2]
DEFAULT = [f"{kind}_{way}" for way in ("x2y", "y2x") for kind in ("kid", "layout", "copies")]
OWN = {"type": "folders", "root": "nowhere", "size": 16}


def metrics_of(tiny: Any, recipe: str = "cyclegan", **more: Any) -> dict[str, Any]:
    tables = {"data": OWN, "metrics": {}, **more}
    checked = check_recipe(ROOT / "recipes" / f"{recipe}.toml", {**tiny(), **tables}, count=False)
    return checked.blueprint.recipe.to_dict()["metrics"]


def test_each_direction_gets_one(tiny: Any) -> None:
    metrics = metrics_of(tiny)
    assert list(metrics) == DEFAULT
    wires = {"prediction": "x2y", "target": "y", "source": "x"}
    assert wires.items() <= metrics["kid_x2y"].items()
    assert metrics["kid_y2x"] == {
        "type": "quick_kid",
        "when": "run",
        "prediction": "y2x",
        "target": "x",
        "source": "y",
        "backbone": "auto",
        "weights": "wheel",
    }
    assert metrics["layout_x2y"] == {
        "type": "structure_distance",
        "when": "run",
        "prediction": "x2y",
        "source": "x",
        "backbone": "ganzoo_tiny",
        "weights": "wheel",
        "size": 128,
    }


def test_pairs_of_ones_own_are_searched_for_copies(tiny: Any) -> None:
    pairs = {"type": "paired_folders", "root": "nowhere", "size": 16}
    metrics = metrics_of(tiny, data=pairs)
    assert list(metrics) == ["copies_x2y", "copies_y2x"]
    assert metrics["copies_x2y"]["backbone"] == ""


def test_those_for_comparing_leave_a_run_without(tiny: Any) -> None:
    kid = {"type": "kid", "prediction": "y2x", "target": "x", "when": "compare"}
    assert list(metrics_of(tiny, **{"metrics.kid": kid})) == ["kid", *DEFAULT]
    assert list(metrics_of(tiny, **{"metrics.kid": {**kid, "when": "run"}})) == ["kid"]


def test_pairs_cannot_be_compared_so_they_do_not_count(tiny: Any) -> None:
    psnr = {"type": "psnr", "prediction": "x2y", "target": "y", "every": "2 steps"}
    assert list(metrics_of(tiny, **{"metrics.psnr": psnr})) == DEFAULT


@pytest.mark.parametrize(
    "more",
    [
        {"default_metrics": False},
        {"data": {"type": "streets", "size": 16}},
        {"data": {**OWN, "channels": {"x": 3, "y": 5}}, "outputs": {}, "outputs.x2y": "G(x)"},
        {"outputs": {}, "outputs.again": "F(G(x))"},
    ],
    ids=["not wanted", "not one's own", "of five channels", "of its input's domain"],
)
def test_none(tiny: Any, more: dict[str, Any]) -> None:
    assert metrics_of(tiny, **more) == {}


def test_one_band_of_several(tiny: Any) -> None:
    """y has five channels, so only what is made of it can be looked at, and it is no picture."""
    metrics = metrics_of(tiny, data={**OWN, "channels": {"x": 3, "y": 5}})
    assert list(metrics) == ["kid_y2x", "copies_y2x"]
    assert "source" not in metrics["kid_y2x"]
