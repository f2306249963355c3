"""`ganzoo export MODEL [FILE] --to FORMAT`: an output of a model for another program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.options import Best, ModelOf, NetworkOf, OutputOf, RecipeOf, Set
from ganzoo.cli.torch_import import import_torch
from ganzoo.errors import DataError, GanzooError
from ganzoo.files.existing import refuse_existing
from ganzoo.inference.exporting.export_formats import (
    SUFFIXES,
    ChannelPlace,
    ExportFormat,
    ExportPrecision,
    PixelType,
    check_asked,
    check_packages,
    name_files,
)
from ganzoo.printing.text import say
from ganzoo.runs.path_checks import refuse_missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from ganzoo.inference.model import Model

LONGEST = 100  # characters of a file's name
File = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="What to write. [default: RECIPE-OUTPUT, here]"),
]
To = Annotated[
    ExportFormat,
    typer.Option("--to", help="The format; reference is a .pth with the names of the authors'."),
]
PrecisionOf = Annotated[
    ExportPrecision,
    typer.Option("--precision", help="What the networks compute in, where the format has it."),
]
Pixels = Annotated[
    PixelType | None,
    typer.Option(
        "--pixels",
        help="Take and give values of pixels on the range of the training files, and scale them "
        "inside. [default: images in -1 ... 1]",
    ),
]
Channels = Annotated[
    ChannelPlace,
    typer.Option("--channels", help="With --pixels: (N, C, H, W) if first, (N, H, W, C) if last."),
]
Calibrate = Annotated[
    Path | None,
    typer.Option(
        "--calibrate",
        metavar="FOLDER",
        help="Images like those to come, for the scales of int8. [default: the recipe's own]",
    ),
]


def export(
    model: ModelOf,
    to: To,
    file: File = None,
    output: OutputOf = "",
    precision: PrecisionOf = "fp32",
    pixels: Pixels = None,
    channels: Channels = "last",
    calibrate: Calibrate = None,
    best: Best = False,
    recipe: RecipeOf = None,
    network: NetworkOf = "",
    set_: Set = None,
) -> None:
    """Write an output of a model as ONNX, OpenVINO, torch.export or the authors' .pth."""
    check_asked(to, precision, pixels is not None)
    check_packages(to, precision)
    if file is not None:
        refuse_existing(name_files(file, to))
    refuse_missing(model, calibrate, best=best)
    if calibrate is not None and precision != "int8":
        raise GanzooError("--calibrate is for --precision int8 alone; add it, or leave this out")
    import_torch()
    from ganzoo.builder.opening import load_onto
    from ganzoo.inference.chosen_output import check_output

    loaded = load_onto(model, best, "cpu", recipe=recipe, network=network, overrides=set_ or [])
    check_output(loaded, output)
    if not loaded.outputs:
        raise GanzooError(f"{model}: this model has no outputs: its recipe names none")
    name = output or next(iter(loaded.outputs))
    path = file or Path(_name_file(loaded, name)).with_suffix(SUFFIXES[to][0])
    if to == "reference":
        _export_reference(loaded, path, name)
    else:
        _export_graph(loaded, path, to, name, precision, (pixels, channels), calibrate)


def _name_file(model: Model, output: str) -> str:
    """The beginning of a file's name, `cyclegan-x2y`; strangers' words lead nowhere else."""
    recipe = model.origin.recipe
    words = f"{(recipe.name if recipe else '') or 'model'}-{output}"[:LONGEST]
    return "".join(each if each.isalnum() or each in "-_" else "_" for each in words)


def _export_reference(model: Model, path: Path, output: str) -> None:
    from ganzoo.inference.exporting.reference_file import export_reference

    reference = export_reference(model, path, output)
    say(f"{path}: the weights of {reference.network}, for the authors' code:")
    say(f"  cp {path} checkpoints/NAME/latest_net_G.pth")
    say(f"  python test.py --name NAME --dataroot FOLDER {reference.options}")


def _export_graph(
    model: Model,
    path: Path,
    to: ExportFormat,
    output: str,
    precision: ExportPrecision,
    pixels: tuple[PixelType | None, ChannelPlace],
    calibrate: Path | None,
) -> None:
    from ganzoo.inference.exporting.export_model import export_model
    from ganzoo.inference.exporting.graph_input import find_inputs
    from ganzoo.inference.exporting.pixel_form import PixelForm

    form = PixelForm(pixels[0], pixels[1]) if pixels[0] else None
    try:
        inputs = find_inputs(model, model.output(output), form)
    except ValueError as error:
        raise GanzooError(f"--pixels: {error}") from error
    parity = export_model(
        model,
        path,
        to,
        output,
        precision,
        form,
        lambda: _read_images(model, output, calibrate),
    )
    say(f"{path}: {model.output(output).wire}, from {', '.join(map(str, inputs))}")
    if drawn := [each.name for each in inputs if each.name in model.latents]:
        say(f"nothing is drawn inside: {', '.join(drawn)} is an input, which you draw")
    say(str(parity))
    if parity.warning:
        say(f"note: {parity.warning}", err=True)


def _read_images(model: Model, output: str, folder: Path | None) -> list[Mapping[str, Tensor]]:
    """The images for int8: those of a folder, or the recipe's own training images."""
    from ganzoo.builder.trained import reread
    from ganzoo.inference.exporting.calibration_images import read_folder, read_training

    if folder is not None:
        return read_folder(model, output, folder)
    try:
        data = reread(model).dataset
        assert data is not None
        data.prepare()
        return read_training(model, output, data)
    except GanzooError as error:
        raise DataError(
            f"int8 needs images, and those of the recipe cannot be read ({error}); name a folder "
            "of others: --calibrate FOLDER"
        ) from error
