"""Errors that a user can fix. Each is one clear sentence: where, what is wrong, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class GanzooError(Exception):
    """A mistake that a user can fix; it is printed without a traceback, exit code 2."""


class DataError(GanzooError):
    """Images that are missing, empty or unreadable."""


class ModelError(GanzooError):
    """A model file or checkpoint that cannot be used."""


class DeviceError(GanzooError):
    """A device that cannot do what a recipe asks for."""


class RunError(GanzooError):
    """A run folder that cannot be written or resumed."""


@dataclass(frozen=True)
class Fault:
    """One fault of a recipe.

    path: the setting, dotted (`losses.cycle_X.prediction`).
    message: what is wrong and what to do.
    expression, column: the wire that the message is about, and the position in it.
    place: where the setting was written, a file or `--set`, if that is known.
    """

    path: str
    message: str
    expression: str = ""
    column: int = 0
    place: str = ""

    def lines(self, width: int) -> list[str]:
        """The fault as lines of text: the path in a column of that width, then wire and message."""
        path, indent = cut(self.path), " " * (width + 4)
        if not self.expression:
            return [f"  {path:<{width}}  {self.message}"]
        caret = " " * self.column + "^ "
        return [f"  {path:<{width}}  {self.expression}", f"{indent}{caret}{self.message}"]


MOST = 30  # faults to list at most; more of them are usually one mistake in many places


class RecipeError(GanzooError):
    """All faults of a recipe in one message, grouped by the place where they were written."""

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        width = min(36, max((len(fault.path) for fault in faults), default=0))
        lines = []
        for place in dict.fromkeys([source, *(fault.place for fault in faults)]):
            here = [fault for fault in faults if (fault.place or source) == place]
            if here:
                lines += [f"{place}: {len(here)} fault{'s' if len(here) != 1 else ''}"]
                lines += [line for fault in here[:MOST] for line in fault.lines(width)]
                lines += [f"  and {len(here) - MOST} more"] if len(here) > MOST else []
        super().__init__("\n".join(lines))


def cut(text: str, width: int = 60) -> str:
    """A text cut to a width, with `...` at its end where it was longer."""
    return text if len(text) <= width else f"{text[: width - 3]}..."


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or its type where the message is empty."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def compiler_failure(error: BaseException) -> str:
    """Why torch.compile, or the C++ compiler that it calls, failed; "" for other errors."""
    if "BackendCompilerFailed" not in {kind.__name__ for kind in type(error).__mro__}:
        return ""  # by its name, so that torch need not be imported
    return f"{reason(getattr(error, 'inner_exception', error)):.300}"


def reason(error: BaseException) -> str:
    """The type and the message of an error on one line; the type alone where `str` fails."""
    try:
        said = " ".join(str(error).split())
    except Exception:
        said = ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'width'?` where a known name is close to the name, else ""."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6) or [
        other for other in known if other.lower() == name.lower()
    ]
    return f" Did you mean '{close[0]}'?" if close else ""


def choices(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'width'?`, else ` Use 'a' or 'b'.`, or "" where `known` is empty."""
    known = list(known)
    return did_you_mean(name, known) or (f" Use {listed(known)}." if known else "")


def listed(names: Iterable[str]) -> str:
    """`'a', 'b' or 'c'`, for messages that name the choices."""
    quoted = [f"'{name}'" for name in names]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
