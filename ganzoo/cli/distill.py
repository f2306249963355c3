"""`ganzoo distill MODEL`: the recipe of a smaller network that learns what a model makes."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.options import (
    Best,
    ModelOf,
    NetworkOf,
    OutputOf,
    Processes,
    RecipeOf,
    Set,
    StopAfter,
    seconds,
)
from ganzoo.cli.torch_import import import_torch
from ganzoo.cli.train_request import Request, begin
from ganzoo.errors import GanzooError
from ganzoo.launch.worker import is_launched
from ganzoo.printing.text import say, say_aside
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.model_names import ready_folder
from ganzoo.runs.path_checks import is_there, refuse_missing, refuse_taken

if TYPE_CHECKING:
    from ganzoo.builder.weight_source import WeightSource
    from ganzoo.planning.distilling import StudentRecipe

Width = Annotated[
    int | None,
    typer.Option("--width", min=1, help="Of the student's networks. [default: half the teacher's]"),
]
Blocks = Annotated[
    int | None, typer.Option("--blocks", min=1, help="How many. [default: the teacher's]")
]
OwnFolder = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="Images in place of the teacher's."),
]
Name = Annotated[
    str,
    typer.Option(
        "--name", help="The recipe's, and its run's: runs/NAME. [default: TEACHER_OUTPUT_WIDTH]"
    ),
]
Steps = Annotated[
    int | None, typer.Option("--steps", min=1, help="How long. [default: as the teacher]")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="The recipe. [default: NAME.toml]")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the recipe; write and train nothing.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the run that is there, or print its table.")
]


@dataclass(frozen=True)
class DistilCommand:
    """What is asked for beside the model; the fields are options of `ganzoo distill`."""

    width: int | None
    blocks: int | None
    output: str
    data: Path | None
    overrides: list[str]
    name: str
    steps: int | None
    out: Path | None
    stop_after: str | None
    processes: int | None
    resume: bool


def distill(
    model: ModelOf,
    width: Width = None,
    blocks: Blocks = None,
    output: OutputOf = "",
    data: OwnFolder = None,
    set_: Set = None,
    name: Name = "",
    steps: Steps = None,
    out: Out = None,
    dry_run: DryRun = False,
    resume: Resume = False,
    stop_after: StopAfter = None,
    processes: Processes = None,
    best: Best = False,
    recipe: RecipeOf = None,
    network: NetworkOf = "",
) -> None:
    """Distil a model into a smaller one: write its recipe, train it, and compare both."""
    asked = DistilCommand(
        *(width, blocks, output, data, set_ or [], name, steps, out, stop_after, processes, resume)
    )
    _refuse_early(model, asked, best)
    import_torch()
    teacher = _find_teacher(model, best, recipe, network)
    student = _draft(teacher, _name_weights(model, teacher), asked)
    if dry_run:
        say(student.text, end="")
        return
    folder = Path("runs") / student.name
    _train(asked, student, folder)
    _print_table(teacher, student, folder)


def _refuse_early(model: Path, asked: DistilCommand, best: bool) -> None:
    """Refuse what is wrong whatever the model is.

    Raises:
        GanzooError: a path, a name or a setting is wrong.
    """
    from ganzoo.recipe.overrides import override
    from ganzoo.recipe.schema import is_folder_name

    refuse_missing(model, asked.data, best=best)
    if is_launched():
        raise GanzooError(
            "several processes cannot distil together: write the recipe first (ganzoo distill "
            "MODEL --dry-run > student.toml), then launch it; or add --processes N"
        )
    if asked.name and not is_folder_name(asked.name):
        raise GanzooError(f"--name {asked.name}: a name is a word without / \\ and :")
    if asked.stop_after is not None:
        seconds(asked.stop_after)
    override({}, asked.overrides)
    if asked.name and not asked.resume:
        refuse_taken(Path("runs") / asked.name)


def _find_teacher(model: Path, best: bool, recipe: str | None, network: str) -> WeightSource:
    """The file of the teacher's weights.

    Raises:
        ModelError: there is none, or it holds averages beside the weights that a recipe would read.
    """
    from ganzoo.builder.weight_source import find_weights
    from ganzoo.errors import ModelError
    from ganzoo.runs.model_files import best_model

    source = find_weights(best_model(model) if best else model, recipe, network)
    if any(key.startswith("ema/") for key in source.header["shared"]):
        raise ModelError(
            f"{model}: this checkpoint keeps averages of weights, of which a recipe cannot start; "
            "distil the run's model instead"
        )
    return source


def _name_weights(model: Path, teacher: WeightSource) -> str:
    """How the recipe names the weights: those of a ready model by its name, others by file."""
    if not is_there(model) and ready_folder(model):
        return model.as_posix()
    return os.path.abspath(teacher.file)  # noqa: PTH100 (keeps links, and drops ..)


def _draft(teacher: WeightSource, weights: str, asked: DistilCommand) -> StudentRecipe:
    """The student's recipe, with the folder and the settings that were asked for, checked."""
    from ganzoo.builder.experiment import check_recipe
    from ganzoo.builder.trained import open_weights
    from ganzoo.cli.run import find_folder_settings
    from ganzoo.planning.distilling import DistilRequest, draft_student
    from ganzoo.planning.student_networks import Sizes
    from ganzoo.recipe.loading import gather

    sizes = Sizes(asked.width, asked.blocks)
    request = DistilRequest(weights, asked.output, sizes, asked.name, asked.steps)
    student = draft_student(*open_weights(teacher), teacher.tables, request)
    overrides = asked.overrides
    if asked.data is not None:
        own = find_folder_settings(gather(student.tables), overrides, asked.data)
        settings = [each for each in own if not each.startswith("summary=")]
        overrides = [*settings, *overrides]
    changed = student.with_tables(gather(student.tables, overrides).tables)
    check_recipe(changed.tables, count=False)
    return changed


