"""A score of label maps: the class of each pixel is that of the nearest colour."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.components.metrics.classes import (
    ClassTables,
    Palette,
    check_rgb,
    confusions,
    scores_by_sample,
    total_intervals,
    total_scores,
)
from ganzoo.interfaces import Metric
from ganzoo.interfaces.metric import Interval

MODEL, COPY, LAYOUT = "model", "copy the input", "mean layout"


class PaletteScore(Metric):
    """Per-pixel accuracy, mean class accuracy, mean class IoU of label maps drawn in flat colours.

    Every pixel has the class of the nearest colour of the palette. The three scores are those of
    Long et al. 2015 (arXiv:1411.4038) over all images at once, as Zhu et al. 2017
    (arXiv:1703.10593, sec. 5.1.1) score photo -> labels. Classes that no target shows are left out
    of the means; a pixel that is not finite is wrong.

    palette: "streets", or the classes' colours as triples (red, green, blue) of 0 ... 255.

    Baselines of the model:
    "copy the input" takes `source` for the prediction, where that wire is given;
    "mean layout" takes, at every pixel, the class that is most frequent there over all targets. It
    knows the targets but not the input: a model should beat it. It is left out where targets
    differ in size.

    Raises:
        ValueError: the palette is unknown or holds anything but two or more different colours.
    """

    measures = "faithfulness"
    main_score = "class_iou"

    def __init__(self, palette: str | list[list[int]] = "streets") -> None:
        self.palette = Palette(palette)
        self.tables = ClassTables(MODEL, COPY)
        self.truths: list[Tensor] = []

    def update(self, prediction: Tensor, target: Tensor, source: Tensor | None = None) -> None:
        """Add a batch: images (N, 3, H, W) in [-1, 1], of one shape.

        Raises:
            ValueError: the shapes differ, or are not those of RGB images.
        """
        truth = self._classes(target)
        self._add(MODEL, self._classes(prediction, target), truth)
        if source is not None:
            self._add(COPY, self._classes(source, target), truth)
        self.truths += truth.to(torch.int16).unbind()

    def compute(self) -> dict[str, dict[str, float]]:
        """`pixel_accuracy`, `class_accuracy` and `class_iou`, 0 ... 1, with up to two baselines.

        Raises:
            ValueError: no image was added.
        """
        return total_scores(self._tables())

    def intervals(self) -> dict[str, dict[str, Interval]]:
        """Bootstrap intervals. The mean layout is always that of all targets."""
        return total_intervals(self._tables())

    def sample_scores(self) -> dict[str, list[float]]:
        """The scores of each image, over the classes that its target shows."""
        return scores_by_sample(self._tables()[MODEL])

    def _classes(self, images: Tensor, like: Tensor | None = None) -> Tensor:
        """The class (N, H, W) of each pixel, on the CPU; one past the last if it is not finite."""
        check_rgb(images, "palette_score")
        if like is not None and images.shape != like.shape:
            raise ValueError(f"{tuple(images.shape)} against a target of {tuple(like.shape)}")
        return self.palette.classes(images)

    def _add(self, system: str, predicted: Tensor, truth: Tensor) -> None:
        self.tables.add(system, confusions(predicted, truth, len(self.palette)))

    def _tables(self) -> dict[str, Tensor]:
        """The confusion tables of each system; the mean layout needs targets of one size."""
        tables = self.tables.stacked()
        if len({truth.shape for truth in self.truths}) == 1:
            layout = self._layout()
            each = [confusions(layout, t[None].long(), len(self.palette)) for t in self.truths]
            tables[LAYOUT] = torch.cat(each)
        return tables

    def _layout(self) -> Tensor:
        """The most frequent class at every pixel (1, H, W)."""
        counts = [
            torch.stack([truth == label for truth in self.truths]).sum(0)
            for label in range(len(self.palette) + 1)
        ]
        return torch.stack(counts).argmax(0)[None]
