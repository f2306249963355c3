"""Equal weights, batches and losses, in ganzoo and in the reference, without passing files around.

Both give their weights the same names, so each process draws them itself, seeded by the name.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from itertools import cycle

import torch
from torch import Tensor, nn

# The reference's losses, by ganzoo's player and term; generators' losses there carry their weights.
LOSSES = {
    "generators.adversarial_Y": "G_A",
    "generators.adversarial_X": "G_B",
    "generators.cycle_X": "cycle_A",
    "generators.cycle_Y": "cycle_B",
    "generators.identity_Y": "idt_A",
    "generators.identity_X": "idt_B",
    "discriminators.adversarial_Y": "D_A",
    "discriminators.adversarial_X": "D_B",
}
# The reference's networks, by ganzoo's: G_A translates A to B, and D_A looks at B.
NETWORKS = {"G": "netG_A", "F": "netG_B", "D_Y": "netD_A", "D_X": "netD_B"}
# How far the first losses may be apart: rounding, and that of bfloat16.
TOLERANCE, BF16_TOLERANCE = 1e-3, 5e-2


def draw_weights(networks: Mapping[str, nn.Module]) -> None:
    """Give networks weights that follow from their names: N(0, 0.02), biases 0."""
    for network, module in networks.items():
        for key, parameter in module.named_parameters():
            name = f"{network}.{key.removeprefix('module.')}"
            rng = torch.Generator().manual_seed(zlib.crc32(name.encode()))
            values = torch.randn(parameter.shape, generator=rng) * 0.02
            with torch.no_grad():
                parameter.copy_(values if parameter.dim() > 1 else torch.zeros_like(values))


def draw_batches(size: int, batch: int, count: int = 4) -> Iterator[dict[str, Tensor]]:
    """Endless batches of x and y (batch, 3, size, size) in [-1, 1]; a few come again and again."""
    rng = torch.Generator().manual_seed(0)
    shape = (batch, 3, size, size)
    batches = [
        {name: torch.rand(shape, generator=rng) * 2 - 1 for name in ("x", "y")}
        for _ in range(count)
    ]
    return cycle(batches)


def wait_for_device() -> None:
    """Wait until a GPU has done what it was asked for."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
