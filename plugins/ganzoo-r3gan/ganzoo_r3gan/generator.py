"""R3GAN's generator (Huang, Gokaslan, Kuleshov, Tompkin 2024, arXiv:2501.05441, config E)."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import torch
from ganzoo.interfaces import Generator
from torch import Tensor, nn

from ganzoo_r3gan.layers import (
    FromVector,
    Plan,
    Upsample,
    check_counts,
    check_labels,
    embedding,
    pointwise,
    projection,
)

PAPER = (768, 768, 768, 768)


class ResNetGenerator(Generator):
    """A vector becomes an image by residual blocks without norms (arXiv:2501.05441, config E).

    Vectors (N, in_channels) become images (N, out_channels, size, size): the vector scales learned
    maps of 4 x 4 px, and each further stage doubles the size. As in the paper there is no tanh, so
    pixels may lie a little outside [-1, 1]. With `classes`, `G(z, c)`: a learned vector of the
    class, as long as z, joins it.

    in_channels: the length of the vector, that is, the `size` of the latent.
    out_channels: channels of the image.
    widths: channels at 4 px, 8 px, ... up to the image's size, one for each stage: four make 32 px.
        The paper has 768 four times at 32 px, and goes on with 384, 192 and 96 up to 256 px.
    blocks: residual blocks in each stage.
    expansion: how many times wider a block is inside.
    group_width: channels in each group of the 3 x 3 convolutions inside a block.
    classes: how many classes there are; left out, `G(z)`.

    Raises:
        ValueError: a setting is out of range.
    """

    per_sample = True
    default_init: ClassVar[str | None] = None  # its start is its own: residuals of 0

    def __init__(
        self,
        in_channels: int = 64,
        out_channels: int = 3,
        widths: tuple[int, ...] = PAPER,
        blocks: int = 2,
        expansion: int = 2,
        group_width: int = 16,
        classes: int | None = None,
    ) -> None:
        super().__init__()
        check_counts(in_channels=in_channels, out_channels=out_channels, classes=classes)
        plan = Plan(tuple(widths), blocks, expansion, group_width)
        self.in_channels, self.out_channels, self.classes = in_channels, out_channels, classes
        self.size = plan.size
        length = 2 * in_channels if classes else in_channels
        layers: list[nn.Module] = [FromVector(length, widths[0]), plan.stage(widths[0])]
        for before, width in pairwise(widths):
            layers += [pointwise(before, width), Upsample(), plan.stage(width)]
        self.model = nn.Sequential(*layers, projection(widths[-1], out_channels))
        self.embedding = embedding(classes, in_channels) if classes else None

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images (N, out_channels, size, size) for vectors (N, in_channels) and labels (N,).

        Raises:
            ValueError: the vectors have another length, or labels are missing or not expected.
        """
        check_labels(labels, self.classes, "G(z, c)")
        if latents.dim() != 2 or latents.shape[1] != self.in_channels:
            raise ValueError(f"it takes vectors of in_channels = {self.in_channels} numbers")
        if self.embedding is not None:
            latents = torch.cat([latents, self.embedding(labels)], 1)
        return self.model(latents)  # type: ignore[no-any-return]
