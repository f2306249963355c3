"""`ganzoo run RECIPE`: train."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer


def run(
    recipe: Annotated[str, typer.Argument(help="A recipe's file or name, or a run's folder.")],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a setting: --set train.seed=1"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder. [default: runs/<recipe>]")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run that is there.")
    ] = False,
) -> None:
    """Train a recipe; everything it makes goes into one folder."""
    from rich.console import Console

    from ganzoo.build import build_recipe
    from ganzoo.loading import recipe_name
    from ganzoo.run.folder import RunFolder
    from ganzoo.run.training import train

    name = recipe_name(recipe, set_ or [])
    folder = out or _default_folder(recipe, name)
    if name and not resume:  # what is wrong with a name, build_recipe tells with all else
        RunFolder(folder).check_free()
    experiment = build_recipe(recipe, set_ or [])

    outcome = train(experiment, folder, resume=resume, console=Console())
    again = _command(recipe, set_ or [], out)
    if outcome.main:
        typer.echo(_finished(folder) if outcome.finished else _stopped(outcome.step, folder, again))
    if not outcome.finished:
        raise typer.Exit(130)


def _default_folder(recipe: str, name: str) -> Path:
    given = Path(recipe)
    return given if (given / "recipe.toml").is_file() else Path("runs") / name


def _command(recipe: str, overrides: list[str], out: Path | None) -> str:
    words = ["ganzoo", "run", recipe, *(w for o in overrides for w in ("--set", o))]
    return shlex.join([*words, *(["--out", str(out)] if out else []), "--resume"])


def _finished(folder: Path) -> str:
    return (
        f"\nDone: {folder} holds the model, the samples, the losses and the log. Use it:\n"
        f"  ganzoo translate {shlex.quote(str(folder))} INPUT OUTPUT"
    )


def _stopped(step: int, folder: Path, again: str) -> str:
    return f"\nStopped after step {step}; everything is saved in {folder}. Go on with:\n  {again}"
