"""Networks whose features tell crowds of images apart, and what they saw in real images before."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from weakref import WeakValueDictionary

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganzoo.components.metrics.tensor_cache import cached_tensors, keep_tensors

INCEPTION = "inception"
SEED = 0
# How many images are remembered, so that several metrics of one sample look once.
REMEMBERED = 64
# Changes whenever an image would give other features than before; caches are named after it.
VERSION = 1


class FeatureExtractor:
    """A backbone that looks at images of one size.

    Several metrics that ask for the same one share it, and each image is looked at once.
    """

    def __init__(self, backbone: str, weights: str, size: int) -> None:
        self.backbone, self.weights, self.size = backbone, weights, size
        self.network: Callable[[Tensor], Tensor] | None = None
        self.name = ""
        self.seen: OrderedDict[str, Tensor] = OrderedDict()

    def open(self, device: torch.device) -> None:
        """Load the network, and name what it sees after its weights.

        Raises:
            ValueError: it cannot be had.
        """
        if self.network is not None:
            return
        module, network = self._load(device)
        told = [VERSION, type(module).__qualname__, self.backbone, self.size]
        digest = hashlib.blake2b(repr(told).encode(), digest_size=8)
        for name, tensor in module.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.cpu().contiguous().numpy().tobytes())
        short = self.backbone.replace("/", "_").replace(":", "_")
        self.name = f"features/{short}-{self.size}-{digest.hexdigest()}"
        self.network = network

    @torch.no_grad()
    def look(self, images: Sequence[tuple[str, Tensor]]) -> list[Tensor]:
        """Features (d,), float32, on the CPU, of images (3, H, W) in [-1, 1] by their digest."""
        assert self.network is not None
        new = {digest: image for digest, image in images if digest not in self.seen}
        if new:
            found = self.network(torch.stack([*new.values()])).cpu()
            self.seen.update(zip(new, found, strict=True))
        features = [self.seen[digest] for digest, _ in images]
        while len(self.seen) > REMEMBERED:
            self.seen.popitem(last=False)
        return features

    def _load(self, device: torch.device) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
        """The module, and how it looks at a batch (N, 3, H, W) in [-1, 1]."""
        from ganzoo.components.networks.backbones import input_statistics, load_backbone

        if self.backbone == INCEPTION:
            from ganzoo.components.networks.inception import Inception

            inception = Inception(self.weights).to(device)
            return inception, inception
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            module = load_backbone(self.backbone, self.weights, num_classes=0).eval().to(device)
        mean, std = (t.to(device) for t in input_statistics(module))
        square = (self.size, self.size)

        def look(images: Tensor) -> Tensor:
            resized = interpolate(images, square, mode="bicubic", antialias=True).clamp(-1, 1)
            features: Tensor = module((resized - mean) / std)
            return features

        return module, look


_shared: WeakValueDictionary[tuple[str, str, int], FeatureExtractor] = WeakValueDictionary()


def eyes(backbone: str, weights: str, size: int) -> FeatureExtractor:
    """These eyes: those that another metric uses already, or new ones."""
    key = backbone, weights, size
    found = _shared.get(key)
    if found is None:
        found = _shared[key] = FeatureExtractor(*key)
    return found


class RealFeatures:
    """Features of a set of real images, kept in the cache: of each by what it shows.

    The file is named after the set's first image and whatever the features depend on.
    """

    def __init__(self) -> None:
        self.place = ""
        self.kept: dict[str, Tensor] = {}
        self.grown = False

    def look(self, by: FeatureExtractor, images: Sequence[tuple[str, Tensor]]) -> list[Tensor]:
        """As `FeatureExtractor.look`, but only at those that were never seen."""
        if not self.place and images:
            self.place = f"{by.name}/{images[0][0]}"
            self.kept = _unpacked(cached_tensors(self.place))
        new = [(digest, image) for digest, image in images if digest not in self.kept]
        if new:
            self.kept.update(zip([digest for digest, _ in new], by.look(new), strict=True))
            self.grown = True
        return [self.kept[digest] for digest, _ in images]

    def keep(self) -> None:
        """Write what is new to the cache."""
        if self.grown:
            digests = [torch.frombuffer(bytearray.fromhex(d), dtype=torch.uint8) for d in self.kept]
            features = torch.stack([*self.kept.values()])
            keep_tensors(self.place, {"digests": torch.stack(digests), "features": features})
            self.grown = False


def digest_of(image: Tensor) -> str:
    """What an image (C, H, W) shows, as a name."""
    digest = hashlib.blake2b(repr(tuple(image.shape)).encode(), digest_size=16)
    digest.update(image.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _unpacked(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Features by digest; nothing where the file is not as it was written."""
    digests, features = tensors.get("digests"), tensors.get("features")
    if digests is None or features is None or len(digests) != len(features):
        return {}
    names = [bytes(row).hex() for row in digests.to(torch.uint8).numpy()]
    return dict(zip(names, features.float(), strict=True))
