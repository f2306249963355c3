"""A transformer whose tokens are the pixels of a small feature map (Dosovitskiy et al. 2020)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganzoo.components.networks.open_sizes import are_sizes_open


class PixelTransformer(nn.Module):
    """Attention among all pixels, and extra tokens beside them (arXiv:2010.11929).

    channels: of the feature map. features, heads, blocks, hidden, embedding, extra: see `ViTUNet`.
    """

    def __init__(
        self,
        channels: int,
        features: int,
        heads: int,
        blocks: int,
        hidden: int,
        embedding: int,
        extra: int,
    ) -> None:
        super().__init__()
        self.trans_input = PlacedInput(channels, embedding, features)
        layers = (TransformerBlock(features, heads, hidden) for _ in range(blocks))
        self.encoder = nn.ModuleDict({"encoder": nn.Sequential(*layers)})
        self.extra_tokens = nn.Parameter(torch.randn(1, extra, features))
        self.trans_output = nn.Linear(features, channels)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, channels, H, W), and the extra tokens as (N, extra * features)."""
        count = x.shape[2] * x.shape[3]
        tokens = self.trans_input(x)
        extra = self.extra_tokens.expand(x.shape[0], -1, -1)
        tokens = self.encoder["encoder"](torch.cat([tokens, extra], 1))
        placed, styles = _split(tokens, count, self.extra_tokens.shape[1])
        pixels = self.trans_output(placed).transpose(1, 2)
        return pixels.reshape(x.shape), styles


def _split(tokens: Tensor, count: int, extra: int) -> tuple[Tensor, Tensor]:
    """Tokens of pixels (N, count, features), and the others as (N, extra * features)."""
    if not are_sizes_open():
        return tokens[:, :count], tokens[:, count:].flatten(1)
    # Not slices, which a tracer lays out otherwise for a batch of one.
    first = torch.arange(count, device=tokens.device)
    rest = count + torch.arange(extra, device=tokens.device)
    others = tokens.index_select(1, rest).unbind(1)
    return tokens.index_select(1, first), torch.cat(others, 1)


class PlacedInput(nn.Module):
    """Tokens of pixels and of sines of their places (Anokhin et al. 2020, arXiv:2011.13775)."""

    def __init__(self, channels: int, embedding: int, features: int) -> None:
        super().__init__()
        self.embed = nn.ModuleDict({"projector": nn.Linear(2, embedding)})
        self.output = nn.Linear(embedding + channels, features)

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, channels, H, W) become tokens (N, H W, features)."""
        rows, columns = (_from_end_to_end(x, side) for side in x.shape[2:])
        places = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), 2).flatten(0, 1)
        sines = self.embed["projector"](places).sin()
        pixels = x.flatten(2).transpose(1, 2)
        return self.output(torch.cat([sines.expand(x.shape[0], -1, -1), pixels], 2))  # type: ignore[no-any-return]


def _from_end_to_end(like: Tensor, count: int) -> Tensor:
    """As many numbers from -1 to 1."""
    numbers = torch.arange(count, dtype=like.dtype, device=like.device)
    return 2 * numbers / (count - 1) - 1


class TransformerBlock(nn.Module):
    """Attention, then a feed-forward layer, each added by a factor that is 0 at first.

    The factor is of Bachlechner et al. 2020 (arXiv:2003.04887).
    """

    def __init__(self, features: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(features)
        self.atten = SelfAttention(features, heads)
        self.norm2 = nn.LayerNorm(features)
        layers = (nn.Linear(features, hidden), nn.GELU(), nn.Linear(hidden, features))
        self.ffn = nn.ModuleDict({"net": nn.Sequential(*layers)})
        self.re_alpha = nn.Parameter(torch.zeros(1))

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (N, L, features) in and out."""
        tokens = tokens + self.re_alpha * self.atten(self.norm1(tokens))
        return tokens + self.re_alpha * self.ffn["net"](self.norm2(tokens))  # type: ignore[no-any-return]


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Values (N, heads, L, d), weighted by how queries and keys fit."""
    if not are_sizes_open():
        return functional.scaled_dot_product_attention(query, key, value)
    # torch chooses a kernel of that by the sizes.
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    return scores.softmax(-1) @ value


class SelfAttention(nn.Module):
    """Attention of several heads (Vaswani et al. 2017, arXiv:1706.03762), with torch's names.

    Raises:
        ValueError: the heads do not divide the features.
    """

    def __init__(self, features: int, heads: int) -> None:
        super().__init__()
        if features % heads:
            raise ValueError(f"heads = {heads} must divide features = {features}")
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * features, features))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * features))
        self.out_proj = nn.Linear(features, features)
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (N, L, features) in and out."""
        joined = functional.linear(tokens, self.in_proj_weight, self.in_proj_bias)
        shape = (*tokens.shape[:2], self.heads, tokens.shape[2] // self.heads)
        query, key, value = (each.reshape(shape).transpose(1, 2) for each in joined.chunk(3, 2))
        attended = _attend(query, key, value)
        return self.out_proj(attended.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]
