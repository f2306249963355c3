"""Images that take little computing: on a CPU, one thread computes each, and several at a time.

How many threads compute an image may change its last digits. So that depends on the image and the
model alone, not on whether it is translated by itself, in a folder or from Python.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ganzoo.components.data.transforms import Size
from ganzoo.engine.expressions import evaluate, full_precision, plan
from ganzoo.inference.inference_copy import InferenceCopy
from ganzoo.interfaces import Value, last_tensor

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

# The most weights times pixels of a light image. If every weight met every pixel, that would be
# a tenth of a second of one core; most meet a fraction of them.
LIGHT = 6e9
# At most so many images at a time.
LANES = 8


def is_light(model: Model, output: OutputWire, size: Size) -> bool:
    """Whether one thread computes the output for an image of a size (height, width)."""
    if model.device.type != "cpu" or output.component is not None or not output.networks:
        return False
    networks = (model.networks[name] for name in output.networks)
    weights = sum(each.numel() for network in networks for each in network.parameters())
    return weights * math.prod(size) <= LIGHT


def lanes_of(model: Model, output: OutputWire, size: Size) -> int:
    """How many images of a size are computed at a time: several only if they are light.

    One, if they depend on one another, or if only the first few sizes that come are served.
    """
    copies = (model.networks[name] for name in output.networks)
    few = any(isinstance(each, InferenceCopy) and each.serves_few_sizes for each in copies)
    if few or not is_light(model, output, size) or not are_independent(model, output):
        return 1
    return min(LANES, torch.get_num_threads())


def are_independent(model: Model, output: OutputWire) -> bool:
    """Whether an image's result depends on no other image, and nothing is drawn at random."""
    networks = [model.networks[name] for name in output.networks]
    apart = all(getattr(network, "per_sample", False) for network in networks)
    drawn = output.train_mode or output.component is not None or output.names & set(model.latents)
    return apart and not drawn


@contextmanager
def one_thread(light: bool = True) -> Iterator[None]:
    """A context in which this thread computes by itself; if not `light`, nothing changes."""
    before = torch.get_num_threads()
    if light and before > 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if light and before > 1:
            torch.set_num_threads(before)


@contextmanager
def in_evaluation_mode(networks: Sequence[nn.Module]) -> Iterator[None]:
    """A context in which networks are in evaluation mode; their modes are restored after it."""
    modes = [(module, module.training) for network in networks for module in network.modules()]
    for network in networks:
        network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def compute_beside(model: Model, output: OutputWire, inputs: Mapping[str, Tensor]) -> Tensor:
    """The output (C, h, w) for one image, in a thread of its own, beside other images.

    It is what `Model.evaluate` gives in one thread. The output is one for which `are_independent`
    holds; its networks are in evaluation mode.
    """
    values: dict[str, Value] = {
        name: tensor.to(model.device, model.dtype) for name, tensor in inputs.items()
    }
    with torch.no_grad(), model.autocast(), one_thread():
        wires = evaluate(plan([output.wire], values), values, model.networks)
    value = full_precision(wires[str(output.wire)])
    return last_tensor(value)[0].float().cpu()
