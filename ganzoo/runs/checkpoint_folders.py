"""Checkpoint folders on disk: each is complete or absent, and its checksums reveal damage.

SHA256SUMS has the format of the program sha256sum. Older versions of ganzoo did not write it.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path

from ganzoo.engine.checkpoint import read_header
from ganzoo.engine.header import STATE
from ganzoo.errors import ModelError
from ganzoo.files.untrusted import UntrustedError, open_plain, read_text
from ganzoo.files.writing import remove, sync_folder, write_text
from ganzoo.runs.layout import list_checkpoints, name_checkpoint

SUMS = "SHA256SUMS"
LINE = re.compile(r"([0-9a-f]{64})  ([^/\\]+)")
UNFINISHED = ".part"


def open_checkpoint(folder: Path) -> Path:
    """Make an empty folder to write a checkpoint into; finish deletions that a kill interrupted."""
    for kind in ("gone", "old"):
        for leftover in [*folder.glob(f".step-*.{kind}")]:
            remove(leftover)
    unfinished = folder / UNFINISHED
    remove(unfinished)
    unfinished.mkdir(parents=True)
    return unfinished


def close_checkpoint(folder: Path, step: int, keep: int, keep_every: int | None) -> None:
    """Rename the finished checkpoint to its final name, then delete those that need not be kept.

    An older checkpoint of the same step is renamed before that and deleted after it. Deleting takes
    long; if it came first, a kill during it would lose both checkpoints.
    """
    place = folder / name_checkpoint(step)
    aside = place.with_name(f".{place.name}.old")
    write_sums(folder / UNFINISHED)
    if place.exists():
        remove(aside)
        place.rename(aside)
    (folder / UNFINISHED).rename(place)
    sync_folder(folder)
    remove(aside)
    prune(folder, keep, keep_every)


def put_back(folder: Path) -> None:
    """Undo the first renaming of `close_checkpoint` where a kill prevented the second one."""
    for aside in folder.glob(".step-*.old"):
        place = folder / aside.stem.removeprefix(".")
        if not place.exists():
            with suppress(OSError):
                aside.rename(place)


def write_sums(checkpoint: Path) -> None:
    """Write the checksum of each file of a checkpoint."""
    files = sorted(checkpoint.iterdir())
    write_text(
        checkpoint / SUMS,
        "".join(f"{_sum(file)}  {file.name}\n" for file in files if file.name != SUMS),
    )


def find_damage(checkpoint: Path) -> str:
    """What is wrong with a checkpoint's files, as a sentence; "" where they are undamaged."""
    try:
        return _find_damage(checkpoint)
    except (ModelError, UntrustedError) as error:
        return str(error)
    except OSError as error:
        return f"{error.filename or checkpoint}: cannot be read ({error.strerror or error})"


def find_undamaged(folder: Path) -> tuple[list[tuple[int, Path]], list[str]]:
    """The checkpoints up to the last undamaged one, and a sentence about each damaged later one."""
    saved, wrong = list_checkpoints(folder), []
    while saved and (said := find_damage(saved[-1][1])):
        wrong.append(said)
        saved.pop()
    return saved, wrong


def prune(folder: Path, keep: int, keep_every: int | None) -> None:
    """Delete checkpoints, but keep the last `keep` and those at multiples of `keep_every` steps."""
    for step, path in list_checkpoints(folder)[:-keep]:
        if not keep_every or step % keep_every:
            gone = path.with_name(f".{path.name}.gone")
            remove(gone)
            path.rename(gone)
            remove(gone)


def set_aside(folder: Path, step: int) -> None:
    """Rename the checkpoints after a step to `damaged-...`; training will write them again."""
    for number, path in list_checkpoints(folder):
        if number > step:
            aside = path.with_name(f"damaged-{path.name}")
            remove(aside)
            path.rename(aside)


def _find_damage(checkpoint: Path) -> str:
    sums = checkpoint / SUMS
    if not sums.exists():  # a checkpoint of an older version of ganzoo
        for file in {checkpoint / STATE, *checkpoint.glob("*.safetensors")}:
            read_header(file)
        return ""
    lines = [LINE.fullmatch(line) for line in read_text(sums, within=checkpoint).splitlines()]
    known = {match[2]: match[1] for match in lines if match}
    if None in lines or STATE not in known:
        return f"{sums}: this is damaged"
    for name, written in known.items():
        if _sum(checkpoint / name) != written:
            return f"{checkpoint / name}: this is damaged: it is not as it was written"
    return ""


def _sum(file: Path) -> str:
    with open_plain(file, within=file.parent) as opened:
        hashed = hashlib.file_digest(opened, "sha256")  # type: ignore[arg-type]
    return hashed.hexdigest()
