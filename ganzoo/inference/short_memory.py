"""Memory that is too short, which Python and torch say in three ways."""

from __future__ import annotations

SAYINGS = ("can't allocate memory", "cannot allocate memory", "not enough memory", "out of memory")


def memory_is_short(error: BaseException) -> bool:
    """Whether that is what an error, or what caused it, says; without importing torch."""
    seen: BaseException | None = error
    while seen is not None:
        kinds = {kind.__name__ for kind in type(seen).__mro__}
        said = isinstance(seen, (RuntimeError, OSError)) and any(
            saying in str(seen).lower() for saying in SAYINGS
        )
        if kinds & {"MemoryError", "OutOfMemoryError"} or said:
            return True
        seen = seen.__cause__
    return False
