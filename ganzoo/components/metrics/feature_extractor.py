"""Networks that turn images into features, and a cache of the features of real images."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from weakref import WeakValueDictionary

import torch
from torch import Tensor, nn

from ganzoo.components.metrics.tensor_cache import cached_tensors, store_tensors
from ganzoo.components.networks.square_resize import ResizeMode, resize_to_square

INCEPTION = "inception"
TINY, TINY_SIZE = "ganzoo_tiny", 128
SEED = 0
# How many images' features are remembered, for the other metrics of the same samples.
REMEMBERED = 64
# Changes whenever an image would give other features than before; caches are named after it.
VERSION = 1


class FeatureExtractor:
    """A network that computes features of images, which it first resizes.

    Metrics with the same settings share one, so that the features of an image are computed once.

    backbone, weights: as the metrics' settings. size: the side that images are resized to.
    resize_mode: see `resize_to_square`; left out, the backbone's own.
    """

    def __init__(
        self, backbone: str, weights: str, size: int, resize_mode: ResizeMode | None = None
    ) -> None:
        self.backbone, self.weights, self.size = backbone, weights, size
        self.resize_mode = resize_mode or own_resize_mode(backbone)
        self.network: Callable[[Tensor], Tensor] | None = None
        self.name = ""
        self.features: OrderedDict[str, Tensor] = OrderedDict()

    def open(self, device: torch.device) -> None:
        """Load the network, and give its features a name in the cache that depends on its weights.

        Raises:
            ValueError: it cannot be had.
        """
        if self.network is not None:
            return
        module, network = self._load(device)
        settings = [VERSION, type(module).__qualname__, self.backbone, self.size, self.resize_mode]
        digest = hashlib.blake2b(repr(settings).encode(), digest_size=8)
        for name, tensor in module.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
        short = self.backbone.replace("/", "_").replace(":", "_")
        self.name = f"features/{short}-{self.size}-{digest.hexdigest()}"
        self.network = network

    @torch.no_grad()
    def extract(self, images: Sequence[tuple[str, Tensor]]) -> list[Tensor]:
        """The features (d,) of each image, float32, on the CPU.

        images: (3, H, W) in [-1, 1], each with its digest.
        """
        assert self.network is not None
        new = {digest: image for digest, image in images if digest not in self.features}
        if new:
            computed = self.network(torch.stack([*new.values()])).cpu()
            self.features.update(zip(new, computed, strict=True))
        features = [self.features[digest] for digest, _ in images]
        while len(self.features) > REMEMBERED:
            self.features.popitem(last=False)
        return features

    def logits(self, features: Tensor) -> Tensor:
        """Logits (N, 1008) of Inception's classes, from its features (N, 2048).

        Raises:
            TypeError: the backbone is another one.
        """
        from ganzoo.components.networks.inception import Inception

        if not isinstance(self.network, Inception):
            raise TypeError(f"'{self.backbone}' has no classes here, only \"{INCEPTION}\"")
        return self.network.logits(features)

    def _load(self, device: torch.device) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
        """The module, and a function that turns images (N, 3, H, W) in [-1, 1] into features."""
        from ganzoo.components.networks.backbones import input_statistics
        from ganzoo.components.networks.square_backbone import load_for_square
        from ganzoo.components.networks.tiny_backbone import TinyBackbone

        if self.backbone == INCEPTION:
            from ganzoo.components.networks.inception import Inception

            inception = Inception(self.weights, self.resize_mode).to(device)
            return inception, inception
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            if self.backbone == TINY:
                module: nn.Module = TinyBackbone(self.weights)
                mean, std = torch.zeros(1), torch.ones(1)
            else:
                module = load_for_square(self.backbone, self.weights, self.size)
                mean, std = input_statistics(module)
        module, mean, std = module.eval().to(device), mean.to(device), std.to(device)
        size, mode = self.size, self.resize_mode  # `self` in the function would keep itself alive

        def extract(images: Tensor) -> Tensor:
            resized = resize_to_square(images, size, mode, (-1, 1))
            features: Tensor = module((resized - mean) / std)
            return features

        return module, extract


Key = tuple[str, str, int, ResizeMode]
_shared: WeakValueDictionary[Key, FeatureExtractor] = WeakValueDictionary()


def own_resize_mode(backbone: str) -> ResizeMode:
    """How images are resized for a backbone if no mode is set."""
    return "tensorflow" if backbone == INCEPTION else "clean"


def shared_extractor(
    backbone: str, weights: str, size: int, resize_mode: ResizeMode | None = None
) -> FeatureExtractor:
    """The extractor with these settings that another metric uses, or a new one."""
    key = backbone, weights, size, resize_mode or own_resize_mode(backbone)
    extractor = _shared.get(key)
    if extractor is None:
        extractor = _shared[key] = FeatureExtractor(*key)
    return extractor


class RealFeatures:
    """The features of a set of real images, by digest, which are kept in ganzoo's cache.

    The file is named after the extractor and the first image of the set.
    """

    def __init__(self) -> None:
        self.place = ""
        self.cache: dict[str, Tensor] = {}
        self.grown = False

    def extract(
        self, extractor: FeatureExtractor, images: Sequence[tuple[str, Tensor]]
    ) -> list[Tensor]:
        """As `FeatureExtractor.extract`, but only images that are not in the cache are computed."""
        if not self.place and images:
            self.place = f"{extractor.name}/{images[0][0]}"
            self.cache = _unpacked(cached_tensors(self.place))
        new = [(digest, image) for digest, image in images if digest not in self.cache]
        if new:
            self.cache.update(
                zip([digest for digest, _ in new], extractor.extract(new), strict=True)
            )
            self.grown = True
        return [self.cache[digest] for digest, _ in images]

    def save(self) -> None:
        """Write new features to the cache."""
        if self.grown:
            digests = [
                torch.frombuffer(bytearray.fromhex(d), dtype=torch.uint8) for d in self.cache
            ]
            features = torch.stack([*self.cache.values()])
            store_tensors(self.place, {"digests": torch.stack(digests), "features": features})
            self.grown = False


def digest_of(image: Tensor) -> str:
    """A hash of the shape and the values of an image (C, H, W)."""
    digest = hashlib.blake2b(repr(tuple(image.shape)).encode(), digest_size=16)
    digest.update(image.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _unpacked(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Features by digest; none where the file is not as `save` wrote it."""
    digests, features = tensors.get("digests"), tensors.get("features")
    if digests is None or features is None or len(digests) != len(features):
        return {}
    names = [bytes(row).hex() for row in digests.to(torch.uint8).numpy()]
    return dict(zip(names, features.float(), strict=True))
