"""One call of a network as an ONNX graph, for images of every size if it allows that."""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.nn import functional

from ganzoo.components.networks.few_channels import FewChannelConv2d
from ganzoo.components.networks.open_sizes import open_sizes
from ganzoo.interfaces import Value

# What tracing and converting say in the middle of their work, to those who write them.
LOGGERS = ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")
LEAST_STEPS = 2  # of a network's multiple, that a side has: tracing takes one for a special case
IMAGE = 4  # axes of images (N, C, H, W), the least of which two are sides


class CalledHead(nn.Module):
    """A network, or a head of it, as a function of tensors that gives a tuple of tensors."""

    def __init__(self, network: nn.Module, head: str) -> None:
        super().__init__()
        self.network, self.head = network, head

    def forward(self, *arguments: Tensor) -> tuple[Tensor, ...]:
        """What the head gives, as a tuple."""
        result = call_head(self.network, self.head)(*arguments)
        return tuple(result) if isinstance(result, list) else (result,)


def call_head(network: nn.Module, head: str) -> Callable[..., Value]:
    """A network, or a head of it, as a function."""
    return getattr(network, head) if head else network


def to_onnx(
    network: nn.Module, head: str, arguments: Sequence[Tensor], multiple: int
) -> tuple[bytes, bool]:
    """The graph of a call in evaluation mode, and whether sizes are open.

    multiple: the sides of images are multiples of it; 0: of images of any sides.
    If sizes are not open, it serves tensors of the shapes of these arguments alone.

    Raises:
        RuntimeError, ValueError, ...: whatever torch raises for what it cannot convert.
    """
    called = CalledHead(simplify(network), head).eval()
    with _quietly():
        try:
            return _convert(called, [_in_twos(each) for each in arguments], multiple), True
        except Exception:  # whatever a network's own code makes the tracer raise
            return _convert(called, arguments, None), False


def simplify(network: nn.Module) -> nn.Module:
    """A copy of layers that engines know by heart, which computes the same."""
    simple = copy.deepcopy(network)
    for module in [*simple.modules()]:
        if isinstance(module, FewChannelConv2d):
            module.blockwise = False
        for name, child in module.named_children():
            if _is_instance_norm(child):
                setattr(module, name, InstanceNorm(child))
    return simple


class InstanceNorm(nn.Module):
    """A group norm whose groups are single channels, by the name under which engines know it."""

    def __init__(self, norm: nn.GroupNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        """Features (N, C, ...), normalised."""
        weight, bias = self.norm.weight, self.norm.bias
        return functional.instance_norm(x, weight=weight, bias=bias, eps=self.norm.eps)


def _is_instance_norm(module: nn.Module) -> TypeGuard[nn.GroupNorm]:
    return type(module) is nn.GroupNorm and module.num_groups == module.num_channels


def _in_twos(argument: Tensor) -> Tensor:
    """At least two samples, as tracing would take one sample for the only number there is."""
    return argument if len(argument) > 1 else torch.cat([argument, argument])


def _convert(module: nn.Module, arguments: Sequence[Tensor], multiple: int | None) -> bytes:
    """multiple: see `to_onnx`; None if no size is open."""
    shapes = None if multiple is None else (_open_axes(arguments, multiple),)
    with torch.no_grad(), _sizes(multiple == 0):
        program = torch.export.export(module, tuple(arguments), dynamic_shapes=shapes, strict=False)
        converted: Any = torch.onnx.export(program, dynamo=True, verbose=False)
    graph: bytes = converted.model_proto.SerializeToString()
    return graph


@contextmanager
def _sizes(are_open: bool) -> Iterator[None]:
    if not are_open:
        yield
        return
    with open_sizes():
        yield


def _open_axes(arguments: Sequence[Tensor], multiple: int) -> tuple[dict[int, Any], ...]:
    """For each argument its open axes: the samples, and the sides of images."""
    count, sides = Dim("N"), [_side(name, multiple) for name in ("W", "H", "D")]
    axes = []
    for argument in arguments:
        spatial = argument.dim() - 2 if argument.dim() >= IMAGE else 0
        last = {argument.dim() - 1 - place: sides[place] for place in range(spatial)}
        axes.append({0: count, **last})
    return tuple(axes)


def _side(name: str, multiple: int) -> Any:
    return (
        multiple * Dim(f"{name}_steps", min=LEAST_STEPS, max=2**14) if multiple > 1 else Dim(name)
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """A context in which converting says nothing."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
