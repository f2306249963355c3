"""Weights from a file: they fit, or are refused; by choice, what fits by name and shape."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from ganzoo.builder.blueprint import ComponentPlan
from ganzoo.builder.likely import refuse_misfit
from ganzoo.components.networks.reference import read_pth
from ganzoo.engine.checkpoint import read_tensors, strip_prefix
from ganzoo.engine.header import STATE
from ganzoo.errors import ModelError
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.model_names import find_place

NAMED = 4  # tensors that a message names; of the others it gives the number


def start_from(
    network: nn.Module, name: str, file: str, plan: ComponentPlan, partial: bool = False
) -> str:
    """Load the network of that name in a model, a run, a checkpoint or a ready model.

    A `.pth` of the authors' code holds one network, whatever its name. A run's folder gives what
    its model holds, and the discriminators of its last checkpoint.

    plan: what the network was made of.
    partial: load what fits by name and shape, and leave the rest as it is.

    Returns: what was matched, in a line.

    Raises:
        ModelError: the file is missing, holds no such network, or its weights do not fit; with
            `partial`, if no layer's weights do.
    """
    path, stored = _stored(find_place(file), name)
    own = network.state_dict()
    if not partial:
        try:
            refuse_misfit(network, plan, stored, path)
        except ModelError as error:
            raise ModelError(f"{error}\n  networks.{name}.partial = true takes what fits") from None
    fits = {key for key, tensor in stored.items() if key in own and tensor.shape == own[key].shape}
    if not any(own[key].dim() > 1 for key in fits):  # a bias alone fits by accident
        raise ModelError(
            f"{path}: its weights do not fit network '{name}': other layers, or another width"
        )
    with torch.no_grad():
        network.load_state_dict({key: stored[key] for key in fits}, strict=False)
    return f"networks.{name}: {_matched(own, stored, fits)} from {path}"


def _stored(place: Path, name: str) -> tuple[Path, Mapping[str, Tensor]]:
    """The tensors of a network, and the file that holds them."""
    if place.suffix == ".pth":
        return place, read_pth(place)
    key, held = f"network/{name}", []
    for path in _files(place):
        header, tensors = read_tensors(path)
        if key in header["shared"]:
            own = strip_prefix(f"{key}/", tensors)
            return path, own | {k: own[v] for k, v in header["shared"][key].items()}
        held += [k.removeprefix("network/") for k in header["shared"] if k.startswith("network/")]
    there = ", ".join(dict.fromkeys(held)) or "none"
    raise ModelError(f"{place}: it holds no network '{name}'; it holds {there}")


def _files(place: Path) -> list[Path]:
    """Where to look: a file itself, a checkpoint's state, a run's model and last checkpoint."""
    if not place.is_dir():
        return [place]
    run = RunPaths(place)
    inside = [place / STATE, run.model, *(path / STATE for _, path in run.saved()[-1:])]
    return [path for path in inside if path.is_file()] or inside[:1]


def _matched(own: Mapping[str, Tensor], stored: Mapping[str, Tensor], fits: set[str]) -> str:
    """`all 24 tensors`, or `22 of 24 tensors (new: model.1.weight; left: a, b and 3 more)`."""
    if len(fits) == len(own) == len(stored):
        return f"all {len(own)} tensors"
    new = [_misfit(key, own, stored) for key in own if key not in fits]
    left = [key for key in stored if key not in own]
    lists = [f"{word}: {_some(keys)}" for word, keys in (("new", new), ("left", left)) if keys]
    return f"{len(fits)} of {len(own)} tensors ({'; '.join(lists)})"


def _misfit(key: str, own: Mapping[str, Tensor], stored: Mapping[str, Tensor]) -> str:
    if key not in stored:
        return key
    shapes = [" x ".join(map(str, tensor[key].shape)) for tensor in (own, stored)]
    return f"{key} ({shapes[0]} here, {shapes[1]} there)"


def _some(keys: list[str]) -> str:
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return ", ".join(keys[:NAMED]) + more
