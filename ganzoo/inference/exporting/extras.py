"""Packages that only some exports need: imported when they are, and named when missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ganzoo.errors import GanzooError
from ganzoo.inference.exporting.export_formats import ExportFormat, ExportPrecision

# The extra of ganzoo-core that brings each.
EXTRAS = {
    "onnx": "onnx",
    "onnxscript": "onnx",
    "onnxruntime": "onnx",
    "openvino": "openvino",
    "nncf": "int8",
}
NEEDED: dict[ExportFormat, tuple[str, ...]] = {
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "openvino": ("onnx", "onnxscript", "openvino"),
    "torch-export": (),
    "reference": (),
}


def check_packages(format_: ExportFormat, precision: ExportPrecision) -> None:
    """Check that the packages are there that an export needs, without importing them.

    Raises:
        GanzooError: one is missing; how to install it.
    """
    quantizer = ("nncf",) if (format_, precision) == ("openvino", "int8") else ()
    for name in (*NEEDED[format_], *quantizer):
        if find_spec(name) is None:
            raise GanzooError(_missing(name))


def import_extra(name: str) -> Any:
    """A module of an extra, which reports to nobody.

    Raises:
        GanzooError: it is not installed; how to install it.
    """
    try:
        with _without_telemetry():
            module = import_module(name)
            if name.startswith("onnxruntime"):
                import_module("onnxruntime").disable_telemetry_events()
            return module
    except ImportError as error:
        raise GanzooError(_missing(name.partition(".")[0])) from error


def _missing(package: str) -> str:
    return f"this needs the package {package}: pip install 'ganzoo-core[{EXTRAS[package]}]'"


@contextmanager
def _without_telemetry() -> Iterator[None]:
    """A context in which nncf is imported as in its own tests: it reports to nobody."""
    before = os.environ.get("NNCF_CI")
    os.environ["NNCF_CI"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["NNCF_CI"]
        else:
            os.environ["NNCF_CI"] = before
