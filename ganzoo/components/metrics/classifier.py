"""A small network that predicts the class of an image."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from ganzoo.components.metrics.task_training import conv_block, make_seeded

LEVELS = 3


class Classifier(nn.Module):
    """Blocks of convolutions with halvings between them, their mean over the image, and a layer.

    classes: channels of the output.
    width: channels at full size; they double at each of the three halvings.
    channels: of the images.
    """

    def __init__(self, classes: int, width: int = 8, channels: int = 3) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS + 1)]
        steps = zip([channels, *widths[:-1]], widths, strict=True)
        self.blocks = nn.ModuleList([conv_block(before, after) for before, after in steps])
        self.score = nn.Linear(widths[-1], classes)

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, channels, H, W) in [-1, 1] to logits (N, classes); any size."""
        first, *others = self.blocks
        features = first(images)
        for block in others:
            features = block(max_pool2d(features, 2, ceil_mode=True))
        logits: Tensor = self.score(features.mean((2, 3)))
        return logits


def new_classifier(classes: int, width: int, channels: int, seed: int) -> Classifier:
    """An untrained classifier on the CPU, always with the same weights for a seed."""
    return make_seeded(lambda: Classifier(classes, width, channels), seed)
