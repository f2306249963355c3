"""Packages that few commands need are named with the extra that brings them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ganzoo.errors import GanzooError
from ganzoo.registry import extras

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.mark.parametrize(("name", "extra"), extras.EXTRAS.items())
def test_each_extra_brings_its_packages(name, extra):
    brought = tomllib.loads(PROJECT.read_text())["project"]["optional-dependencies"][extra]
    assert name in {re.match(r"[\w-]+", each)[0].replace("-", "_") for each in brought}


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: name if name == "onnx" else None)
    extras.require_packages("this", ["onnx"])
    with pytest.raises(GanzooError) as refused:
        extras.require_packages("this", ["onnx", "onnxruntime", "openvino"])
    assert str(refused.value) == (
        "this needs the packages onnxruntime, openvino: pip install 'ganzoo-core[onnx,openvino]'"
    )


def test_what_is_broken_is_named_with_its_fault(monkeypatch):
    def broken(name):
        raise ImportError("libfoo.so.1: no such file\nmore")

    monkeypatch.setattr(extras, "import_module", broken)
    monkeypatch.setattr(extras, "find_spec", lambda name: name)
    with pytest.raises(GanzooError) as refused:
        extras.import_extra("onnxruntime.quantization", "int8")
    assert str(refused.value) == (
        "int8 needs the package onnxruntime, which is installed, but cannot be imported "
        "(libfoo.so.1: no such file); install it again: pip install --force-reinstall onnxruntime"
    )
