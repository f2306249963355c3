"""`ganzoo evaluate MODEL`: a trained model's metrics, or those of two folders of images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ganzoo.cli.options import Best, Device, NetworkOf, RecipeOf, Set
from ganzoo.cli.torch_import import import_torch
from ganzoo.errors import GanzooError
from ganzoo.printing.text import say, say_json
from ganzoo.runs.path_checks import refuse_missing

if TYPE_CHECKING:
    from ganzoo.evaluation.assessment import Assessment
    from ganzoo.evaluation.measuring import Tell
    from ganzoo.evaluation.saved_images import FolderScores
    from ganzoo.evaluation.showing import Tick

Model = Annotated[
    Path | None,
    typer.Argument(
        metavar="[MODEL]",
        help="A run's folder, a checkpoint's, a model file, a bundle, a .pth, a ready model's "
        "name, or hf:OWNER/NAME.",
    ),
]
Folders = Annotated[
    tuple[Path, Path] | None,
    typer.Option(
        "--folders",
        metavar="REAL FAKE",
        help="Compare two folders of saved images instead, of any tool; --metric names a type.",
    ),
]
Train = Annotated[
    Path | None,
    typer.Option(
        "--train",
        metavar="FOLDER",
        help="With --folders: training images; is FAKE copied from them?",
    ),
]
OtherData = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="FOLDER", help="A folder of other images, laid out as the model's."
    ),
]
Split = Annotated[
    Literal["test", "validation", "all"],
    typer.Option(help="Which held-out images; those of validation choose the best model."),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", metavar="NAME", help="Only this metric; may be repeated."),
]
All = Annotated[
    bool, typer.Option("--all", help='Include metrics with when = "compare", which take long.')
]
TaskOf = Annotated[
    Literal["segment", "classify"] | None,
    typer.Option(
        "--task",
        help="Instead, train small networks on what the model makes, and test them on real images.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write the JSON into a new file.")
]


@dataclass(frozen=True)
class MetricChoice:
    """Which metrics to compute, and how, as the command line says.

    data, everything, split, task, best, recipe, network: only for models, not for --folders.
    """

    metrics: list[str]
    overrides: list[str]
    device: str
    data: Path | None
    everything: bool
    split: str
    task: Literal["segment", "classify"] | None
    best: bool
    recipe: str | None
    network: str

    def __post_init__(self) -> None:
        if self.task and (self.metrics or self.everything):
            raise GanzooError("--task says itself what is computed: leave out --metric and --all")

    def of_model(self, model: Path, tell: Tell, tick: Tick) -> Assessment:
        """Evaluate a trained model."""
        from ganzoo.evaluation.evaluate import evaluate as evaluate_model
        from ganzoo.runs.model_files import best_model

        return evaluate_model(
            best_model(model) if self.best else model,
            self.metrics,
            data=self.data,
            overrides=self.overrides,
            everything=self.everything,
            split=self.split,
            task=self.task,
            device=self.device,
            recipe=self.recipe,
            network=self.network,
            tell=tell,
            tick=tick,
        )

    def refuse_for_folders(self) -> None:
        """Refuse options that are only for models.

        Raises:
            GanzooError: one is given.
        """
        options: dict[str, object] = {
            "--data": self.data,
            "--all": self.everything,
            "--task": self.task,
            "--best": self.best,
            "--split": self.split != "test",
        }
        options |= {"--recipe": self.recipe, "--network": self.network}
        beside = [name for name, value in options.items() if value]
        if beside:
            raise GanzooError(f"{', '.join(beside)}: this is for a model, not for --folders")

    def of_folders(
        self, real: Path, fake: Path, train: Path | None, tell: Tell, tick: Tick
    ) -> FolderScores:
        """Compare two folders of images."""
        from ganzoo.evaluation.saved_images import evaluate_folders

        return evaluate_folders(
            real,
            fake,
            train=train,
            metrics=self.metrics,
            overrides=self.overrides,
            device=self.device,
            tell=tell,
            tick=tick,
        )


def evaluate(
    model: Model = None,
    folders: Folders = None,
    train: Train = None,
    data: OtherData = None,
    metric: Metrics = None,
    all_: All = False,
    split: Split = "test",
    task: TaskOf = None,
    best: Best = False,
    device: Device = "",
    recipe: RecipeOf = None,
    network: NetworkOf = "",
    set_: Set = None,
    json_: Json = False,
    out: Out = None,
) -> None:
    """Compute the metrics of a model's recipe on held-out images, with 95 % intervals.

    If no images are held out, training images are used, and every table says so.
    """
    from ganzoo.files.existing import refuse_existing
    from ganzoo.files.writing import write_json

    _refuse_contradiction(model, folders, train)
    refuse_existing([out] if out else [])
    refuse_missing(model, data, best=best)
    asked, where = (metric or [], set_ or []), (device, data)
    choice = MetricChoice(*asked, *where, all_, split, task, best, recipe, network)
    if folders:
        choice.refuse_for_folders()
    import_torch()
    with _bar("opening the model" if model else "listing images", json_) as (tell, tick):
        if folders:
            scores: Assessment | FolderScores = choice.of_folders(*folders, train, tell, tick)
        elif model:
            scores = choice.of_model(model, tell, tick)
    if out:
        write_json(out, scores.as_json())
    _print(scores, json_)


def _refuse_contradiction(
    model: Path | None, folders: tuple[Path, Path] | None, train: Path | None
) -> None:
    if (model is None) == (folders is None):
        raise GanzooError("name a model, or two folders of images: --folders REAL FAKE")
    if train and not folders:
        raise GanzooError("--train: this is for --folders; a model's training images are known")


@contextmanager
def _bar(doing: str, quiet: bool) -> Iterator[tuple[Tell, Tick]]:
    """The functions that print notes and advance a progress bar.

    quiet: no bar, and notes on stderr, as programs read stdout.
    """
    from ganzoo.evaluation.progress import progress
    from ganzoo.printing.terminal import Terminal

    with progress(Terminal(stderr=True, quiet=quiet), doing) as tick:
        yield lambda text: say(text, err=quiet), tick


def _print(scores: Assessment | FolderScores, as_json: bool) -> None:
    from ganzoo.printing.terminal import Terminal

    if as_json:
        say_json(scores.as_json())
    else:
        scores.print(Terminal())
