"""Graphs by OpenVINO, on a CPU."""

from __future__ import annotations

import threading
from typing import Any, Literal

from ganzoo.inference.engines.graph_cache import OnnxGraph
from ganzoo.inference.engines.graph_session import Arrays
from ganzoo.inference.engines.openvino_core import openvino_core

# Sizes of images that get a plan of their own, which is faster; others share one for all sizes.
PLANNED_SIZES = 3


class OpenVinoSession:
    """A graph in OpenVINO, compiled for the first few sizes of images, and for all others at once.

    precision: what it computes in. lanes: how many threads at most compute an image each.
    """

    def __init__(self, graph: OnnxGraph, precision: Literal["f32", "bf16"], lanes: int) -> None:
        self._graph, self._lanes = graph, lanes
        self._settings = {
            "INFERENCE_PRECISION_HINT": precision,
            # Else the threads of several processes would all be tied to the same cores.
            "ENABLE_CPU_PINNING": False,
        }
        self._compiled: dict[object, Any] = {}
        self._lock = threading.Lock()
        self._requests = threading.local()

    def run(self, inputs: Arrays, threads: int) -> Arrays:
        """The outputs for inputs."""
        outputs = self._request(inputs, threads).infer([*inputs], share_inputs=True)
        return [*outputs.values()]

    def _request(self, inputs: Arrays, threads: int) -> Any:
        """This thread's own request."""
        shapes = tuple(tuple(each.shape) for each in inputs)
        key, compiled = self._find(shapes, threads)
        own: Any = vars(self._requests)
        if key not in own:
            own[key] = compiled.create_infer_request()
        return own[key]

    def _find(self, shapes: tuple[tuple[int, ...], ...], threads: int) -> tuple[object, Any]:
        with self._lock:
            known = [key for key in self._compiled if key[0] == threads]  # type: ignore[index]
            planned = (threads, shapes) in known or len(known) < PLANNED_SIZES
            key = (threads, shapes if planned else None)
            if key not in self._compiled:
                self._compiled[key] = self._compile(shapes if planned else None, threads)
            return key, self._compiled[key]

    def _compile(self, shapes: tuple[tuple[int, ...], ...] | None, threads: int) -> Any:
        model = openvino_core().read_model(self._graph.content)
        if shapes and self._graph.sizes_open:
            model.reshape(dict(zip(model.inputs, map(list, shapes), strict=True)))
        # One thread each for several images at a time, or all of them for one.
        streams, used = (self._lanes, self._lanes) if threads == 1 else (1, threads)
        plan = {"NUM_STREAMS": streams, "INFERENCE_NUM_THREADS": used}
        return openvino_core().compile_model(model, "CPU", {**self._settings, **plan})
