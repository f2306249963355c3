"""An output of a model as a file that another program runs, compared with the model first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from ganzoo.errors import GanzooError, ModelError
from ganzoo.files.existing import refuse_existing
from ganzoo.inference.exporting.export_formats import (
    ExportFormat,
    ExportPrecision,
    check_asked,
    check_packages,
    name_files,
)
from ganzoo.inference.exporting.export_metadata import describe_export
from ganzoo.inference.exporting.graph import ExportedOutput
from ganzoo.inference.exporting.graph_input import COUNT
from ganzoo.inference.exporting.onnx_file import add_metadata, make_onnx, parse_onnx
from ganzoo.inference.exporting.openvino_file import make_openvino, read_openvino
from ganzoo.inference.exporting.own_runtime import open_runtime
from ganzoo.inference.exporting.parity import Parity, compare
from ganzoo.inference.exporting.pixel_form import PixelForm
from ganzoo.inference.exporting.quantizing import Samples, quantize_onnx, quantize_openvino
from ganzoo.inference.exporting.torch_program import make_program_file
from ganzoo.inference.exporting.tracing import trace
from ganzoo.inference.exporting.written_files import write_files
from ganzoo.inference.model import Model

DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16}
Calibration = Callable[[], Sequence[Mapping[str, Tensor]]]
"""Gives inputs by name, (1, ...) as the model takes them, when they are needed."""


def export_model(
    model: Model,
    path: Path,
    format_: ExportFormat = "onnx",
    output: str = "",
    precision: ExportPrecision = "fp32",
    pixels: PixelForm | None = None,
    calibration: Calibration | None = None,
) -> Parity:
    """Write an output of a model as a file of another format, if it computes the same there.

    path: of the file; see `name_files` for what else is written. Files are written whole or not.
    format_: any but "reference", which `export_reference` writes.
    output: its name; left out, the first output.
    pixels: take and give values of pixels; None: images in [-1, 1].
    calibration: the images by which int8 chooses its scales.

    Raises:
        GanzooError: a file exists or cannot be written, the format has not the precision, a package
            is missing, or a file of fp32 differs from the model.
        ModelError: the output cannot be exported, or there is none of that name.
        ValueError: pixels do not hold the images' values.
    """
    check_asked(format_, precision, pixels is not None)
    if format_ == "reference":
        raise GanzooError("a reference is weights alone: it is written by export_reference")
    check_packages(format_, precision)
    files = name_files(path, format_)
    refuse_existing(files)
    graph = ExportedOutput(model, output, pixels, _dtype(format_, precision))
    contents = _make(model, graph, format_, precision, calibration)
    parity = compare(model, graph, open_runtime(format_, contents), precision)
    if precision == "fp32" and not parity.is_close:
        raise ModelError(f"nothing was written, as the file would be wrong. {parity}")
    write_files(files, contents)
    return parity


def _dtype(format_: ExportFormat, precision: ExportPrecision) -> torch.dtype:
    """What the traced networks compute in; OpenVINO is given fp32, and halves weights itself."""
    return torch.float32 if format_ == "openvino" else DTYPES.get(precision, torch.float32)


def _make(
    model: Model,
    graph: ExportedOutput,
    format_: ExportFormat,
    precision: ExportPrecision,
    calibration: Calibration | None,
) -> list[bytes]:
    """The contents of the files of a format."""
    metadata = describe_export(model, graph, precision)
    samples = _list_samples(graph, calibration) if precision == "int8" else []
    program = trace(graph)
    if format_ == "torch-export":
        return [make_program_file(program, metadata)]
    content = make_onnx(program, graph)
    if format_ == "onnx":
        proto = quantize_onnx(content, samples) if samples else parse_onnx(content)
        return [add_metadata(proto, metadata)]
    read = read_openvino(content)
    quantized = quantize_openvino(read, samples) if samples else read
    return make_openvino(quantized, metadata, halved=precision == "fp16")


def _list_samples(graph: ExportedOutput, calibration: Calibration | None) -> Samples:
    """Inputs of a graph, in order, made of images; latents and labels are drawn.

    Raises:
        GanzooError: there are no images.
    """
    given = calibration() if calibration else []
    if not given:
        raise GanzooError("int8 needs images to choose its scales by: name a folder of them")
    return [
        [
            each.unread(sample[each.name])
            if each.name in sample
            else each.make_example(_sizes_of(graph, sample), number)
            for each in graph.inputs
        ]
        for number, sample in enumerate(given)
    ]


def _sizes_of(graph: ExportedOutput, sample: Mapping[str, Tensor]) -> dict[str, int]:
    """The open sizes of a graph that a sample decides."""
    sizes = {COUNT: 1}
    for each in graph.inputs:
        if each.name in sample:
            shape = each.unread(sample[each.name]).shape
            named = zip(each.axes, shape, strict=True)
            sizes |= {axis: side for axis, side in named if isinstance(axis, str)}
    return sizes
