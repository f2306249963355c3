"""R3GAN's discriminator (Huang, Gokaslan, Kuleshov, Tompkin 2024, arXiv:2501.05441, config E)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import ClassVar

from ganzoo.interfaces import Discriminator
from torch import Tensor, nn

from ganzoo_r3gan.generator import PAPER
from ganzoo_r3gan.layers import (
    Downsample,
    Plan,
    ToVector,
    check_counts,
    check_labels,
    embedding,
    pointwise,
    projection,
)


class ResNetDiscriminator(Discriminator):
    """One logit for an image, by residual blocks without norms (arXiv:2501.05441, config E).

    The mirror image of the generator. Images (N, in_channels, size, size) are halved down to 4 x 4
    px and projected on learned maps; logits are (N, 1). With `classes`, `D(y, c)`: the logit is the
    product of the image's `widths[0]` features with a learned vector of the class (as in Miyato,
    Koyama 2018, arXiv:1802.05637, without the term that holds for all classes).

    in_channels: channels of the images; their sum where it takes several, as in `D(x, y)`.
    widths: channels at 4 px, 8 px, ... up to the images' size, one for each stage, in the
        generator's order.
    blocks: residual blocks in each stage.
    expansion: how many times wider a block is inside.
    group_width: channels in each group of the 3 x 3 convolutions inside a block.
    classes: how many classes there are; left out, `D(y)`.

    Raises:
        ValueError: a setting is out of range.
    """

    per_sample = True
    default_init: ClassVar[str | None] = None  # its start is its own: residuals of 0

    def __init__(
        self,
        in_channels: int = 3,
        widths: tuple[int, ...] = PAPER,
        blocks: int = 2,
        expansion: int = 2,
        group_width: int = 16,
        classes: int | None = None,
    ) -> None:
        super().__init__()
        check_counts(in_channels=in_channels, classes=classes)
        plan = Plan(tuple(widths), blocks, expansion, group_width)
        self.in_channels, self.out_channels, self.classes = in_channels, 1, classes
        self.size, last = plan.size, widths[0]
        layers: list[nn.Module] = [projection(in_channels, widths[-1])]
        for width, after in pairwise(reversed(widths)):
            layers += [plan.stage(width), Downsample(), pointwise(width, after)]
        layers += [plan.stage(last), ToVector(last, last if classes else 1)]
        self.model = nn.Sequential(*layers)
        self.embedding = embedding(classes, last, 1 / math.sqrt(last)) if classes else None

    def logits(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits (N, 1) for images (N, in_channels, size, size) and labels (N,).

        Raises:
            ValueError: the images have another size, or labels are missing or not expected.
        """
        check_labels(labels, self.classes, "D(y, c)")
        self._check_size(images)
        features: Tensor = self.model(images)
        if self.embedding is None:
            return features
        classes: Tensor = self.embedding(labels)
        return (features * classes).sum(1, keepdim=True)

    def _check_size(self, images: Tensor) -> None:
        height, width = images.shape[-2:]
        if (height, width) != (self.size, self.size):
            raise ValueError(
                f"images of {height} x {width} px do not fit widths, which has a stage for each "
                f"size from 4 to {self.size} px"
            )
