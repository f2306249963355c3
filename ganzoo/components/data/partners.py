"""Files of two folders as pairs, by their names. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ganzoo.components.data.image_listing import shown
from ganzoo.errors import DataError


def by_name(folder: Path, images: Iterable[Path], setting: str) -> dict[str, Path]:
    """The files by their path below the folder, without suffix.

    Raises:
        DataError: two have one name.
    """
    files: dict[str, Path] = {}
    for path in images:
        key = path.relative_to(folder).with_suffix("").as_posix()
        if key in files:
            raise DataError(
                f"data.{setting}: {shown(files[key])} and {shown(path)} have one name, "
                "so their partner is ambiguous; rename one"
            )
        files[key] = path
    return files


def require_partners(
    x: tuple[str, str, dict[str, Path]], y: tuple[str, str, dict[str, Path]]
) -> None:
    """Check that each file of two folders (setting, name, files by name) has a partner.

    Raises:
        DataError: one has none; it says how many.
    """
    first, second = x[2], y[2]
    lonely = sorted(first.keys() ^ second.keys())
    if lonely:
        path, (setting, name, _) = (
            (first[lonely[0]], y) if lonely[0] in first else (second[lonely[0]], x)
        )
        raise DataError(
            f"data.{setting}: {shown(path)} has no partner of that name in '{name}' "
            f"({len(lonely)} of {len(first | second)} names have none)"
        )
