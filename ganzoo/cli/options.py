"""Options that the training commands share."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated, Literal

import typer

from ganzoo.errors import GanzooError

WALL_TIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change a setting: --set train.seed=1"),
]
Best = Annotated[
    bool,
    typer.Option("--best", help="Use the best model of a run's folder instead of the last one."),
]
ModelOf = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL",
        help="A run's folder, a checkpoint's, a model file, a bundle, a .pth, a ready model's "
        "name, or hf:OWNER/NAME.",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        "--device", metavar="DEVICE", help="cpu, cuda:1, mps ... [default: as in training]"
    ),
]
RecipeOf = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="RECIPE",
        help="The recipe that a .pth of the authors' code was trained by.",
    ),
]
NetworkOf = Annotated[
    str,
    typer.Option(
        "--network", metavar="NAME", help="Which of the recipe's networks a .pth file holds."
    ),
]
OutputOf = Annotated[
    str, typer.Option("--output", help="Which of the model's outputs. [default: its first]")
]
Precision = Annotated[
    Literal["float32", "bf16", "auto"],
    typer.Option(
        "--precision",
        help="What the networks compute in: float32, bf16 (faster where the device has it, less "
        "exact), or auto: bf16 where the device has it.",
    ),
]
EngineOf = Annotated[
    Literal["eager", "compile", "onnxruntime", "openvino"] | None,
    typer.Option(
        "--engine",
        help="What computes the networks: torch (eager), torch.compile (after up to a minute for "
        "the first image of a size), ONNX Runtime or OpenVINO (on the CPU; extras onnx, "
        "openvino). [default: eager]",
        show_default=False,
    ),
]
Compile = Annotated[bool, typer.Option("--compile", help="The same as --engine compile.")]
StopAfter = Annotated[
    str | None,
    typer.Option(
        "--stop-after",
        metavar="TIME",
        help="Save and stop after so much time, as after Ctrl-C: 90s, 30m, 1h30m.",
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(
        "--processes",
        min=1,
        metavar="N",
        help="Train in N processes on this machine, each on a GPU of its own, or on the CPU.",
    ),
]


def scale_of(text: str) -> float | Literal["trained", "native"]:
    """`"trained"`, `"native"` or a factor.

    Raises:
        GanzooError: the text is none of them.
    """
    if text == "trained":
        return "trained"
    if text == "native":
        return "native"
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not 0 < factor < math.inf:
        raise GanzooError(f"--scale {text}: write trained, native, or a factor such as 0.5")
    return factor


def seconds(text: str, option: str = "--stop-after") -> int:
    """`"1h30m"` in seconds.

    option: the one that it was given for.

    Raises:
        GanzooError: the text is no such time, or the time is zero.
    """
    match = WALL_TIME.fullmatch(text.strip())
    hours, minutes, rest = (int(count or 0) for count in match.groups()) if match else (0, 0, 0)
    total = 3600 * hours + 60 * minutes + rest
    if not total:
        raise GanzooError(f"{option} {text}: write a time as 90s, 30m, 2h or 1h30m")
    return total


def memory_of(text: str) -> int | None:
    """An amount of memory in bytes; None if the option was left out.

    Raises:
        GanzooError: it is no amount of memory.
    """
    if not text:
        return None
    from ganzoo.printing.memory_text import read_memory

    try:
        return read_memory(text)
    except ValueError as error:
        raise GanzooError(f"--memory: {error}") from None
