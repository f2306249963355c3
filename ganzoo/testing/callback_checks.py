"""Of a callback: it trains, is saved, and goes on as if nothing had happened."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from ganzoo.builder import build_recipe
from ganzoo.engine.checkpoint import read_header
from ganzoo.errors import GanzooError
from ganzoo.printing.terminal import Terminal
from ganzoo.runs.layout import RunPaths
from ganzoo.testing.package_checks import check_component
from ganzoo.training.train import train

SMALL: Mapping[str, Any] = {
    "networks": {
        "G": {"type": "resnet", "width": 4, "blocks": 1, "kernel": 3},
        "D": {"type": "patchgan", "width": 4, "layers": 1},
    },
    "losses": {"adversarial": {"type": "lsgan", "real": "D(y)", "fake": "D(G(x))"}},
    "outputs": {"x2y": "G(x)"},
    "data": {"type": "streets", "size": 16, "count": 4, "held_out": 2},
    "optimizers": {"default": {"type": "adam", "lr": 1e-3}},
    "train": {"length": "1 step"},
}
SHORT = {
    "train.length": "3 steps",
    "train.log_every": "1 step",
    "train.device": "cpu",
    "samples.count": 1,
}


def check_callback(name: str, *, recipe: Mapping[str, Any] | None = None, **settings: Any) -> None:
    """A callback plays in a small training, and a resumed one ends as one without a break.

    recipe: tables of a recipe that it fits, where it asks for special networks, losses or metrics.
    settings: of the constructor.
    """
    check_component(name, kind="callback")
    tables = {**(recipe or SMALL), "callbacks": {"checked": {"type": name, **settings}}}
    with tempfile.TemporaryDirectory() as folder:
        whole, resumed = Path(folder) / "whole", Path(folder) / "resumed"
        try:
            _train(tables, whole)
            _train(tables, resumed, until=0)
            _train(tables, resumed, resume=True)
        except GanzooError as error:
            raise AssertionError(f"'{name}': {error}") from error
        odd = _differences(whole, resumed)
    assert not odd, (
        f"'{name}': a resumed training is not what it would have been ({', '.join(odd[:3])}); keep "
        "its state in attributes that hold numbers, texts, tensors, or lists and dicts of "
        "them, or give it by state() and take it up in restore()"
    )


def _train(
    tables: Mapping[str, Any], out: Path, until: float | None = None, resume: bool = False
) -> None:
    experiment = build_recipe({**tables}, SHORT, start=not resume)
    train(experiment, out, resume=resume, until=until, console=Terminal(quiet=True))


def _differences(one: Path, other: Path) -> list[str]:
    """What differs in the last checkpoints, and which log entries do."""
    first, second = _saved(one), _saved(other)
    odd = sorted(first.keys() ^ second.keys())
    odd += [key for key in first.keys() & second.keys() if not _equal(first[key], second[key])]
    return odd


def _saved(out: Path) -> dict[str, Any]:
    """All of the last checkpoint, and the log but for its times."""
    _, last = RunPaths(out).saved()[-1]
    saved: dict[str, Any] = {}
    for file in sorted(last.glob("*.safetensors")):
        saved |= {f"{file.stem} {key}": tensor for key, tensor in load_file(file).items()}
        saved[f"{file.stem} attributes"] = read_header(file).get("attributes")
    lines = [json.loads(line) for line in RunPaths(out).log.read_text().splitlines()]
    return saved | {f"log entry of step {line['step']}": {**line, "time": 0} for line in lines}


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    return bool(one == other)
