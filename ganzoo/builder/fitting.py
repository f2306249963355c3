"""Whether weights fit networks, before anything large is built: a file may come from anybody."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ganzoo.builder.assemble import make_networks
from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.bounds import bounded_by_file
from ganzoo.builder.likely import misfits
from ganzoo.builder.lookup import Lookup
from ganzoo.components.data.image_files import MAX_PIXELS
from ganzoo.errors import ModelError, RecipeError

if TYPE_CHECKING:
    from ganzoo.builder.weight_source import WeightSource

LARGEST = 2**16  # layers, widths, sizes: each far above any that is in use
LONGEST = 2**20  # numbers in a vector, or channels


def check_sizes(blueprint: Blueprint, file: Path) -> None:
    """Refuse networks of more layers than can be counted, images that no memory holds.

    Raises:
        ModelError: one is larger than any that ganzoo reads.
    """
    for name, plan in blueprint.networks.items():
        for key, value in plan.settings.items():
            if _largest(value) > LARGEST:
                raise ModelError(f"{file}: networks.{name}.{key} is more than {LARGEST:,} there")
    for name, variable in blueprint.variables.items():
        sides = (*(variable.size or ()), *(() if variable.depth is None else (variable.depth,)))
        if math.prod(sides) > MAX_PIXELS or variable.channels > LONGEST:
            shape = " x ".join(map(str, variable.shape))
            raise ModelError(f"{file}: '{name}' is {shape:.60} there, more than can be computed")


def _largest(value: Any) -> float:
    """The largest whole number in a setting."""
    if isinstance(value, (list, tuple)):
        return max(map(_largest, value), default=0)
    return abs(value) if isinstance(value, int) else 0


def check_fit(blueprint: Blueprint, names: Iterable[str], source: WeightSource) -> None:
    """Compare networks with the file's tensors, on the meta device: without memory or arithmetic.

    Raises:
        ModelError: they differ; says where.
    """
    shapes = source.shapes()
    if source.is_reference:  # its recipe is a person's own
        return
    with bounded_by_file(len(shapes), source.file):
        networks = make_unstarted(blueprint, names, "meta", source.file)
    for name, network in networks.items():
        stored, shared = source.state(name, shapes)
        whole = stored | {n: stored[first] for n, first in shared.items() if first in stored}
        wanted = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
        odd = sorted(misfits(wanted, whole))
        if odd:
            more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
            raise ModelError(
                f"{source.file}: {name}: the weights do not fit this network ('{odd[0]}'{more})"
            )


def make_unstarted(
    blueprint: Blueprint, names: Iterable[str], device: str, file: Path
) -> dict[str, nn.Module]:
    """Networks whose weights will come from a file.

    Raises:
        RecipeError: a network refuses its settings.
    """
    lookup = Lookup()
    networks = make_networks(blueprint, names, device, lookup, start="none")
    if lookup.faults:
        raise RecipeError(str(file), lookup.faults)
    return networks


def check_weights(state: Mapping[str, Tensor], what: str) -> None:
    """See that every weight is a number.

    Raises:
        ModelError: one is infinite or NaN.
    """
    for name, tensor in state.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ModelError(f"{what}: '{name}' holds values that are no numbers (NaN or infinite)")
