"""Label maps by nearest colour: how right are the classes?"""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.interfaces import Metric
from ganzoo.metrics.classes import Palette, check_rgb, class_figures, confusion, empty_table


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
        self.palette = Palette(palette)
        self.model = empty_table(len(self.palette))
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
        return {name: class_figures(table) for name, table in rows.items()}

    def _classes(self, images: Tensor, like: Tensor | None = None) -> Tensor:
        """Each pixel's class (N, H, W), on the CPU; one past the last where it is not finite."""
        check_rgb(images, "palette_score")
        if like is not None and images.shape != like.shape:
            raise ValueError(f"{tuple(images.shape)} against a target of {tuple(like.shape)}")
        return self.palette.classes(images)

    def _compare(self, predicted: Tensor, truth: Tensor) -> Tensor:
        return confusion(predicted, truth, len(self.palette))

    def _add_layout(self, truth: Tensor) -> None:
        """Count classes at every pixel (K + 1, H, W), as long as all targets are of one size."""
        self.sizes.add(truth.shape[1:])
        if len(self.sizes) > 1:
            self.layout = None
            return
        counts = torch.stack([(truth == label).sum(0) for label in range(len(self.palette) + 1)])
        self.layout = counts if self.layout is None else self.layout + counts

    def _layout_table(self, layout: Tensor) -> Tensor:
        """The confusion of every target with the most frequent classes."""
        chosen = layout.argmax(0).flatten()
        return empty_table(len(self.palette)).index_add_(1, chosen, layout.flatten(1))
