"""The discriminator of patches (Isola et al. 2017, arXiv:1611.07004)."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from ganzoo.components.networks.halvings import check_halvings
from ganzoo.components.networks.norms import Norm, is_per_sample, make_norm, needs_bias
from ganzoo.interfaces import Discriminator, head

ReceptiveField = Literal[16, 34, 70, 142, 286]
LAYERS: dict[int, int] = {16: 1, 34: 2, 70: 3, 142: 4, 286: 5}


class PatchGAN(Discriminator):
    """One logit for each of many overlapping patches. 70 px: C64-C128-C256-C512, then 1 channel.

    Images (N, in_channels, H, W) become logits (N, 1, h, w); 256 px give 30 x 30 patches of 70 px.
    Weights have the names of the authors' PyTorch code, so its checkpoints load.

    in_channels: channels of the images; of all of them, where several are concatenated.
    width: channels of the first layer; they double, up to eight times.
    receptive_field: the side of a patch in pixels; 70 where neither this nor `layers` is given.
    layers: instead, how often the image is halved: 1, 2, 3, 4, 5 make patches of 16, 34, 70, 142,
        286 px.
    norm: the normalisation after every convolution but the first and the last.
    bias: whether the convolutions before a norm have a bias; left out, all but before batch norm.

    Raises:
        ValueError: a setting is out of range, or both receptive_field and layers are given.
    """

    default_init: ClassVar[str | None] = "normal"

    def __init__(
        self,
        in_channels: int = 3,
        width: int = 64,
        receptive_field: ReceptiveField | None = None,
        layers: int | None = None,
        norm: Norm = "instance",
        bias: bool | None = None,
    ) -> None:
        super().__init__()
        if width < 1:
            raise ValueError(f"width is {width}: it must be at least 1")
        layers = _layers(receptive_field, layers)
        check_halvings("layers", layers)
        self.in_channels, self.out_channels = in_channels, 1
        self.smallest = 3 * 2**layers
        widths = [width * min(2**i, 8) for i in range(layers + 1)]
        model: list[nn.Module] = [_convolution(in_channels, width, 2), _leaky_relu()]
        for i in range(1, layers + 1):
            stride = 2 if i < layers else 1
            model += [
                _convolution(widths[i - 1], widths[i], stride, needs_bias(norm, bias)),
                make_norm(norm, widths[i]),
                _leaky_relu(),
            ]
        self.model = nn.Sequential(*model, _convolution(widths[-1], 1, 1))
        self.per_sample = is_per_sample(self)

    def logits(self, images: Tensor) -> Tensor:
        """Logits (N, 1, h, w) for images (N, in_channels, H, W).

        Raises:
            ValueError: the images are too small for a single patch.
        """
        self._check_size(images)
        return self.model(images)  # type: ignore[no-any-return]

    @head
    def features(self, *images: Tensor) -> list[Tensor]:
        """The output of every LeakyReLU, layers + 1 tensors (N, C, h, w), first to last.

        images: (N, C, H, W); several are concatenated along channels, as for the logits.

        Raises:
            ValueError: the images are too small for a single patch.
        """
        joined = torch.cat(images, 1)
        self._check_size(joined)
        return activations(self.model, joined)

    def _check_size(self, images: Tensor) -> None:
        height, width = images.shape[-2:]
        if min(height, width) < self.smallest:
            raise ValueError(
                f"images of {height} x {width} px are too small for this discriminator, which "
                f"needs {self.smallest} px: choose larger images or a smaller receptive_field"
            )


def activations(layers: nn.Sequential, images: Tensor) -> list[Tensor]:
    """The output of every LeakyReLU of a discriminator; the last layer does not run."""
    outputs, x = [], images
    for layer in layers[:-1]:
        x = layer(x)
        if isinstance(layer, nn.LeakyReLU):
            outputs.append(x)
    return outputs


def _convolution(in_channels: int, out_channels: int, stride: int, bias: bool = True) -> nn.Module:
    return nn.Conv2d(in_channels, out_channels, 4, stride=stride, padding=1, bias=bias)


def _leaky_relu() -> nn.Module:
    return nn.LeakyReLU(0.2, inplace=True)


def _layers(receptive_field: int | None, layers: int | None) -> int:
    if receptive_field is not None and layers is not None:
        raise ValueError("give receptive_field or layers, not both: one follows from the other")
    if layers is None:
        layers = LAYERS.get(70 if receptive_field is None else receptive_field, 0)
    if layers < 1:
        raise ValueError("receptive_field must be 16, 34, 70, 142 or 286, or layers at least 1")
    return layers
