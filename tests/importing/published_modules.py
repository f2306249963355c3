"""Plain torch modules whose weights have the names of published codes, written from those names."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

NORMS = {
    "instance": (nn.InstanceNorm2d, True),
    "batch": (nn.BatchNorm2d, False),
    "none": (lambda channels: nn.Identity(), False),
}


class Blur(nn.Module):
    """A fixed filter before every second pixel, or after zeros between the pixels."""

    def __init__(self, channels, up):
        super().__init__()
        self.up = up
        row = torch.tensor([1.0, 3.0, 3.0, 1.0] if up else [1.0, 2.0, 1.0])
        kernel = row[:, None] * row[None] / row.sum() ** 2 * (4 if up else 1)
        self.register_buffer("filt", kernel.repeat(channels, 1, 1, 1))

    def forward(self, x):
        if not self.up:
            x = functional.pad(x, (1, 1, 1, 1), "reflect")
            return functional.conv2d(x, self.filt, stride=2, groups=x.shape[1])
        x = functional.pad(x, (1, 1, 1, 1), "replicate")
        y = functional.conv_transpose2d(x, self.filt, stride=2, padding=2, groups=x.shape[1])
        return y[:, :, 1:-1, 1:-1]


class Separable(nn.Module):
    def __init__(self, channels, bias=True, **settings):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(channels, channels, 3, groups=channels, bias=bias, **settings),
            nn.InstanceNorm2d(channels),
            nn.Conv2d(channels, channels, 1, bias=bias),
        )

    def forward(self, x):
        return self.conv(x)


class Block(nn.Module):
    def __init__(self, channels, norm, dropout, zeros, mobile):
        super().__init__()
        make, bias = NORMS[norm]

        def half():
            if mobile:
                return [nn.ReflectionPad2d(1), Separable(channels, bias), make(channels)]
            before = [] if zeros else [nn.ReflectionPad2d(1)]
            inner = nn.Conv2d(channels, channels, 3, padding=int(zeros), bias=bias)
            return [*before, inner, make(channels)]

        drop = [nn.Dropout(0.5)] if dropout else []
        self.conv_block = nn.Sequential(*half(), nn.ReLU(), *drop, *half())

    def forward(self, x):
        return x + self.conv_block(x)


class Residual(nn.Module):
    """The CycleGAN authors' generator, that of CUT with `blur`, that of joliGEN with `halves`."""

    def __init__(self, channels=(3, 3), width=4, blocks=2, norm="instance", downs=2, **options):
        super().__init__()
        make, bias = NORMS[norm]
        self.options = {"blur": "", "dropout": False, "zeros": False, "mobile": False, **options}
        halves = self.options.pop("halves", False)
        blur = self.options.pop("blur")
        first = [nn.ReflectionPad2d(3), nn.Conv2d(channels[0], width, 7, bias=bias)]
        first += [make(width), nn.ReLU()]
        for i in range(downs):
            wide, stride = width * 2**i, 1 if "down" in blur else 2
            first += [nn.Conv2d(wide, 2 * wide, 3, stride, 1, bias=bias), make(2 * wide), nn.ReLU()]
            first += [Blur(2 * wide, False)] if "down" in blur else []
        first += [Block(width * 2**downs, norm, **self.options) for _ in range(blocks)]
        last = []
        for i in range(downs, 0, -1):
            wide = width * 2**i
            half = nn.ConvTranspose2d(wide, wide // 2, 3, 2, 1, 1, bias=bias)
            if "up" in blur:
                last.append(Blur(wide, True))
                half = nn.Conv2d(wide, wide // 2, 3, padding=1, bias=bias)
            last += [half, make(wide // 2), nn.ReLU()]
        last += [nn.ReflectionPad2d(3), nn.Conv2d(width, channels[1], 7), nn.Tanh()]
        if halves:
            self.encoder, self.decoder = nn.Module(), nn.Module()
            self.encoder.model, self.decoder.model = nn.Sequential(*first), nn.Sequential(*last)
        else:
            self.model = nn.Sequential(*first, *last)

    def forward(self, x):
        if hasattr(self, "model"):
            return self.model(x)
        return self.decoder.model(self.encoder.model(x))


class Level(nn.Module):
    """A level of the pix2pix authors' U-Net."""

    def __init__(self, outer, inner, inside, norm, source=None, dropout=False):
        super().__init__()
        make, bias = NORMS[norm]
        self.outermost = source is not None
        down = nn.Conv2d(source or outer, inner, 4, 2, 1, bias=bias)
        if self.outermost:
            layers = [down, inside, nn.ReLU(), nn.ConvTranspose2d(2 * inner, outer, 4, 2, 1)]
            layers.append(nn.Tanh())
        else:
            wide = inner if inside is None else 2 * inner
            middle = [] if inside is None else [make(inner), inside]
            up = nn.ConvTranspose2d(wide, outer, 4, 2, 1, bias=bias)
            layers = [nn.LeakyReLU(0.2), down, *middle, nn.ReLU(), up, make(outer)]
            layers += [nn.Dropout(0.5)] if dropout else []
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        y = self.model(x)
        return y if self.outermost else torch.cat([functional.leaky_relu(x, 0.2), y], 1)


class Skips(nn.Module):
    def __init__(self, channels=(3, 3), width=2, levels=7, norm="batch", dropout=True):
        super().__init__()
        widths = [width * min(2**i, 8) for i in range(levels)]
        inside = Level(widths[-2], widths[-1], None, norm)
        for i in range(levels - 2, 0, -1):
            inside = Level(widths[i - 1], widths[i], inside, norm, dropout=dropout and i >= 4)
        self.model = Level(channels[1], width, inside, norm, source=channels[0])

    def forward(self, x):
        return self.model(x)


class Patches(nn.Module):
    def __init__(self, channels=3, width=4, layers=3, norm="instance"):
        super().__init__()
        make, bias = NORMS[norm]
        model = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        wide = width
        for i in range(1, layers + 1):
            wider = width * min(2**i, 8)
            model += [nn.Conv2d(wide, wider, 4, 2 if i < layers else 1, 1, bias=bias)]
            model += [make(wider), nn.LeakyReLU(0.2)]
            wide = wider
        self.model = nn.Sequential(*model, nn.Conv2d(wide, 1, 4, 1, 1))


class AttentionBlock(nn.Module):
    def __init__(self, channels, mobile):
        super().__init__()
        around = {"padding": 1, "padding_mode": "reflect"}
        for name in ("conv1", "conv2"):
            layer = Separable(channels, **around) if mobile else None
            setattr(self, name, layer or nn.Conv2d(channels, channels, 3, **around))

    def forward(self, x):
        y = functional.instance_norm(self.conv1(x)).relu()
        return x + functional.instance_norm(self.conv2(y))


class Attention(nn.Module):
    """joliGEN's generator with attention masks."""

    def __init__(self, channels=(3, 3), width=4, blocks=2, masks=10, shown=1, mobile=False):
        super().__init__()
        self.out, self.images = channels[1], masks - shown
        self.conv1 = nn.Conv2d(channels[0], width, 7)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, 2, 1)
        self.conv3 = nn.Conv2d(2 * width, 4 * width, 3, 2, 1)
        layers = [AttentionBlock(4 * width, mobile) for _ in range(blocks)]
        self.resnet_blocks = nn.Sequential(*layers)
        for what in ("content", "attention"):
            for number, wide in ((1, 4 * width), (2, 2 * width)):
                up = nn.ConvTranspose2d(wide, wide // 2, 3, 2, 1, 1)
                setattr(self, f"deconv{number}_{what}", up)
        self.deconv3_content = nn.Conv2d(width, channels[1] * self.images, 7)
        self.deconv3_attention = nn.Conv2d(width, masks, 1)

    def forward(self, x):
        norm = functional.instance_norm
        y = functional.pad(x, (3, 3, 3, 3), "reflect")
        for layer in (self.conv1, self.conv2, self.conv3):
            y = norm(layer(y)).relu()
        y = self.resnet_blocks(y)
        content, masks = y, y
        for number in (1, 2):
            content = norm(getattr(self, f"deconv{number}_content")(content)).relu()
            masks = norm(getattr(self, f"deconv{number}_attention")(masks)).relu()
        content = functional.pad(content, (3, 3, 3, 3), "reflect")
        content, masks = (
            self.deconv3_content(content).tanh(),
            self.deconv3_attention(masks).softmax(1),
        )
        total = 0
        for i in range(masks.shape[1]):
            image = content[:, self.out * i : self.out * (i + 1)] if i < self.images else x
            total = total + image * masks[:, i : i + 1]
        return total
