"""Where a model's weights come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from ganzoo.printing.text import short_count
from ganzoo.recipe.schema import Recipe


@dataclass(frozen=True)
class Origin:
    """Where a model's weights come from; unknown for a model that was put together by hand.

    recipe: the recipe by which they were trained.
    file: the file from which they were read; None for the networks of an experiment.
    step: the training step at which they were written; None if it is not recorded.
    averaged: whether they are averages of weights (`ema`).
    from_file: whether the recipe came inside the model's file. The user may not have read it then,
        so nothing that it names is downloaded.
    """

    recipe: Recipe | None = None
    file: Path | None = None
    step: int | None = None
    averaged: bool = False
    from_file: bool = False

    def __str__(self) -> str:
        """`cyclegan, step 300`."""
        name = (self.recipe and self.recipe.name) or "of no recipe"
        return name if self.step is None else f"{name}, step {self.step}"


UNKNOWN = Origin()


def describe_size(networks: Mapping[str, nn.Module]) -> str:
    """`2 networks, 688 k parameters`; a weight that several share counts once."""
    modules = nn.ModuleList(networks.values())
    weights = sum(parameter.numel() for parameter in modules.parameters())
    many = "1 network" if len(networks) == 1 else f"{len(networks)} networks"
    return f"{many}, {short_count(weights)} parameters"


def floating_tensors(networks: Iterable[nn.Module]) -> Iterator[Tensor]:
    """The parameters of the networks, then their floating-point buffers."""
    modules = [*networks]
    yield from (p for module in modules for p in module.parameters())
    yield from (b for module in modules for b in module.buffers() if b.is_floating_point())
