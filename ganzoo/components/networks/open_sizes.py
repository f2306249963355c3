"""Whether networks are traced for images of every size at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

# A plain list, as torch.compile follows no context variable. Another thread that computes meanwhile
# gets the same values, but for rounding.
_open: list[None] = []


@contextmanager
def open_sizes() -> Iterator[None]:
    """A context in which sizes may be symbols: what is computed branches on none of them."""
    _open.append(None)
    try:
        yield
    finally:
        _open.pop()


def are_sizes_open() -> bool:
    """Whether a size may be a symbol here, so that the same operations must serve all sizes."""
    return bool(_open)
