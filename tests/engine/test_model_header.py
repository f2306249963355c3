"""The header of a model file, read without torch; see tests/runs/test_bundle_reading.py, too."""

from __future__ import annotations

import json
import struct

import pytest
import torch
from safetensors.torch import save_file

from ganzoo.engine.checkpoint import read_header, write_tensors
from ganzoo.engine.model_header import read_model_header
from ganzoo.errors import ModelError


def test_it_is_what_torch_reads(tmp_path):
    path = tmp_path / "model.safetensors"
    header = {"recipe": {"name": "é", "tables": [1, {"a": 2.5}]}, "shared": {}, "step": 3}
    write_tensors(path, {"a": torch.rand(2, 3), "b": torch.zeros(0)}, header)
    assert read_model_header(path) == read_header(path)


def pack(table, tail=b""):
    text = json.dumps(table).encode()
    return struct.pack("<Q", len(text)) + text + tail


OURS = {"ganzoo": json.dumps({"format": 1, "recipe": {}})}


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "no safetensors file"),
        (b"\xff" * 8, "no safetensors file"),
        (struct.pack("<Q", 100) + b"{}", "no ganzoo model"),
        (pack([]), "it has no recipe"),
        (pack({"__metadata__": {"ganzoo": 3}}), "it has no recipe"),
        (pack({"__metadata__": {"ganzoo": "{}"}}), "a checkpoint's state"),
        (pack({"__metadata__": {"ganzoo": "["}}), "no ganzoo model"),
        (pack({"__metadata__": OURS, "a": 3}), "of a tensor not where it is"),
        (pack({"__metadata__": OURS, "a": {"data_offsets": [0, 1e30]}}), "not where it is"),
        (pack({"__metadata__": OURS, "a": {"data_offsets": [0, 9]}}, b"12345678"), "not whole"),
        (pack({"__metadata__": OURS}, b"more"), "not whole"),
    ],
)
def test_other_files_are_refused(content, match, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=match) as error:
        read_model_header(path)
    assert str(error.value).startswith(str(path))


def test_models_of_others_have_no_recipe(tmp_path):
    save_file({"a": torch.zeros(2)}, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="was not written by ganzoo"):
        read_model_header(tmp_path / "model.safetensors")


def test_what_is_no_file(tmp_path):
    with pytest.raises(ModelError, match="no such file"):
        read_model_header(tmp_path / "nowhere.safetensors")
    with pytest.raises(ModelError, match="no regular file"):
        read_model_header(tmp_path)
