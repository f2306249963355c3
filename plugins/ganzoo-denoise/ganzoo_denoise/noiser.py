"""A generator that adds noise to clean images and learns, from noisy ones, which noise."""

from __future__ import annotations

from typing import ClassVar

from ganzoo.interfaces import Generator
from torch import Tensor, nn


class Noiser(Generator):
    """B(y, z) = clamp(y + s(y) · (K * z)): noise of a strength that depends on the pixel.

    Learnt from unpaired noisy images against a critic, as in GCBD (Chen, Chen, Chao, Yang 2018,
    CVPR) and C2N (Jang, Lee, Son, Lee 2021, ICCV), and kept to what noise is: z is normal, K mixes
    its channels and neighbours, and the network s sees one pixel of the clean image y. So, before
    the clamp, the noise is symmetric around 0 and can neither shift colours nor draw shapes, which
    a critic that tells the scenes of x from those of y would ask for. With K = 1, noise is
    gaussian if s is a constant, speckle if s grows with y, and nearly poisson if s grows with its
    root; K makes it grainy or alike in all channels.

    Clean images (N, in_channels, H, W) in [-1, 1] and latents (N, latent_channels, H, W) become
    noisy images (N, out_channels, H, W).

    in_channels: channels of the images.
    out_channels: the same number.
    latent_channels: channels of z.
    width: channels between the three 1 x 1 convolutions of s.
    kernel: the side of K in pixels, odd.
    sigma: the standard deviation to start with, in intensities of [-1, 1].
    clamp: keep the result in [-1, 1], as a file does; what is clipped gets no gradient.

    Raises:
        ValueError: out_channels differs from in_channels, or a setting is out of range.
    """

    default_init: ClassVar[str | None] = None  # s starts as the constant sigma, K as 1
    per_sample = True

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        latent_channels: int = 3,
        width: int = 16,
        kernel: int = 3,
        sigma: float = 0.05,
        clamp: bool = True,
    ) -> None:
        super().__init__()
        _check(in_channels, out_channels, latent_channels, width, kernel, sigma)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.latent_channels, self.clamp = latent_channels, clamp
        last = nn.Conv2d(width, out_channels, 1)
        self.strength = nn.Sequential(
            nn.Conv2d(in_channels, width, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width, 1),
            nn.LeakyReLU(0.2),
            last,
        )
        self.mixing = nn.Conv2d(
            latent_channels, out_channels, kernel, padding=kernel // 2, bias=False
        )
        nn.init.dirac_(self.mixing.weight)
        nn.init.normal_(last.weight, std=0.02)  # little at first: nearly the same for any y
        nn.init.constant_(last.get_parameter("bias"), sigma)

    def noise(self, y: Tensor, z: Tensor) -> Tensor:
        """s(y) · (K * z), (N, out_channels, H, W), before it is added and clamped."""
        noise: Tensor = self.strength(y) * self.mixing(z)
        return noise

    def forward(self, y: Tensor, z: Tensor) -> Tensor:
        """A noisy copy of the clean images y, with the latents z.

        Raises:
            ValueError: z does not have latent_channels, or another number of pixels than y.
        """
        wanted = (len(y), self.latent_channels, *y.shape[-2:])
        if z.shape != wanted:
            raise ValueError(f"z is {tuple(z.shape)} and must be {wanted}")
        noisy = y + self.noise(y, z)
        return noisy.clamp(-1, 1) if self.clamp else noisy


def _check(
    in_channels: int, out_channels: int, latent_channels: int, width: int, kernel: int, sigma: float
) -> None:
    if out_channels != in_channels:
        raise ValueError(
            f"out_channels is {out_channels} and in_channels {in_channels}: they must be equal, "
            "because the noise is added to the image"
        )
    least = {"in_channels": in_channels, "latent_channels": latent_channels, "width": width}
    for name, value in least.items():
        if value < 1:
            raise ValueError(f"{name} is {value}: it must be at least 1")
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"kernel is {kernel}: it must be odd and positive")
    if not 0 < sigma <= 1:
        raise ValueError(f"sigma is {sigma:g}: it must lie in (0, 1]")
