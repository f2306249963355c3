"""What an output is: a named result that takes more than evaluating one wire."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar, Protocol

from torch import Tensor

from ganzoo.interfaces.networks import Value


class Wire(Protocol):
    """A wire of an output, as a function on the batch of N samples at hand."""

    @property
    def text(self) -> str:
        """The wire as the recipe writes it."""

    def __call__(self, times: int = 1, /, **given: Tensor) -> Value:
        """Its value, for every sample so many `times`: (times N, ...), all samples in turn.

        Latents are drawn anew where times > 1, the same ones at each call.
        given: what some names stand for, in place of the batch's values: (times N, ...).
        """


class Output(ABC):  # noqa: B024 (`make` is not abstract, for each output has its own wires)
    """How an output is made: the parameters of its method `make` are its wires.

    Each is given as a `Wire`; `make` returns a value for the batch, without looking at values on
    the meta device: there only the wires are tried. It runs without gradient, in evaluation mode.

    latents: the wires that must be the name of a latent.
    renders: the wire that gives images like the output's; "" if none does.
    """

    latents: ClassVar[tuple[str, ...]] = ()
    renders: ClassVar[str] = ""
