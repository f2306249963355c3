"""A network that computes faster, for inference alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.components.networks.few_channels import FewChannelConv2d
from ganzoo.engine.expressions import no_autocast
from ganzoo.errors import GanzooError, compiler_failure
from ganzoo.inference.inference_copy import InferenceCopy
from ganzoo.inference.winograd import WinogradConv2d, make_winograd
from ganzoo.interfaces import Value

# Sizes that are compiled, as each takes up to a minute; images of others are computed without it.
COMPILED_SIZES = 3
# What torch says where a network's own code expects tensors laid out channel by channel.
VIEW_FAILED = ("view size is not compatible", "Cannot view a tensor")
CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d, FewChannelConv2d)
PADDINGS = (nn.ReflectionPad2d, nn.ReplicationPad2d)  # the core's ReflectionPad sees to it itself


class FastNetwork(InferenceCopy):
    """A network with its weights laid out for inference: channels innermost.

    On a CPU, 3x3 convolutions in float32 multiply less often; see `WinogradConv2d`. It changes the
    network that it is given.

    half: cast weights of convolutions to bf16, for autocast.
    compiled: whether torch.compile is used, for the first few sizes of images.
    """

    def __init__(self, network: nn.Module, half: bool, compiled: bool) -> None:
        super().__init__(network)
        _lay_out(network, torch.channels_last)
        if half:
            _halve(network)
        elif _is_on_cpu(network):
            make_winograd(network)
        self._compiled = _compile(network) if compiled else None
        self._sizes: set[object] = set()

    def forward(self, *arguments: Any) -> Value:
        """What the network computes.

        Raises:
            GanzooError: torch cannot compile it.
        """
        try:
            return self._choose(arguments)(*arguments)
        except RuntimeError as error:
            if why := compiler_failure(error):
                said = f"--engine compile: torch cannot compile the network ({why})"
                raise GanzooError(f"{said}; take --engine eager") from error
            if not any(words in str(error) for words in VIEW_FAILED):
                raise
        self._compiled = None
        _lay_out_plainly(self.network)
        value: Value = self.network(*arguments)
        return value

    @property
    def serves_few_sizes(self) -> bool:
        """Whether torch.compile is used."""
        return self._compiled is not None

    def _choose(self, arguments: tuple[Any, ...]) -> Callable[..., Value]:
        """The compiled network for its first sizes, else the network itself."""
        if self._compiled is None or self.by_torch:
            return self.network
        size = self.training, *(_describe(value) for value in arguments)
        if size not in self._sizes and len(self._sizes) == COMPILED_SIZES:
            return self.network
        self._sizes.add(size)
        return self._compiled


def rename_resting(resting: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """The names of resting modules inside fast networks."""
    return {
        name: frozenset(f"network.{inner}".removesuffix(".") for inner in inners)
        for name, inners in resting.items()
    }


def _describe(value: Any) -> object:
    if isinstance(value, list):
        return tuple(map(_describe, value))
    return (value.shape, value.dtype) if isinstance(value, Tensor) else type(value)


def _compile(network: nn.Module) -> Callable[..., Value]:
    # With its own random numbers, dropout would drop others than without compilation.
    run: Callable[..., Value] = torch.compile(
        network, dynamic=False, options={"fallback_random": True}
    )
    return lambda *arguments: run(*arguments)  # a module would be registered inside


def _lay_out(network: nn.Module, layout: torch.memory_format) -> None:
    for weight in network.parameters():
        if weight.dim() == 4:
            weight.data = weight.data.contiguous(memory_format=layout)


def _lay_out_plainly(network: nn.Module) -> None:
    for module in [*network.modules()]:
        for name, child in module.named_children():
            if isinstance(child, WinogradConv2d):
                setattr(module, name, child.convolution)
    _lay_out(network, torch.contiguous_format)


def _halve(network: nn.Module) -> None:
    """Cast the weights of convolutions to bf16 once, as autocast would do for each image."""
    if getattr(network, "differentiates", ()):  # such a network stays in full precision
        return
    for module in [*network.modules()]:
        if type(module) in CONVOLUTIONS and not module._forward_pre_hooks:
            module.bfloat16()
        for name, child in module.named_children():
            if type(child) in PADDINGS and not isinstance(module, _PaddingAsGiven):
                setattr(module, name, _PaddingAsGiven(child))


class _PaddingAsGiven(nn.Module):
    """A padding that keeps the type of its input; autocast would pad in float32, for nothing."""

    def __init__(self, padding: nn.Module) -> None:
        super().__init__()
        self.padding = padding

    def forward(self, x: Tensor) -> Tensor:
        with no_autocast([x]):
            padded: Tensor = self.padding(x)
        return padded


def _is_on_cpu(network: nn.Module) -> bool:
    return all(weight.device.type == "cpu" for weight in network.parameters())
