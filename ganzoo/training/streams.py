"""Output that can never end a training: once nobody reads it any more, it is silent."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console


class Steady:
    """A text stream that swallows what goes wrong with the one behind it.

    After the first failure (a pipe whose reader ended, a closed terminal, a full disk) it writes
    nothing more. Everything but writing is left to the stream behind.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.broken = stream, False

    def write(self, text: str) -> int:
        """Pass it on, if that still works."""
        self._try(lambda: self.stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Pass on what waits, if that still works."""
        self._try(self.stream.flush)

    def _try(self, act: Any) -> None:
        if self.broken:
            return
        try:
            act()
        except (RuntimeError, UnicodeError):  # a signal's handler spoke into a line; no such letter
            pass
        except (OSError, ValueError):
            self.broken = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def steady(console: Console) -> Console:
    """The console, which nothing can break from now on."""
    if not isinstance(console.file, Steady):
        console.file = cast("TextIO", Steady(cast("TextIO", console.file)))
    return console


def steady_output() -> None:
    """Let no failing stream end this process from now on."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, Steady):
            setattr(sys, name, Steady(stream))


def open_streams() -> None:
    """Give a process that was started without input or outputs (`>&-`) ones that hold nothing.

    Else the next files that are opened take their numbers, and get what is printed.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))
