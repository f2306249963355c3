"""The folder that holds a data set's others. Nothing here imports torch."""

from __future__ import annotations

from pathlib import Path

from ganzoo.components.data.image_listing import shown
from ganzoo.errors import DataError


def find_root(root: str) -> Path:
    """The folder `data.root`, where it exists; `~` is the user's own.

    Raises:
        DataError: it is not set, or is no folder.
    """
    if not root:
        raise DataError("data.root is not set: --set data.root=FOLDER")
    try:
        path = Path(root).expanduser()
        found, there = path.is_dir(), path.exists()
    except (OSError, ValueError, RuntimeError):  # what can be no path, or a user that is none
        path, found, there = Path(root), False, False
    if not found:
        what = "is a file, not a folder" if there else "does not exist"
        raise DataError(f"data.root: {shown(path)} {what}; --set data.root=FOLDER")
    return path
