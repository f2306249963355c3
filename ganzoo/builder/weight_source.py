"""Where trained weights lie: a model file, a run's checkpoint, a `.pth` of the authors' code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from ganzoo.builder.blueprint import Blueprint
from ganzoo.components.networks.reference import read_pth
from ganzoo.engine.checkpoint import (
    Entry,
    add_prefix,
    read_header,
    read_shapes,
    read_tensors,
    strip_prefix,
)
from ganzoo.engine.header import STATE
from ganzoo.errors import ModelError, choices
from ganzoo.recipe.loading import Source, load_recipe
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.model_files import model_file
from ganzoo.runs.model_names import find_model


@dataclass(frozen=True)
class WeightSource:
    """Weights, and the recipe that they were trained by.

    file: where they are. header: what the file says beside them.
    tables: the recipe's. typed: whether a person named it, rather than the file.
    network: the one that a `.pth` holds, as a person named it.
    """

    file: Path
    header: Mapping[str, Any]
    tables: dict[str, Any]
    typed: bool = False
    network: str = ""

    @property
    def is_reference(self) -> bool:
        """Whether it holds one network, of the authors' code."""
        return self.file.suffix == ".pth"

    def key(self, name: str) -> str:
        """Where a network's tensors are: a checkpoint holds averages beside the last weights."""
        average = f"ema/{name}"
        return average if average in self.header["shared"] else f"network/{name}"

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shapes of all tensors; of a `.pth`, which must be read for them, none."""
        return {} if self.is_reference else read_shapes(self.file)

    def tensors(self, network: str) -> dict[str, Tensor]:
        """All tensors, each below its network's name."""
        if self.is_reference:
            return add_prefix(f"network/{network}/", read_pth(self.file))
        return read_tensors(self.file)[1]

    def state(
        self, name: str, tensors: Mapping[str, Entry]
    ) -> tuple[dict[str, Entry], Mapping[str, str]]:
        """A network's entries (its tensors, or their shapes), and which names share one."""
        return strip_prefix(f"{self.key(name)}/", tensors), self.header["shared"].get(
            self.key(name), {}
        )

    def holds(self, blueprint: Blueprint) -> set[str]:
        """The networks that it gives to outputs.

        Raises:
            ModelError: it lacks one, or it is not clear which one it is.
        """
        if self.is_reference:
            return {_chosen(self, blueprint)}
        lacking = sorted(n for n in blueprint.shipped if self.key(n) not in self.header["shared"])
        if lacking:
            raise ModelError(f"{self.file}: it does not hold the network '{lacking[0]}'")
        return blueprint.shipped


def find_weights(path: Path, recipe: Source | None = None, network: str = "") -> WeightSource:
    """What a MODEL is: a model file, a run's or a checkpoint's folder, a `.pth`, or a name.

    recipe: by what it was trained; needed for a `.pth`, and for a checkpoint outside its run.
    network: which of the recipe's networks a `.pth` holds.

    Raises:
        ModelError: there is none, or it is not clear by what recipe.
    """
    path = find_model(path)
    if path.suffix == ".pth":
        if recipe is None:
            raise ModelError(
                f"{path}: a .pth file holds no recipe; make a model of it: ganzoo import {path}; "
                "or say which it was: --recipe cyclegan_paper"
            )
        return WeightSource(path, {"shared": {}}, load_recipe(recipe).to_dict(), True, network)
    if network:
        raise ModelError(f"{path}: --network is for a .pth file, which does not say what it holds")
    if (path / STATE).is_file():
        return _checkpoint(path, recipe)
    if recipe is not None:
        raise ModelError(f"{path}: it brings its recipe; --recipe is for a .pth or a checkpoint")
    file = model_file(path)
    header = read_header(file)
    if "recipe" not in header or "shared" not in header:
        raise ModelError(f"{file}: this is a checkpoint's state, not a model; it has no recipe")
    return WeightSource(file, header, header["recipe"])


def _checkpoint(folder: Path, recipe: Source | None) -> WeightSource:
    file, own = folder / STATE, RunPaths(folder.absolute().parent.parent).recipe
    header = read_header(file)
    if "shared" not in header:
        raise ModelError(f"{file}: this is no checkpoint's state, or a damaged one")
    if recipe is None and not own.is_file():
        raise ModelError(f"{folder}: its run's {own.name} is not beside it; give --recipe RECIPE")
    tables = load_recipe(own if recipe is None else recipe).to_dict()
    return WeightSource(file, header, tables, recipe is not None)


def _chosen(source: WeightSource, blueprint: Blueprint) -> str:
    """Which network a `.pth` holds: the one that is named, or the only one of the first output."""
    if source.network:
        if source.network not in blueprint.networks:
            hint = choices(source.network, blueprint.networks)
            raise ModelError(f"--network: the recipe has no network '{source.network}'.{hint}")
        return source.network
    first = next(iter(blueprint.outputs), "")
    used = sorted(blueprint.output(first).networks) if first else []
    if len(used) != 1:
        names = ", ".join(blueprint.networks)
        raise ModelError(f"{source.file}: say which network it holds: --network, one of {names}")
    return used[0]
