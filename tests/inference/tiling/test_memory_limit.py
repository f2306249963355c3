"""Limits of control groups."""

from __future__ import annotations

import pytest
import torch

from ganzoo.inference.tiling import memory_limit
from ganzoo.inference.tiling.memory_limit import free_memory, whole_memory


@pytest.mark.parametrize(("limit", "room"), [("1000000", 700000), ("max", None)])
def test_the_least_limit_counts(tmp_path, monkeypatch, limit, room):
    (tmp_path / "memory.max").write_text(limit)
    (tmp_path / "memory.current").write_text("400000")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 100000\n")
    monkeypatch.setattr(memory_limit, "GROUPS", ((str(tmp_path), "memory.max", "memory.current"),))
    monkeypatch.setattr(memory_limit, "_own_groups", lambda: {""})
    available = memory_limit.psutil.virtual_memory().available
    expected = pytest.approx(0.9 * available, rel=0.2) if room is None else 0.9 * room
    assert free_memory(torch.device("cpu")) == expected
    whole = memory_limit.psutil.virtual_memory().total if room is None else 1000000
    assert whole_memory(torch.device("cpu")) == whole
