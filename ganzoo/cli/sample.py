"""`ganzoo sample MODEL OUTPUT`: draws images from a model's latents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.options import Best, Device, ModelOf, NetworkOf, RecipeOf, Set
from ganzoo.cli.torch_import import import_torch
from ganzoo.printing.text import say
from ganzoo.runs.path_checks import refuse_missing


def sample(
    model: ModelOf,
    output_: Annotated[
        Path,
        typer.Argument(metavar="OUTPUT", help="A folder, or a PNG file for one grid of all."),
    ],
    n: Annotated[int, typer.Option("--n", help="The number of images.")] = 64,
    class_: Annotated[
        str,
        typer.Option(
            "--class", metavar="CLASS", help="The class to draw. [default: the classes take turns]"
        ),
    ] = "",
    seed: Annotated[int, typer.Option("--seed", help="Another seed draws other images.")] = 0,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            help="Which of the model's outputs. [default: the first that needs no image]",
        ),
    ] = "",
    best: Best = False,
    device: Device = "",
    recipe: RecipeOf = None,
    network: NetworkOf = "",
    set_: Set = None,
) -> None:
    """Draw random images, of a chosen class if the model has classes."""
    refuse_missing(model, best=best)
    import_torch()
    from ganzoo.builder.opening import load_onto
    from ganzoo.inference import sampling

    loaded = load_onto(model, best, device, recipe=recipe, network=network, overrides=set_ or [])
    written = list(sampling.sample(loaded, output_, n, output, class_, seed))
    many = f"{n} images" if n > 1 else "1 image"
    say(f"{many} -> {output_ if len(written) > 1 else written[0]}")
