"""`ganzoo translate MODEL INPUT OUTPUT`: a trained model on image files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.options import Best
from ganzoo.printing import say


def translate(
    model: Annotated[Path, typer.Argument(help="A run's folder, or its model.safetensors.")],
    input_: Annotated[Path, typer.Argument(metavar="INPUT", help="An image, or a folder of them.")],
    output_: Annotated[Path, typer.Argument(metavar="OUTPUT", help="A PNG file, or a folder.")],
    output: Annotated[
        str, typer.Option("--output", help="Which of the model's outputs. [default: its first]")
    ] = "",
    best: Best = False,
) -> None:
    """Translate one image or a folder; sizes are kept."""
    from ganzoo.run import translation
    from ganzoo.run.opening import opened

    loaded = opened(model, best)
    done = 0
    for source, target in translation.translate(loaded, input_, output_, output):
        say(f"{source} -> {target}")
        done += 1
    if done > 1:
        say(f"{done} images translated")
