"""`ganzoo evaluate MODEL`: a trained model's metrics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganzoo.cli.options import Best, Device, NetworkOf, RecipeOf, Set
from ganzoo.errors import GanzooError
from ganzoo.printing.text import say, say_json
from ganzoo.runs.ahead import refuse_missing

if TYPE_CHECKING:
    from ganzoo.evaluation.evaluate import Assessment
    from ganzoo.evaluation.saved_images import FolderScores

Model = Annotated[
    Path | None,
    typer.Argument(
        metavar="[MODEL]", help="A run's folder, a checkpoint's, a model file, or a .pth."
    ),
]
Folders = Annotated[
    tuple[Path, Path] | None,
    typer.Option(
        "--folders", metavar="REAL FAKE", help="Compare two folders of saved images instead."
    ),
]
OtherData = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="Other images, laid out as the model's."),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", metavar="NAME", help="Only this one; may be repeated."),
]
All = Annotated[
    bool, typer.Option("--all", help='Also those of when = "compare", which take long.')
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write the JSON into a new file.")
]


def evaluate(
    model: Model = None,
    folders: Folders = None,
    data: OtherData = None,
    metric: Metrics = None,
    all_: All = False,
    best: Best = False,
    device: Device = "",
    recipe: RecipeOf = None,
    network: NetworkOf = "",
    set_: Set = None,
    json_: Json = False,
    out: Out = None,
) -> None:
    """Compute the metrics of a model's recipe on held-out images, with 95 % intervals.

    Where none are held out, training images stand in, and every table says so.
    """
    from ganzoo.files.writing import write_json
    from ganzoo.inference.targets import refuse_existing

    if (model is None) == (folders is None):
        raise GanzooError("name a model, or two folders of images: --folders REAL FAKE")
    refuse_existing([out] if out else [])
    refuse_missing(model, data)
    from ganzoo.builder.opening import best_model

    asked = {"metrics": metric or [], "everything": all_, "folder": data, "overrides": set_ or []}
    asked |= {"device": device, "recipe": recipe, "network": network}
    source = model and best_model(model) if best else model
    found = _compare(folders, asked, json_) if folders else _measure(source, asked, json_)
    if out:
        write_json(out, found.as_json())
    _show(found, json_)


def _compare(folders: tuple[Path, Path], asked: dict[str, Any], quiet: bool) -> FolderScores:
    """Two folders, with a bar as well."""
    from ganzoo.evaluation.progress import progress
    from ganzoo.evaluation.saved_images import evaluate_folders
    from ganzoo.printing.terminal import Terminal

    given = {name: asked[name] for name in ("metrics", "overrides", "device")}
    with progress(Terminal(stderr=True, quiet=quiet), "listing images") as tick:
        return evaluate_folders(
            *folders, **given, tell=lambda text: say(text, err=quiet), tick=tick
        )


def _measure(model: Path | None, asked: dict[str, Any], quiet: bool) -> Assessment:
    """With a bar on a terminal, unless programs read."""
    from ganzoo.evaluation.evaluate import evaluate_file
    from ganzoo.evaluation.progress import progress
    from ganzoo.printing.terminal import Terminal

    with progress(Terminal(stderr=True, quiet=quiet), "opening the model") as tick:
        assert model is not None
        return evaluate_file(model, **asked, tell=lambda text: say(text, err=quiet), tick=tick)


def _show(found: Assessment | FolderScores, as_json: bool) -> None:
    from ganzoo.evaluation.scores import print_scores
    from ganzoo.printing.terminal import Terminal

    if as_json:
        say_json(found.as_json())
        return
    say(found.headline)
    evaluation = found.found
    print_scores(evaluation.scores, evaluation.observed, Terminal(), evaluation.intervals)
