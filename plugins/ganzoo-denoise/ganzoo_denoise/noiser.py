"""A generator that adds noise to a clean image, and learns which noise from real ones."""

from __future__ import annotations

import torch
from ganzoo.interfaces import Generator
from torch import Tensor, nn


class Noiser(Generator):
    """B(y, z) = clamp(y + s(y) * (K * z)): the image with noise whose strength depends on it."""

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
        self.in_channels, self.out_channels = in_channels, out_channels
        self.clamp = clamp
        self.strength = nn.Sequential(
            nn.Conv2d(in_channels, width, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, out_channels, 1),
        )
        self.mixing = nn.Conv2d(
            latent_channels, out_channels, kernel, padding=kernel // 2, bias=False
        )
        with torch.no_grad():
            self.strength[-1].weight.mul_(0.1)
            nn.init.constant_(self.strength[-1].bias, sigma)
            nn.init.dirac_(self.mixing.weight)
        self.per_sample = True

    def noise(self, y: Tensor, z: Tensor) -> Tensor:
        return self.strength(y) * self.mixing(z)

    def forward(self, y: Tensor, z: Tensor) -> Tensor:
        noisy = y + self.noise(y, z)
        return noisy.clamp(-1, 1) if self.clamp else noisy
