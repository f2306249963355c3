"""Why a network cannot take what a wire brings, in words."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ganzoo.errors import first_line
from ganzoo.expression import Call
from ganzoo.interfaces import Discriminator


def misfit(call: Call, arguments: list[Any], network: nn.Module) -> str:
    """Channels that do not fit, in words."""
    expected = getattr(network, "in_channels", None)
    images = [a for a in arguments if isinstance(a, Tensor) and a.dim() in (4, 5)]
    if expected is None or call.head or not images:
        return ""
    brought = images if isinstance(network, Discriminator) else images[:1]
    channels = sum(image.shape[1] for image in brought)
    if channels == expected:
        return ""
    verb = "bring" if len(brought) > 1 else "brings"
    given = " and ".join(str(a) for a in call.arguments[: len(brought)])
    word = "channel" if channels == 1 else "channels"
    return (
        f"{given} {verb} {channels} {word}, and '{call.network}' takes {expected}: "
        f"set networks.{call.network}.in_channels = {channels}"
    )


def explain(call: Call, arguments: list[Any], error: Exception) -> str:
    """What a network said of arguments that it does not take, with their shapes."""
    shapes = ", ".join(format_shape(argument) for argument in arguments)
    return f"'{call.network}' cannot take {shapes}: {first_line(error)}"


def format_shape(value: Any) -> str:
    """`2 x 3 x 8 x 8`, or several of them for a list."""
    if isinstance(value, list):
        return " + ".join(map(format_shape, value))
    return " x ".join(map(str, value.shape)) or "scalar"
