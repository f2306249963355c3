"""The folder `data.root`, which holds those of a data set. Nothing here imports torch."""

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
        is_folder, there = path.is_dir(), path.exists()
    except (OSError, ValueError, RuntimeError):  # a text that is no path, or an unknown user
        path, is_folder, there = Path(root), False, False
    if not is_folder:
        what = "is a file, not a folder" if there else "does not exist"
        raise DataError(f"data.root: {shown(path)} {what}; --set data.root=FOLDER")
    return path
