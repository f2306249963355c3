"""A generator that adds noise to clean images and learns, from noisy ones, which noise."""

from __future__ import annotations

from statistics import NormalDist
from typing import ClassVar

import torch
from ganzoo.interfaces import Generator
from torch import Tensor, nn
from torch.nn.functional import relu

# Adam moves any parameter by about its learning rate a step. Weights are hundredths, while an
# impulse's threshold and height have to move by ones: stored as a tenth, they do in time.
SCALE = 10.0


class Impulses(nn.Module):
    """h · sign(v) · max(0, |v| - t), v = P z: 0 but for few pixels, which are lost to h.

    latent_channels, out_channels: of z and of the impulses.
    share: the fraction of pixels with an impulse to start with, in all channels at once.
    """

    def __init__(self, latent_channels: int, out_channels: int, share: float) -> None:
        super().__init__()
        self.pick = nn.Conv2d(latent_channels, out_channels, 1, bias=False)
        nn.init.constant_(self.pick.weight, latent_channels**-0.5)  # v ~ N(0, 1)
        self.threshold = nn.Parameter(torch.tensor(NormalDist().inv_cdf(1 - share / 2) / SCALE))
        self.height = nn.Parameter(torch.tensor(4.0 / SCALE))

    def forward(self, z: Tensor) -> Tensor:
        """Impulses (N, out_channels, H, W) for latents (N, latent_channels, H, W)."""
        v: Tensor = self.pick(z)
        return SCALE * self.height * v.sign() * relu(v.abs() - SCALE * self.threshold)


class Noiser(Generator):
    """B(y, z) = clamp(y + s(y) · (K * z) + impulses(z)): a clean image with noise in every pixel.

    Learnt from unpaired noisy images against a discriminator, as in GCBD (Chen, Chen, Chao, Yang
    2018, CVPR) and C2N (Jang, Lee, Son, Lee 2021, ICCV). It can make noise only: z is normal, K
    mixes its channels and neighbours, and the network s sees one pixel of the clean image y. Before
    the clamp the noise is symmetric around 0, so it can neither shift colours nor draw shapes,
    which a discriminator that tells the scenes of x from those of y would ask for. With K = 1 it is
    gaussian if s is a constant, speckle if s grows with y, and nearly poisson if s grows with its
    root. Impulses beyond the clamp are salt and pepper.

    Clean images (N, in_channels, H, W) in [-1, 1] and latents (N, latent_channels, H, W) become
    noisy images (N, out_channels, H, W).

    in_channels: channels of the images.
    out_channels: the same number.
    latent_channels: channels of z.
    width: channels between the three 1 x 1 convolutions of s.
    kernel: the side of K in pixels, odd.
    sigma: the standard deviation to start with, in intensities of [-1, 1].
    impulses: the fraction of pixels with an impulse to start with; 0 leaves them out for good.
    clamp: keep the result in [-1, 1], as a file does; what is clipped gets no gradient.

    Raises:
        ValueError: out_channels differs from in_channels, or a setting is out of range.
    """

    default_init: ClassVar[str | None] = None  # its start is its own: sigma, impulses, K = 1
    per_sample = True

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        latent_channels: int = 3,
        width: int = 16,
        kernel: int = 3,
        sigma: float = 0.05,
        impulses: float = 0.005,
        clamp: bool = True,
    ) -> None:
        super().__init__()
        _check_channels(in_channels, out_channels, latent_channels, width)
        _check_noise(kernel, sigma, impulses)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.latent_channels, self.clamp = latent_channels, clamp
        self.strength = _strength(in_channels, out_channels, width, sigma)
        self.mixing = nn.Conv2d(
            latent_channels, out_channels, kernel, padding=kernel // 2, bias=False
        )
        nn.init.dirac_(self.mixing.weight)
        self.impulses = Impulses(latent_channels, out_channels, impulses) if impulses else None

    def noise(self, y: Tensor, z: Tensor) -> Tensor:
        """What is added, (N, out_channels, H, W), before the clamp."""
        noise: Tensor = self.strength(y) * self.mixing(z)
        return noise if self.impulses is None else noise + self.impulses(z)

    def forward(self, y: Tensor, z: Tensor) -> Tensor:
        """A noisy copy of the clean images y, with the latents z.

        Raises:
            ValueError: z does not have latent_channels, or not the size of y.
        """
        wanted = (y.shape[0], self.latent_channels, *y.shape[-2:])
        if z.shape != wanted:
            raise ValueError(f"z is {tuple(z.shape)} and must be {wanted}")
        noisy = y + self.noise(y, z)
        return noisy.clamp(-1, 1) if self.clamp else noisy


def _strength(in_channels: int, out_channels: int, width: int, sigma: float) -> nn.Sequential:
    """s(y), pixel by pixel; to start with nearly the constant sigma."""
    last = nn.Conv2d(width, out_channels, 1)
    nn.init.normal_(last.weight, std=0.02)
    nn.init.constant_(last.get_parameter("bias"), sigma)
    return nn.Sequential(
        nn.Conv2d(in_channels, width, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, width, 1),
        nn.LeakyReLU(0.2),
        last,
    )


def _check_channels(in_channels: int, out_channels: int, latent_channels: int, width: int) -> None:
    if out_channels != in_channels:
        raise ValueError(
            f"out_channels is {out_channels} and in_channels {in_channels}: they must be equal, "
            "because the noise is added to the image"
        )
    least = {"in_channels": in_channels, "latent_channels": latent_channels, "width": width}
    for name, value in least.items():
        if value < 1:
            raise ValueError(f"{name} is {value}: it must be at least 1")


def _check_noise(kernel: int, sigma: float, impulses: float) -> None:
    if kernel < 1 or kernel % 2 == 0:
        raise ValueError(f"kernel is {kernel}: it must be odd and positive")
    if not 0 < sigma <= 1:
        raise ValueError(f"sigma is {sigma:g}: it must lie above 0 and at most at 1")
    if not 0 <= impulses < 1:
        raise ValueError(f"impulses is {impulses:g}: it must be 0 or a fraction below 1")
