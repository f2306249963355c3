"""Writes a bundle: a model's files in one zip archive; equal files make equal bytes."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from ganzoo.datasets.checksums import digest_file
from ganzoo.errors import GanzooError, ModelError
from ganzoo.files.existing import refuse_existing
from ganzoo.files.untrusted import UntrustedError, open_plain
from ganzoo.files.writing import write_with
from ganzoo.runs.bundle_manifest import MANIFEST, Manifest, Member, check_size
from ganzoo.sharing.shipment import Shipment

DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip archive can name
ELSEWHERE = ". Choose another name with --out FILE"
UNIX, PLAIN_FILE = 3, 0o100644 << 16


def write_bundle(shipment: Shipment, path: Path) -> Manifest:
    """Write all files of a shipment, and a manifest of them, into one new file.

    Raises:
        GanzooError: the file exists already, cannot be written, or a file of the shipment changed
            meanwhile.
    """
    refuse_existing([path], ELSEWHERE)
    manifest = make_manifest(shipment)
    try:
        write_with(path, lambda file: _write(file, manifest, shipment.files))
    except OSError as error:
        raise GanzooError(f"{error.filename or path}: {error.strerror or error}") from None
    return manifest


def make_manifest(shipment: Shipment) -> Manifest:
    """What a shipment holds, in the order of a bundle.

    Raises:
        ModelError: a file cannot be read, or is larger than one of its kind may be.
    """
    files = (_member(name, shipment.files[name]) for name in sorted(shipment.files))
    return Manifest(shipment.name, shipment.packages, tuple(files))


def _member(name: str, path: Path) -> Member:
    try:
        digest, size = digest_file(path), path.stat().st_size
    except (OSError, UntrustedError) as error:
        raise ModelError(f"{path}: cannot be read ({error})") from None
    check_size(name, size)
    return Member(name, size, digest)


def _write(file: BinaryIO, manifest: Manifest, files: Mapping[str, Path]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry(MANIFEST), manifest.to_bytes())
        for member in manifest.files:
            entry = _entry(member.name)
            entry.file_size = member.size  # so that the record before it need not be written again
            with open_plain(files[member.name]) as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)
            if entry.file_size != member.size:
                raise ModelError(f"{files[member.name]} changed while it was read; try again")


def _entry(name: str) -> zipfile.ZipInfo:
    """The record of a file: no time, no owner, readable by all."""
    entry = zipfile.ZipInfo(name, DATE)
    entry.create_system, entry.external_attr = UNIX, PLAIN_FILE
    return entry
