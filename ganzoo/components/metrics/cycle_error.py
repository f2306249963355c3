"""The error of an image that was translated and translated back."""

from __future__ import annotations

from torch import Tensor

from ganzoo.components.metrics.per_image import PerImage, without_nan


class CycleError(PerImage):
    """Mean absolute error of F(G(x)) to x, of images in [0, 1]: 0 ... 1, the smaller the better.

    The cycle's term in the log is twice as large, as images there are in [-1, 1]. Here the images
    are test images, clamped as in a saved image; NaN counts as an error of the whole range. The
    wires are any two images: `prediction` the one that was translated there and back, `target` the
    original.

    A small error does not mean that anything was translated: G may do nothing, or hide the
    original in its output (Chu, Zhmoginov, Sandler 2017, arXiv:1712.02950).

    Baselines of the model:
    "copy the input" takes `source` for the prediction, where that wire is given and has the
    target's shape. With G(x) as the source it shows how far G moved the image;
    "the target of another sample" takes the previous target, where it has this one's shape. It
    shows how far two images of the set are apart.
    """

    score = "cycle_error"
    needs_pairs = False
    lower_is_better = ("cycle_error",)

    def compare(self, prediction: Tensor, target: Tensor) -> list[float]:
        """Half the mean absolute difference of each image in [-1, 1]."""
        errors = (without_nan(prediction, target, 2.0) - target).double().abs() / 2
        values: list[float] = errors.flatten(1).mean(1).tolist()
        return values
