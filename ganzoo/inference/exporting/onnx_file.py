"""The content of an ONNX file."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch.export import ExportedProgram

from ganzoo.errors import ModelError, first_line
from ganzoo.inference.exporting.graph import ExportedOutput
from ganzoo.registry.extras import import_extra

KEY = "ganzoo."  # before the names of ganzoo's metadata


def make_onnx(program: ExportedProgram, graph: ExportedOutput) -> bytes:
    """The ONNX model of a program; its inputs and its output have the names of the graph's.

    Raises:
        GanzooError: a package is missing.
        ModelError: it uses an operation that ONNX does not have.
    """
    import_extra("onnxscript")
    names = [each.name for each in graph.inputs]
    with quiet():
        try:
            written: Any = torch.onnx.export(
                program,
                (),
                input_names=names,
                output_names=[_name_output(graph)],
                dynamo=True,
                verbose=False,
            )
        except Exception as error:  # whatever an operation without a counterpart makes it raise
            raise ModelError(
                f"'{graph.wire}' cannot be exported: ONNX lacks an operation of it "
                f"({_cause(error)})"
            ) from error
    proto = written.model_proto
    _name_axes(proto, graph)
    content: bytes = proto.SerializeToString()
    return content


def add_metadata(proto: Any, metadata: Mapping[str, str]) -> bytes:
    """An ONNX model's content, with metadata."""
    onnx = import_extra("onnx")
    onnx.helper.set_model_props(proto, {f"{KEY}{name}": text for name, text in metadata.items()})
    content: bytes = proto.SerializeToString()
    return content


def parse_onnx(content: bytes) -> Any:
    """The model in the content of an ONNX file."""
    return import_extra("onnx").load_from_string(content)


@contextlib.contextmanager
def quiet() -> Any:
    """A context without the progress and the advice that exporters print."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _name_output(graph: ExportedOutput) -> str:
    """The output's name; a value of a graph has one name, so an input's is not given again."""
    taken = {each.name for each in graph.inputs}
    return f"{graph.output_name}_" if graph.output_name in taken else graph.output_name


def _name_axes(proto: Any, graph: ExportedOutput) -> None:
    """Name open sizes as the graph does; inner values lose their shapes, which are derived."""
    names: dict[str, str] = {}
    for given, value in zip(graph.inputs, proto.graph.input, strict=True):
        for axis, dim in zip(given.axes, value.type.tensor_type.shape.dim, strict=True):
            if isinstance(axis, str):
                names[dim.dim_param] = axis
                dim.dim_param = axis
    for dim in proto.graph.output[0].type.tensor_type.shape.dim:
        if dim.dim_param:
            dim.dim_param = names.get(dim.dim_param, dim.dim_param)
    del proto.graph.value_info[:]


def _cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{first_line(error):.200}"
