"""What `ganzoo translate` says before it begins, a sentence each."""

from __future__ import annotations

from collections.abc import Mapping

from ganzoo.inference.output_wire import OutputWire
from ganzoo.inference.scale import Scale
from ganzoo.interfaces import Variable


def describe_scale(variable: Variable, scale: Scale) -> str:
    """The scale at which the networks see images."""
    size, trained = variable.size, scale == "trained"
    if trained and variable.scale == "native":
        return "scale: that of training, which cut crops out of images: every image keeps its size"
    if scale == "native" or size is None:
        return "scale: native, every image keeps its size"
    if not trained:
        return f"scale: {scale:g} times every image's own size"
    how = "squashed to" if variable.aspect == "squash" else "resized to cover"
    return f"scale: that of training, images {how} {size[1]} x {size[0]} px and back"


def describe_output(outputs: Mapping[str, OutputWire], wire: OutputWire, variable: str) -> str:
    """Which output is made, as "output: x2y, from x; others by --output: y2x"."""
    name = next(name for name, each in outputs.items() if each is wire)
    others = ", ".join(other for other in outputs if other != name)
    line = f"output: {name}, from {variable}"
    return f"{line}; others by --output: {others}" if others else line
