"""Counts the bytes of tensors that an output needs at once, without computing it."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ganzoo.inference.inference_copy import by_torch

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

# The sides of two images on the meta device, and of two small ones where that is not possible.
SIDES, SMALL_SIDES = (1024, 2048), (128, 256)


@dataclass(frozen=True)
class Law:
    """Bytes as they grow with an image: fixed + per_pixel x pixels."""

    fixed: float
    per_pixel: float

    def __call__(self, pixels: float) -> float:
        """The bytes for so many pixels."""
        return self.fixed + self.per_pixel * pixels

    def pixels(self, room: float) -> int:
        """How many pixels fit into so many bytes; 0 if none do."""
        return max(0, int((room - self.fixed) / max(self.per_pixel, 1e-9)))


class LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A context that counts the bytes of the tensors made in it, as long as they live.

    peak: the most at once.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._counted: set[int] = set()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            if isinstance(value, Tensor):
                self._count(value.untyped_storage())
        self.peak = max(self.peak, self.now)
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key not in self._counted:
            self._counted.add(key)
            self.now += storage.nbytes()
            weakref.finalize(storage, self._release, key, storage.nbytes())

    def _release(self, key: int, size: int) -> None:
        self._counted.discard(key)
        self.now -= size


def measure_bytes(model: Model, output: OutputWire, variable: str) -> Law:
    """The law of the bytes that an output needs, the image (float32) and the result included."""
    try:
        return _fit(_on_meta(model, output), output, variable, SIDES)
    except (RuntimeError, NotImplementedError):  # it looks at values, which are not there
        return _fit(model, output, variable, SMALL_SIDES)


def _fit(model: Model, output: OutputWire, variable: str, sides: tuple[int, int]) -> Law:
    small, large = (_peak(model, output, variable, side) for side in sides)
    per_pixel = max(0.0, (large - small) / (sides[1] ** 2 - sides[0] ** 2))
    return Law(max(0.0, small - per_pixel * sides[0] ** 2), per_pixel)


def _peak(model: Model, output: OutputWire, variable: str, side: int) -> int:
    live = LiveBytes()
    with live, by_torch(model.networks.values()):
        channels = model.variables[variable].channels
        image = torch.zeros(1, channels, side, side, device=model.device)
        model.evaluate([output], {variable: image}, 0)
    return live.peak


def _on_meta(model: Model, output: OutputWire) -> Model:
    """The model with networks that compute shapes alone."""
    used = {name: model.networks[name] for name in output.networks}
    networks = {name: each.to("meta") for name, each in copy.deepcopy(used).items()}
    return replace(model, networks=networks, _home=torch.device("meta"))
