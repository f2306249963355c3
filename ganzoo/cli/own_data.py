"""`--data FOLDER`: images of the user's own, as settings."""

from __future__ import annotations

from pathlib import Path

import tomli_w

from ganzoo.errors import DataError
from ganzoo.loading import load_recipe


def moved(recipe: Path, folder: Path) -> list[str]:
    """The setting that says where a recipe's own data are, for a folder that holds them now.

    Raises:
        DataError: there is no such folder, or the data are read from none.
    """
    from ganzoo.plugins import installed

    if not folder.is_dir():
        raise DataError(f"--data {folder}: there is no such folder")
    kind = load_recipe(recipe).data.type
    places = getattr(installed().registry.get("data", kind).load(), "places", ())
    if not places:
        raise DataError(f"--data {folder}: this run's data, '{kind}', are read from no folder")
    return [f"data.{places[0]}={quoted(str(folder.absolute()))}"]


def quoted(text: str) -> str:
    """A text as TOML."""
    return tomli_w.dumps({"text": text}).partition(" = ")[2].rstrip("\n")
