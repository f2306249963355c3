"""What is to be planned: folders, wishes and a name. Nothing here imports torch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.components.data.image_listing import shown
from ganzoo.components.data.layout_advice import require_folder
from ganzoo.errors import DataError, GanzooError
from ganzoo.recipe.schema import is_folder_name

if TYPE_CHECKING:
    from ganzoo.interfaces.rule import Goal, Wishes

# Names of folders that say which domain they hold, and not what it is.
SIDES = (("trainA", "trainB"), ("x", "y"), ("X", "Y"), ("A", "B"), ("a", "b"))
FALLBACK = "plan"
LONGEST = 100  # bytes of a name that is made


@dataclass(frozen=True)
class PlanRequest:
    """A plan that is asked for.

    folders: one that holds both domains, or one of each, x first.
    name: of the recipe.
    budget, memory, goal, pairs: the user's wishes, as in `Wishes`.
    tries: how many recipes are tried in short trainings.
    anyway: plan even where a training makes no sense.
    """

    folders: tuple[Path, ...]
    name: str
    budget: float | None = None
    memory: int | None = None
    goal: Goal | None = None
    pairs: bool | None = None
    tries: int = 0
    anyway: bool = False

    @property
    def wishes(self) -> Wishes:
        """What the user asked for."""
        from ganzoo.interfaces.rule import Wishes  # here, as it imports torch

        return Wishes(self.budget, self.memory, self.goal, self.pairs)


def refuse_folders(folders: Sequence[Path]) -> None:
    """Refuse folders that no plan can be made for, before torch is imported.

    Raises:
        DataError: one is missing; both are the same; or a recipe cannot hold its name.
    """
    for folder in folders:
        require_folder(folder, "")
        refuse_odd_bytes(folder.absolute())
    if len(folders) > 1 and folders[0].samefile(folders[1]):
        raise DataError(f"{shown(folders[0])}: this is given as x and as y; give two folders")


def refuse_odd_bytes(path: Path) -> None:
    """Refuse a path that no recipe can hold.

    Raises:
        DataError: it holds a byte that is no UTF-8.
    """
    if any("\ud800" <= sign <= "\udfff" for sign in str(path)):
        raise DataError(
            f"{shown(path)}: this path holds a byte that is no UTF-8, which no recipe can hold; "
            "rename the folder"
        )


def name_plan(folders: Sequence[Path], out: Path | None = None) -> str:
    """A name by the folder of the plan; else by the domains: `photos_to_paintings`.

    Raises:
        GanzooError: the folder of the plan has a name that no recipe can have.
    """
    if out is not None:
        name = _whole(out).name
        if not is_folder_name(name):
            raise GanzooError(
                f"--out {shown(out)}: the recipe is named like its folder; choose a name of plain "
                "characters, without / \\ and :"
            )
        return name
    paths = [_whole(folder) for folder in folders]
    names = tuple(path.name for path in paths)
    sides = names in SIDES and paths[0].parent == paths[1].parent
    return _clean(paths[0].parent.name if sides else "_to_".join(names))


def _clean(name: str) -> str:
    """A name without what a recipe's name cannot hold."""
    signs = "".join("_" if not sign.isprintable() or sign in "/\\:" else sign for sign in name)
    short = signs.encode("utf-8", "replace")[:LONGEST].decode("utf-8", "ignore").strip(" .")
    return short if is_folder_name(short) else FALLBACK


def _whole(folder: Path) -> Path:
    """The whole path, without `..`; links stay, as they may be what a person calls it."""
    return Path(os.path.normpath(folder.absolute()))
