"""A cache on disk of resized images, bounded, that runs and their loaders' workers share.

It lies in `images` below the cache folder (GANZOO_CACHE). An entry's name is a hash of the content
of the image file and of all that its pixels depend on, so an entry is never out of date. Files are
written whole or not at all, and an entry that is not as it was written is made again. Entries are
read, not mapped: another process that cut a mapped file short would end this one by a signal.
"""

from __future__ import annotations

import functools
import hashlib
import os
import struct
import time
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import PIL
import torch

from ganzoo.components.cache_folder import cache_folder
from ganzoo.components.data.cache_room import CacheRoom
from ganzoo.components.data.transforms import ScaledImage
from ganzoo.files.untrusted import UntrustedError, open_plain
from ganzoo.files.writing import write_with

# To be raised whenever an image file is read or resized to other pixels than before.
DECODING = 1
MAGIC = b"ganzoo: image 1\n"
# magic, checksum, type, channels, height and width of the image itself and of the pixels
HEADER = struct.Struct("<16sI6I")
TYPES = (torch.uint8, torch.float32)
# A file that was written less than so many nanoseconds ago may be written again at the same time,
# as its disk counts it; it is not cached yet.
RECENT = 3 * 10**9
# An entry's time of last use is written at most once in so many seconds.
HOUR = 3600
BLOCK = 1 << 20

Identity = tuple[int, ...]


class CacheKey(NamedTuple):
    """A place in the cache, and the file that belongs there, as it was when it was found."""

    place: Path
    source: Path
    identity: Identity


class ImageCache:
    """Resized images by the content of their files.

    gigabytes: how much all data sets' images together may take; 0 switches the cache off.
    """

    def __init__(self, gigabytes: float) -> None:
        folder = cache_folder() if gigabytes > 0 else None
        self.folder = folder / "images" if folder else None
        self.room = CacheRoom(self.folder, gigabytes * 1e9) if self.folder else None
        self._contents: dict[Path, tuple[Identity, bytes]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_contents": {}}

    def find(self, source: Path, reading: str) -> CacheKey | None:
        """The place of what a file becomes; None if the file cannot be read or was just written.

        reading: all settings that the pixels depend on.
        """
        if self.folder is None:
            return None
        try:
            identity = _identify(source)
            content = identity and self._hash_of(source, identity)
        except (OSError, UntrustedError):
            return None
        if not identity or not content:
            return None
        name = hashlib.blake2b(content + f"{_environment()} {reading}".encode(), digest_size=20)
        digits = name.hexdigest()
        return CacheKey(self.folder / digits[:2] / digits[2:], source, identity)

    def load(self, key: CacheKey) -> ScaledImage | None:
        """The image in a place; None if there is none, or a broken one."""
        try:
            with open_plain(key.place) as file:
                status = os.fstat(file.fileno())
                image = _unpack(file.read(HEADER.size), file, status.st_size)
        except (OSError, UntrustedError):
            return None
        if image and time.time() - status.st_mtime > HOUR:
            _touch(key.place)
        return image

    def store(self, key: CacheKey, image: ScaledImage) -> None:
        """Put an image into its place, if there is room and its file has not changed meanwhile."""
        pixels = image.pixels.contiguous().numpy()
        head = _pack(image, pixels)
        size = len(head) + pixels.nbytes
        try:
            if self.room and _identify(key.source) == key.identity and self.room.take(size):
                write_with(
                    key.place, lambda file: file.writelines((head, pixels.data)), durable=False
                )
        except OSError:  # the disk is full, or not for us to write
            return

    def _hash_of(self, source: Path, identity: Identity) -> bytes:
        """A hash of a file's content, which is computed anew when the file has changed."""
        known = self._contents.get(source)
        if known is None or known[0] != identity:
            known = self._contents[source] = identity, _hash(source)
        return known[1]


def _hash(source: Path) -> bytes:
    hashed = hashlib.sha256()
    with open_plain(source) as file:
        while block := file.read(BLOCK):
            hashed.update(block)
    return hashed.digest()


def _identify(source: Path) -> Identity:
    """What is another after each change of a file; empty while its clock might not show one."""
    status = source.stat()
    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) < RECENT:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


@functools.cache
def _environment() -> str:
    """What else pixels depend on: rounding differs between versions and processors."""
    processor = torch.backends.cpu.get_cpu_capability()
    return f"{DECODING} {PIL.__version__} {torch.__version__} {processor}"


def _pack(image: ScaledImage, pixels: np.ndarray[Any, Any]) -> bytes:
    sizes = image.shape[-2], image.shape[-1], *pixels.shape[-2:]
    kind = TYPES.index(image.pixels.dtype)
    return HEADER.pack(MAGIC, zlib.crc32(pixels.data), kind, len(pixels), *sizes)


def _unpack(head: bytes, file: Any, size: int) -> ScaledImage | None:
    if len(head) < HEADER.size:
        return None
    magic, checksum, kind, channels, height, width, rows, columns = HEADER.unpack(head)
    if magic != MAGIC or kind >= len(TYPES):
        return None
    count = channels * rows * columns
    if count == 0 or HEADER.size + count * TYPES[kind].itemsize != size:
        return None
    content = bytearray(size - HEADER.size)
    if file.readinto(content) != len(content) or zlib.crc32(content) != checksum:
        return None
    pixels = torch.frombuffer(content, dtype=TYPES[kind]).view(channels, rows, columns)
    return ScaledImage((channels, height, width), pixels)


def _touch(place: Path) -> None:
    try:
        os.utime(place)
    except OSError:  # it went away, or belongs to somebody else
        return
