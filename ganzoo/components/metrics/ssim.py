"""Structural similarity: do images agree in luminance, contrast and structure, place by place?"""

from __future__ import annotations

import math

from torch import Tensor

from ganzoo.components.metrics.per_image import PerImage, without_nan


class Ssim(PerImage):
    """Structural similarity (Wang et al. 2004, doi:10.1109/TIP.2003.819861, eq. 13): at most 1.

    It is computed for images in [0, 1], each channel by itself, in Gaussian windows inside of the
    image, with K₁ = 0.01 and K₂ = 0.03. It is averaged over the windows and channels of each image,
    then over images. Values beyond [-1, 1] are clamped, as in a saved image; NaN counts as an error
    of the whole range.

    sigma: the window's standard deviation in pixels; 1.5 makes it 11 px wide, as in the paper.

    Baselines of the model:
    "copy the input" takes `source` for the prediction, where that wire is given and has the
    target's shape;
    "the target of another sample" takes the previous target, where it has this one's shape.

    Raises:
        ValueError: sigma is not above 0.
    """

    score = "ssim"
    measures = "faithfulness"

    def __init__(self, sigma: float = 1.5) -> None:
        from ganzoo.components.losses.structure import SSIM

        super().__init__()
        if not math.isfinite(sigma):
            raise ValueError(f"sigma is {sigma:g}: it must be finite")
        self.loss = SSIM(sigma)

    def compare(self, prediction: Tensor, target: Tensor) -> list[float]:
        """The similarity of each image, by torchmetrics, in double precision.

        In single precision the variance of a flat window is a rounding error, which changes the
        result by 0.0003.
        """
        shown = without_nan(prediction, target, 2.0).clamp(-1, 1).double()
        pairs = zip(shown.unsqueeze(1), target.double().unsqueeze(1), strict=True)
        return [1 - float(self.loss(image, true)) for image, true in pairs]
