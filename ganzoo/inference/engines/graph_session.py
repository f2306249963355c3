"""What runs a graph, whichever library does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ganzoo.inference.engines.graph_cache import OnnxGraph

Arrays = Sequence[Any]
"""NumPy arrays, in the order of a graph's inputs or outputs."""


class GraphSession(Protocol):
    """A graph that is ready to run; several threads may do so at once."""

    def run(self, inputs: Arrays, threads: int) -> Arrays:
        """The outputs for inputs; threads: how many the library may use."""


OpenSession = Callable[[OnnxGraph], GraphSession]
"""A function that makes a graph ready to run."""
