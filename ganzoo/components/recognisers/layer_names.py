"""Numbered layers, as PyTorch names those of an nn.Sequential."""

from __future__ import annotations

from collections.abc import Iterable

from ganzoo.interfaces.recogniser import Shapes

Shape = tuple[int, ...]
MOST_DIGITS = 6  # of a layer's number


class NumberedLayers:
    """The tensors of layers `<prefix>0.`, `<prefix>1.` ...

    tensors: of each layer, the shapes by the rest of the name, as `{1: {"weight": (64, 3, 7, 7)}}`.
    """

    def __init__(self, shapes: Shapes, prefix: str) -> None:
        self.prefix = prefix
        self.tensors: dict[int, dict[str, Shape]] = {}
        for name, shape in shapes.items():
            number, _, rest = name.removeprefix(prefix).partition(".")
            if name.startswith(prefix) and is_number(number) and rest:
                self.tensors.setdefault(int(number), {})[rest] = shape

    def shape(self, layer: int, name: str = "weight") -> Shape:
        """The shape of a tensor; () where there is none."""
        return self.tensors.get(layer, {}).get(name, ())

    def with_tensor(self, name: str, dimensions: int = 4) -> list[int]:
        """The numbers of layers with a tensor of that name and so many dimensions, in order."""
        numbers = (n for n in self.tensors if len(self.shape(n, name)) == dimensions)
        return sorted(numbers)

    def with_block(self, name: str) -> list[int]:
        """The numbers of layers with tensors below `name`, in order."""
        numbers = (
            n for n, names in self.tensors.items() if any(k.startswith(f"{name}.") for k in names)
        )
        return sorted(numbers)

    def name(self, layer: int, rest: str = "") -> str:
        """What the file calls a layer, or a tensor of it."""
        return f"{self.prefix}{layer}{f'.{rest}' if rest else ''}"

    def place(self, layer: int, name: str = "weight") -> str:
        """`model.1.weight (64, 3, 7, 7)`."""
        return f"{self.name(layer, name)} {self.shape(layer, name)}"

    def between(self, layers: Iterable[int]) -> str:
        """`model.10 ... model.18`."""
        first, *others = (self.name(layer) for layer in layers)
        return f"{first} ... {others[-1]}" if others else first


def is_number(text: str) -> bool:
    """Whether a text is a layer's number."""
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


def norm_of(layers: NumberedLayers, convolution: int) -> tuple[dict[str, object], dict[str, str]]:
    """The settings `norm` and `bias` of a convolution followed by a norm, and what they are by.

    Instance norm has no tensors of its own, and a bias before it; without either there is no norm.
    """
    weight, after = layers.name(convolution, "weight"), convolution + 1
    biased = bool(layers.shape(convolution, "bias"))
    settings: dict[str, object] = {"norm": "instance"}
    why = f"{layers.name(convolution)} has a bias, {layers.name(after)} no tensors"
    if layers.shape(after, "running_var"):
        settings, why = {"norm": "batch"}, layers.name(after, "running_var")
    elif layers.shape(after):
        settings, why = {"norm": "group"}, f"{layers.name(after, 'weight')} without statistics"
    elif not biased:
        settings, why = {"norm": "none"}, f"neither a bias beside {weight} nor tensors after it"
    if biased == (settings["norm"] == "batch"):
        settings["bias"] = biased
    return settings, {f"norm {settings['norm']}": why}
