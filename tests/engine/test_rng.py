"""Random generators that a purpose seeds."""

from __future__ import annotations

import traceback
from types import SimpleNamespace

import pytest
import torch

from ganzoo.engine import rng
from ganzoo.engine.rng import derive, seed_torch


def test_torch_is_seeded_as_torch_does_it():
    torch.manual_seed(derive("play", 3))
    expected = torch.rand(4)
    torch.rand(1)
    seed_torch("play", 3)
    assert torch.equal(torch.rand(4), expected)


def test_no_stack_is_written_down_for_devices_that_are_not_there(monkeypatch):
    if torch.accelerator.is_available():
        pytest.skip("there is a device")
    monkeypatch.setattr(traceback, "format_stack", lambda *_: pytest.fail("this takes long"))
    seed_torch("play", 3)


@pytest.mark.parametrize("name", ["manual_seed_all", "manual_seed"])
def test_a_device_that_is_there_is_seeded(monkeypatch, name):
    """CUDA's generators are as many as its devices; MPS has one."""
    seeds = []
    module = SimpleNamespace(**{name: seeds.append, "manual_seed": seeds.append})
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch, "get_device_module", lambda device: module)
    rng._find_device_seeding.cache_clear()
    try:
        seed_torch("play", 3)
    finally:
        rng._find_device_seeding.cache_clear()
    assert seeds == [derive("play", 3)]
