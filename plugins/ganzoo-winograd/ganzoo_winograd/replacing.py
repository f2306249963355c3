"""The layer, and how it takes the place of others in a network."""

from __future__ import annotations

from typing import Any

from ganzoo.components.networks.padding import ReflectionPad
from torch import Tensor, nn

from ganzoo_winograd.convolution import FEWEST, MOST, Border, convolve
from ganzoo_winograd.library import is_available

PADDINGS: dict[type[nn.Module], Border] = {
    ReflectionPad: "reflect",
    nn.ReflectionPad2d: "reflect",
    nn.ReplicationPad2d: "replicate",
    nn.ZeroPad2d: "zeros",
}


class PaddedWinogradConv2d(nn.Conv2d):
    """A convolution of 3 x 3 weights and stride 1 that pads by itself, with another's weights.

    of: the convolution whose parameters it shares.
    padding: pixels to add on each side.
    border: what they are.
    """

    def __init__(self, of: nn.Conv2d, padding: int, border: Border) -> None:
        channels = (of.in_channels, of.out_channels)
        super().__init__(*channels, 3, padding=padding, padding_mode=border, device="meta")
        self.weight, self.bias = of.weight, of.bias
        self.margin, self.border = padding, border

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, in_channels, H, W) to (N, out_channels, H + 2 padding - 2, W + ...)."""
        return convolve(images, self.weight, self.bias, self.margin, self.border)


def use_winograd(network: nn.Module) -> None:
    """Replace a network's convolutions of 3 x 3 and stride 1, and the padding before them.

    Parameters keep their names: a padding's place in an `nn.Sequential` stays, as an identity.
    Where the library is not available, nothing is replaced.
    """
    for module in list(network.modules()):
        if isinstance(module, nn.Sequential) and is_available():
            _replace(module)


def _replace(layers: nn.Sequential) -> None:
    for place, layer in enumerate(layers):
        if type(layer) is not nn.Conv2d or not _is_suitable(layer):
            continue
        before = layers[place - 1] if place else None
        border = PADDINGS.get(type(before)) if before is not None else None
        if border and _margins(before) == (1, 1, 1, 1) and layer.padding == (0, 0):
            layers[place - 1] = nn.Identity()
            layers[place] = PaddedWinogradConv2d(layer, 1, border)
        elif layer.padding in ((0, 0), (1, 1)):
            layers[place] = PaddedWinogradConv2d(layer, int(layer.padding[0]), "zeros")


def _is_suitable(layer: nn.Conv2d) -> bool:
    return (
        min(layer.in_channels, layer.out_channels) >= FEWEST
        and max(layer.in_channels, layer.out_channels) <= MOST
        and layer.kernel_size == (3, 3)
        and layer.stride == (1, 1)
        and layer.dilation == (1, 1)
        and layer.groups == 1
        and layer.padding_mode == "zeros"
    )


def _margins(padding: Any) -> tuple[int, ...]:
    margins = padding.margin if isinstance(padding, ReflectionPad) else padding.padding
    return (margins,) * 4 if isinstance(margins, int) else tuple(margins)
