"""The discriminator of single pixels (Isola et al. 2017, arXiv:1611.07004)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ganzoo.components.networks.norms import Norm, is_per_sample, make_norm, needs_bias
from ganzoo.components.networks.patchgan import activations
from ganzoo.interfaces import Discriminator, head


class PixelDiscriminator(Discriminator):
    """One logit for each pixel, by its colour alone: a PatchGAN whose patches are 1 x 1.

    Images (N, in_channels, H, W) become logits (N, 1, H, W). Weights have the names of the authors'
    PyTorch code, so its checkpoints load.

    in_channels: channels of the images; of all of them, where several are concatenated.
    width: channels of the first layer; the second has twice as many.
    norm: the normalisation after the second convolution.
    bias: whether the convolutions around the norm have a bias; left out, all but around batch norm.

    Raises:
        ValueError: width is less than 1.
    """

    default_init: ClassVar[str | None] = "normal"

    def __init__(
        self,
        in_channels: int = 3,
        width: int = 64,
        norm: Norm = "instance",
        bias: bool | None = None,
    ) -> None:
        super().__init__()
        if width < 1:
            raise ValueError(f"width is {width}: it must be at least 1")
        self.in_channels, self.out_channels = in_channels, 1
        biased = needs_bias(norm, bias)
        self.net = nn.Sequential(
            nn.Conv2d(in_channels, width, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(width, 2 * width, 1, bias=biased),
            make_norm(norm, 2 * width),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(
                2 * width, 1, 1, bias=biased
            ),  # with a bias where the published weights have one
        )
        self.per_sample = is_per_sample(self)

    def logits(self, images: Tensor) -> Tensor:
        """Logits (N, 1, H, W) for images (N, in_channels, H, W)."""
        return self.net(images)  # type: ignore[no-any-return]

    @head
    def features(self, *images: Tensor) -> list[Tensor]:
        """The output of every LeakyReLU: (N, width, H, W) and (N, 2 width, H, W).

        images: (N, C, H, W); several are concatenated along channels, as for the logits.
        """
        return activations(self.net, torch.cat(images, 1))
