"""Weights of other codes become models, untold."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from ganzoo import load_model
from ganzoo.importing.import_model import import_model

DATA = Path(__file__).parent.parent / "data"


@pytest.mark.parametrize("tag", ["resnet9", "resnet9_old", "unet128"])
def test_golden_checkpoints_give_the_references_images(tmp_path, tag):
    out = tmp_path / "model.safetensors"
    import_model([DATA / f"{tag}_net_G_A.pth"], out)
    images = load_file(DATA / f"{tag}_io.safetensors")
    made = load_model(out)("x2y", x=images["x"])
    torch.testing.assert_close(made, images["y"], atol=1e-5, rtol=0)
