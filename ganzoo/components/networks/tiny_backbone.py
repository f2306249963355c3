"""A small network whose features tell sets of images apart; its weights ship with ganzoo."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from ganzoo.components.networks.stored import read_weights

NAME = "ganzoo_tiny"  # what recipes call it
WEIGHTS = Path(__file__).with_name("tiny_backbone.safetensors")
WIDTHS = (24, 40, 64, 96)
FEATURES = 128


class TinyBackbone(nn.Module):
    """Five convolutions and a linear layer, 130,000 weights: 22 million products an image.

    Distilled (Hinton et al. 2015, arXiv:1503.02531) from EfficientNet-Lite0: its 128 features are
    those 128 directions of the other's 1,280 that hold most of them, scaled so that the mean
    product of two images' features is the same. `benchmarks/tiny_backbone.py` trains it and says
    how well the two agree.

    weights: "wheel", those of the file beside this one; a file; or "none", random ones. On the meta
        device none are looked for.

    Raises:
        ValueError: weights that it does not have.
        ModelError: the file is missing or damaged, or its weights do not fit.
    """

    # The modules of its feature levels, as timm's networks say theirs; `forward` rectifies them.
    feature_info: ClassVar = [{"module": f"convolutions.{level}"} for level in range(len(WIDTHS))]

    def __init__(self, weights: str = "wheel") -> None:
        super().__init__()
        if weights == "hub":
            raise ValueError(
                'the weights of "ganzoo_tiny" are part of ganzoo: set weights = "wheel"'
            )
        widths = (3, *WIDTHS)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, stride=2, padding=1)
            for before, after in zip(widths, WIDTHS, strict=False)
        )
        self.widen = nn.Conv2d(WIDTHS[-1], 2 * WIDTHS[-1], 1)
        self.project = nn.Linear(2 * WIDTHS[-1], FEATURES)
        if weights != "none" and self.project.weight.device.type != "meta":
            self._load(WEIGHTS if weights == "wheel" else Path(weights))

    def forward(self, images: Tensor) -> Tensor:
        """Features (N, 128) of images (N, 3, 128, 128) in [-1, 1]."""
        values = self.forward_features(images)
        features: Tensor = self.project(self.widen(values).relu().mean((2, 3)))
        return features

    def forward_features(self, images: Tensor) -> Tensor:
        """The last level (N, 96, H/16, W/16) of images (N, 3, H, W) in [-1, 1] of any size."""
        values = images
        for convolution in self.convolutions:
            values = convolution(values).relu()
        return values

    def _load(self, path: Path) -> None:
        from ganzoo.errors import ModelError

        try:
            self.load_state_dict(
                {name: tensor.to(torch.float32) for name, tensor in read_weights(path).items()}
            )
        except RuntimeError as error:
            raise ModelError(f'{path}: its weights do not fit "ganzoo_tiny"') from error
