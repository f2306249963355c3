"""Losses on the neighbourhood of each pixel."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.components.losses.plain import check_shapes
from ganzoo.interfaces import Loss


class SSIM(Loss):
    """One minus the structural similarity (Wang et al. 2004, doi:10.1109/TIP.2003.819861, eq. 13).

    Luminance, contrast and structure are compared in Gaussian windows that lie inside the image,
    each channel by itself, with K₁ = 0.01 and K₂ = 0.03. It is 0 for equal images and at most 2.

    sigma: the window's standard deviation in pixels; 1.5 makes it 11 px wide, as in the paper.

    Raises:
        ValueError: sigma is not above 0.
    """

    notation: ClassVar[str] = "1 - SSIM({prediction}, {target})"

    def __init__(self, sigma: float = 1.5) -> None:
        super().__init__()
        if sigma <= 0:
            raise ValueError(f"sigma is {sigma:g}: it must be above 0")
        self.sigma = sigma
        self.margin = int(3.5 * sigma + 0.5)  # where torchmetrics cuts a Gaussian off

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The mean of 1 - SSIM over windows, for images (N, C, H, W) in [-1, 1] of one shape.

        Windows of volumes (N, C, D, H, W) are Gaussian in depth as well.

        Raises:
            ValueError: their shapes differ, or they are smaller than a window.
        """
        from torchmetrics.functional.image import structural_similarity_index_measure

        check_shapes(prediction, target)
        self._check_size(prediction)
        # Luminance is compared as a ratio, so black has to be 0: [-1, 1] moves to [0, 2].
        _, similarity = structural_similarity_index_measure(
            prediction + 1,
            target + 1,
            sigma=self.sigma,
            kernel_size=2 * self.margin + 1,  # by which torchmetrics pads volumes
            data_range=2.0,
            return_full_image=True,
        )
        low = self.margin
        inside = [slice(low, side - low) for side in prediction.shape[2:]]
        return 1 - similarity[(slice(None), slice(None), *inside)].mean()

    def _check_size(self, images: Tensor) -> None:
        window = 2 * self.margin + 1
        if images.dim() not in (4, 5) or min(images.shape[2:]) < window:
            shape = " x ".join(map(str, images.shape))
            smallest = " x ".join([str(window)] * (3 if images.dim() == 5 else 2))
            raise ValueError(
                f"SSIM with sigma = {self.sigma:g} takes images of {smallest} px or more, not "
                f"{shape}"
            )


class TotalVariation(Loss):
    """How much neighbours differ (Rudin, Osher, Fatemi 1992, doi:10.1016/0167-2789(92)90242-F).

    The anisotropic form: E|u(i + 1, j) - u(i, j)| + E|u(i, j + 1) - u(i, j)|, each the mean over
    all such neighbours, so that it does not grow with the image. Volumes have a third such mean.
    The loss of noise does not depend on the size; that of a single edge is smaller in a larger
    image.
    """

    notation: ClassVar[str] = "‖∇{image}‖₁"

    def forward(self, image: Tensor) -> Tensor:
        """Down plus across, for images (N, C, H, W), and through volumes (N, C, D, H, W).

        Raises:
            ValueError: a side is a single pixel.
        """
        sides = range(2, image.dim())
        if not sides or min(image.shape[2:]) < 2:
            shape = " x ".join(map(str, image.shape))
            raise ValueError(f"total variation takes images of 2 x 2 px or more, not {shape}")
        return torch.stack([image.diff(dim=side).abs().mean() for side in sides]).sum()
