"""Weights and activations in 8 bits, on scales that samples of images decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from torch import Tensor

from ganzoo.inference.exporting.onnx_file import parse_onnx, quiet
from ganzoo.registry.extras import import_extra

Samples = Sequence[Sequence[Tensor]]
"""Inputs of a graph, in order, (1, ...) each."""
# What is worth its rounding; norms, sums and the padding of images stay as they are.
QUANTIZED = ["Conv", "ConvTranspose"]


def quantize_onnx(content: bytes, samples: Samples) -> Any:
    """An ONNX model whose convolutions multiply whole numbers.

    Weights are scaled channel by channel. It holds pairs of QuantizeLinear and DequantizeLinear,
    which every runtime of ONNX reads.

    Raises:
        GanzooError: a package is missing.
    """
    quantization = import_extra("onnxruntime.quantization")
    proto = parse_onnx(content)
    names = [each.name for each in proto.graph.input]
    with TemporaryDirectory() as folder, quiet():
        path = Path(folder) / "model.onnx"
        quantization.quantize_static(
            proto,
            path,
            _Reader(names, samples),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=QUANTIZED,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )
        return parse_onnx(path.read_bytes())


class _Reader:
    """Gives ONNX Runtime one sample after another, in the form that it asks for."""

    def __init__(self, names: Sequence[str], samples: Samples) -> None:
        self._coming: Iterator[Sequence[Tensor]] = iter(samples)
        self._names = names

    def get_next(self) -> dict[str, Any] | None:
        """The next sample by the names of the inputs; None at the end."""
        sample = next(self._coming, None)
        if sample is None:
            return None
        return {name: value.numpy() for name, value in zip(self._names, sample, strict=True)}


def quantize_openvino(model: Any, samples: Samples) -> Any:
    """An OpenVINO model with weights and activations of 8 bits.

    Raises:
        GanzooError: a package is missing.
    """
    nncf = import_extra("nncf")
    listed = [[value.numpy() for value in sample] for sample in samples]
    with quiet():
        return nncf.quantize(model, nncf.Dataset(listed), subset_size=len(listed))
