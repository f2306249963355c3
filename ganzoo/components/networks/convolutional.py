"""From a vector to an image and from an image to a logit, by convolutions alone.

Radford, Metz, Chintala 2015, arXiv:1511.06434, sec. 3. Both networks have a form for class labels.
"""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm as spectrally_normed

from ganzoo.components.networks.norms import Norm, is_per_sample, make_norm, needs_bias
from ganzoo.components.networks.patchgan import activations
from ganzoo.interfaces import Discriminator, Generator, head

START = 4
SMALLEST = 8


class ConvolutionalGenerator(Generator):
    """A vector becomes an image by transposed convolutions (arXiv:1511.06434, fig. 1).

    Vectors (N, in_channels) become images (N, out_channels, size, size) in [-1, 1]: 4 x 4 px at
    first, twice that with each layer; ReLU, and tanh at the end. With `classes`, `G(z, c)`: the
    class c stands beside z in one-hot form (Mirza, Osindero 2014, arXiv:1411.1784, sec. 3.2).

    in_channels: the length of the vector, that is, the `size` of the latent.
    out_channels: channels of the image.
    size: the image's side in pixels, a power of two, 8 or more.
    width: channels before the last layer; twice as many before that, up to eight times. The paper
        has 128 at 64 px.
    norm: the normalisation after every layer but the last.
    classes: how many classes there are; left out, `G(z)`.

    Raises:
        ValueError: a setting is out of range.
    """

    default_init: ClassVar[str | None] = "normal"

    def __init__(
        self,
        in_channels: int = 100,
        out_channels: int = 3,
        size: int = 64,
        width: int = 64,
        norm: Norm = "batch",
        classes: int | None = None,
    ) -> None:
        super().__init__()
        _check(in_channels, size, width, classes)
        self.in_channels, self.out_channels, self.classes = in_channels, out_channels, classes
        widths = halved_widths(size, width)[::-1]
        before = [in_channels + (classes or 0), *widths]
        layers: list[nn.Module] = []
        for place, channels in enumerate(widths):
            enlarge = _enlarge(before[place], channels, place == 0, needs_bias(norm))
            layers += [enlarge, make_norm(norm, channels), nn.ReLU(inplace=True)]
        self.model = nn.Sequential(*layers, _enlarge(width, out_channels, False), nn.Tanh())
        self.per_sample = is_per_sample(self)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images (N, out_channels, size, size) for vectors (N, in_channels) and labels (N,).

        Raises:
            ValueError: the vectors have another length, or labels are missing or not expected.
        """
        _check_labels(labels, self.classes, "G(z, c)")
        if latents.dim() != 2 or latents.shape[1] != self.in_channels:
            raise ValueError(f"it takes vectors of in_channels = {self.in_channels} numbers")
        if labels is not None:
            latents = torch.cat([latents, _one_hot(labels, self.classes, latents)], 1)
        return self.model(latents[:, :, None, None])  # type: ignore[no-any-return]


class ConvolutionalDiscriminator(Discriminator):
    """One logit for a whole image, by strided convolutions (arXiv:1511.06434, sec. 3).

    Images (N, in_channels, size, size) are halved down to 4 x 4 px, with LeakyReLU; logits are
    (N, 1). With `classes`, `D(y, c)`: the class in one-hot form stands beside every pixel, as
    channels of 0 or 1 (Mirza, Osindero 2014, arXiv:1411.1784, sec. 3.2; there of flat images), or
    it determines what is added to the logit (`projection`).

    in_channels: channels of the images; of all of them, where several are concatenated.
    size: the images' side in pixels, a power of two, 8 or more.
    width: channels of the first layer; they double, up to eight times.
    norm: the normalisation after every convolution but the first and the last. Under a gradient
        penalty not batch, where samples depend on each other, but layer, as Gulrajani et al. 2017
        (arXiv:1704.00028) advise, instance, group or none.
    classes: how many classes there are; left out, `D(y)`.
    minibatch_std: whether the last layer also gets how much the samples of a batch differ, which is
        little where a generator draws the same image again and again (Karras et al. 2017,
        arXiv:1710.10196, sec. 3).
    spectral_norm: whether to divide every weight by its largest singular value (Miyato et al. 2018,
        arXiv:1802.05957), best with norm none.
    projection: whether the layers get the image without its class, and the inner product of the
        last features (all 4 x 4 of them) with a vector of the class is added to the logit (Miyato,
        Koyama 2018, arXiv:1802.05637, eq. 3); it needs classes.

    Raises:
        ValueError: a setting is out of range.
    """

    default_init: ClassVar[str | None] = "normal"

    def __init__(
        self,
        in_channels: int = 3,
        size: int = 64,
        width: int = 64,
        norm: Norm = "batch",
        classes: int | None = None,
        minibatch_std: bool = False,
        spectral_norm: bool = False,
        projection: bool = False,
    ) -> None:
        super().__init__()
        _check(in_channels, size, width, classes)
        if projection and not classes:
            raise ValueError("projection is of a class: set classes")
        self.in_channels, self.out_channels, self.classes = in_channels, 1, classes
        self.size, self.minibatch_std, self.projection = size, minibatch_std, projection
        widths = halved_widths(size, width)
        first = _halve(in_channels + (0 if projection else classes or 0), width)
        layers: list[nn.Module] = [first, nn.LeakyReLU(0.2, inplace=True)]
        for narrower, wider in pairwise(widths):
            layers += [_halve(narrower, wider, needs_bias(norm)), make_norm(norm, wider)]
            layers += [nn.LeakyReLU(0.2, inplace=True)]
        self.model = nn.Sequential(*layers, nn.Conv2d(widths[-1] + minibatch_std, 1, START))
        if classes and projection:
            self.class_vectors = nn.Conv2d(widths[-1], classes, START, bias=False)
        if spectral_norm:
            _limit_slopes(self)
        self.per_sample = is_per_sample(self) and not (spectral_norm or minibatch_std)

    def logits(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits (N, 1) for images (N, in_channels, size, size) and labels (N,).

        Raises:
            ValueError: the images have another size, or labels are missing or not expected.
        """
        features = self.model[:-1](self._with_classes(images, labels))
        all_ = torch.cat([features, _spread(features)], 1) if self.minibatch_std else features
        logits: Tensor = self.model[-1](all_).flatten(1)
        if self.projection and labels is not None:
            logits = logits + self.class_vectors(features).flatten(1).gather(1, labels[:, None])
        return logits

    @head
    def features(self, *arguments: Tensor) -> list[Tensor]:
        """The output of every LeakyReLU: (N, width, size / 2, size / 2) first, 4 x 4 px last.

        arguments: as for the logits: images (N, C, H, W), and labels (N,) where it takes some.
        """
        labels = arguments[-1] if self.classes else None
        images = torch.cat(arguments[:-1] if self.classes else arguments, 1)
        return activations(self.model, self._with_classes(images, labels))

    def _with_classes(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """The input of the first layer: images, with a channel for each class."""
        _check_labels(labels, self.classes, "D(y, c)")
        self._check_size(images)
        if labels is None or self.projection:
            return images
        planes = _one_hot(labels, self.classes, images)[:, :, None, None]
        return torch.cat([images, planes.expand(-1, -1, self.size, self.size)], 1)

    def _check_size(self, images: Tensor) -> None:
        height, width = images.shape[-2:]
        if (height, width) != (self.size, self.size):
            raise ValueError(f"images of {height} x {width} px do not fit size = {self.size}")


def _enlarge(in_channels: int, out_channels: int, first: bool, bias: bool = True) -> nn.Module:
    """Twice the size; of a vector, 4 x 4 px."""
    stride, padding = (1, 0) if first else (2, 1)
    return nn.ConvTranspose2d(in_channels, out_channels, 4, stride, padding, bias=bias)


def _halve(in_channels: int, out_channels: int, bias: bool = True) -> nn.Module:
    return nn.Conv2d(in_channels, out_channels, 4, 2, 1, bias=bias)


def _spread(features: Tensor) -> Tensor:
    """The standard deviation over the batch, averaged to one number, as a channel (N, 1, H, W)."""
    deviation = (features.var(0, unbiased=False) + 1e-8).sqrt().mean()
    return deviation.expand(len(features), 1, *features.shape[2:])


def _one_hot(labels: Tensor, classes: int | None, like: Tensor) -> Tensor:
    """Labels (N,) as (N, classes) of 0 and 1."""
    return torch.eye(classes or 0, dtype=like.dtype, device=like.device)[labels]


def _limit_slopes(network: nn.Module) -> None:
    for module in list(network.modules()):
        if isinstance(module, nn.Conv2d):
            spectrally_normed(module)


def halved_widths(size: int, width: int) -> list[int]:
    """Channels at half the size, a quarter of it, ... and 4 px: they double, up to eight times."""
    return [width * min(2**i, 8) for i in range((size // START).bit_length() - 1)]


def _check(in_channels: int, size: int, width: int, classes: int | None) -> None:
    if in_channels < 1 or width < 1:
        raise ValueError(f"in_channels is {in_channels} and width {width}: at least 1 is needed")
    if size < SMALLEST or size & (size - 1):
        raise ValueError(f"size is {size}: it must be a power of two, {SMALLEST} or more")
    if classes is not None and classes < 1:
        raise ValueError(f"classes is {classes}: it must be at least 1")


def _check_labels(labels: Tensor | None, classes: int | None, call: str) -> None:
    if classes and labels is None:
        raise ValueError(f"it is made for {classes} classes, and needs a label: {call}")
    if not classes and labels is not None:
        raise ValueError("it is given a class label, and takes none: set classes")
