"""The Inception v3 whose features publications compare distributions of images by."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.components.networks.stored import fetched, read_weights
from ganzoo.errors import ModelError
from ganzoo.interfaces.levels import to_levels

URL = (
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth"
)


class Inception(nn.Module):
    """Szegedy et al. 2015 (arXiv:1512.00567), by torch-fidelity, as Heusel et al. 2017 use it.

    weights: "hub", those of 2015-12-05 that torch-fidelity publishes, downloaded once (96 MB); or
        a file of them. There are no others: with random ones the scores would mean nothing.

    It resizes images to 299 x 299 by itself, as TensorFlow 1 did.

    Raises:
        ValueError: torch-fidelity is missing, or the weights cannot be fetched.
        ModelError: the file is missing or damaged, or its weights do not fit.
    """

    def __init__(self, weights: str) -> None:
        super().__init__()
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
        levels = to_levels(images)
        features: Tensor = self.network(levels)[0]
        return features


def _extractor() -> Any:
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise ValueError(
            "this needs the package torch-fidelity: pip install 'ganzoo-core[inception]'"
        ) from error
    return FeatureExtractorInceptionV3
