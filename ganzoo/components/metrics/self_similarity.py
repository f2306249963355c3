"""Which places of an image look alike: similarities of a network's features at all its places."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, normalize

from ganzoo.components.metrics.feature_extractor import SEED, TINY, digest_of
from ganzoo.components.networks.backbones import input_statistics, load_backbone
from ganzoo.components.networks.tiny_backbone import TinyBackbone

# How far apart, in pixels of the resized image, the places of a convolutional network are at most.
STRIDE = 8
# How many images' similarities are remembered, for the next comparison.
REMEMBERED = 8


class SelfSimilarity:
    """Computes the self-similarity of images by one network.

    backbone, weights, size: as the metric's settings.

    Raises:
        ValueError: the network cannot be had, or has no features of places.
    """

    def __init__(self, backbone: str, weights: str, size: int) -> None:
        self.backbone, self.size = backbone, size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            if backbone == TINY:
                self._take_tiny(weights)
            else:
                self._take_timm_s(weights)
        self.remembered: OrderedDict[str, Tensor] = OrderedDict()

    def compute(self, images: Tensor) -> list[Tensor]:
        """The cosine similarities (T, T) of each image's features at its T places, on the CPU.

        images: (N, 3, H, W) in [-1, 1].
        """
        digests = [digest_of(image) for image in images]
        for digest, image in zip(digests, images, strict=True):
            if digest not in self.remembered:
                features = normalize(self._extract(image[None]).double(), dim=1)
                self.remembered[digest] = (features @ features.T).cpu()
        similarities = [self.remembered[digest] for digest in digests]
        while len(self.remembered) > REMEMBERED:
            self.remembered.popitem(last=False)
        return similarities

    def _take_tiny(self, weights: str) -> None:
        network = TinyBackbone(weights).eval()
        self.mean, self.std = torch.zeros(1), torch.ones(1)
        self.forward: Callable[[Tensor], Any] = network
        self.network, self.takes_keys = network, False
        self.layer: nn.Module = network.convolutions[STRIDE.bit_length() - 2]

    def _take_timm_s(self, weights: str) -> None:
        options = {"dynamic_img_size": True} if self.backbone.startswith("vit_") else {}
        network: Any = load_backbone(self.backbone, weights, num_classes=0, **options)
        self.mean, self.std = input_statistics(network)
        self.network, self.takes_keys = network.eval(), _is_transformer(network)
        self.forward = network.forward_features
        self.layer = _key_layer(network, self.size) if self.takes_keys else _cut_level(network)

    @torch.no_grad()
    def _extract(self, image: Tensor) -> Tensor:
        """The features (T, d) of an image (1, 3, H, W)."""
        device = image.device
        self.network.to(device)
        resized = interpolate(image, (self.size, self.size), mode="bilinear", antialias=True)
        outputs: list[Tensor] = []
        hook = self.layer.register_forward_hook(lambda *each: outputs.append(each[2]))
        try:
            self.forward((resized - self.mean.to(device)) / self.std.to(device))
        finally:
            hook.remove()
        if self.takes_keys:
            return outputs[0][0].chunk(3, 1)[1]
        if outputs[0].dim() != 4:
            raise ValueError(
                f"structure_distance knows no features of places of '{self.backbone}'; it takes "
                'vision transformers as "vit_small_patch16_224.dino" and convolutional networks'
            )
        return outputs[0][0].flatten(1).T


def _is_transformer(network: Any) -> bool:
    """Whether it is a vision transformer whose blocks have keys."""
    from timm.models.vision_transformer import VisionTransformer

    return isinstance(network, VisionTransformer)


def _key_layer(network: Any, size: int) -> Any:
    """The layer that gives queries, keys and values (1, T, 3 d) of the last block.

    Raises:
        ValueError: images of that size cannot be cut into the network's patches.
    """
    patch = network.patch_embed.patch_size[0]
    if size % patch:
        raise ValueError(f"size must be a multiple of {patch}, the network's patch, not {size}")
    return network.blocks[-1].attn.qkv


def _cut_level(network: Any) -> Any:
    """The deepest level whose places are at most STRIDE pixels apart; what comes after is cut off.

    Raises:
        ValueError: there is none.
    """
    levels = getattr(network, "feature_info", ())
    fine = [index for index, level in enumerate(levels) if level["reduction"] <= STRIDE]
    if not fine:
        raise ValueError(
            "structure_distance knows no features of this network whose places are at most "
            f"{STRIDE} pixels apart: choose another backbone"
        )
    layer = network.get_submodule(levels[fine[-1]]["module"])
    if hasattr(network, "prune_intermediate_layers"):
        network.prune_intermediate_layers([fine[-1]], prune_head=True)
    return layer


_shared: WeakValueDictionary[tuple[str, str, int], SelfSimilarity] = WeakValueDictionary()


def shared_similarity(backbone: str, weights: str, size: int) -> SelfSimilarity:
    """The one with these settings that another metric uses, or a new one.

    Raises:
        ValueError: the network cannot be had, or has no features of places.
    """
    key = backbone, weights, size
    similarity = _shared.get(key)
    if similarity is None:
        similarity = _shared[key] = SelfSimilarity(*key)
    return similarity
