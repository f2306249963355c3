"""Images that take little computing: on a CPU, one thread computes each, and several at a time.

How many threads compute an image may change its last digits. So that depends on the image and the
model alone, not on whether it is translated by itself, in a folder or from Python.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from ganzoo.components.data.transforms import Size
from ganzoo.engine.expressions import evaluate, full_precision, plan
from ganzoo.inference.fast_network import uncompiled
from ganzoo.inference.tiling.live_bytes import put_on_meta
from ganzoo.interfaces import Value

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

# The floating-point operations of a light image: a tenth of a second of one core or less.
LIGHT = 12e9
# The side of the image whose operations are counted.
SIDE = 256
# At most so many images at a time.
LANES = 8

PRODUCTS = {getattr(torch.ops.aten, name) for name in ("mm", "addmm", "bmm", "baddbmm")}

_counted: WeakKeyDictionary[nn.Module, dict[str, float]] = WeakKeyDictionary()


def is_light(model: Model, output: OutputWire, size: Size) -> bool:
    """Whether one thread computes the output for an image of a size (height, width)."""
    if model.device.type != "cpu" or output.component is not None or not output.networks:
        return False
    return _count_flops(model, output) * math.prod(size) <= LIGHT


def lanes_of(model: Model, output: OutputWire, size: Size) -> int:
    """How many images of a size are computed at a time: several only if they are light.

    Each depends on itself and the weights alone, as `images_together` says it.
    """
    if not is_light(model, output, size) or not are_independent(model, output):
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
    return (value[-1] if isinstance(value, list) else value)[0].float().cpu()


class Multiplications(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A context that counts the multiplications of convolutions and of matrix products.

    torch's own counter takes half a second to import.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0.0

    def __torch_dispatch__(
        self,
        func: Any,
        types: Iterable[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func.overloadpacket is torch.ops.aten.convolution:
            x, weight, transposed = args[0], args[1], args[6]
            self.count += (x if transposed else result).numel() * weight[0].numel()
        elif func.overloadpacket in PRODUCTS:
            self.count += result.numel() * args[-1].shape[-2]
        return result


def _count_flops(model: Model, output: OutputWire) -> float:
    """The operations for each pixel of an image; infinite where they cannot be counted."""
    counted = _counted.setdefault(model.networks[min(output.networks)], {})
    wire = str(output.wire)
    if wire not in counted:
        counted[wire] = _measure_flops(model, output)
    return counted[wire]


def _measure_flops(model: Model, output: OutputWire) -> float:
    variables = [model.variables[name] for name in output.names - set(model.latents)]
    if not variables or any(each.size is None or each.depth is not None for each in variables):
        return math.inf
    try:
        bare = put_on_meta(model, output)
        images = {
            name: torch.zeros(1, model.variables[name].channels, SIDE, SIDE, device="meta")
            for name in output.names - set(model.latents)
        }
        with Multiplications() as counted, uncompiled(bare.networks.values()):
            bare.evaluate([output], images, 0)
    except (RuntimeError, ValueError, MemoryError):  # it looks at values, or is large
        return math.inf
    return 2.0 * float(counted.count) / SIDE**2
