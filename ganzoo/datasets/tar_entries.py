"""The files in a tar archive, plain or in gzip, one after the other in one pass."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, cast

from ganzoo.datasets.archive_names import ArchiveError, shorten

TAR_ERRORS = (tarfile.TarError, gzip.BadGzipFile)
GZIP = b"\x1f\x8b"
# Between two files stand headers and padding; a long name takes a few kilobytes.
HEADERS = 1 << 20


def is_tar(begin: bytes) -> bool:
    """Whether a file that begins so is a tar archive, or a gzip file, which may hold one."""
    return begin.startswith(GZIP) or begin[257:262] == b"ustar"


def tar_entries(file: BinaryIO, most: int) -> Iterator[tuple[str, BinaryIO]]:
    """The regular files with their names.

    most: how many entries there may be.

    Raises:
        ArchiveError: too many entries, or one that is no plain file or folder.
    """
    metered = _Metered(_decompressed(file))
    with tarfile.open(fileobj=cast(IO[bytes], metered), mode="r|") as archive:
        for count in range(most + 1):
            metered.left = HEADERS
            entry = archive.next()
            if entry is None:
                return
            cast(Any, archive).members = []  # it would grow with each entry
            if count == most:
                break
            if _is_file(entry):
                metered.left = entry.size + HEADERS
                yield entry.name, cast(BinaryIO, archive.extractfile(entry))
    raise ArchiveError(f"it has more than the {most:,} files that are unpacked")


def _decompressed(file: BinaryIO) -> BinaryIO:
    begin = file.read(len(GZIP))
    file.seek(0)
    return cast(BinaryIO, gzip.open(file)) if begin == GZIP else file


def _is_file(entry: tarfile.TarInfo) -> bool:
    """Whether it is a file, not a folder.

    Raises:
        ArchiveError: it is something else.
    """
    if entry.isdir():
        return False
    if not entry.isreg() or entry.issparse():
        raise ArchiveError(f"'{shorten(entry.name)}' is a link, a device or a sparse file")
    return True


class _Metered:
    """A file of which only so much is read on: `tarfile` reads headers of any claimed size.

    left: how many bytes may still be read.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.left = file, HEADERS

    def read(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            ArchiveError: there were more of them than a header has.
        """
        piece = self.file.read(size)
        self.left -= len(piece)
        if self.left < 0:
            raise ArchiveError("it is damaged, or made to fill the memory")
        return piece
