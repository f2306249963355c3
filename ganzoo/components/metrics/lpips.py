"""Learned perceptual similarity: the distance of two images in the features of a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ganzoo.components.metrics.per_image import PerImage, without_nan
from ganzoo.errors import ModelError

# torchvision's networks, and the files of their ImageNet weights.
NETWORKS = {
    "alex": ("alexnet", "alexnet-owt-7be5be79.pth"),
    "vgg": ("vgg16", "vgg16-397923af.pth"),
    "squeeze": ("squeezenet1_1", "squeezenet1_1-b8a52dc0.pth"),
}
URL = "https://download.pytorch.org/models/"
SMALLEST = 32
SLICE = re.compile(r"slice\d+\.|slices\.\d+\.")
SEED = 0


class Lpips(PerImage):
    """Learned perceptual image patch similarity (Zhang et al. 2018, arXiv:1801.03924, eq. 1).

    A distance of deep features, 0 for equal images; smaller is better. Each channel has a weight,
    learnt from people's judgements of pairs of patches. The implementation and these weights
    (version 0.1) are those of torchmetrics; the network and its weights, trained on ImageNet, are
    torchvision's (`pip install 'ganzoo-core[lpips]'`). The name of the score holds that of
    the network: compare it only with scores of the same network.

    net: "alex" (what publications mostly use to compare images), "vgg" or "squeeze".
    weights: of that network: "hub", torchvision's, which are downloaded once (233, 528 or 5 MB); a
        file with torchvision's names, `.pth` or `.safetensors`; or "none", random ones.

    Images are compared at their own size, which is 32 px or more; gray ones become RGB.

    Baselines of the model:
    "copy the input" takes `source` for the prediction, where that wire is given and has the
    target's shape;
    "the target of another sample" takes the previous target, where it has this one's shape.

    Raises:
        ValueError: there is no such net, or its weights cannot be fetched.
        ModelError: the file is missing or damaged, or its weights do not fit.
    """

    lower_is_better = ("lpips",)
    measures = "faithfulness"

    def __init__(self, weights: str, net: Literal["alex", "vgg", "squeeze"] = "alex") -> None:
        super().__init__()
        find_network(net)
        self.net, self.weights = net, weights
        self.score = f"lpips_{net}{'_untrained' if weights == 'none' else ''}"
        self.network: nn.Module | None = None

    @torch.no_grad()
    def compare(self, prediction: Tensor, target: Tensor) -> list[float]:
        """The distance of each image."""
        check_size(target, "lpips")
        if self.network is None:
            self.network = load_lpips(self.net, self.weights).to(target.device)
        shown = without_nan(prediction, target, 2.0).clamp(-1, 1)
        distances: Tensor = self.network(*(i.expand(-1, 3, -1, -1) for i in (shown, target)))
        return [float(each) for each in distances.flatten()]


def find_network(net: str) -> tuple[str, str]:
    """torchvision's name of a network, and the file of its weights.

    Raises:
        ValueError: LPIPS knows no such network.
    """
    if net not in NETWORKS:
        raise ValueError(f'there is no net \'{net}\': use "alex", "vgg" or "squeeze"')
    return NETWORKS[net]


def check_size(images: Tensor, name: str) -> None:
    """Refuse, in the name of a metric, what LPIPS cannot compare.

    Raises:
        ValueError: they are no gray or RGB images (N, C, H, W) of 32 px or more.
    """
    small = min(images.shape[-2:]) < SMALLEST
    if images.dim() != 4 or small or images.shape[1] not in (1, 3):
        raise ValueError(
            f"{name} takes gray or RGB images of {SMALLEST} x {SMALLEST} px or more, not "
            f"{tuple(images.shape)}"
        )


def load_lpips(net: str, weights: str) -> nn.Module:
    """torchmetrics' module: two images (N, 3, H, W) in [-1, 1] to distances (N, 1, 1, 1).

    By itself it would read its own weights, and download the network's unasked. Here its own
    are read by `read_pth`, and the network's from `weights`.

    Raises:
        ValueError: they cannot be fetched, or torchvision is missing.
        ModelError: the file is missing or damaged, or its weights do not fit.
    """
    import torchmetrics.functional.image.lpips as source

    from ganzoo.components.networks.reference import read_pth

    kind: Any = source._LPIPS
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            module = kind(pretrained=False, net=net, pnet_rand=True)
    except ImportError as error:
        needs = "lpips needs the package torchvision: pip install 'ganzoo-core[lpips]'"
        raise ValueError(needs) from error
    learned = read_pth(Path(source.__file__).parent / "lpips_models" / f"{net}.pth")
    odd = module.load_state_dict(learned, strict=False)
    elsewhere = ("net.", "lins.")  # the network has its own file; `lins` lists lin0, lin1 ...
    if odd.unexpected_keys or any(not key.startswith(elsewhere) for key in odd.missing_keys):
        raise ModelError(f"torchmetrics' own weights of '{net}' do not fit it: another version?")
    if weights != "none":
        _fill(module.net, _stored(net, weights), f"{weights}: its weights do not fit '{net}'")
    network: nn.Module = module.eval()
    return network


def _stored(net: str, weights: str) -> dict[str, Tensor]:
    from ganzoo.components.networks.stored import fetched, read_weights

    path = fetched(URL + find_network(net)[1]) if weights == "hub" else Path(weights)
    return read_weights(path)


def _fill(network: nn.Module, stored: dict[str, Tensor], complaint: str) -> None:
    """Load torchvision's weights: torchmetrics cuts `features` into slices of the same numbers."""
    own = network.state_dict()
    named = {key: f"features.{SLICE.sub('', key)}" for key in own}
    odd = [n for key, n in named.items() if n not in stored or stored[n].shape != own[key].shape]
    if odd:
        raise ModelError(f"{complaint} ('{odd[0]}')")
    network.load_state_dict({key: stored[name] for key, name in named.items()})
