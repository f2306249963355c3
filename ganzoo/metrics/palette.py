"""Label maps by nearest colour: how right are the classes?"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ganzoo.interfaces import Metric


class PaletteScore(Metric):
    """Per-pixel accuracy, mean class accuracy, mean class IoU of label maps drawn in flat colours.

    Every pixel is taken for the nearest colour of the palette; the three figures are those of
    Long et al. 2015 (arXiv:1411.4038) over all images at once, as Zhu et al. 2017
    (arXiv:1703.10593, sec. 5.1.1) score photo -> labels. Classes that no target shows are left out
    of the means; a pixel that is not finite is wrong.

    palette: "streets", or the classes' colours as triples (red, green, blue) of 0 ... 255.

    The rows to compare the model with:
    "copy the input" takes `source` for the prediction, where that wire is given;
    "mean layout" takes at every pixel the class that is most frequent there over all targets. It
    knows the answers (an oracle) and never looks at the input: a model should beat it. It is left
    out where targets differ in size.

    Raises:
        ValueError: the palette is unknown or holds anything but two or more different colours.
    """

    def __init__(self, palette: str | list[list[int]] = "streets") -> None:
        self.colours = torch.tensor(_colours(palette), dtype=torch.float32)
        self.model = torch.zeros(self._table, dtype=torch.int64)
        self.copy: Tensor | None = None
        self.layout: Tensor | None = None
        self.sizes: set[torch.Size] = set()

    def update(self, prediction: Tensor, target: Tensor, source: Tensor | None = None) -> None:
        """Add a batch: images (N, 3, H, W) in [-1, 1], of one shape.

        Raises:
            ValueError: the shapes differ, or are not those of RGB images.
        """
        truth = self._classes(target)
        self.model += self._compare(self._classes(prediction, target), truth)
        if source is not None:
            found = self._compare(self._classes(source, target), truth)
            self.copy = found if self.copy is None else self.copy + found
        self._add_layout(truth)

    def compute(self) -> dict[str, dict[str, float]]:
        """`pixel_accuracy`, `class_accuracy` and `class_iou`, each 0 ... 1, in up to three rows.

        Raises:
            ValueError: no image was added.
        """
        if not self.sizes:
            raise ValueError("there is nothing to score: no image was added")
        rows = {"model": self.model}
        if self.copy is not None:
            rows["copy the input"] = self.copy
        if self.layout is not None:
            rows["mean layout"] = self._layout_table(self.layout)
        return {name: _figures(table) for name, table in rows.items()}

    @property
    def _table(self) -> tuple[int, int]:
        """Truths by predictions; the last of each is `not finite`."""
        return len(self.colours) + 1, len(self.colours) + 1

    def _classes(self, images: Tensor, like: Tensor | None = None) -> Tensor:
        """Each pixel's class (N, H, W), on the CPU; one past the last where it is not finite."""
        if images.dim() != 4 or images.shape[1] != 3:
            raise ValueError(f"palette_score needs (N, 3, H, W), not {tuple(images.shape)}")
        if like is not None and images.shape != like.shape:
            raise ValueError(f"{tuple(images.shape)} against a target of {tuple(like.shape)}")
        pixels = (images.detach().float().movedim(1, -1) + 1) * 127.5
        distances = torch.stack(
            [(pixels - colour).square().sum(-1) for colour in self.colours.to(pixels.device)]
        )
        finite = distances.isfinite().all(0)
        return distances.argmin(0).masked_fill(~finite, len(self.colours)).cpu()

    def _compare(self, predicted: Tensor, truth: Tensor) -> Tensor:
        """How often each class (rows) was taken for each (columns)."""
        from torchmetrics.functional.classification import multiclass_confusion_matrix

        table: Tensor = multiclass_confusion_matrix(
            predicted, truth, num_classes=self._table[0], validate_args=False
        )
        return table

    def _add_layout(self, truth: Tensor) -> None:
        """Count classes at every pixel (K + 1, H, W), as long as all targets are of one size."""
        self.sizes.add(truth.shape[1:])
        if len(self.sizes) > 1:
            self.layout = None
            return
        counts = torch.stack([(truth == label).sum(0) for label in range(self._table[0])])
        self.layout = counts if self.layout is None else self.layout + counts

    def _layout_table(self, layout: Tensor) -> Tensor:
        """The confusion of every target with the most frequent classes."""
        chosen = layout.argmax(0).flatten()
        table = torch.zeros(self._table, dtype=torch.int64)
        return table.index_add_(1, chosen, layout.flatten(1))


def _figures(table: Tensor) -> dict[str, float]:
    """The three figures of a confusion table (truths by predictions)."""
    counts = table.double()[:-1]
    right, true, predicted = counts.diagonal(), counts.sum(1), counts.sum(0)[:-1]
    seen = true > 0
    return {
        "pixel_accuracy": float(right.sum() / true.sum()),
        "class_accuracy": float((right / true)[seen].mean()),
        "class_iou": float((right / (true + predicted - right))[seen].mean()),
    }


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
