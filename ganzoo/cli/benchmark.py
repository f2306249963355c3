"""`ganzoo benchmark MODEL`: how fast a model is by each engine, and how exact."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganzoo.benchmarking.ways import list_ways, read_engines, read_precisions, read_sizes
from ganzoo.cli.options import Best, Device, ModelOf, NetworkOf, OutputOf, RecipeOf, Set
from ganzoo.cli.torch_import import import_torch
from ganzoo.errors import GanzooError
from ganzoo.files.existing import refuse_existing
from ganzoo.launch.worker import STOPPED
from ganzoo.printing.text import say
from ganzoo.runs.path_checks import refuse_missing

if TYPE_CHECKING:
    from ganzoo.benchmarking.benchmark_run import Benchmark

WIDTH = 160  # of a table that is no terminal's
Sizes = Annotated[
    str,
    typer.Option(
        "--sizes",
        metavar="PX,PX",
        help="Sides of square images, as 64,256. [default: that of training]",
    ),
]
Engines = Annotated[
    str,
    typer.Option(
        "--engines",
        metavar="NAME,NAME",
        help="Of eager, compile, onnxruntime, openvino; the model as it was loaded is always "
        "measured, as plain eager. [default: eager,onnxruntime,openvino]",
    ),
]
Precisions = Annotated[
    str, typer.Option("--precisions", metavar="NAME,NAME", help="[default: float32,bf16]")
]
Images = Annotated[
    Path | None,
    typer.Option(
        "--images", metavar="FOLDER", help="Images to measure with. [default: one is drawn]"
    ),
]
Repeats = Annotated[
    int, typer.Option("--repeats", min=2, max=1000, help="How often all take turns.")
]
Limit = Annotated[
    float, typer.Option("--time-limit", min=1, help="Seconds that it may take, roughly.")
]
NoMetric = Annotated[
    bool, typer.Option("--no-metric", help="Leave out the metric of the model's recipe.")
]
Json = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write all of it into a new file.")
]


def benchmark(
    model: ModelOf,
    sizes: Sizes = "",
    engines: Engines = "",
    precisions: Precisions = "",
    images: Images = None,
    output: OutputOf = "",
    repeats: Repeats = 7,
    time_limit: Limit = 60.0,
    no_metric: NoMetric = False,
    json: Json = None,
    best: Best = False,
    device: Device = "",
    recipe: RecipeOf = None,
    network: NetworkOf = "",
    set_: Set = None,
) -> None:
    """Measure how fast a model is by each engine, and how far from plain eager."""
    ways = list_ways(read_engines(engines), read_precisions(precisions))
    sides = read_sizes(sizes)
    refuse_missing(model, images, best=best)
    if images is not None:
        _check_images(images)
    if json is not None:
        refuse_existing([json])
    import_torch()
    from ganzoo.benchmarking.benchmark_run import Benchmark
    from ganzoo.builder.opening import Opening

    opening = Opening(model, best, device, recipe, network, tuple(set_ or ()))
    settings = ways, sides, images, repeats, time_limit, not no_metric
    measured = Benchmark(opening, output, *settings, tell=_tell)
    _measure(measured, json)


def _check_images(folder: Path) -> None:
    from ganzoo.components.data.image_listing import list_images

    if not folder.is_dir():
        raise GanzooError(f"--images {folder}: this is a file; name a folder of images")
    if not list_images(folder):
        raise GanzooError(f"--images {folder}: there is no image in this folder")


def _measure(measured: Benchmark, json: Path | None) -> None:
    """Measure, and show what there is, also after Ctrl-C."""
    from ganzoo.benchmarking.measured_machine import describe_machine

    machine = describe_machine()
    stopped = False
    try:
        measured.run()
    except KeyboardInterrupt:
        stopped = True
    measured.facts["machine"] = machine
    if measured.rows:
        _show(measured)
    if json is not None and measured.rows:
        _write(measured, json)
    if stopped:
        raise typer.Exit(STOPPED)
    if not any(row.milliseconds for row in measured.rows):
        raise GanzooError("nothing could be measured; the reasons are below the table")


def _tell(what: str) -> None:
    say(f"{what} ...", err=True)


def _show(measured: Benchmark) -> None:
    from rich.table import Table

    from ganzoo.benchmarking.benchmark_rows import explain, table_of
    from ganzoo.benchmarking.measured_machine import say_machine
    from ganzoo.printing.terminal import Terminal

    facts: dict[str, Any] = measured.facts
    say(f"{facts['model']}, output {facts['output']}, on {facts['device']}")
    say(say_machine(facts["machine"], facts["threads"]))
    head, rows = table_of(measured.rows, measured.score)
    table = Table(*head)
    for column in table.columns[3:]:
        column.justify = "right"
    for row in rows:
        table.add_row(*row)
    terminal = Terminal()
    (terminal if terminal.is_terminal else Terminal(width=WIDTH)).print(table)
    say("\n".join([*explain(measured.rows, measured.remarks), *LEGEND]))


LEGEND = (
    "plain eager: the model as it was loaded; eager: ganzoo's copy of it for inference, which "
    "translate uses. Medians of repeats in turn, least and largest in brackets.",
    "images a second: several images at a time where translate computes them so. Peak memory: all "
    "that the way's own process holds while it computes an image: Python, libraries, weights.",
    "largest difference: to plain eager's result, which lies in -1 ... 1.",
)


def _write(measured: Benchmark, file: Path) -> None:
    from ganzoo.benchmarking.benchmark_rows import as_json
    from ganzoo.files.writing import write_json

    content = as_json(measured.facts, measured.rows, measured.score, measured.remarks)
    try:
        write_json(file, content)
    except OSError as error:
        raise GanzooError(f"{file}: cannot be written ({error.strerror or error})") from error
    say(f"-> {file}")
