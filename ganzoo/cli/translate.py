"""`ganzoo translate MODEL INPUT OUTPUT`: runs image files through a trained model."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ganzoo.cli.importing import import_torch
from ganzoo.cli.options import (
    Best,
    Compile,
    Device,
    ModelOf,
    NetworkOf,
    Precision,
    RecipeOf,
    Set,
    scale_of,
)
from ganzoo.printing.text import say
from ganzoo.runs.path_checks import refuse_missing

if TYPE_CHECKING:
    from ganzoo.inference.scale import Scale
    from ganzoo.inference.translation import Translation

STOPPED = 130
Input = Annotated[Path, typer.Argument(metavar="INPUT", help="An image, or a folder of them.")]
Output = Annotated[Path, typer.Argument(metavar="OUTPUT", help="A file, or a folder.")]
Which = Annotated[
    str, typer.Option("--output", help="Which of the model's outputs. [default: its first]")
]
ScaleOf = Annotated[
    str,
    typer.Option(
        "--scale",
        metavar="SCALE",
        help="How an image is resized for the networks: to the scale of training (trained), not at "
        "all (native), or by a factor (0.5). Results have the image's own size.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", help="The seed of dropout and latents.")]
Existing = Annotated[
    Literal["error", "skip", "overwrite"],
    typer.Option("--existing", help="What to do if an output file already exists."),
]
Unreadable = Annotated[
    Literal["stop", "skip"],
    typer.Option("--unreadable", help="What to do if an image cannot be read."),
]

Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="png, tiff, jpeg, webp, npy or a plugin's. [default: the kind of each input's file]",
    ),
]
Quality = Annotated[
    int | None,
    typer.Option("--quality", min=1, max=100, help="Of jpeg and webp. [default: 95]"),
]


def translate(
    model: ModelOf,
    input_: Input,
    output_: Output,
    output: Which = "",
    best: Best = False,
    scale: ScaleOf = "trained",
    seed: Seed = 0,
    existing: Existing = "error",
    unreadable: Unreadable = "stop",
    format_: Format = "",
    quality: Quality = None,
    precision: Precision = "float32",
    compile_: Compile = False,
    device: Device = "",
    recipe: RecipeOf = None,
    network: NetworkOf = "",
    set_: Set = None,
) -> None:
    """Translate one image or a folder; sizes are kept."""
    factor = _check_early(model, input_, best, format_, scale)
    import_torch()
    from ganzoo.builder.opening import load_onto
    from ganzoo.inference import translation
    from ganzoo.inference.speeding import describe_speed

    loaded = load_onto(model, best, device, recipe=recipe, network=network, overrides=set_ or [])
    todo = translation.translate(
        loaded.speed_up(precision, compiled=compile_),
        input_,
        output_,
        output,
        scale=factor,
        seed=seed,
        existing=existing,
        unreadable=unreadable,
        format_=format_,
        quality=quality,
    )
    _carry_out(todo, describe_speed(loaded, precision, compile_), input_.is_dir())


def _check_early(model: Path, input_: Path, best: bool, format_: str, scale: str) -> Scale:
    """Look at what needs no torch; return the scale."""
    refuse_missing(model, input_, best=best)
    from ganzoo.components.writers.installed_writers import check_format

    check_format(format_)
    return scale_of(scale)


def _carry_out(todo: Translation, lines: list[str], counted: bool) -> None:
    say("\n".join([todo.scale_line, todo.output_line, *lines]))
    _go_over(todo)
    _close(todo, counted)


def _close(todo: Translation, counted: bool) -> None:
    if counted:
        say(todo.closing_line)
    for note in todo.warnings:
        say(f"note: {note}", err=True)


def _go_over(todo: Translation) -> None:
    try:
        _translate_all(todo)
    except KeyboardInterrupt:
        say(f"\nStopped: {todo.closing_line}. Go on with --existing skip.")
        raise typer.Exit(STOPPED) from None


def _translate_all(todo: Translation) -> None:
    reported = 0
    with closing(iter(todo)) as written:
        for source, target in written:
            reported = _report_refused(todo, reported)
            say(f"{source} -> {target}")
    _report_refused(todo, reported)


def _report_refused(todo: Translation, reported: int) -> int:
    for reason in todo.refused[reported:]:
        say(f"skipped: {reason}", err=True)
    return len(todo.refused)