def _train(asked: DistilCommand, student: StudentRecipe, folder: Path) -> None:
    """Write the recipe as a file, and train it as `ganzoo run` does."""
    from ganzoo.recipe.loading import read_recipe

    goes_on = asked.resume and RunPaths(folder).is_run()
    if not goes_on:
        refuse_taken(folder)
    file = folder if goes_on else _write(student, asked.out or Path(f"{student.name}.toml"))
    words = ["run", str(file), "--out", str(folder), *(["--resume"] if goes_on else [])]
    words += ["--stop-after", asked.stop_after] if asked.stop_after else []
    say(f"-> {file}; trained into {folder}")
    begin(Request(words, read_recipe(file), folder, goes_on, asked.stop_after, asked.processes))


def _write(student: StudentRecipe, file: Path) -> Path:
    """Write the recipe; one that is there already stays, if it is the same.

    Raises:
        GanzooError: another file is there, or it cannot be written.
    """
    from ganzoo.files.untrusted import UntrustedError, read_plain
    from ganzoo.files.writing import write_text

    text = student.text
    try:
        if is_there(file) and read_plain(file, 1 << 24) != text.encode():
            raise GanzooError(
                f"{file} already exists and is another recipe; nothing was changed. Choose another "
                "file with --out FILE, or train that one: ganzoo run " + shlex.quote(str(file))
            )
        write_text(file, text)
    except (OSError, UntrustedError) as error:
        raise GanzooError(f"{file}: the recipe cannot be written there ({error})") from None
    return file


def _print_table(teacher: WeightSource, student: StudentRecipe, folder: Path) -> None:
    """Print the table of a training that is finished; of another, how to get it."""
    from ganzoo.runs.run_record import read_record

    record = read_record(folder)
    if record is None or record["state"] != "finished":
        say("Then the same command with --resume prints the table of teacher and student.")
        return
    from ganzoo.cli.pages.distilled_page import print_distilled
    from ganzoo.planning.distilled_table import measure_distilled

    output = student.distilled.output
    print_distilled(measure_distilled(teacher, folder, output, say_aside))
