"""`ganzoo data preview RECIPE`: a picture of what networks will see."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ganzoo.cli.options import Set
from ganzoo.cli.run import find_folder_settings
from ganzoo.cli.torch_import import import_torch
from ganzoo.errors import GanzooError
from ganzoo.printing.text import say

RecipeName = Annotated[str, typer.Argument(help="A recipe's file or name, or a run's folder.")]
OwnImages = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="Your own images in place of the recipe's."),
]
Count = Annotated[
    int, typer.Option("--count", min=1, max=64, help="How many of the first samples.")
]
Picture = Annotated[Path, typer.Option("--out", metavar="FILE.png", help="The picture.")]
Existing = Annotated[
    Literal["error", "overwrite"],
    typer.Option("--existing", help="What to do if the picture already exists."),
]


def preview(
    recipe: RecipeName,
    data: OwnImages = None,
    set_: Set = None,
    count: Count = 6,
    out: Picture = Path("preview.png"),
    existing: Existing = "error",
) -> None:
    """Draw what networks will see: the first training samples, with and without augmentation."""
    from ganzoo.cli.early import refuse_early
    from ganzoo.recipe.loading import gather, read_recipe

    _check_target(out, existing)
    overrides, gathered = set_ or [], gather(recipe)
    if data is not None:
        overrides = [*find_folder_settings(gathered, overrides, data), *overrides]
    loaded = read_recipe(gathered, overrides)
    refuse_early(loaded)
    import_torch()
    from ganzoo.builder.experiment import check_recipe
    from ganzoo.components.writers.png_writer import save_png
    from ganzoo.training.preview import Preview

    blueprint = check_recipe(loaded, count=False).blueprint
    drawn = Preview(blueprint, count)
    try:
        save_png(drawn.picture(), out)
    except OSError as error:
        raise GanzooError(f"{out}: cannot be written ({error.strerror or error})") from error
    for line in filter(None, [drawn.data.summary(), *drawn.facts(), *drawn.summary()]):
        say(line)
    say(f"-> {out}")


def _check_target(out: Path, existing: str) -> None:
    """Refuse what could not be written, before anything is read.

    Raises:
        GanzooError: it is no PNG, or exists already.
    """
    if out.suffix.lower() != ".png":
        raise GanzooError(f"{out}: the picture is a PNG; name it {out.with_suffix('.png')}")
    if out.exists() and (existing == "error" or not out.is_file()):
        raise GanzooError(
            f"{out} already exists; name another file by --out, or --existing overwrite"
        )
    if not out.parent.is_dir():
        raise GanzooError(f"{out}: there is no folder {out.parent}")
