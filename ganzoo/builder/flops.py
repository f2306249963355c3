"""Counts floating-point operations, for whom asks: this imports Triton where it is installed."""

from __future__ import annotations

from collections.abc import Callable

from torch.utils.flop_counter import FlopCounterMode
from torch.utils.module_tracker import ModuleTracker


class Counter(FlopCounterMode):
    """Counts all operations together.

    torch's own counter tells modules apart by hooks on gradients, which a leaf does not take within
    `autograd.grad`.
    """

    def __init__(self) -> None:
        super().__init__(display=False)
        self.mod_tracker = _Whole()


class _Whole(ModuleTracker):
    """One whole in place of modules."""

    def __enter__(self) -> _Whole:
        return self

    def __exit__(self, *args: object) -> None:
        return None


def count_flops(act: Callable[[], object]) -> int:
    """The floating-point operations of an act, forward and backward."""
    with Counter() as counter:
        act()
    return int(counter.get_total_flops())
