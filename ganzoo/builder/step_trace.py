"""A step followed operation by operation, on tensors without memory: what it holds and computes.

Torch's fake tensors have a shape, a type and a device, so that autocast, backward passes and
optimizers do what they do in training, with neither memory nor arithmetic.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter


@dataclass
class Work:
    """What a step computes; of players that rest in some steps, the mean of a step.

    calls: operations, those included that only look at a tensor in another way.
    flops: of convolutions and matrix products. half_flops: of those in half precision.
    moved: bytes that those read and write: small products wait for memory, not for arithmetic.
    """

    calls: float = 0.0
    flops: float = 0.0
    half_flops: float = 0.0
    moved: float = 0.0

    def times(self, factor: float) -> Work:
        """So many times this work."""
        return Work(*(factor * value for value in astuple(self)))


@dataclass
class StepTracer(TorchDispatchMode):
    """Follows each storage from its making until nothing refers to it any more.

    live: bytes that are alive now. peak: the most there were.
    share: how often what follows is computed in a step; 1/5 for a player that moves in each fifth.
    """

    live: int = 0
    peak: int = 0
    share: float = 1.0
    work: Work = field(default_factory=Work)

    def __post_init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # Slow to import, and most runs trace nothing.
        from torch.utils.flop_counter import flop_registry

        self._count_flops: Mapping[Any, Callable[..., int]] = flop_registry
        self._alive: dict[int, weakref.ref[torch.UntypedStorage]] = {}

    def begin(self) -> None:
        """Forget the peak and the work so far, but not what is alive."""
        self.peak, self.work = self.live, Work()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Let torch find the shapes of the results, and note what they take."""
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        results = _tensors(out)
        for tensor in results:
            self._hold(tensor.untyped_storage())
        self.work.calls += self.share
        if func._overloadpacket in self._count_flops:
            self.work.moved += self.share * count_bytes([*_tensors((args, kwargs)), *results])
            flops = self._count_flops[func._overloadpacket](*args, **kwargs, out_val=out)
            if results[0].dtype in (torch.bfloat16, torch.float16):
                self.work.half_flops += self.share * flops
            else:
                self.work.flops += self.share * flops
        return out

    def _hold(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._alive:
            return

        def forget(_: object) -> None:
            self.live -= size
            del self._alive[key]

        self._alive[key] = weakref.ref(storage, forget)
        self.live += size
        self.peak = max(self.peak, self.live)


def count_bytes(tensors: Iterable[Tensor]) -> int:
    """The bytes of all elements."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_iter(tree) if isinstance(leaf, Tensor)]
