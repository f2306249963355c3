"""Which image file is used for what, told by its name and a seed alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ganzoo.components.data.image_listing import no_images, shown, survey
from ganzoo.errors import DataError


@dataclass(frozen=True)
class Split:
    """Files by what they are used for; no file of one list is in another of its row.

    noisy, clean: for training.
    test_noisy, test_clean: held out; the same list twice where they are to become pairs.
    """

    noisy: list[Path]
    clean: list[Path]
    test_noisy: list[Path]
    test_clean: list[Path]


def find_images(setting: str, name: str) -> dict[str, Path]:
    """The images in the folder that `data.<setting>` names, by their path in it.

    Raises:
        DataError: it is not set, is no folder, or holds no images.
    """
    if not name:
        raise DataError(f"data.{setting} is not set: --set data.{setting}=FOLDER")
    folder = Path(name).expanduser()
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"data.{setting}: {shown(folder)} {what}; --set data.{setting}=FOLDER")
    there = survey(folder)
    if not there.images:
        raise DataError(f"data.{setting}: no images in {shown(folder)}{no_images(there)}")
    return {path.relative_to(folder).as_posix(): path for path in there.images}


def shuffled(files: dict[str, Path], seed: int) -> list[Path]:
    """The files in an order that belongs to their names and the seed.

    By hash, not by a generator's permutation: it is the same with every NumPy, and one more file
    changes the place of no other two.
    """

    def key(name: str) -> tuple[bytes, str]:
        digest = hashlib.blake2b(f"{seed}/{name}".encode("utf-8", "surrogateescape"))
        return digest.digest(), name

    return [files[name] for name in sorted(files, key=key)]


def hold_out(files: list[Path], share: float, rest: int, setting: str) -> tuple[list[Path], ...]:
    """The first `share` of the files, at least one, and the others, at least `rest`.

    Raises:
        DataError: there are too few files for both.
    """
    if len(files) <= rest:
        raise DataError(
            f"data.{setting}: it has {len(files)} image{'s' if len(files) != 1 else ''}, and "
            f"{rest + 1} are the least, one of them to hold out; add images or set data.test"
        )
    count = min(max(1, round(share * len(files))), len(files) - rest)
    return files[:count], files[count:]


def halves(files: list[Path]) -> tuple[list[Path], list[Path]]:
    """Two lists that share nothing; the second has the odd one.

    Raises:
        DataError: there is no second image.
    """
    if len(files) < 2:
        raise DataError("data.clean: it has 1 image, and 2 are the least, one for each half")
    return files[: len(files) // 2], files[len(files) // 2 :]


def refuse_shared(folders: dict[str, dict[str, Path]]) -> None:
    """Check that no file is in two folders: one may lie in another, or be linked from it.

    Raises:
        DataError: names the two settings and a file.
    """
    owner: dict[Path, str] = {}
    for setting, files in folders.items():
        for path in files.values():
            other = owner.setdefault(path.resolve(), setting)
            if other != setting:
                raise DataError(
                    f"data.{setting}: {shown(path)} is in data.{other} too; "
                    "give folders that share no images"
                )


def split_files(clean: str, noisy: str, test: str, held_out: float, seed: int) -> Split:
    """Find all images and share them out.

    Raises:
        DataError: a folder is missing or empty, has too few images, or shares some with another.
    """
    given = {"clean": clean, "noisy": noisy, "test": test}
    files_of = {s: find_images(s, name) for s, name in given.items() if name or s == "clean"}
    refuse_shared(files_of)
    order = {setting: shuffled(files, seed) for setting, files in files_of.items()}
    least = {"clean": 1, "noisy": 1} if noisy else {"clean": 2}
    training = {setting: order[setting] for setting in least}
    aside = {"clean": order.get("test", [])}
    if not test:
        for setting, rest in least.items():
            aside[setting], training[setting] = hold_out(order[setting], held_out, rest, setting)
    first, second = (training["noisy"], training["clean"]) if noisy else halves(training["clean"])
    return Split(first, second, aside.get("noisy", aside["clean"]), aside["clean"])
