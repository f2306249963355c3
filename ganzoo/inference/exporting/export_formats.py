"""What models are exported to, in which precision. Nothing here imports torch."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from ganzoo.errors import GanzooError
from ganzoo.registry.extras import require_packages

ExportFormat = Literal["onnx", "openvino", "torch-export", "reference"]
"""What a model becomes: a file of ONNX, of OpenVINO, of torch.export, or the authors' `.pth`."""
ExportPrecision = Literal["fp32", "fp16", "bf16", "int8"]
"""What an exported network computes in, or holds its weights in."""

PixelType = Literal["uint8", "float32"]
"""The type of the values of pixels that a file takes and gives."""
ChannelPlace = Literal["first", "last"]
"""(N, C, H, W) or (N, H, W, C)."""

# The first suffix is that of the file that is named; OpenVINO's weights lie in a second one.
SUFFIXES: dict[ExportFormat, tuple[str, ...]] = {
    "onnx": (".onnx",),
    "openvino": (".xml", ".bin"),
    "torch-export": (".pt2",),
    "reference": (".pth",),
}
# The packages that make a file, and read it again.
NEEDED: dict[ExportFormat, tuple[str, ...]] = {
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "openvino": ("onnx", "onnxscript", "openvino"),
}
QUANTIZERS: dict[ExportFormat, tuple[str, ...]] = {"openvino": ("nncf",)}
REFERENCE = "the authors' code reads fp32"
# Why a format has not a precision.
LACKING: dict[tuple[ExportFormat, ExportPrecision], str] = {
    ("onnx", "bf16"): "ONNX Runtime has no convolutions in bf16 on a CPU; choose fp16",
    ("openvino", "bf16"): "OpenVINO computes a file of fp16 or fp32 in bf16 where it is asked to, "
    "by INFERENCE_PRECISION_HINT; choose fp16",
    ("torch-export", "int8"): "torch quantizes by another package; choose onnx or openvino",
    ("reference", "fp16"): REFERENCE,
    ("reference", "bf16"): REFERENCE,
    ("reference", "int8"): REFERENCE,
}


def check_asked(format_: str, precision: str, pixels: bool) -> None:
    """Check that there is such a format, and that it has what is asked of it.

    Raises:
        GanzooError: there is no such format or precision, or the format has not the precision, or
            no place for reading pixels.
    """
    for option, word, words in (
        ("--to", format_, get_args(ExportFormat)),
        ("--precision", precision, get_args(ExportPrecision)),
    ):
        if word not in words:
            raise GanzooError(f"{option} {word}: choose {', '.join(words[:-1])} or {words[-1]}")
    for pair, reason in LACKING.items():
        if pair == (format_, precision):
            raise GanzooError(f"{format_} has no {precision}: {reason}")
    if pixels and format_ == "reference":
        raise GanzooError("--pixels: a .pth holds weights alone, and no reading of pixels")


def check_packages(format_: ExportFormat, precision: ExportPrecision) -> None:
    """Check that the packages are there that an export needs, without importing them.

    Raises:
        GanzooError: one is missing; how to install it.
    """
    more = QUANTIZERS.get(format_, ()) if precision == "int8" else ()
    require_packages(f"--to {format_}", (*NEEDED.get(format_, ()), *more))


def name_files(path: Path, format_: ExportFormat) -> list[Path]:
    """The files that an export to `path` writes, the named one first.

    Raises:
        GanzooError: the path has another suffix than the format.
    """
    first = SUFFIXES[format_][0]
    if path.suffix.lower() != first:
        raise GanzooError(
            f"{path}: a file of {format_} ends in {first}; name it {path.stem}{first}"
        )
    return [path, *(path.with_suffix(suffix) for suffix in SUFFIXES[format_][1:])]
