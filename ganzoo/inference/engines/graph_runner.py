"""Calls of one network, each by a graph that is made when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.engine.expressions import flatten, no_autocast
from ganzoo.errors import GanzooError
from ganzoo.inference.engines.graph_cache import OnnxGraph, fingerprint, load_graph, store_graph
from ganzoo.inference.engines.graph_session import GraphSession, OpenSession
from ganzoo.inference.engines.network_graph import IMAGE, call_head, to_onnx
from ganzoo.interfaces import Value

# Sizes that get a graph of their own, where a network's graph does not serve all of them; making
# one takes seconds. Images of others are computed by torch.
GRAPH_SIZES = 3
# How far a graph's values may be from torch's, as a share of the largest of them (at least of 1).
ALIKE = 1e-3


class GraphRunner:
    """Runs the calls of a network.

    open_session: makes a graph ready to run, in the precision that is asked for.
    open_exact: the same in float32, for the comparison of a new graph with torch.

    fixed_sizes: how many graphs serve images of one size alone.
    """

    def __init__(
        self, network: nn.Module, open_session: OpenSession, open_exact: OpenSession
    ) -> None:
        self._network = network
        self._open_session, self._open_exact = open_session, open_exact
        self._sessions: dict[object, tuple[OnnxGraph, GraphSession]] = {}
        self._hash = ""
        self.fixed_sizes = 0
        self._lock = threading.Lock()

    def __deepcopy__(self, memo: dict[int, Any]) -> GraphRunner:
        return self  # graphs do not change

    def run(self, head: str, arguments: Sequence[Tensor], multiple: int) -> Value | None:
        """The value of a call; None if torch is to compute it, as it is of one size too many.

        arguments: images have sides that are multiples of `multiple`; see `to_onnx`.

        Raises:
            GanzooError: the graph computes something else than the network.
        """
        ready = self._find(head, arguments, multiple)
        if ready is None:
            return None
        graph, session = ready
        results = _run(session, arguments)
        return results if graph.gives_list else results[0]

    def _find(
        self, head: str, arguments: Sequence[Tensor], multiple: int
    ) -> tuple[OnnxGraph, GraphSession] | None:
        kinds = head, multiple, tuple((a.dim(), a.shape[1:2], a.dtype) for a in arguments)
        shapes = head, tuple((tuple(a.shape), a.dtype) for a in arguments)
        with self._lock:
            for key in (kinds, shapes):
                if key in self._sessions:
                    return self._sessions[key]
            if self.fixed_sizes == GRAPH_SIZES:
                return None
            graph = self._make(head, arguments, multiple, (kinds, shapes))
            self.fixed_sizes += not graph.sizes_open
            opened = graph, self._open_session(graph)
            self._sessions[kinds if graph.sizes_open else shapes] = opened
            return opened

    def _make(
        self, head: str, arguments: Sequence[Tensor], multiple: int, keys: tuple[object, object]
    ) -> OnnxGraph:
        """The graph of a call: from the cache, or new, and then compared with torch."""
        self._hash = self._hash or fingerprint(self._network)
        names = [f"{self._hash} {key!r}" for key in keys]
        for name in names:
            if graph := load_graph(name):
                return graph
        given = [_noise_like(each) for each in arguments]
        with torch.no_grad(), no_autocast(given):
            expected = call_head(self._network, head)(*given)
        converted = to_onnx(self._network, head, given, multiple)
        graph = OnnxGraph(*converted, isinstance(expected, list))
        _compare(_run(self._open_exact(graph), given), flatten([expected]))
        store_graph(names[0 if graph.sizes_open else 1], graph)
        return graph


def _run(session: GraphSession, arguments: Sequence[Tensor]) -> list[Tensor]:
    inputs = [_as_array(each) for each in arguments]
    return [torch.from_numpy(each) for each in session.run(inputs, torch.get_num_threads())]


def _noise_like(argument: Tensor) -> Tensor:
    """Noise of the shape of images, in [-1, 1]; latents and labels as they are.

    Norms divide images of one colour, black ones as well, by nearly 0: what any engine gives then
    is its own rounding.
    """
    if argument.dim() < IMAGE or not argument.is_floating_point():
        return argument
    rng = torch.Generator().manual_seed(0)
    noise = torch.rand(argument.shape, generator=rng) * 2 - 1
    return noise.to(argument)


def _as_array(tensor: Tensor) -> Any:
    kind = torch.float32 if tensor.is_floating_point() else tensor.dtype
    return tensor.detach().to("cpu", kind).contiguous().numpy()


def _compare(results: Sequence[Tensor], expected: Sequence[Tensor]) -> None:
    """Compare what a graph gives with what torch gives."""
    for result, value in zip(results, expected, strict=True):
        if result.shape != value.shape:
            raise GanzooError("its graph gives results of another size than torch")
        limit = ALIKE * max(1.0, float(value.abs().max()))
        if not (difference := float((result - value).abs().max())) <= limit:
            raise GanzooError(f"its graph gives values that are {difference:.2g} from torch's")
