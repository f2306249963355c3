"""Recognises errors of Python and torch that mean that memory ran out."""

from __future__ import annotations

SAYINGS = ("can't allocate memory", "cannot allocate memory", "not enough memory", "out of memory")


def memory_is_short(error: BaseException) -> bool:
    """Whether an error, or an error that caused it, means that memory ran out; needs no torch."""
    cause: BaseException | None = error
    while cause is not None:
        kinds = {kind.__name__ for kind in type(cause).__mro__}
        said = isinstance(cause, (RuntimeError, OSError)) and any(
            saying in str(cause).lower() for saying in SAYINGS
        )
        if kinds & {"MemoryError", "OutOfMemoryError"} or said:
            return True
        cause = cause.__cause__
    return False
