"""The checksums of archives: known ones, and those of earlier fetches by this user."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from ganzoo.components.cache_folder import cache_folder
from ganzoo.datasets.download import CHUNK, Tick
from ganzoo.files.untrusted import UntrustedError, open_plain, read_object
from ganzoo.files.writing import write_json

FILE = "checksums.json"


def digest_file(path: Path, tick: Tick = lambda doing, done, total: None) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Raises:
        OSError: it cannot be read.
        UntrustedError: it is no regular file.
    """
    digest, done, size = hashlib.sha256(), 0, path.stat().st_size
    with open_plain(path) as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            done += len(piece)
            tick("checking", done, size)
    return digest.hexdigest()


def recall(address: str) -> str:
    """The checksum of what was fetched from an address before; "" for none."""
    checksum = _all().get(address)
    return checksum if isinstance(checksum, str) else ""


def remember(address: str, checksum: str) -> None:
    """Keep a checksum for later fetches, where the user's cache folder can be written."""
    folder = cache_folder()
    if folder is not None:
        with suppress(OSError):
            write_json(folder / FILE, {**_all(), address: checksum})


def _all() -> dict[str, object]:
    folder = cache_folder()
    with suppress(OSError, UntrustedError):
        return read_object(folder / FILE) if folder else {}
    return {}
