"""Scores of two folders by torch-fidelity, clean-fid and lpips, with weights from files."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

Scores = dict[str, float]
# timm's network for many images on a CPU, and the size that it is shown.
SMALL, SMALL_SIZE = "resnet10t", 64


def score_by_torch_fidelity(
    real: Path, fake: Path, weights: Path, subset_size: int, **settings: Any
) -> Scores:
    """FID, KID, precision and recall of Inception's features, and the Inception score.

    settings: more of torch-fidelity's; batch_size=1 where images differ in size.
    """
    import torch_fidelity

    chosen = {"feature_extractor": "inception-v3-compat", "isc": True, "batch_size": 16, **settings}
    found = torch_fidelity.calculate_metrics(
        input1=str(fake), input2=str(real), fid=True, kid=True, prc=True,
        feature_extractor_weights_path=str(weights), kid_subset_size=subset_size,
        samples_find_ext="png,jpg", save_cpu_ram=True, cuda=False, cache=False, verbose=False,
        **chosen,
    )  # fmt: skip
    scores = {
        "FID": found["frechet_inception_distance"],
        "KID": found["kernel_inception_distance_mean"],
        "precision": found["precision"],
        "recall": found["recall"],
    }
    return {**scores, "IS": found["inception_score_mean"]} if chosen["isc"] else scores


@functools.cache
def register_small_network() -> str:
    """Tell torch-fidelity a network of timm's, with its own resize; returns its name there."""
    import timm
    from torch_fidelity import FeatureExtractorBase, register_feature_extractor
    from torch_fidelity.interpolate_compat_tensorflow import (
        interpolate_bilinear_2d_like_tensorflow1x as resize,
    )

    class Small(FeatureExtractorBase):  # type: ignore[misc]
        def __init__(
            self, name: str, features: list[str], feature_extractor_weights_path: str, **_: object
        ) -> None:
            super().__init__(name, features)
            self.network = timm.create_model(SMALL, num_classes=0).eval()
            stored = torch.load(feature_extractor_weights_path, weights_only=True)
            self.network.load_state_dict(stored, strict=False)

        def forward(self, levels: Tensor) -> tuple[Tensor]:
            square = resize(levels.float(), size=(SMALL_SIZE, SMALL_SIZE), align_corners=False)
            mean, std = (
                255 * torch.tensor(self.network.pretrained_cfg[name])[:, None, None]
                for name in ("mean", "std")
            )
            return (self.network((square - mean) / std),)

        @staticmethod
        def get_provided_features_list() -> tuple[str]:
            return ("pooled",)

        @staticmethod
        def get_default_feature_layer_for_metric(metric: str) -> str:
            return "pooled"

        @staticmethod
        def can_be_compiled() -> bool:
            return False

        @staticmethod
        def get_dummy_input_for_compile() -> None:
            return None

    register_feature_extractor("small", Small)
    return "small"


def score_by_clean_fid(real: Path, fake: Path, weights: Path, mode: str = "clean") -> Scores:
    """FID and KID (all images in one subset) after clean-fid's resize.

    mode: clean-fid's: "clean" or "legacy_pytorch".
    """
    from cleanfid import fid

    network = clean_fid_network(weights, mode)
    one, two = (
        fid.get_folder_features(
            str(folder), network, num_workers=0, batch_size=16, device=torch.device("cpu"),
            mode=mode, verbose=False,
        )
        for folder in (real, fake)
    )  # fmt: skip
    kid = fid.kernel_distance(
        one.astype(float), two.astype(float), num_subsets=1, max_subset_size=len(one)
    )
    return {f"FID {mode}": float(fid.fid_from_feats(one, two)), f"KID {mode}": kid}


def clean_fid_network(weights: Path, mode: str) -> Callable[[Tensor], Tensor]:
    """clean-fid's own Inception with weights from a file: images of levels to features.

    Its mode "clean" takes the network as TorchScript from the web, with levels as TensorFlow took
    them; the layers are the same.
    """
    from cleanfid import inception_pytorch

    def load(*_: object, **__: object) -> Any:
        return torch.load(weights, weights_only=True)

    with patch.object(inception_pytorch, "load_state_dict_from_url", load):
        network = inception_pytorch.InceptionV3([3], resize_input=False, normalize_input=False)
    network.eval()
    centre = 128 if mode == "clean" else 127.5

    def extract(levels: Tensor) -> Tensor:
        return network((levels - centre) / centre)[0].flatten(1)

    return extract


def score_by_lpips(real: Path, fake: Path, weights: Path, net: str = "alex") -> Scores:
    """LPIPS of images of equal names, by its authors' package."""
    network = lpips_network(weights, net)
    pairs = zip(sorted(real.iterdir()), sorted(fake.iterdir()), strict=True)
    with torch.no_grad():
        drawn = [float(network(*(_read(path) for path in pair))) for pair in pairs]
    return {"LPIPS": float(np.mean(drawn))}


def lpips_network(weights: Path, net: str) -> nn.Module:
    """The package's network on torchvision's weights in a file."""
    import lpips

    network: Any = lpips.LPIPS(net=net, pnet_rand=True, verbose=False).eval()
    stored = torch.load(weights, weights_only=True)
    own = network.net.state_dict()
    network.net.load_state_dict(
        {name: stored[f"features.{name.partition('.')[2]}"] for name in own}
    )
    return network  # type: ignore[no-any-return]


def _read(path: Path) -> Tensor:
    """An image (1, 3, H, W) in [-1, 1]."""
    pixels = np.array(Image.open(path).convert("RGB"))
    return torch.from_numpy(pixels).permute(2, 0, 1)[None] / 127.5 - 1
