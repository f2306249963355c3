"""Fetches an archive of images and unpacks it: the folder is there whole, or not at all.

While that lasts, FOLDER.part holds what arrived. It stays after an error or Ctrl-C, and the same
command goes on with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ganzoo.datasets.archive_names import ArchiveError
from ganzoo.datasets.checksums import digest_file, recall, remember
from ganzoo.datasets.download import Tick, download
from ganzoo.datasets.owning import LOCK, own_folder
from ganzoo.datasets.provenance import (
    FETCHED,
    describe_content,
    read_record,
    writable,
    write_record,
)
from ganzoo.datasets.public_sets import PublicSet
from ganzoo.datasets.unpacking import unpack
from ganzoo.datasets.web import SCHEMES, Patience, check_address
from ganzoo.errors import GanzooError
from ganzoo.files.writing import remove, sync_everything, sync_folder, temporary_name
from ganzoo.printing.text import one_line

FILES = "files"


@dataclass(frozen=True)
class Fetch:
    """One data set to fetch into one folder.

    source: its archive, an address of the web or a file.
    again: fetch it even if an earlier fetch made the folder, which is then replaced.
    changed: accept an archive that is not the one that is known.
    """

    wanted: PublicSet
    folder: Path
    source: str = ""
    again: bool = False
    changed: bool = False
    patience: Patience = field(default_factory=Patience)
    tick: Tick = lambda doing, done, total: None
    tell: Callable[[str], None] = lambda text: None

    @property
    def address(self) -> str:
        """Where the archive comes from."""
        return self.source or self.wanted.address

    def run(self) -> dict[str, object]:
        """Fetch, check and unpack it; returns what the folder's record says.

        Raises:
            GanzooError: it cannot be had, is not what is known, or cannot be written.
        """
        earlier = self._refuse_or_earlier()
        with writable(self.folder), self._working() as work:
            archive = self._archive(work)
            checksum = self._checked(archive, earlier)
            record = self._unpacked(archive, work, checksum)
        if self._is_from_the_web():
            remember(self.address, checksum)
        return record

    def _refuse_or_earlier(self) -> str:
        """The checksum of the archive that an earlier fetch made the folder from, or "".

        Raises:
            GanzooError: the folder is there, and is not to be replaced.
        """
        if self.folder.resolve() == Path.cwd() or self.folder.name in ("", ".."):
            raise GanzooError(f"{self.folder}: give a folder that is to be made")
        if not self.folder.exists() or (self.folder.is_dir() and not any(self.folder.iterdir())):
            return ""
        record = read_record(self.folder)
        ours = (record.get("command"), record.get("name")) == (FETCHED, self.wanted.name)
        if not (self.again and ours):
            how = "--again fetches it anew" if ours else "give another folder"
            raise GanzooError(f"{self.folder} is there already: {how}")
        return str(record.get("archive_sha256", ""))

    @contextmanager
    def _working(self) -> Iterator[Path]:
        """FOLDER.part, owned by this process and removed once all is done."""
        work = self.folder.with_name(f"{self.folder.name}.part")
        if work.is_symlink() or (work.exists() and not (work / LOCK).exists()):
            raise GanzooError(f"{work} is in the way: move it")
        work.mkdir(parents=True, exist_ok=True)
        try:
            with own_folder(work):
                yield work
                remove(work)
        finally:
            if {path.name for path in work.glob("*")} == {LOCK}:  # nothing arrived
                remove(work)

    def _is_from_the_web(self) -> bool:
        return self.address.startswith(tuple(f"{scheme}:" for scheme in SCHEMES))

    def _archive(self, work: Path) -> Path:
        if not self._is_from_the_web():
            if "://" in self.address:
                check_address(self.address)
            return Path(self.address).expanduser()
        archive = work / f"archive-{hashlib.sha256(self.address.encode()).hexdigest()[:8]}"
        other = _refused(archive)
        if self.changed and other.exists():
            other.replace(archive)
        if not archive.exists():
            remove(other)
            download(self.address, archive, self.patience, self.tick, self.tell)
        return archive

    def _checked(self, archive: Path, earlier: str) -> str:
        """The archive's checksum.

        Raises:
            GanzooError: it is not the known one; the next fetch asks for it anew.
        """
        checksum = digest_file(archive, self.tick)
        for known, by in (
            (earlier, f"{self.folder} was made from"),
            (self._is_from_the_web() and recall(self.address), "you fetched before"),
            (self.wanted.sha256, "TensorFlow Datasets recorded"),
        ):
            if not known or known == checksum:
                continue
            said = (
                f"{one_line(self.address)} is not the archive that {by}: its SHA-256 is {checksum}"
                f", not {known}"
            )
            if not self.changed:
                if self._is_from_the_web():
                    archive.replace(_refused(archive))
                raise GanzooError(f"{said}. --changed accepts it")
            self.tell(said)
        return checksum

    def _unpacked(self, archive: Path, work: Path, checksum: str) -> dict[str, object]:
        files = work / FILES
        remove(files)
        files.mkdir()
        try:
            unpack(archive, files, self.tick)
        except ArchiveError as error:
            remove(files)
            if self._is_from_the_web():
                remove(archive)  # what is wrong with it would be wrong the next time
            raise GanzooError(f"{one_line(self.address)}: {error}") from error
        top = _top(files)
        facts = {
            "name": self.wanted.name,
            "paper": self.wanted.paper,
            "address": self.address,
            "archive_sha256": checksum,
            **describe_content(top, "reading", self.tick),
        }
        write_record(top, FETCHED, facts)
        if self.folder.exists():  # what is replaced is removed with FOLDER.part
            self.folder.replace(work / temporary_name())
        sync_everything()
        top.replace(self.folder)
        sync_folder(self.folder.parent)
        return facts


def _refused(archive: Path) -> Path:
    """Where an archive waits for `--changed` that is not the known one."""
    return archive.with_name(f"{archive.name}.refused")


def _top(folder: Path) -> Path:
    """The only folder in a folder, or the folder itself."""
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
