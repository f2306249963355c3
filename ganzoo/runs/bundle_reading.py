"""Opens a bundle that anybody may have made: all of it is checked before any of it is used.

A bundle is a zip archive whose files are stored as they are. So its size bounds what comes out of
it, and nothing in it may lie twice, lie over something else, or be hidden between its files.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, BinaryIO, cast

from ganzoo.components.cache_folder import cache_folder
from ganzoo.datasets.archive_names import ArchiveError
from ganzoo.datasets.checksums import digest_file
from ganzoo.datasets.download import CHUNK
from ganzoo.datasets.zip_entries import END, ZIP_ERRORS, check_entry, check_table
from ganzoo.engine.model_header import read_model_header
from ganzoo.errors import GanzooError, ModelError
from ganzoo.files.existing import refuse_existing
from ganzoo.files.untrusted import UntrustedError, open_plain, read_object, read_text
from ganzoo.files.writing import (
    new_file,
    remove,
    sync_everything,
    sync_folder,
    temporary_name,
    write_bytes,
)
from ganzoo.printing.text import one_line, short_count
from ganzoo.recipe.toml_text import RECIPE_FILE, read_tables
from ganzoo.registry.packages import MODEL_FILE
from ganzoo.runs.bundle_manifest import (
    MANIFEST,
    Manifest,
    Member,
    check_names,
    check_size,
    parse_manifest,
)
from ganzoo.runs.layout import CARD_FILE, CARD_JSON, CARD_SAMPLES

LOCAL, LOCAL_BYTES = b"PK\3\4", 30  # the record before each file
END_BYTES = 22  # of the record at the end of an archive that has no comment
MOST_ENTRIES = 100  # of those that are read to name one that does not belong there
PNG = b"\x89PNG\r\n\x1a\n"  # with what a picture begins


def open_bundle(path: Path, folder: Path) -> Manifest:
    """Write a bundle's files into a new folder, which is a model's then; returns its manifest.

    Raises:
        ModelError: it is no bundle, damaged, or holds what is refused; nothing was written.
        GanzooError: the folder exists already, or cannot be written.
    """
    refuse_existing([folder], ". Choose another name with --out FOLDER")
    work = folder.with_name(temporary_name())
    try:
        with open_plain(path) as file:
            manifest = _unpack(file, work)
        _check_content(work, manifest)
        sync_everything()
        work.replace(folder)
        sync_folder(folder.parent)
    except (ModelError, ArchiveError, UntrustedError, *ZIP_ERRORS) as error:
        said = one_line(str(error).replace(f"{work}/", "").removeprefix(f"{path}: "))
        raise ModelError(f"{path}: this bundle is refused: {said}") from None
    except OSError as error:
        where, why = error.filename or path, error.strerror or error
        raise GanzooError(f"{where}: {why}; nothing was written") from None
    finally:
        remove(work)
    return manifest


def find_unpacked(path: Path) -> Path:
    """The folder that a bundle is unpacked in: in ganzoo's cache, by the hash of its content.

    Raises:
        ModelError: see `open_bundle`.
        GanzooError: there is no cache, or it cannot be written.
    """
    cache = cache_folder()
    if cache is None:
        raise GanzooError(f"{path}: there is no folder to unpack it in; set GANZOO_CACHE")
    try:
        digest = digest_file(path)
    except (OSError, UntrustedError) as error:
        raise ModelError(f"{path}: cannot be read ({error})") from None
    folder = cache / "bundles" / digest
    if not folder.is_dir():
        open_bundle(path, folder)
    return folder


def _unpack(file: BinaryIO, work: Path) -> Manifest:
    check_table(file, MOST_ENTRIES)
    file.seek(-END_BYTES, 2)  # a table was found, so there are as many
    if not file.read().startswith(END):
        raise ModelError("there are hidden bytes at its end")
    with zipfile.ZipFile(cast(IO[bytes], file)) as archive:
        entries = archive.infolist()
        _check_entries(file, entries, archive.start_dir)
        manifest = parse_manifest(archive.read(MANIFEST))
        sizes = {entry.filename: entry.file_size for entry in entries if entry.filename != MANIFEST}
        _check_manifest(manifest, sizes)
        _check_room(work, sum(sizes.values()))
        work.mkdir(parents=True)
        for member in manifest.files:
            with archive.open(member.name) as content:
                _copy(cast(BinaryIO, content), work, member)
    return manifest


def _check_entries(file: BinaryIO, entries: Sequence[zipfile.ZipInfo], end: int) -> None:
    """Check kinds, names and sizes, and that the files lie one after the other without a gap."""
    check_names([entry.orig_filename for entry in entries])
    if MANIFEST not in {entry.filename for entry in entries}:
        raise ModelError(f"it has no {MANIFEST}: it is a zip archive of something else")
    at = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        check_entry(entry)
        check_size(entry.filename, entry.file_size)
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise ModelError(
                f"'{entry.filename}' is compressed, and a bundle stores files as they are"
            )
        if entry.header_offset != at:
            raise ModelError(f"'{entry.filename}' lies over another file, or after hidden bytes")
        at = _begin(file, at) + entry.file_size
    if at != end:
        raise ModelError("there are hidden bytes in it")


def _begin(file: BinaryIO, record: int) -> int:
    """Where the content of a file begins, whose record is there."""
    file.seek(record)
    head = file.read(LOCAL_BYTES)
    if len(head) < LOCAL_BYTES or not head.startswith(LOCAL):
        raise ModelError("it is damaged: a file in it has no beginning")
    name, extra = struct.unpack_from("<HH", head, 26)
    return record + LOCAL_BYTES + int(name) + int(extra)


def _check_manifest(manifest: Manifest, sizes: dict[str, int]) -> None:
    """Check that the manifest lists what is there, a model with a recipe among it."""
    listed = {member.name: member.size for member in manifest.files}
    if listed != sizes:
        names = {*listed.items()} ^ {*sizes.items()}
        raise ModelError(f"'{min(names)[0]}' is not as {MANIFEST} lists it")
    for name in (MODEL_FILE, RECIPE_FILE):
        if name not in sizes:
            raise ModelError(f"it has no {name}")


def _check_room(work: Path, needed: int) -> None:
    place = work.parent
    while not place.is_dir():
        place = place.parent
    free = shutil.disk_usage(place).free
    if needed > free:
        raise ModelError(
            f"its files need {short_count(needed, 'B')}, and the disk has {short_count(free, 'B')}"
        )


def _copy(content: BinaryIO, work: Path, member: Member) -> None:
    digest = hashlib.sha256()
    with new_file(work / member.name) as file:
        try:
            while piece := content.read(CHUNK):
                digest.update(piece)
                file.write(piece)
        except zipfile.BadZipFile:  # a wrong CRC-32
            raise ModelError(f"'{member.name}' is damaged: get the bundle again") from None
    if digest.hexdigest() != member.sha256:
        raise ModelError(f"'{member.name}' is damaged: it is not what {MANIFEST} lists")


def _check_content(work: Path, manifest: Manifest) -> None:
    """Check that each file is what its name says, and add the manifest."""
    names = {member.name for member in manifest.files}
    read_model_header(work / MODEL_FILE)
    read_tables(work / RECIPE_FILE)
    if CARD_FILE in names:
        read_text(work / CARD_FILE)
    if CARD_JSON in names:
        read_object(work / CARD_JSON)
    if CARD_SAMPLES in names:
        with open_plain(work / CARD_SAMPLES) as file:
            if file.read(len(PNG)) != PNG:
                raise ModelError(f"'{CARD_SAMPLES}' is no picture")
    write_bytes(work / MANIFEST, manifest.to_bytes())
