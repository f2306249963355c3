"""Files that are there already, and must not be overwritten."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ganzoo.errors import GanzooError


def refuse_existing(targets: Iterable[Path], advice: str = "") -> None:
    """Check that no target exists, so that nothing would be overwritten.

    advice: what to do, for the end of the message.

    Raises:
        GanzooError: a target exists already, or a folder cannot be read.
    """
    taken = existing(targets)
    if taken:
        more = f" (and {len(taken) - 1} more)" if len(taken) > 1 else ""
        raise GanzooError(f"{taken[0]}{more} already exists; nothing was written{advice}")


def existing(targets: Iterable[Path]) -> list[Path]:
    """The targets that exist, broken links included.

    Raises:
        GanzooError: a folder cannot be read.
    """
    try:
        return [path for path in targets if path.exists() or os.path.lexists(path)]
    except OSError as error:
        raise GanzooError(f"{error.filename}: {error.strerror}") from error
