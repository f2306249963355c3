"""The denoiser that predicts the noise (Zhang, Zuo, Chen, Meng, Zhang 2017, arXiv:1608.03981)."""

from __future__ import annotations

from typing import ClassVar, Literal

from ganzoo.components.networks.norms import is_per_sample, make_norm, needs_bias
from ganzoo.interfaces import Generator
from torch import Tensor, nn

Norm = Literal["batch", "instance", "none"]


class DnCNN(Generator):
    """x - R(x): a chain of 3 x 3 convolutions R predicts the noise in x (section III).

    Images (N, in_channels, H, W) in [-1, 1] of any size become images of the same shape. The output
    is not clamped and may lie a little outside [-1, 1]: where a clamp is active no gradient flows,
    and a discriminator would see it. `layers` convolutions see 2 layers + 1 pixels: 35 for 17.

    in_channels: channels of the images.
    out_channels: the same number, as the noise is subtracted from the image.
    width: channels between the convolutions.
    layers: convolutions, the first and the last included; 17 for one noise level in the paper.
    norm: the normalisation after every convolution but the first and the last; the paper's is batch
        norm, while instance norm or none suit batches of one image.

    Raises:
        ValueError: out_channels differs from in_channels, or a setting is out of range.
    """

    # Its start is its own: He et al.'s as in the paper, but for the last convolution, which starts
    # small, so that the output is nearly x. Otherwise the noise it must first unlearn is its own.
    default_init: ClassVar[str | None] = None

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        layers: int = 17,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        _check(in_channels, out_channels, width, layers)
        self.in_channels, self.out_channels = in_channels, out_channels
        model: list[nn.Module] = [_convolution(in_channels, width), nn.ReLU(inplace=True)]
        for _ in range(layers - 2):
            model += [
                _convolution(width, width, needs_bias(norm)),
                make_norm(norm, width),
                nn.ReLU(inplace=True),
            ]
        self.model = nn.Sequential(*model, _convolution(width, out_channels))
        self.model.apply(_start)
        nn.init.normal_(self.model[-1].get_parameter("weight"), std=0.02)
        self.per_sample = is_per_sample(self)

    def residual(self, x: Tensor) -> Tensor:
        """The predicted noise (N, out_channels, H, W) in x (N, in_channels, H, W)."""
        predicted: Tensor = self.model(x)
        return predicted

    def forward(self, x: Tensor) -> Tensor:
        """Noisy images (N, in_channels, H, W) in [-1, 1] to clean ones, not clamped."""
        return x - self.residual(x)


def _convolution(in_channels: int, out_channels: int, bias: bool = True) -> nn.Module:
    """3 x 3, zero-padded to keep the size (section III-A)."""
    return nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=bias)


def _start(module: nn.Module) -> None:
    """N(0, 2 / fan-in), biases 0 (He et al. 2015, arXiv:1502.01852)."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _check(in_channels: int, out_channels: int, width: int, layers: int) -> None:
    if out_channels != in_channels:
        raise ValueError(
            f"out_channels is {out_channels} and in_channels {in_channels}: they must be equal, "
            "because the predicted noise is subtracted from the image"
        )
    for name, value, least in (
        ("in_channels", in_channels, 1),
        ("width", width, 1),
        ("layers", layers, 2),
    ):
        if value < least:
            raise ValueError(f"{name} is {value}: it must be at least {least}")
