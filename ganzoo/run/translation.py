"""Image files through a trained model: any size in, the same size out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from ganzoo.data.images import list_images, read_image, save_image, to_range
from ganzoo.errors import DataError, GanzooError, ModelError, did_you_mean
from ganzoo.play.model import Model


def translate(
    model: Model, source: Path, target: Path, output: str = ""
) -> Iterator[tuple[Path, Path]]:
    """Translate a file to a file, or a folder to a folder; yields each (input, output) when done.

    Raises:
        DataError: the input is missing or unreadable.
        GanzooError: an output file is there already or cannot be written.
        ModelError: the model has no such output, or it gives no image of 1 or 3 channels.
    """
    variable = _input_variable(model, output)
    try:
        pairs = _pairs(source, target)
    except OSError as error:
        raise GanzooError(f"{error.filename or target}: {error.strerror}") from error
    refuse_existing([path for _, path in pairs])
    return _translate_all(model, pairs, variable, output)


def refuse_existing(targets: Iterable[Path]) -> None:
    """See that nothing would be overwritten.

    Raises:
        GanzooError: a file is there already, or a folder cannot be looked into.
    """
    try:
        taken = [path for path in targets if path.exists()]
    except OSError as error:
        raise GanzooError(f"{error.filename}: {error.strerror}") from error
    if taken:
        more = f" (and {len(taken) - 1} more)" if len(taken) > 1 else ""
        raise GanzooError(f"{taken[0]}{more} is there already; nothing was written")


def _translate_all(
    model: Model, pairs: list[tuple[Path, Path]], variable: str, output: str
) -> Iterator[tuple[Path, Path]]:
    for index, (source, target) in enumerate(pairs):
        image = to_range(read_image(source, model.variables[variable]))
        result = _translate_one(model, image, variable, output, index, source)
        write_image(result, target, str(model.output(output).wire))
        yield source, target


def check_image(result: Tensor, wire: str) -> None:
    """Whether what a wire gave can be written.

    Raises:
        ModelError: it is no image (C, H, W) of 1 or 3 channels.
    """
    if result.ndim != 3 or len(result) not in (1, 3):
        count = f"{len(result)} channels" if result.ndim == 3 else f"the shape {[*result.shape]}"
        raise ModelError(f"'{wire}' gives {count}; only images of 1 or 3 channels can be written")


def write_image(result: Tensor, target: Path, wire: str) -> None:
    """Write what a wire gave, (C, H, W) in [-1, 1], as PNG.

    Raises:
        GanzooError: the file cannot be written.
        ModelError: it is no image of 1 or 3 channels.
    """
    check_image(result, wire)
    try:
        save_image(result, target)
    except OSError as error:
        raise GanzooError(f"{target}: cannot be written ({error.strerror or error})") from error


def _translate_one(
    model: Model, image: Tensor, variable: str, output: str, seed: int, source: Path
) -> Tensor:
    try:
        result = model(output, seed=seed, **{variable: image[None]})
    except (RuntimeError, torch.OutOfMemoryError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{source}: the model cannot take this image ({reason})") from error
    last = result[-1] if isinstance(result, list) else result
    return last[0].float().cpu()


def _input_variable(model: Model, output: str) -> str:
    """The one image that the output is made from."""
    check_output(model, output)
    try:
        chosen = model.output(output)
    except ValueError as error:
        raise ModelError(str(error)) from None
    wire, needed = chosen.wire, sorted(chosen.names - set(model.latents))
    if len(needed) != 1 or model.variables[needed[0]].size is None:
        hint = "; use ganzoo sample" if all(model.variables[n].classes for n in needed) else ""
        raise ModelError(
            f"'{wire}' is not made from one image, so there is nothing to translate{hint}"
        )
    return needed[0]


def check_output(model: Model, output: str) -> None:
    """Whether there is an output of that name, if one is given.

    Raises:
        ModelError: there is none.
    """
    if output and output not in model.outputs:
        hint = did_you_mean(output, model.outputs) or f" There is {', '.join(model.outputs)}."
        raise ModelError(f"the model has no output '{output}'.{hint}")


def _pairs(source: Path, target: Path) -> list[tuple[Path, Path]]:
    """Which file becomes which; two that differ only in their suffix keep it in their name."""
    if source.is_file():
        is_folder = target.is_dir() or not target.suffix
        return [(source, target / f"{source.stem}.png" if is_folder else _png(target))]
    if not source.is_dir():
        raise DataError(f"{source}: there is no such file or folder")
    if target.is_file():
        raise GanzooError(f"{target} is a file; the images of a folder need a folder")
    files = list_images(source)
    if not files:
        raise DataError(f"{source}: there are no images in this folder")
    stems = Counter(file.relative_to(source).with_suffix("") for file in files)
    return [(file, target / _name(file.relative_to(source), stems)) for file in files]


def _name(file: Path, stems: Counter[Path]) -> Path:
    return (
        file.with_name(f"{file.name}.png")
        if stems[file.with_suffix("")] > 1
        else file.with_suffix(".png")
    )


def _png(target: Path) -> Path:
    if target.suffix.lower() != ".png":
        raise GanzooError(
            f"{target}: images are written as PNG; name it {target.with_suffix('.png')}"
        )
    return target
