"""Checks of a recipe: it is valid, trains, resumes, and has finite outputs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ganzoo.builder import build_recipe, load_model
from ganzoo.interfaces import last_tensor
from ganzoo.printing.terminal import Terminal
from ganzoo.recipe.loading import Source
from ganzoo.runs.layout import RunPaths
from ganzoo.training.train import train

SHORT = {
    "train.log_every": "1 steps",
    "train.device": "cpu",
    "checkpoints.every": "1 steps",
    "samples.count": 1,
}


def check_recipe(source: Source, overrides: Mapping[str, Any] | None = None) -> None:
    """Check a recipe: train a step, resume for another one, and compute every output.

    source: a file, the name of an installed recipe, or tables.
    overrides: settings that make it small, as `{"networks.G.width": 4}`, and give it data.

    Raises:
        RecipeError: the recipe has faults.
        AssertionError: a loss or an output is not finite, or the resumed run did not go on.
    """
    changed = {**SHORT, **(overrides or {})}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        _train(source, {**changed, "train.length": "1 steps"}, out)
        _train(source, {**changed, "train.length": "2 steps"}, out, resume=True)
        lines = [json.loads(line) for line in RunPaths(out).log.read_text().splitlines()]
        assert [line["step"] for line in lines] == [1, 2], "the resumed run did not go on"
        _check_losses(lines)
        _check_outputs(source, changed, out)


def _train(source: Source, changed: Mapping[str, Any], out: Path, resume: bool = False) -> None:
    experiment = build_recipe(source, changed, start=not resume)
    train(experiment, out, resume=resume, console=Terminal(quiet=True))


def _check_losses(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        for player, terms in line["losses"].items():
            for term, value in terms.items():
                assert value is not None, f"{term} of {player} is not finite at step {line['step']}"


def _check_outputs(source: Source, changed: Mapping[str, Any], out: Path) -> None:
    model, data = load_model(out), build_recipe(source, changed).data
    data.prepare()
    sample = {n: v[None] for n, v in data.test_sample(0).items()} if data.test_count() else {}
    for name in model.outputs:
        (value,) = model.evaluate([model.output(name)], sample, seed=0)
        last = last_tensor(value)
        assert torch.isfinite(last).all(), f"output {name} is not finite"
