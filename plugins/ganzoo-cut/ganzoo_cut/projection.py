"""The head H of CUT: patches of a generator's features, made comparable."""

from __future__ import annotations

from typing import ClassVar

from ganzoo.interfaces import Network, Value
from torch import Tensor, nn
from torch.nn.functional import interpolate, normalize

# Vectors shorter than this are not made unit ones, so that no gradient is larger than its inverse.
SHORTEST = 1e-6


class Projection(Network):
    """A few places of each feature map, through a two-layer MLP of that layer, as unit vectors.

    Park et al. 2020, arXiv:2007.15651, sec. 3. The places are those where a map of noise is
    highest: a random choice without repetition, and with the same noise (a latent of the recipe,
    which is drawn once a step) the same choice for queries and keys.

    channels: the features' channels, layer by layer.
    width: channels between the MLPs' two layers and of the vectors.
    patches: how many places; all, where a map has fewer.

    Raises:
        ValueError: channels is empty, or a number is less than 1.
    """

    # As the authors': small, and so quick to change under Adam; the vectors' length is 1 anyway.
    default_init: ClassVar[str | None] = "xavier"
    # It could be true. But keys, of which the loss takes no gradient, would then be one batch with
    # queries, and so differentiated with them.
    per_sample = False

    def __init__(self, channels: list[int], width: int = 256, patches: int = 256) -> None:
        super().__init__()
        if not channels:
            raise ValueError("channels is empty: give the channels of each layer of features")
        if min(*channels, width, patches) < 1:
            raise ValueError("channels, width and patches must be at least 1")
        self.channels, self.patches = channels, patches
        self.mlps = nn.ModuleList(_mlp(count, width) for count in channels)

    def forward(self, features: Value, noise: Tensor) -> list[Tensor]:
        """Unit vectors (N, P, width), a tensor for each layer.

        features: maps (N, C, h, w), a list of them or one.
        noise: (N, 1, H, W), no smaller than the maps; of several channels the first counts.

        Raises:
            ValueError: the features have other channels than said.
        """
        maps = features if isinstance(features, list) else [features]
        channels = [feature.shape[1] for feature in maps]
        if channels != self.channels:
            raise ValueError(f"the features have other channels: set channels = {channels}")
        return [self._project(*pair, noise) for pair in zip(self.mlps, maps, strict=True)]

    def _project(self, mlp: nn.Module, feature: Tensor, noise: Tensor) -> Tensor:
        chosen = places(noise, (feature.shape[2], feature.shape[3]), self.patches)
        return normalize(mlp(take(feature, chosen)), dim=-1, eps=SHORTEST)


def places(noise: Tensor, size: tuple[int, int], count: int) -> Tensor:
    """Indices (N, P) into the h · w places of maps: where the noise (N, C, H, W) is highest."""
    values = interpolate(noise[:, :1], size, mode="nearest").flatten(1)
    return values.topk(min(count, values.shape[1])).indices


def take(feature: Tensor, chosen: Tensor) -> Tensor:
    """The vectors (N, P, C) of a map (N, C, h, w) at those places (N, P)."""
    index = chosen.unsqueeze(-1).expand(-1, -1, feature.shape[1])
    return feature.flatten(2).mT.gather(1, index)


def _mlp(channels: int, width: int) -> nn.Module:
    return nn.Sequential(nn.Linear(channels, width), nn.ReLU(), nn.Linear(width, width))
