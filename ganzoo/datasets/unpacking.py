"""Unpacks an archive that anybody may have made, zip or tar, into a new folder.

Only regular files are written, each once, below the folder; a link, a device or a name that leads
elsewhere refuses the whole archive. Bytes and entries are bounded, whatever the archive's headers
claim. Owners, permissions and times are not taken over.
"""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ganzoo.datasets.archive_names import ArchiveError, shorten, split_name
from ganzoo.datasets.download import CHUNK, Tick
from ganzoo.datasets.tar_entries import TAR_ERRORS, is_tar, tar_entries
from ganzoo.datasets.zip_entries import ZIP_ERRORS, is_zip, zip_entries
from ganzoo.files.untrusted import open_plain
from ganzoo.files.writing import new_file
from ganzoo.printing.text import short_count

# Photos do not shrink in an archive, and label maps at most tenfold.
RATIO, FREE = 20, 64 << 20
MOST_ENTRIES = 300_000
DAMAGE = (*TAR_ERRORS, *ZIP_ERRORS, zlib.error, EOFError)


def unpack(archive: Path, folder: Path, tick: Tick = lambda doing, done, total: None) -> int:
    """Write an archive's files into a folder that is empty; returns how many there are.

    Raises:
        ArchiveError: it is no archive, damaged, too large, or holds what is refused.
        OSError: the archive cannot be read, or a file not be written.
    """
    size = archive.stat().st_size
    most = RATIO * size + FREE
    with open_plain(archive) as file:
        unpacked = _Unpacked(folder, min(most, shutil.disk_usage(folder).free), most)
        try:
            for name, content in _entries(file):
                unpacked.add(name, content)
                tick("unpacking", min(file.tell(), size), size)
        except DAMAGE as error:
            raise ArchiveError(f"it is damaged ({error})") from error
    if not unpacked.files:
        raise ArchiveError("it holds no files")
    return unpacked.files


def _entries(file: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    """The regular files of an archive with their names, by what its first bytes say."""
    begin = file.read(512)
    file.seek(0)
    if is_zip(begin):
        return zip_entries(file, MOST_ENTRIES)
    if is_tar(begin):
        return tar_entries(file, MOST_ENTRIES)
    page = begin.lstrip()[:1] == b"<"
    hint = ": it is a page of the web, perhaps of a server that wants a login" if page else ""
    raise ArchiveError(f"it is neither zip nor tar{hint}")


class _Unpacked:
    """The files that an archive has become.

    room: how many bytes may be written.
    most: the bound that the archive's size sets.
    """

    def __init__(self, folder: Path, room: int, most: int) -> None:
        self.folder, self.room, self.most = folder, room, most
        self.files = self.written = 0  # what is left out is counted in `written`, too

    def add(self, name: str, content: BinaryIO) -> None:
        """Write one file; read past one that its name says to leave out."""
        pieces = split_name(name)
        if not pieces:
            self._copy(content, None)
            return
        path = self.folder.joinpath(*pieces)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = new_file(path)
        except (FileExistsError, NotADirectoryError):
            raise ArchiveError(f"'{shorten(name)}' is there twice") from None
        with file:
            self._copy(content, file)
        self.files += 1

    def _copy(self, content: BinaryIO, file: BinaryIO | None) -> None:
        while piece := content.read(CHUNK):
            self.written += len(piece)
            self._check_bound()
            if file is not None:
                file.write(piece)

    def _check_bound(self) -> None:
        if self.written <= self.room:
            return
        bound = short_count(self.room, "B")
        if self.room < self.most:
            raise ArchiveError(f"its files need more than the {bound} that the disk has left")
        raise ArchiveError(f"its files are more than the {bound} that its size allows")
