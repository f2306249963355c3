"""`ganzoo import FILE...`: makes a ganzoo model of weights from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.torch_import import import_torch
from ganzoo.errors import GanzooError
from ganzoo.files.existing import refuse_existing
from ganzoo.printing.text import say
from ganzoo.runs.path_checks import is_there

if TYPE_CHECKING:
    from ganzoo.importing.import_model import ImportedModel

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="Weights of one model: a generator's, or both directions', .pth or .safetensors.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="The model to write. [default: FILE's name + .safetensors]"
    ),
]
RecipeOf = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="RECIPE",
        help="The recipe of the model. [default: a published one, by the options beside the file]",
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        "--size",
        min=1,
        max=2**14,
        metavar="PIXELS",
        help="The side of the images it learnt from. [default: as the options say, else 256]",
    ),
]


def import_(files: Files, out: Out = None, recipe: RecipeOf = None, size: Size = None) -> None:
    """Make a model of weights from elsewhere: what they are is read from the file itself."""
    target = out or Path(f"{files[0].stem}.safetensors")
    _refuse_early(files, target, recipe)
    import_torch()
    from ganzoo.importing.import_model import import_model

    _describe(import_model(files, target, recipe, size))


def _refuse_early(files: list[Path], target: Path, recipe: str | None) -> None:
    """Look at what needs no torch."""
    for path in files:
        if not is_there(path):
            raise GanzooError(f"{path}: there is no such file or folder")
    if target.suffix != ".safetensors":
        raise GanzooError(f"--out {target}: a model's file name ends with .safetensors")
    refuse_existing([target])
    if recipe is not None:
        from ganzoo.recipe.loading import load_recipe

        load_recipe(recipe)


def _describe(imported: ImportedModel) -> None:
    """Say what was recognised and from what, and what the recipe says."""
    for name, network in imported.networks.items():
        guess = network.guess
        within = f" ({network.wrapper.rstrip('./')})" if network.wrapper else ""
        say(f"{network.file}{within}: {guess.kind} '{guess.component}', {name} in the recipe")
        wide = max(map(len, guess.evidence), default=0)
        for what, why in guess.evidence.items():
            say(f"  {what:<{wide}}  {why}")
        for text in guess.assumed:
            say(f"  assumed: {text}")
    for network, why in imported.left_out:
        say(f"left out: {network.label} ({why})")
    for line in imported.lines:
        say(f"recipe: {line}")
    say(f"{', '.join(imported.outputs)} -> {imported.path}")
