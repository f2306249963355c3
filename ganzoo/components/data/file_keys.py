"""Keys of images by the bytes of their files. Nothing here imports torch."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ganzoo.components.data.image_listing import shown
from ganzoo.components.data.pages import ImagePage
from ganzoo.errors import DataError
from ganzoo.files.untrusted import UntrustedError, open_plain

THREADS = 8
SIZE = 16  # bytes of a key, without its page
PIECE = 2**20  # bytes that are read at once
Key = TypeVar("Key")


def image_keys(images: Sequence[ImagePage]) -> list[bytes]:
    """The key of each image: a hash of its file's bytes, and its page where that is not the first.

    Each file is read once, a piece at a time.

    Raises:
        DataError: a file cannot be read.
    """
    hashes = _hash_each((image.path for image in images), hash_file)
    return [hashes[path] + (f" {page}".encode() if page else b"") for path, page in images]


def hash_readable(paths: Iterable[Path]) -> dict[Path, bytes]:
    """A hash of the bytes of each file; those that cannot be read are left out."""
    hashes = _hash_each(paths, hash_if_readable)
    return {path: key for path, key in hashes.items() if key}


def _hash_each(paths: Iterable[Path], hash_one: Callable[[Path], Key]) -> dict[Path, Key]:
    distinct = list(dict.fromkeys(paths))
    with ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(distinct, pool.map(hash_one, distinct), strict=True))


def hash_if_readable(path: Path) -> bytes | None:
    """A hash of a file's bytes; None if it cannot be read."""
    try:
        return hash_file(path)
    except DataError:
        return None


def hash_file(path: Path) -> bytes:
    """A hash of a file's bytes.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with open_plain(path) as file:
            hashed = hashlib.blake2b(digest_size=SIZE)
            while piece := file.read(PIECE):
                hashed.update(piece)
            return hashed.digest()
    except OSError as error:
        raise DataError(f"{shown(path)} cannot be read ({error.strerror})") from error
    except UntrustedError as error:
        raise DataError(str(error)) from error
