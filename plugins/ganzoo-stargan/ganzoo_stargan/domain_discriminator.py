"""A discriminator with two heads: is an image real, and of which domain is it?"""

from __future__ import annotations

from itertools import pairwise

from ganzoo.components.networks.halvings import check_halvings
from ganzoo.interfaces import Discriminator, head
from torch import Tensor, nn

SLOPE = 0.01


class DomainDiscriminator(Discriminator):
    """`D.real(x)` tells real patches from fake ones, `D.domain(x)` tells the domain.

    They share all layers but the last. As in Choi et al. 2018, arXiv:1711.09020, table 5 (there
    D_src and D_cls): convolutions of 4 x 4 that halve the image, LeakyReLU of slope 0.01, no norm
    (the paper trains it with a gradient penalty).

    in_channels: channels of the images.
    size: the images' side in pixels. `D.domain` needs it, as it looks at the whole image.
    classes: how many domains there are.
    width: channels of the first layer; each further one doubles them.
    layers: how many times the image is halved; 6 in the paper, for 128 px.

    Raises:
        ValueError: a setting is out of range, or so many layers leave nothing of the image.
    """

    per_sample = True

    def __init__(
        self,
        in_channels: int = 3,
        size: int = 64,
        classes: int = 4,
        width: int = 64,
        layers: int = 5,
    ) -> None:
        super().__init__()
        if min(width, classes, layers) < 1:
            raise ValueError(
                f"width is {width}, classes {classes} and layers {layers}: each is at least 1"
            )
        check_halvings("layers", layers)
        if size % 2**layers or size < 2**layers:
            raise ValueError(f"size is {size}: {layers} layers take a multiple of {2**layers} px")
        self.in_channels, self.out_channels, self.size = in_channels, 1, size
        widths = [in_channels, *(width * 2**i for i in range(layers))]
        steps = [
            nn.Sequential(nn.Conv2d(narrow, wide, 4, 2, 1), nn.LeakyReLU(SLOPE, inplace=True))
            for narrow, wide in pairwise(widths)
        ]
        self.shared = nn.Sequential(*steps)
        self.to_real = nn.Conv2d(widths[-1], 1, 3, padding=1, bias=False)
        self.to_domain = nn.Conv2d(widths[-1], classes, size // 2**layers, bias=False)

    @head
    def real(self, images: Tensor) -> Tensor:
        """Logits (N, 1, h, w), one for each patch, for images (N, in_channels, size, size)."""
        return self.to_real(self._features(images))  # type: ignore[no-any-return]

    @head
    def domain(self, images: Tensor) -> Tensor:
        """Logits (N, classes) for images (N, in_channels, size, size)."""
        return self.to_domain(self._features(images)).flatten(1)  # type: ignore[no-any-return]

    def logits(self, images: Tensor) -> Tensor:
        """Always raises: which logits are meant, only a head says.

        Raises:
            ValueError: always.
        """
        raise ValueError("it has two kinds of logits: call a head, as D.real(x) or D.domain(x)")

    def _features(self, images: Tensor) -> Tensor:
        """What both heads read: (N, width * 2^(layers - 1), h, w)."""
        height, width = images.shape[-2:]
        if (height, width) != (self.size, self.size):
            raise ValueError(f"images of {height} x {width} px do not fit size = {self.size}")
        return self.shared(images)  # type: ignore[no-any-return]
