"""Learned perceptual distance of translations to their inputs."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from ganzoo.components.metrics.input_distance import InputDistance
from ganzoo.components.metrics.lpips import check_size, find_network, load_lpips


class InputLpips(InputDistance):
    """LPIPS (Zhang et al. 2018, arXiv:1801.03924, eq. 1) of an output to its own input: 0 = a copy.

    It says how much a translation changed, wanted or not: a horse that became a zebra is far from
    its input, too. So compare it between systems of the same task only, and read it beside a score
    of realism. It needs no pairs. Implementation, weights and package are those of `lpips`, which
    compares with a target instead.

    net: "alex" (what publications mostly use to compare images), "vgg" or "squeeze".
    weights: of that network: "hub", torchvision's, which are downloaded once (233, 528 or 5 MB); a
        file with torchvision's names, `.pth` or `.safetensors`; or "none", random ones.

    `prediction` is the output, `source` the input that it was made of, of one size, which is 32 px
    or more; gray ones become RGB. Baselines of the model:
    "copy the input" is 0;
    "the input of another sample" is the distance of an input to the one before it, where they have
    one size.

    Raises:
        ValueError: there is no such net, or its weights cannot be fetched.
        ModelError: the file is missing or damaged, or its weights do not fit.
    """

    name = "input_lpips"
    lower_is_better = ("input_lpips",)

    def __init__(self, weights: str, net: Literal["alex", "vgg", "squeeze"] = "alex") -> None:
        super().__init__()
        find_network(net)
        self.net, self.weights = net, weights
        self.score = f"input_lpips_{net}{'_untrained' if weights == 'none' else ''}"
        self.network: nn.Module | None = None

    def describe(self, images: Tensor) -> list[Tensor]:
        """The images themselves."""
        check_size(images, self.name)
        return [*images]

    @torch.no_grad()
    def distance(self, one: Tensor, two: Tensor) -> float:
        """The distance of two images (3, H, W)."""
        if self.network is None:
            self.network = load_lpips(self.net, self.weights).to(two.device)
        return float(self.network(one[None].to(two.device), two[None]))
