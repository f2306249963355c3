"""The files in a zip archive, one after the other."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator
from typing import IO, BinaryIO, cast

from ganzoo.datasets.archive_names import ArchiveError, shorten

ZIP_ERRORS = (zipfile.BadZipFile, NotImplementedError, RuntimeError, struct.error)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# The table of entries is read at once. An entry of it has 46 bytes and a name.
LONGEST_ENTRY = 128
END, END_64, LOCATOR_64 = b"PK\5\6", b"PK\6\6", b"PK\6\7"


def is_zip(begin: bytes) -> bool:
    """Whether a file that begins so is a zip archive."""
    return begin.startswith((b"PK\3\4", END))


def zip_entries(file: BinaryIO, most: int) -> Iterator[tuple[str, BinaryIO]]:
    """The regular files with their names.

    most: how many entries there may be.

    Raises:
        ArchiveError: too many entries, or one that is no plain file or folder.
    """
    check_table(file, most)
    with zipfile.ZipFile(cast(IO[bytes], file)) as archive:
        for entry in archive.infolist():
            check_entry(entry)
            if not entry.is_dir():
                with archive.open(entry) as content:
                    yield entry.filename, cast(BinaryIO, content)


def check_entry(entry: zipfile.ZipInfo) -> None:
    """Check that an entry is a plain file or folder that can be read as it is.

    Raises:
        ArchiveError: it is a link, a device, encrypted, or compressed in an unusual way.
    """
    mode = entry.external_attr >> 16
    name = shorten(entry.orig_filename)
    if "\0" in entry.orig_filename:
        raise ArchiveError(f"'{name}' is no name for a file")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError(f"'{name}' is a link or a device")
    if entry.flag_bits & 1:
        raise ArchiveError(f"'{name}' is encrypted")
    if entry.compress_type not in METHODS:
        raise ArchiveError(f"'{name}' is compressed in an unusual way")


def check_table(file: BinaryIO, most: int) -> None:
    """Refuse a table of entries that would fill the memory, before `zipfile` reads it.

    Raises:
        ArchiveError: there are more than `most` entries, or the archive has no such table.
    """
    entries, size = _table(file)
    if entries > most or size > most * LONGEST_ENTRY:
        raise ArchiveError(f"it has more than the {most:,} files that are unpacked")


def _table(file: BinaryIO) -> tuple[int, int]:
    """How many entries the table has and its bytes, by the records at the archive's end."""
    length = file.seek(0, 2)
    file.seek(max(0, length - (1 << 16) - 22))
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + 22:
        raise ArchiveError("it is damaged: its end is missing")
    entries, size = struct.unpack_from("<HI", tail, at + 10)
    if at >= 20 and tail[at - 20 :].startswith(LOCATOR_64):
        file.seek(min(length, struct.unpack_from("<Q", tail, at - 12)[0]))
        record = file.read(56)
        if len(record) < 56 or not record.startswith(END_64):
            raise ArchiveError("it is damaged: its end is missing")
        entries, size = struct.unpack_from("<QQ", record, 32)
    return entries, size
