"""`Model.to_onnx`: ONNX Runtime alone computes what the model does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganzoo import build_recipe
from ganzoo.errors import GanzooError

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


def run(path, image):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: image})[0]


def test_the_file_computes_an_output_at_any_size(tiny, tmp_path):
    model, path = build_recipe("cyclegan", tiny()).model(), tmp_path / "y2x.onnx"
    parity = model.to_onnx(path, "y2x")
    assert parity.is_close
    for size in ((16, 16), (17, 23)):
        image = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0)) * 2 - 1
        expected = model.translate(image, "y2x")
        assert np.abs(run(path, image.numpy()) - expected.numpy()).max() < 1e-4
    before = path.read_bytes()
    with pytest.raises(GanzooError, match="exists"):
        model.to_onnx(path)
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="there is no output 'z2y'"):
        model.to_onnx(tmp_path / "z.onnx", "z2y")
