"""Amounts of memory as a person writes and reads them. No torch."""

from __future__ import annotations

import re

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
MOST = 2.0**62  # bytes; no machine has more
WRITTEN = re.compile(r"(\d+(?:\.\d+)?) *([KMGT]?)(?:i?B)?", re.IGNORECASE)


def read_memory(text: str) -> int:
    """Bytes, from `4G`, `1500M` or `2.5 GiB`; units are powers of 1024.

    Raises:
        ValueError: it is no such text, not above 0, or more than any machine has.
    """
    match = WRITTEN.fullmatch(text.strip())
    size = float(match[1]) * UNITS[match[2].upper()] if match else 0
    if not 1 <= size <= MOST:
        raise ValueError(f"{text!r} is no amount of memory: write 4G or 1500M")
    return int(size)


def format_memory(size: float) -> str:
    """`3.2 GiB` or `640 MiB`."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{max(1, round(size / 2**20))} MiB"
