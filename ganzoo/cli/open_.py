"""`ganzoo open BUNDLE`: writes a bundle's files into a folder, once all of it is checked."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ganzoo.printing.text import say, say_aside


def open_(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A file of ganzoo bundle.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="A new folder. [default: the file's name]"),
    ] = None,
) -> None:
    """Write a bundle's files into a folder, which is a model then; no code comes from it."""
    from ganzoo.cli.bundle import list_files
    from ganzoo.engine.model_header import read_model_header
    from ganzoo.registry.needed_packages import find_lacking
    from ganzoo.registry.packages import MODEL_FILE
    from ganzoo.runs.bundle_reading import open_bundle

    folder = out or Path(bundle.stem)
    manifest = open_bundle(bundle, folder)
    say(f"{manifest.name} -> {folder}")
    list_files(manifest)
    lacking = find_lacking(manifest.packages)
    for package in lacking:
        say_aside(f"note: {package.advice()}")
    if not lacking:
        header = read_model_header(folder / MODEL_FILE)
        say(f"\nUse it: {shlex.join(_command(folder, header['recipe']))}")


def _command(folder: Path, recipe: Mapping[str, Any]) -> list[str]:
    """What to type next: a model whose first output is made of latents alone is sampled."""
    from ganzoo.expression import ExpressionError, names, parse

    outputs, latents = recipe.get("outputs"), recipe.get("latents")
    first = next(iter(outputs.values()), None) if isinstance(outputs, dict) else None
    text = first.get("expression") if isinstance(first, dict) else None
    drawn = {"c", *(latents if isinstance(latents, dict) else ())}
    try:
        if isinstance(text, str) and names(parse(text)) <= drawn:
            return ["ganzoo", "sample", str(folder), "OUT"]
    except ExpressionError:
        pass
    return ["ganzoo", "translate", str(folder), "IN", "OUT"]
