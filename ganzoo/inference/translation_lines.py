"""What `ganzoo translate` says before it begins and when it ends, a sentence each."""

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


def describe_end(done: int, there: int, refused: int, left: int, left_out: str) -> str:
    """The result in numbers: "38 translated, 2 there already, 1 unreadable"."""
    counts = [f"{done} translated"]
    counts += [f"{there} there already"] if there else []
    counts += [f"{refused} unreadable"] if refused else []
    counts += [f"{left} not yet"] if left else []
    return ", ".join([*counts, left_out] if left_out else counts)
