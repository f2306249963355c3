"""Packages that only some exports need: imported when they are, and named when missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ganzoo.errors import GanzooError

# The extra of ganzoo-core that brings each.
EXTRAS = {
    "onnx": "onnx",
    "onnxscript": "onnx",
    "onnxruntime": "onnx",
    "onnxruntime.quantization": "onnx",
    "openvino": "openvino",
    "nncf": "int8",
}


def import_extra(name: str) -> Any:
    """A module of an extra.

    Raises:
        GanzooError: it is not installed; how to install it.
    """
    try:
        with _without_telemetry():
            return import_module(name)
    except ImportError as error:
        raise GanzooError(
            f"this needs the package {name.partition('.')[0]}: "
            f"pip install 'ganzoo-core[{EXTRAS[name]}]'"
        ) from error


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
