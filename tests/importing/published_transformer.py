"""UVCGANv2's generator from its names: a U-Net around a transformer that modulates its decoder."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Holder(nn.Module):
    """A module that only holds others, by their published names."""

    def __init__(self, **modules):
        super().__init__()
        for name, module in modules.items():
            setattr(self, name, module)


def wide(channels, out):
    return nn.Conv2d(channels, out, 3, padding=1)


class Style(nn.Module):
    def __init__(self, features, channels):
        super().__init__()
        self.affine_mod = nn.Linear(features, channels)
        self.re_alpha = nn.Parameter(torch.randn(1))

    def forward(self, style):
        return 1 + self.re_alpha * self.affine_mod(style)


class Modulated(nn.Module):
    """Weights scaled for each sample, one sample at a time, as StyleGAN2's paper writes it."""

    def __init__(self, channels, middle, out, features):
        super().__init__()
        self.style_block1, self.style_block2 = Style(features, channels), Style(features, middle)
        self.conv_block1 = Holder(conv=wide(channels, middle))
        self.conv_block2 = Holder(conv=wide(middle, out))

    def one(self, x, convolution, scale):
        weight = convolution.weight * scale[None, :, None, None]
        deviation = (weight.square().sum((1, 2, 3)) + 1e-6).sqrt()
        y = functional.conv2d(x[None], weight, convolution.bias, padding=1)[0]
        return functional.leaky_relu(y / deviation[:, None, None])

    def forward(self, x, style):
        for style_block, block in (
            (self.style_block1, self.conv_block1),
            (self.style_block2, self.conv_block2),
        ):
            scales = style_block(style)
            x = torch.stack([self.one(a, block.conv, s) for a, s in zip(x, scales, strict=True)])
        return x


class LevelOfTwo(nn.Module):
    def __init__(self, outer, inner, inside, features):
        super().__init__()
        layers = [nn.Identity(), wide(outer, inner), nn.LeakyReLU()]
        layers += [nn.Identity(), wide(inner, inner), nn.LeakyReLU()]
        halve = nn.Conv2d(inner, inner, 2, 2)
        self.conv = Holder(downsample=halve, block=Holder(block=nn.Sequential(*layers)))
        self.inner_module = inside
        up = nn.Sequential(nn.Upsample(scale_factor=2), wide(inner, inner))
        self.deconv = Holder(upsample=up, block=Modulated(2 * inner, inner, outer, features))

    def forward(self, x):
        skip = self.conv.block.block(x)
        y, style = self.inner_module(self.conv.downsample(skip))
        return self.deconv.block(torch.cat([self.deconv.upsample(y), skip], 1), style), style


class TokenBlock(nn.Module):
    def __init__(self, features, heads, hidden):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(features), nn.LayerNorm(features)
        self.atten = nn.MultiheadAttention(features, heads)
        net = nn.Sequential(nn.Linear(features, hidden), nn.GELU(), nn.Linear(hidden, features))
        self.ffn = Holder(net=net)
        self.re_alpha = nn.Parameter(torch.randn(1))

    def forward(self, x):
        inside = self.norm1(x)
        x = x + self.re_alpha * self.atten(inside, inside, inside)[0]
        return x + self.re_alpha * self.ffn.net(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self, channels, side, features, heads, blocks, hidden, embedding, extra):
        super().__init__()
        self.side = side
        places = torch.arange(side).float()
        self.trans_input = Holder(
            embed=Holder(projector=nn.Linear(2, embedding)),
            output=nn.Linear(embedding + channels, features),
        )
        self.trans_input.register_buffer("x_const", places.repeat_interleave(side)[None])
        self.trans_input.register_buffer("y_const", places.repeat(side)[None])
        blocks = (TokenBlock(features, heads, hidden) for _ in range(blocks))
        self.encoder = Holder(encoder=nn.Sequential(*blocks))
        self.extra_tokens = nn.Parameter(torch.randn(1, extra, features))
        self.trans_output = nn.Linear(features, channels)

    def forward(self, x):
        ends = [2 * self.trans_input.get_buffer(f"{a}_const") / (self.side - 1) - 1 for a in "xy"]
        sines = self.trans_input.embed.projector(torch.stack(ends, 2)).sin()
        pixels = x.flatten(2).permute(0, 2, 1)
        tokens = self.trans_input.output(torch.cat([sines.expand(len(x), -1, -1), pixels], 2))
        tokens = torch.cat([tokens, self.extra_tokens.expand(len(x), -1, -1)], 1)
        tokens = self.encoder.encoder(tokens.permute(1, 0, 2)).permute(1, 0, 2)
        count = self.side**2
        made = self.trans_output(tokens[:, :count]).permute(0, 2, 1).reshape(x.shape)
        return made, tokens[:, count:].flatten(1)


class ModulatedUNet(nn.Module):
    """For images of `size` px with values in [0, 1]."""

    def __init__(self, size=16, widths=(4, 6), features=12, heads=6, extra=1, channels=3):
        super().__init__()
        side = size // 2 ** len(widths)
        inside = Transformer(widths[-1], side, features, heads, 2, 20, 8, extra)
        for outer, inner in reversed([*zip((widths[0], *widths), widths, strict=False)]):
            inside = LevelOfTwo(outer, inner, inside, features * extra)
        self.net = Holder(
            layer_input=nn.Sequential(wide(channels, widths[0]), nn.LeakyReLU()),
            modnet=inside,
            layer_output=nn.Conv2d(widths[0], channels, 1),
        )

    def forward(self, x):
        """Images in [-1, 1], as ganzoo has them, through the network of [0, 1]."""
        inside, _ = self.net.modnet(self.net.layer_input((x + 1) / 2))
        return 2 * self.net.layer_output(inside).sigmoid() - 1
