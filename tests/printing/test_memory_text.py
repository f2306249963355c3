"""Amounts of memory as they are written."""

from __future__ import annotations

import pytest

from ganzoo.printing.memory_text import format_memory, read_memory


@pytest.mark.parametrize(
    ("text", "size"),
    [("4G", 4 << 30), ("1500M", 1500 << 20), ("2.5 GiB", 5 << 29), ("512", 512), ("1kb", 1024)],
)
def test_amounts(text, size):
    assert read_memory(text) == size


@pytest.mark.parametrize("text", ["", "much", "-4G", "0", "4 X", "1e9", "nan", "9" * 400 + "G"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="no amount of memory"):
        read_memory(text)


def test_amounts_are_shown():
    assert format_memory(3.25 * 2**30) == "3.2 GiB"
    assert format_memory(640 * 2**20) == "640 MiB"
