"""The small network whose weights ship with ganzoo."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ganzoo.components.networks.tiny_backbone import WEIGHTS, TinyBackbone
from ganzoo.errors import ModelError


def test_it_is_tiny() -> None:
    assert WEIGHTS.stat().st_size < 600_000
    assert 50_000 < sum(each.numel() for each in TinyBackbone().parameters()) < 150_000


def test_the_weights_are_those_of_the_file() -> None:
    stored = load_file(WEIGHTS)
    for name, tensor in TinyBackbone().state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, stored[name].float())


def test_features() -> None:
    network = TinyBackbone()
    seen = network(torch.rand(2, 3, 128, 128) * 2 - 1)
    assert seen.shape == (2, 128)
    assert not torch.equal(seen, TinyBackbone("none")(torch.rand(2, 3, 128, 128)))


def test_files_of_ones_own(tmp_path: Path) -> None:
    network = TinyBackbone("none")
    save_file(network.state_dict(), tmp_path / "own.safetensors")
    again = TinyBackbone(str(tmp_path / "own.safetensors"))
    assert torch.equal(again.project.weight, network.project.weight)
    save_file({"project.weight": torch.zeros(2, 2)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="do not fit"):
        TinyBackbone(str(tmp_path / "other.safetensors"))
    with pytest.raises(ValueError, match="wheel"):
        TinyBackbone("hub")
