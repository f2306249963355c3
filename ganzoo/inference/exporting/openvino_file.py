"""The two files of an OpenVINO model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ganzoo.registry.extras import import_extra

KEY = "ganzoo"  # the section of ganzoo's metadata in `rt_info`


def read_openvino(content: bytes, weights: bytes = b"") -> Any:
    """A model, of the content of an ONNX file, or of an .xml file and its .bin file."""
    core = import_extra("openvino").Core()
    return core.read_model(content, weights) if weights else core.read_model(content)


def make_openvino(model: Any, metadata: Mapping[str, str], halved: bool) -> list[bytes]:
    """The contents of the .xml and the .bin file of a model.

    halved: weights are written in fp16.
    """
    for name, text in metadata.items():
        model.set_rt_info(text, [KEY, name])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.xml"
        import_extra("openvino").save_model(model, path, compress_to_fp16=halved)
        return [path.read_bytes(), path.with_suffix(".bin").read_bytes()]
