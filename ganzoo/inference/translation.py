"""Runs image files of any size through a trained model; results have the size of their inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from torch import Tensor

from ganzoo.components.data.headers import HeaderSummary, header_warnings
from ganzoo.components.data.image_files import read_header, read_image, save_image, shown
from ganzoo.components.data.scales import scale_warnings
from ganzoo.errors import DataError, GanzooError, ModelError, did_you_mean, first_line
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.scale import Scale, make_picture, working_size
from ganzoo.inference.short_memory import memory_is_short
from ganzoo.inference.targets import Existing, Pair, find_pairs, left_to_do
from ganzoo.interfaces import Variable

Unreadable = Literal["stop", "skip"]
"""What happens if an input cannot be read."""


@dataclass
class Translation:
    """A translation of files; iterating over it translates them, one after the other.

    pairs: the inputs and outputs to do. there: how many outputs exist already and are skipped.
    left_out: a sentence about the other files in the folder.
    scale, seed: see `ganzoo.inference.scale`.
    done: how many files were translated. refused: why files could not be read, a sentence each.
    headers: the headers of files of which some content was not used, such as further pages.
    """

    model: Model
    wire: OutputWire
    variable: str
    pairs: list[Pair]
    there: int
    left_out: str
    scale: Scale
    seed: int
    unreadable: Unreadable
    done: int = 0
    refused: list[str] = field(default_factory=list)
    headers: dict[Path, HeaderSummary] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Pair]:
        """Yield each (input, output) after the output was written.

        Raises:
            DataError: an input cannot be read, or the model cannot take it.
            GanzooError: an output cannot be written.
            ModelError: the model gives no image of 1 or 3 channels.
        """
        for source, target in self.pairs:
            try:
                image = read_image(source, self.model.variables[self.variable])
            except DataError as error:
                if self.unreadable == "stop":
                    raise
                self.refused.append(str(error))
                continue
            result = self._translate(image, source)
            write_image(result, target, str(self.wire.wire))
            self.done += 1
            self._note_header(source)
            yield source, target

    @property
    def scale_line(self) -> str:
        """The scale at which the networks see images, as a sentence."""
        variable = self.model.variables[self.variable]
        size, trained = variable.size, self.scale == "trained"
        if trained and variable.aspect == "crop":
            return (
                "scale: that of training, which cut crops out of images: every image keeps its size"
            )
        if self.scale == "native" or size is None:
            return "scale: native, every image keeps its size"
        if not trained:
            return f"scale: {self.scale:g} times every image's own size"
        how = "squashed to" if variable.aspect == "squash" else "resized to cover"
        return f"scale: that of training, images {how} {size[1]} x {size[0]} px and back"

    @property
    def output_line(self) -> str:
        """Which output is made, as "output: x2y, from x; others by --output: y2x"."""
        outputs = self.model.outputs
        name = next(name for name, wire in outputs.items() if wire is self.wire)
        others = ", ".join(other for other in outputs if other != name)
        line = f"output: {name}, from {self.variable}"
        return f"{line}; others by --output: {others}" if others else line

    @property
    def closing_line(self) -> str:
        """The result in numbers: "38 translated, 2 there already, 1 unreadable"."""
        counts = [f"{self.done} translated"]
        counts += [f"{self.there} there already"] if self.there else []
        counts += [f"{len(self.refused)} unreadable"] if self.refused else []
        left = len(self.pairs) - self.done - len(self.refused)
        counts += [f"{left} not yet"] if left else []
        return ", ".join([*counts, self.left_out] if self.left_out else counts)

    @property
    def warnings(self) -> list[str]:
        """Warnings about content of files that was not used, or values that were cut off."""
        translated = [source for source, _ in self.pairs[: self.done + len(self.refused)]]
        return [
            *header_warnings(self.headers),
            *scale_warnings(translated, self.model.variables[self.variable]),
        ]

    def _note_header(self, source: Path) -> None:
        look = read_header(source, self.model.variables[self.variable])
        if look.pages > 1 or look.left_out:
            self.headers[source] = look

    def _translate(self, image: Tensor, source: Path) -> Tensor:
        try:
            return make_picture(
                self.model, self.wire, {self.variable: image}, self.scale, self.seed
            )
        except (RuntimeError, ValueError, MemoryError) as error:
            if memory_is_short(error):
                less = _halve_scale(image, self.model.variables[self.variable], self.scale)
                raise GanzooError(
                    f"{shown(source)}: memory is too short for it; try --scale {less:.2g}"
                ) from error
            reason = first_line(error)
            raise DataError(
                f"{shown(source)}: the model cannot take this image ({reason})"
            ) from error


def translate(
    model: Model,
    source: Path,
    target: Path,
    output: str = "",
    *,
    scale: Scale = "trained",
    seed: int = 0,
    existing: Existing = "error",
    unreadable: Unreadable = "stop",
) -> Translation:
    """Prepare to translate a file to a file, or a folder to a folder; iterate over the result.

    scale: how an image is resized for the networks; its result has the image's own size.
    seed: of latents and dropout. They depend on an image's content, not on its place in the folder.

    Raises:
        DataError: the input is missing.
        GanzooError: an output file exists already, or two outputs would be one file.
        ModelError: the model has no such output, or it is not made from one image.
    """
    variable = _find_input(model, output)
    try:
        pairs, left_out = find_pairs(source, target)
    except OSError as error:
        raise GanzooError(f"{error.filename or target}: {error.strerror}") from error
    todo = left_to_do(pairs, existing)
    there = len(pairs) - len(todo)
    return Translation(
        model, model.output(output), variable, todo, there, left_out, scale, seed, unreadable
    )


def check_image(result: Tensor, wire: str) -> None:
    """Check that the result of a wire can be written as an image.

    Raises:
        ModelError: the result is no image (C, H, W) of 1 or 3 channels.
    """
    if result.ndim != 3 or len(result) not in (1, 3):
        count = f"{len(result)} channels" if result.ndim == 3 else f"the shape {[*result.shape]}"
        raise ModelError(f"'{wire}' gives {count}; only images of 1 or 3 channels can be written")


def write_image(result: Tensor, target: Path, wire: str) -> None:
    """Write the result of a wire, (C, H, W) in [-1, 1], as PNG.

    Raises:
        GanzooError: the file cannot be written.
        ModelError: the result is no image of 1 or 3 channels.
    """
    check_image(result, wire)
    try:
        save_image(result, target)
    except OSError as error:
        raise GanzooError(f"{target}: cannot be written ({error.strerror or error})") from error


def check_output(model: Model, output: str) -> None:
    """Check that an output of that name exists; "" stands for the default.

    Raises:
        ModelError: there is no such output.
    """
    if output and output not in model.outputs:
        hint = did_you_mean(output, model.outputs) or f" There is {', '.join(model.outputs)}."
        raise ModelError(f"the model has no output '{output}'.{hint}")


def _find_input(model: Model, output: str) -> str:
    """The name of the one image that an output is made from."""
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


def _halve_scale(image: Tensor, variable: Variable, scale: Scale) -> float:
    """A smaller scale to try: half the size that was tried, as a factor of the file's size."""
    height, width = image.shape[-2], image.shape[-1]
    tried = working_size((height, width), variable, scale)
    return min(tried[0] / height, tried[1] / width) / 2
