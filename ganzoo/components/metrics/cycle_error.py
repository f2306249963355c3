"""How far a picture that was translated and translated back is from what it was."""

from __future__ import annotations

from torch import Tensor

from ganzoo.components.metrics.per_image import PerImage, without_nan


class CycleError(PerImage):
    """Mean absolute error of F(G(x)) to x, of images in [0, 1]: 0 ... 1, the smaller the better.

    It is half of what the cycle's term in the log says, as images there are in [-1, 1]; and it is
    of test images, clamped as they are in a saved picture. A value that is not a number is off
    by the whole range. The wires are any two images: `prediction` the one that went there and back,
    `target` the one it was.

    A small error does not say that anything was translated: G may do nothing, or hide what it has
    to remember (Chu, Zhmoginov, Sandler 2017, arXiv:1712.02950).

    The rows to compare the model with:
    "copy the input" takes `source` for the prediction, where that wire is given and has the
    target's shape; G(x) there shows how much of the way there was to go back;
    "the target of another sample" takes the previous target, where it has this one's shape: so far
    apart are two images of the set.
    """

    figure = "cycle_error"
    needs_pairs = False
    lower_is_better = ("cycle_error",)

    def compare(self, prediction: Tensor, target: Tensor) -> list[float]:
        """Half the mean absolute difference of each image in [-1, 1]."""
        errors = (without_nan(prediction, target, 2.0) - target).double().abs() / 2
        values: list[float] = errors.flatten(1).mean(1).tolist()
        return values
