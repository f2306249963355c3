"""Which names of an archive become files, and which make the whole archive suspect."""

from __future__ import annotations

import os
import re

DEEPEST, LONGEST = 12, 200
DRIVE = re.compile(r"[A-Za-z]:[/\\]|//")
# What stands beside the images for the sake of one system, and is left out.
ASIDE = ("__MACOSX", "Thumbs.db", "desktop.ini")
IMPOSSIBLE_ON_WINDOWS = re.compile(r'[<>:"|?*]|[. ]$')


class ArchiveError(Exception):
    """An archive that is damaged, too large, or holds what no data set does."""


def split_name(name: str) -> tuple[str, ...]:
    """The folders and the file that an entry names; empty for one to leave out.

    Raises:
        ArchiveError: a name that leads out of the folder, or is no name of a file everywhere.
    """
    if name.startswith("/") or DRIVE.match(name):
        raise ArchiveError(f"'{shorten(name)}' is a path from the root")
    pieces = [piece for piece in name.split("/") if piece not in ("", ".")]
    if ".." in pieces:
        raise ArchiveError(f"'{shorten(name)}' leads out of the folder")
    if "\\" in name or not name.isprintable():
        raise ArchiveError(f"'{shorten(name)}' is no name for a file")
    if len(pieces) > DEEPEST or any(len(piece.encode()) > LONGEST for piece in pieces):
        raise ArchiveError(f"'{shorten(name)}' is too long or too deep")
    if any(piece.startswith(".") or piece in ASIDE for piece in pieces):
        return ()
    return tuple(_for_this_system(piece) for piece in pieces)


def shorten(name: str) -> str:
    """A name for a message: its control characters visible, its end cut."""
    shown = ascii(name)[1:-1] if not name.isprintable() else name
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _for_this_system(piece: str) -> str:
    """Windows has no colons in names, and the photos of monet2photo are named by the time."""
    return IMPOSSIBLE_ON_WINDOWS.sub("_", piece) if os.name == "nt" else piece
