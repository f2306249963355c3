"""The contract of a recogniser: which network the tensors of a file from elsewhere belong to.

    class MyGenerators(Recogniser):
        \"\"\"The generators of my paper's code, which begin with `stem`.\"\"\"

        def recognise(self, shapes: Shapes, options: Options) -> Iterator[Guess]:
            if "stem.weight" in shapes:
                width = shapes["stem.weight"][0]
                yield Guess("generator", "mine.net", {"width": width}, {f"width {width}": "stem"})

A recogniser has no settings and sees no weights, only their names and shapes. It may be generous:
`ganzoo import` builds every guess without memory and compares all names and shapes. No torch is
needed here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]
"""The shape of each tensor, by name."""
Options: TypeAlias = Mapping[str, Any]
"""What a file beside the weights says of their training, by the names of that code."""


@dataclass(frozen=True)
class Guess:
    """A network that a file may hold.

    kind, component: what ganzoo calls it, as "generator", "resnet".
    settings: with which its shapes should be those of the file.
    evidence: what was read from where: `{"9 residual blocks": "model.10 ... model.18"}`.
    names: what the component calls a tensor, where the file has another name for it.
    unneeded: tensors of the file that the component computes itself.
    assumed: what names and shapes cannot say, in a few words each, with the setting to change.
    size: the image's side in pixels, where the tensors tell.
    """

    kind: Literal["generator", "discriminator"]
    component: str
    settings: Mapping[str, Any]
    evidence: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    unneeded: frozenset[str] = frozenset()
    assumed: tuple[str, ...] = ()
    size: int | None = None


class Recogniser(ABC):
    """Guesses from names and shapes. Its docstring says whose files it knows."""

    @abstractmethod
    def recognise(self, shapes: Shapes, options: Options) -> Iterable[Guess]:
        """What the tensors may be, the likeliest first; nothing where they are of another kind.

        shapes: of one network, as a file from anybody says; neither names nor sizes are checked.
        options: of `train_opt.txt`, `config.json` and the like; mostly empty.
        """
