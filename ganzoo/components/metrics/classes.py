"""Label maps in flat colours: the class of each pixel, and how right predicted classes are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ganzoo.components.metrics.intervals import bootstrap
from ganzoo.interfaces.metric import Interval


class Palette:
    """The classes' colours.

    colours: "streets", or triples (red, green, blue) of 0 ... 255.

    Raises:
        ValueError: the palette is unknown or holds anything but two or more different colours.
    """

    def __init__(self, colours: str | list[list[int]]) -> None:
        self.colours = torch.tensor(_colours(colours), dtype=torch.float32)

    def __len__(self) -> int:
        return len(self.colours)

    def classes(self, images: Tensor) -> Tensor:
        """Each pixel's nearest colour (N, H, W) for images (N, 3, H, W) in [-1, 1], on the CPU.

        A pixel that is not finite has the class `len(palette)`.
        """
        pixels = (images.detach().float().movedim(1, -1) + 1) * 127.5
        distances = torch.stack(
            [(pixels - colour).square().sum(-1) for colour in self.colours.to(pixels.device)]
        )
        finite = distances.isfinite().all(0)
        return distances.argmin(0).masked_fill(~finite, len(self)).cpu()


def confusions(predicted: Tensor, truth: Tensor, classes: int) -> Tensor:
    """How often each class (rows) was taken for each (columns), for each image (N, H, W) by itself.

    The last row and the last column (of `classes` + 1) are pixels that are not finite.
    """
    from torchmetrics.functional.classification import multiclass_confusion_matrix

    pairs = zip(predicted, truth, strict=True)
    tables = [
        multiclass_confusion_matrix(p, t, num_classes=classes + 1, validate_args=False)
        for p, t in pairs
    ]
    return torch.stack(tables).to(torch.int32)


def class_figures(tables: Tensor) -> dict[str, Tensor]:
    """Per-pixel accuracy, mean class accuracy and mean class IoU (Long et al. 2015, sec. 5).

    tables: (..., K + 1, K + 1), counts or their means; each table has its own figures (...).
    Classes that no target shows are left out of the means; NaN where there is none.
    """
    counts = tables.double()[..., :-1, :]
    right, true = counts.diagonal(dim1=-2, dim2=-1), counts.sum(-1)
    predicted = counts.sum(-2)[..., :-1]
    unseen = true == 0
    shares = (right / true).masked_fill(unseen, torch.nan)
    overlaps = (right / (true + predicted - right)).masked_fill(unseen, torch.nan)
    return {
        "pixel_accuracy": right.sum(-1) / true.sum(-1),
        "class_accuracy": shares.nanmean(-1),
        "class_iou": overlaps.nanmean(-1),
    }


class ClassTables:
    """Confusion tables of each sample, by row: what figures, their intervals and cases follow from.

    rows: in the order in which they are shown; those to which nothing was added are left out.
    """

    def __init__(self, *rows: str) -> None:
        self.tables: dict[str, list[Tensor]] = {row: [] for row in rows}

    def add(self, row: str, tables: Tensor) -> None:
        """A batch (N, K + 1, K + 1)."""
        self.tables[row] += tables.unbind()

    def rows(self) -> dict[str, Tensor]:
        """All samples' tables (N, K + 1, K + 1), by row.

        Raises:
            ValueError: nothing was added.
        """
        found = {row: torch.stack(tables) for row, tables in self.tables.items() if tables}
        if not found:
            raise ValueError("there is nothing to score: no image was added")
        return found


def row_figures(rows: Mapping[str, Tensor]) -> dict[str, dict[str, float]]:
    """The figures of all samples at once, by row."""
    found = {row: class_figures(tables.sum(0)) for row, tables in rows.items()}
    return {row: {name: float(f) for name, f in figures.items()} for row, figures in found.items()}


def row_intervals(rows: Mapping[str, Tensor]) -> dict[str, dict[str, Interval]]:
    """Bootstrap intervals: samples' counts are drawn, and the figures follow from their sums."""
    return {row: bootstrap(tables.double(), class_figures) for row, tables in rows.items()}


def sample_figures(tables: Tensor) -> dict[str, list[float]]:
    """The figures of each sample, over the classes that it shows."""
    return {name: figures.tolist() for name, figures in class_figures(tables).items()}


def check_rgb(images: Tensor, metric: str) -> None:
    """Refuse what is no batch of RGB images.

    Raises:
        ValueError: with the shape.
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
