"""Label maps in flat colours: the class of each pixel, and how right predicted classes are."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


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


def empty_table(classes: int) -> Tensor:
    """A confusion table: truths by predictions; the last of each is `not finite`."""
    return torch.zeros((classes + 1, classes + 1), dtype=torch.int64)


def confusion(predicted: Tensor, truth: Tensor, classes: int) -> Tensor:
    """How often each class (rows) was taken for each (columns)."""
    from torchmetrics.functional.classification import multiclass_confusion_matrix

    table: Tensor = multiclass_confusion_matrix(
        predicted, truth, num_classes=classes + 1, validate_args=False
    )
    return table


def class_figures(table: Tensor) -> dict[str, float]:
    """Per-pixel accuracy, mean class accuracy and mean class IoU (Long et al. 2015, sec. 5).

    Classes that no target shows are left out of the means.
    """
    counts = table.double()[:-1]
    right, true, predicted = counts.diagonal(), counts.sum(1), counts.sum(0)[:-1]
    seen = true > 0
    return {
        "pixel_accuracy": float(right.sum() / true.sum()),
        "class_accuracy": float((right / true)[seen].mean()),
        "class_iou": float((right / (true + predicted - right))[seen].mean()),
    }


def check_rgb(images: Tensor, metric: str) -> None:
    """Refuse what is no batch of RGB images.

    Raises:
        ValueError: with the shape.
    """
    if images.dim() != 4 or images.shape[1] != 3:
        raise ValueError(f"{metric} needs (N, 3, H, W), not {tuple(images.shape)}")


def _colours(palette: str | list[list[int]]) -> Sequence[Sequence[int]]:
    if palette == "streets":
        from ganzoo.data.streets import PALETTE

        named: list[list[int]] = PALETTE.tolist()
        return named
    if isinstance(palette, str):
        raise ValueError(f"there is no palette '{palette}': write 'streets', or a list of colours")
    if any(len(c) != 3 or not all(0 <= level <= 255 for level in c) for c in palette):
        raise ValueError("each colour of a palette is three whole numbers of 0 ... 255")
    if len(palette) < 2 or len({tuple(colour) for colour in palette}) < len(palette):
        raise ValueError("a palette needs two or more colours, all different")
    return palette
