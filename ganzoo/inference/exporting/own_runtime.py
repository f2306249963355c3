"""Runs exported files, each in the runtime that it is made for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ganzoo.inference.engines.graph_cache import OnnxGraph
from ganzoo.inference.engines.onnx_session import OnnxSession
from ganzoo.inference.exporting.export_formats import ExportFormat
from ganzoo.inference.exporting.openvino_file import read_openvino
from ganzoo.inference.exporting.torch_program import read_program
from ganzoo.registry.extras import import_extra

Run = Callable[[Sequence[Tensor]], Tensor]
"""The output of a file for tensors in the order of its inputs."""


def open_runtime(format_: ExportFormat, contents: Sequence[bytes]) -> Run:
    """What computes the output of an exported file, on the CPU.

    contents: of the files that `name_files` lists.

    Raises:
        GanzooError: a package is missing.
    """
    if format_ == "onnx":
        return _open_onnx(contents[0])
    if format_ == "openvino":
        return _open_openvino(contents[0], contents[1])
    module = read_program(contents[0]).module()

    def run(values: Sequence[Tensor]) -> Tensor:
        with torch.no_grad():
            return module(*values)  # type: ignore[no-any-return]

    return run


def _open_onnx(content: bytes) -> Run:
    session = OnnxSession(OnnxGraph(content, sizes_open=True))

    def run(values: Sequence[Tensor]) -> Tensor:
        given = [value.numpy() for value in values]
        return torch.from_numpy(session.run(given, torch.get_num_threads())[0])

    return run


def _open_openvino(content: bytes, weights: bytes) -> Run:
    openvino = import_extra("openvino")
    # Else it computes in bf16 where the CPU has it, which no file says.
    exact = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": torch.get_num_threads()}
    compiled = openvino.Core().compile_model(read_openvino(content, weights), "CPU", exact)

    def run(values: Sequence[Tensor]) -> Tensor:
        return torch.from_numpy(np.array(compiled([value.numpy() for value in values])[0]))

    return run
