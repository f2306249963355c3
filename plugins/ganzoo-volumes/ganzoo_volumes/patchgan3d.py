"""The discriminator of patches (Isola et al. 2017, arXiv:1611.07004), in three dimensions."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

from ganzoo.components.networks.halvings import check_halvings
from ganzoo.interfaces import Discriminator
from torch import Tensor, nn


class PatchGAN3d(Discriminator):
    """One logit for each of many overlapping blocks of a volume.

    Volumes (N, in_channels, D, H, W) become logits (N, 1, d, h, w). With `layers = 1`, a block has
    10 voxels a side, with 2 it has 22.

    in_channels: channels of the volumes; of all of them, where several are concatenated.
    width: channels of the first layer; they double, up to eight times.
    layers: how often the volume is halved.

    Raises:
        ValueError: a setting is out of range.
    """

    default_init: ClassVar[str | None] = "normal"
    per_sample = True

    def __init__(self, in_channels: int = 1, width: int = 8, layers: int = 1) -> None:
        super().__init__()
        if width < 1 or layers < 1:
            raise ValueError(f"width is {width} and layers is {layers}: each is at least 1")
        check_halvings("layers", layers)
        self.in_channels, self.out_channels = in_channels, 1
        self.smallest = 2 * 2**layers
        widths = [width * min(2**i, 8) for i in range(layers)]
        model: list[nn.Module] = [nn.Conv3d(in_channels, width, 4, 2, 1), _leaky_relu()]
        for narrow, wide in pairwise(widths):
            model += [nn.Conv3d(narrow, wide, 4, 2, 1), _norm(wide), _leaky_relu()]
        self.model = nn.Sequential(*model, nn.Conv3d(widths[-1], 1, 4, 1, 1))

    def logits(self, volumes: Tensor) -> Tensor:
        """Logits (N, 1, d, h, w) for volumes (N, in_channels, D, H, W).

        Raises:
            ValueError: the volumes are too small for a single block.
        """
        if min(volumes.shape[2:]) < self.smallest:
            shape = " x ".join(map(str, volumes.shape[2:]))
            raise ValueError(
                f"volumes of {shape} are too small for this discriminator, which needs "
                f"{self.smallest} voxels a side: choose larger volumes or fewer layers"
            )
        return self.model(volumes)  # type: ignore[no-any-return]


def _norm(channels: int) -> nn.Module:
    return nn.GroupNorm(channels, channels, affine=False)


def _leaky_relu() -> nn.Module:
    return nn.LeakyReLU(0.2, inplace=True)
