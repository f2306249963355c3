"""Label maps in flat colours: the class of each pixel, and scores of predicted classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ganzoo.components.metrics.intervals import bootstrap
from ganzoo.interfaces.levels import to_exact_levels
from ganzoo.interfaces.metric import Interval


class Palette:
    """The colours of the classes.

    colours: "streets", or triples (red, green, blue) of 0 ... 255.

    Raises:
        ValueError: the palette is unknown or holds anything but two or more different colours.
    """

    def __init__(self, colours: str | list[list[int]]) -> None:
        self.colours = torch.tensor(_colours(colours), dtype=torch.float32)

    def __len__(self) -> int:
        return len(self.colours)

    def classes(self, images: Tensor) -> Tensor:
        """The class (N, H, W) of each pixel of images (N, 3, H, W) in [-1, 1], on the CPU.

        It is the number of the nearest colour; `len(palette)` for a pixel that is not finite.
        """
        pixels = to_exact_levels(images.detach()).movedim(1, -1)
        distances = torch.stack(
            [(pixels - colour).square().sum(-1) for colour in self.colours.to(pixels.device)]
        )
        finite = distances.isfinite().all(0)
        return distances.argmin(0).masked_fill(~finite, len(self)).cpu()


def confusions(predicted: Tensor, truth: Tensor, classes: int) -> Tensor:
    """Confusion tables (N, K + 1, K + 1) of predicted and true classes (N, H, W), int32.

    A row is a true class, a column a predicted one. The last row and the last column count the
    pixels that are not finite. classes: their number, K.
    """
    size = classes + 1
    cells = (truth.long() * size + predicted.long()).flatten(1)
    tables = [torch.bincount(each, minlength=size**2).view(size, size) for each in cells]
    return torch.stack(tables).to(torch.int32)


def class_scores(tables: Tensor) -> dict[str, Tensor]:
    """Per-pixel accuracy, mean class accuracy and mean class IoU (Long et al. 2015, sec. 5).

    tables: confusion tables (..., K + 1, K + 1), counts or their means. Each score is (...).

    Classes that no target shows are left out of the means; NaN where no target shows any.
    """
    counts = tables.double()[..., :-1, :]
    right, true = counts.diagonal(dim1=-2, dim2=-1), counts.sum(-1)
    predicted = counts.sum(-2)[..., :-1]
    absent = true == 0
    shares = (right / true).masked_fill(absent, torch.nan)
    overlaps = (right / (true + predicted - right)).masked_fill(absent, torch.nan)
    return {
        "pixel_accuracy": right.sum(-1) / true.sum(-1),
        "class_accuracy": shares.nanmean(-1),
        "class_iou": overlaps.nanmean(-1),
    }


class ClassTables:
    """A confusion table of each sample, for the model and its baselines.

    systems: the names of the model and the baselines, in the order of the results.
    """

    def __init__(self, *systems: str) -> None:
        self.tables: dict[str, list[Tensor]] = {system: [] for system in systems}

    def add(self, system: str, tables: Tensor) -> None:
        """Add a batch of tables (N, K + 1, K + 1)."""
        self.tables[system] += tables.unbind()

    def stacked(self) -> dict[str, Tensor]:
        """The tables (N, K + 1, K + 1) of every system that has some.

        Raises:
            ValueError: nothing was added.
        """
        stacked = {name: torch.stack(tables) for name, tables in self.tables.items() if tables}
        if not stacked:
            raise ValueError("there is nothing to score: no image was added")
        return stacked


def total_scores(tables: Mapping[str, Tensor]) -> dict[str, dict[str, float]]:
    """The scores over all samples at once, of each system."""
    totals = {system: class_scores(each.sum(0)) for system, each in tables.items()}
    return {
        system: {name: float(score) for name, score in scores.items()}
        for system, scores in totals.items()
    }


def total_intervals(tables: Mapping[str, Tensor]) -> dict[str, dict[str, Interval]]:
    """Bootstrap intervals of the total scores: samples are drawn, and their tables summed."""
    return {system: bootstrap(each.double(), class_scores) for system, each in tables.items()}


def scores_by_sample(tables: Tensor) -> dict[str, list[float]]:
    """The scores of each sample, over the classes that it shows."""
    return {name: scores.tolist() for name, scores in class_scores(tables).items()}


def check_rgb(images: Tensor, metric: str) -> None:
    """Refuse anything but a batch of RGB images.

    Raises:
        ValueError: the shape is another than (N, 3, H, W).
    """
    if images.dim() != 4 or images.shape[1] != 3:
        raise ValueError(f"{metric} needs (N, 3, H, W), not {tuple(images.shape)}")


def _colours(palette: str | list[list[int]]) -> Sequence[Sequence[int]]:
    if palette == "streets":
        from ganzoo.components.data.streets import PALETTE

        named: list[list[int]] = PALETTE.tolist()
        return named
    if isinstance(palette, str):
        raise ValueError(f"there is no palette '{palette}': write 'streets', or a list of colours")
    if any(len(c) != 3 or not all(0 <= level <= 255 for level in c) for c in palette):
        raise ValueError("each colour of a palette is three whole numbers of 0 ... 255")
    if len(palette) < 2 or len({tuple(colour) for colour in palette}) < len(palette):
        raise ValueError("a palette needs two or more colours, all different")
    return palette
