"""Compares what an exported file computes with what the model computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ganzoo.inference.exporting.export_formats import ExportPrecision
from ganzoo.inference.exporting.graph import ExportedOutput
from ganzoo.inference.exporting.graph_input import COUNT
from ganzoo.inference.exporting.own_runtime import Run
from ganzoo.inference.model import Model
from ganzoo.interfaces import last_tensor
from ganzoo.interfaces.levels import to_levels

# Differences that rounding explains, in [-1, 1]; that of fp32 is a promise, the others are usual.
# int8's is of random noise, for which its scales are not made; images differ less.
LIMITS: dict[ExportPrecision, float] = {"fp32": 1e-4, "fp16": 0.02, "bf16": 0.1, "int8": 0.5}
LEVEL = 2 / 255  # between two values of a byte, in [-1, 1]
# (depth, height, width) that no network was made for.
ODD: tuple[tuple[int, int, int], ...] = ((9, 61, 75), (6, 17, 17), (11, 33, 100))


@dataclass(frozen=True)
class Parity:
    """The largest difference between an exported file, in its own runtime, and its model.

    sizes: of the images that were computed, as `61 x 75`; none where it takes no images.
    difference: of values in [-1, 1]; mean: on average, where that is largest.
    levels: of values of 0 ... 255.
    limit: of `difference`, by the precision; for files that give bytes at least one level.
    """

    precision: ExportPrecision
    sizes: tuple[str, ...]
    difference: float
    mean: float
    levels: int
    limit: float

    @property
    def is_close(self) -> bool:
        """Whether the difference is within the limit, which one that is no number is not."""
        return self.difference <= self.limit

    def __str__(self) -> str:
        """One line for the user."""
        where = f" at {', '.join(self.sizes)} px" if self.sizes else ""
        levels = f"{self.levels} level{'' if self.levels == 1 else 's'} of 255"
        return (
            f"parity{where}: differs from the model by {self.difference:.1e} in [-1, 1] at most "
            f"({self.precision}: up to {self.limit:.2g}), {self.mean:.1e} on average; {levels}"
        )

    @property
    def warning(self) -> str:
        """That the difference is large for the precision, as a sentence; "" if it is not."""
        if self.is_close:
            return ""
        return (
            f"this file differs from the model by more than is usual for {self.precision}; look at "
            "its pictures before you rely on it, or export fp32"
        )


def compare(model: Model, graph: ExportedOutput, run: Run, precision: ExportPrecision) -> Parity:
    """Compute random inputs of several sizes by the model and by a file."""
    worst, mean, levels = 0.0, 0.0, 0
    sizes = choose_sizes(graph)
    for number, each in enumerate(sizes):
        given = [value.make_example(each, number) for value in graph.inputs]
        one, other = run(given), _compute(model, graph, given)
        off = _difference(_as_image(graph, one), _as_image(graph, other))
        worst, mean = max(worst, float(off.max())), max(mean, float(off.mean()))
        apart = _difference(_as_levels(graph, one), _as_levels(graph, other))
        levels = max(levels, int(apart.clamp_max(255).max()))
    gives_bytes = other.dtype == torch.uint8
    limit = max(LIMITS[precision], 1.01 * LEVEL) if gives_bytes else LIMITS[precision]
    return Parity(precision, tuple(filter(None, map(_format, sizes))), worst, mean, levels, limit)


def choose_sizes(graph: ExportedOutput) -> list[dict[str, int]]:
    """The sizes of the open axes at which a file is compared; the last are those of training."""
    axes = [a for each in graph.inputs for a in each.axes if isinstance(a, str) and a != COUNT]
    # An axis ends in D, H or W.
    odd = [{axis: sides["DHW".index(axis[-1])] for axis in axes} for sides in ODD]
    trained: dict[str, int] = {}
    for each in graph.inputs:
        named = [axis for axis in each.axes if isinstance(axis, str) and axis != COUNT]
        trained |= dict(zip(named, each.variable.shape[1:], strict=True))
    different = [*odd, trained] if axes else [{}, {}]
    return [{COUNT: 1 + number % 2, **each} for number, each in enumerate(different)]


def _compute(model: Model, graph: ExportedOutput, given: Sequence[Tensor]) -> Tensor:
    """What the file should give, by the model as it was loaded."""
    pairs = zip(graph.inputs, given, strict=True)
    inputs = {each.name: each.read(value) for each, value in pairs}
    value = model.evaluate([model.output(graph.output_name)], inputs, 0)[0]
    return graph.write(last_tensor(value).cpu())


def _as_image(graph: ExportedOutput, values: Tensor) -> Tensor:
    """Values that a graph gives as an image in [-1, 1], in any order of axes."""
    if graph.pixels is None:
        return values
    return graph.pixels.read_back(values, graph.domain)


def _as_levels(graph: ExportedOutput, values: Tensor) -> Tensor:
    return to_levels(_as_image(graph, values)).float()


def _difference(one: Tensor, other: Tensor) -> Tensor:
    """Absolute differences; infinity where a value is no number, or shapes differ."""
    if one.shape != other.shape:
        return torch.full((), torch.inf)
    return (one - other).abs().nan_to_num(torch.inf)


def _format(sizes: Mapping[str, int]) -> str:
    return " x ".join(str(side) for axis, side in sizes.items() if axis in ("D", "H", "W"))
