"""Graphs by ONNX Runtime, on a CPU."""

from __future__ import annotations

import threading
from typing import Any

from ganzoo.inference.engines.graph_cache import OnnxGraph
from ganzoo.inference.engines.graph_session import Arrays
from ganzoo.registry.extras import import_extra

QUIET = 3  # errors alone


class OnnxSession:
    """A graph in ONNX Runtime; for each number of threads there is a session."""

    def __init__(self, graph: OnnxGraph) -> None:
        self._library = import_extra("onnxruntime")
        self._content = graph.content
        self._sessions: dict[int, Any] = {}
        self._lock = threading.Lock()

    def run(self, inputs: Arrays, threads: int) -> Arrays:
        """The outputs for inputs."""
        session = self._find(threads)
        names = [each.name for each in session.get_inputs()]
        outputs: Arrays = session.run(None, dict(zip(names, inputs, strict=True)))
        return outputs

    def _find(self, threads: int) -> Any:
        with self._lock:
            if threads not in self._sessions:
                options = self._library.SessionOptions()
                options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
                options.log_severity_level = QUIET
                self._sessions[threads] = self._library.InferenceSession(
                    self._content, options, providers=["CPUExecutionProvider"]
                )
            return self._sessions[threads]
