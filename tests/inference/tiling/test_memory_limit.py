"""Amounts of memory as they are written, and limits of control groups."""

from __future__ import annotations

import pytest
import torch

from ganzoo.inference.tiling import memory_limit
from ganzoo.inference.tiling.memory_limit import format_memory, free_memory, read_memory


@pytest.mark.parametrize(
    ("text", "size"),
    [("4G", 4 << 30), ("1500M", 1500 << 20), ("2.5 GiB", 5 << 29), ("512", 512), ("1kb", 1024)],
)
def test_amounts(text, size):
    assert read_memory(text) == size


@pytest.mark.parametrize("text", ["", "much", "-4G", "0", "4 X", "1e9", "nan"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="no amount of memory"):
        read_memory(text)


def test_amounts_are_shown():
    assert format_memory(3.25 * 2**30) == "3.2 GiB"
    assert format_memory(640 * 2**20) == "640 MiB"


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
