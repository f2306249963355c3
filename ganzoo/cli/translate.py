"""`ganzoo translate MODEL INPUT OUTPUT`: runs image files through a trained model."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ganzoo.cli.options import (
    Best,
    Compile,
    Device,
    EngineOf,
    ModelOf,
    NetworkOf,
    OutputOf,
    Precision,
    RecipeOf,
    Set,
    memory_of,
    scale_of,
)
from ganzoo.cli.torch_import import import_torch
from ganzoo.cli.translate_progress import ImageProgress, show_progress
from ganzoo.inference.engines.engine_choice import settle_engine
from ganzoo.launch.worker import STOPPED
from ganzoo.printing.text import say
from ganzoo.runs.path_checks import refuse_missing

if TYPE_CHECKING:
    from collections.abc import Generator

    from ganzoo.builder.opening import Opening
    from ganzoo.inference.scale import Scale
    from ganzoo.inference.targets import Pair
    from ganzoo.inference.translation import Translation

GO_ON = "Go on with --existing skip"
Input = Annotated[Path, typer.Argument(metavar="INPUT", help="An image, or a folder of them.")]
Output = Annotated[Path, typer.Argument(metavar="OUTPUT", help="A file, or a folder.")]
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

MemoryOf = Annotated[
    str,
    typer.Option(
        "--memory",
        metavar="SIZE",
        help="What the program may take, as 4G; an image that needs more is computed in tiles. "
        "[default: what is free]",
    ),
]
Processes = Annotated[
    int,
    typer.Option(
        "--processes",
        min=1,
        max=64,
        metavar="N",
        help="Translate a folder in N processes, which share the memory and the threads.",
    ),
]


def translate(
    model: ModelOf,
    input_: Input,
    output_: Output,
    output: OutputOf = "",
    best: Best = False,
    scale: ScaleOf = "trained",
    seed: Seed = 0,
    existing: Existing = "error",
    unreadable: Unreadable = "stop",
    format_: Format = "",
    quality: Quality = None,
    memory: MemoryOf = "",
    precision: Precision = "float32",
    engine: EngineOf = None,
    compile_: Compile = False,
    device: Device = "",
    recipe: RecipeOf = None,
    network: NetworkOf = "",
    set_: Set = None,
    processes: Processes = 1,
) -> None:
    """Translate one image or a folder; sizes are kept."""
    chosen = settle_engine(engine, compile_, precision, device)
    factor = _check_early(model, input_, best, format_, scale, memory)
    from ganzoo.builder.opening import Opening

    opening = Opening(model, best, device, recipe, network, tuple(set_ or ()), precision, chosen)
    todo = _prepare(
        opening,
        (input_, output_, output),
        scale=factor,
        seed=seed,
        existing=existing,
        unreadable=unreadable,
        format_=format_,
        quality=quality,
        memory=memory_of(memory),
    )
    _carry_out(todo, opening, processes if input_.is_dir() else 0)


def _check_early(
    model: Path, input_: Path, best: bool, format_: str, scale: str, memory: str
) -> Scale:
    """Look at what needs no torch, then import it; return the scale."""
    refuse_missing(model, input_, best=best)
    memory_of(memory)
    from ganzoo.components.writers.installed_writers import check_format

    check_format(format_)
    factor = scale_of(scale)
    import_torch()
    return factor


def _prepare(opening: Opening, places: tuple[Path, Path, str], **settings: Any) -> Translation:
    """Open the model, look at what is to do, and say how it is done.

    places: the input, the output, and the name of the model's output.
    settings: see `ganzoo.inference.translation.translate`.
    """
    from ganzoo.inference import translation
    from ganzoo.inference.engines.graph_warmup import make_graphs
    from ganzoo.inference.speeding import describe_speed

    loaded = opening.load()
    fast = loaded.speed_up(opening.precision, engine=opening.engine)
    todo = translation.translate(fast, *places, **settings)
    lines = describe_speed(loaded, opening.precision, opening.engine)
    say("\n".join([todo.scale_line, todo.output_line, *lines]))
    make_graphs(fast, todo.wire)
    return todo


def _carry_out(todo: Translation, opening: Opening, processes: int) -> None:
    """Translate in so many processes; 0 stands for a single image."""
    _go_over(todo, opening, processes)
    if processes:
        say(todo.closing_line)
    for note in todo.warnings:
        say(f"note: {note}", err=True)


def _go_over(todo: Translation, opening: Opening, processes: int) -> None:
    """Translate all; a stop, or a mistake in the middle, says how to go on."""
    from ganzoo.cli.tile_display import TileDisplay
    from ganzoo.errors import GanzooError

    todo.progress = TileDisplay()
    try:
        if processes:
            _translate_all(todo, _begin(todo, opening, min(processes, len(todo.pairs))))
        else:
            _translate_one(todo)
    except KeyboardInterrupt:
        how = GO_ON if processes else "The same command goes on"
        say(f"\nStopped: {todo.closing_line}. {how}.")
        raise typer.Exit(STOPPED) from None
    except GanzooError:
        if todo.done:
            say(f"Stopped: {todo.closing_line}. {GO_ON}.")
        raise


def _begin(todo: Translation, opening: Opening, processes: int) -> Generator[Pair, None, None]:
    if processes < 2:
        return iter(todo)
    from ganzoo.launch.translating import translate_in_several

    return translate_in_several(todo, opening, processes)


def _translate_all(todo: Translation, pairs: Generator[Pair, None, None]) -> None:
    reported = 0
    with show_progress(len(todo.pairs)) as progress, closing(pairs) as written:
        for _ in written:
            reported = _report_refused(todo, reported, progress)
            progress.advance()
        _report_refused(todo, reported, progress)


def _translate_one(todo: Translation) -> None:
    with closing(iter(todo)) as written:
        for source, target in written:
            say(f"{source} -> {target}")


def _report_refused(todo: Translation, reported: int, progress: ImageProgress) -> int:
    for reason in todo.refused[reported:]:
        progress.tell(f"skipped: {reason}")
        progress.advance()
    return len(todo.refused)
