"""What copies of networks for inference have in common, whatever computes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


class InferenceCopy(nn.Module):
    """A copy of a network, for inference alone.

    by_torch: let torch itself compute it, whatever else does so otherwise.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.requires_grad_(False)
        self.by_torch = False

    @property
    def serves_few_sizes(self) -> bool:
        """Whether only the first few sizes of images are computed faster, each in its own way."""
        return False

    def __getattr__(self, name: str) -> Any:
        """A head of the network, or what else it has."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("network"), name)


@contextmanager
def by_torch(networks: Iterable[nn.Module]) -> Iterator[None]:
    """A context in which torch itself computes networks, operator by operator.

    So it is where each operator is followed, or does what it usually does not.
    """
    copies = [network for network in networks if isinstance(network, InferenceCopy)]
    before = [network.by_torch for network in copies]
    for network in copies:
        network.by_torch = True
    try:
        yield
    finally:
        for network, was in zip(copies, before, strict=True):
            network.by_torch = was
