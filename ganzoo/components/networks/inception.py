"""The Inception v3 whose features publications compare distributions of images by."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.components.networks.square_resize import ResizeMode, resize_to_square
from ganzoo.components.networks.stored import fetched, read_weights
from ganzoo.errors import ModelError
from ganzoo.interfaces.levels import to_levels

URL = (
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth"
)
SIZE = 299
# torch-fidelity's names of the network's layers, in order.
LAYERS = (
    "Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "MaxPool_1",
    "Conv2d_3b_1x1", "Conv2d_4a_3x3", "MaxPool_2",
    "Mixed_5b", "Mixed_5c", "Mixed_5d",
    "Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e",
    "Mixed_7a", "Mixed_7b", "Mixed_7c", "AvgPool",
)  # fmt: skip


class Inception(nn.Module):
    """Szegedy et al. 2015 (arXiv:1512.00567), by torch-fidelity, as Heusel et al. 2017 use it.

    weights: "hub", those of 2015-12-05 that torch-fidelity publishes, downloaded once (96 MB); or
        a file of them. There are no others: with random ones the scores would mean nothing.
    resize_mode: how it resizes images to 299 x 299; publications mostly do as TensorFlow 1 did.

    Raises:
        ValueError: torch-fidelity is missing, or the weights cannot be fetched.
        ModelError: the file is missing or damaged, or its weights do not fit.
    """

    def __init__(self, weights: str, resize_mode: ResizeMode = "tensorflow") -> None:
        super().__init__()
        self.resize_mode = resize_mode
        kind = _extractor()
        if weights in ("wheel", "none"):
            raise ValueError(
                'the weights of "inception" are in no package: set weights = "hub", which '
                "downloads them (96 MB), or name a file of them"
            )
        path = fetched(URL) if weights == "hub" else Path(weights)
        # torch-fidelity would unpickle the file: it gets a copy that was read safely.
        own = io.BytesIO()
        torch.save(read_weights(path), own)
        own.seek(0)
        try:
            network: nn.Module = kind("inception-v3-compat", ["2048"], own)
        except RuntimeError as error:
            raise ModelError(f'{path}: its weights do not fit "inception"') from error
        self.network = network.eval()

    def forward(self, images: Tensor) -> Tensor:
        """Features (N, 2048) of images (N, 3, H, W) in [-1, 1], rounded to 8 bits as in a file."""
        # Pillow, whose bicubic resize "clean" is, computes with doubles.
        exact = torch.float64 if self.resize_mode == "clean" else torch.float32
        levels = to_levels(images).to(exact)
        square = resize_to_square(levels, SIZE, self.resize_mode, (0, 255)).float()
        # TensorFlow's graph centres levels at 128, pytorch-fid at the middle of their range.
        centre = 127.5 if self.resize_mode == "pytorch" else 128
        values = (square - centre) / centre
        for name in LAYERS:
            values = getattr(self.network, name)(values)
        return values.flatten(1)

    def logits(self, features: Tensor) -> Tensor:
        """Logits (N, 1008) of classes from features (N, 2048), without the last layer's bias.

        The Inception score has always been computed without it.
        """
        last: Any = self.network.get_submodule("fc")
        logits: Tensor = features @ last.weight.T.to(features.dtype)
        return logits


def _extractor() -> Any:
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise ValueError(
            "this needs the package torch-fidelity: pip install 'ganzoo-core[inception]'"
        ) from error
    return FeatureExtractorInceptionV3
