"""What is watched for while a recipe is tried: gradients taken inside a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.module_tracker import ModuleTracker


class Gradients(TorchDispatchMode):
    """Notes whether the code inside runs a backward pass of its own.

    taken: whether it did.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.taken = False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run an operation; within a backward pass, autograd knows of a task."""
        self.taken = self.taken or _is_backward()
        return func(*args, **(kwargs or {}))


def _is_backward() -> bool:
    return bool(ModuleTracker().is_bw)
