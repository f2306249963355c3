"""Runs image files of any size through a trained model; results have the size of their inputs."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from torch import Tensor

from ganzoo.components.data.headers import HeaderSummary, header_warnings, summarise
from ganzoo.components.data.image_files import read_full_header, read_image, shown
from ganzoo.components.data.scales import scale_warnings
from ganzoo.components.data.transforms import Size
from ganzoo.errors import DataError, GanzooError, first_line
from ganzoo.inference.alike import group_alike, images_together, threads_beside
from ganzoo.inference.chosen_output import find_input
from ganzoo.inference.image_writing import PlannedImage, encode_planned, write_content
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.output_format import OutputFormat
from ganzoo.inference.overlap import read_ahead, write_behind
from ganzoo.inference.scale import Prepared, Scale, compute, halve_scale, prepare, undo_resizing
from ganzoo.inference.short_memory import memory_is_short
from ganzoo.inference.stacked_images import StackedImages
from ganzoo.inference.targets import Existing, Pair, find_pairs, left_to_do
from ganzoo.inference.translation_lines import describe_output, describe_scale

Unreadable = Literal["stop", "skip"]
"""What happens if an input cannot be read."""
# A file on its way; in place of the text, why it cannot be read.
_Read = tuple[Prepared, HeaderSummary, PlannedImage] | StackedImages | str
_Computed = tuple[Tensor, Prepared, HeaderSummary, PlannedImage] | tuple[bytes, HeaderSummary] | str
_Encoded = tuple[bytes, HeaderSummary] | str


@dataclass
class Translation:
    """A translation of files; iterating over it translates them, in order.

    pairs: the inputs and outputs to do. there: how many outputs exist already and are skipped.
    left_out: a sentence about the other files in the folder.
    scale, seed: see `ganzoo.inference.scale`.
    format: what the outputs are written as.
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
    format: OutputFormat
    done: int = 0
    refused: list[str] = field(default_factory=list)
    headers: dict[Path, HeaderSummary] = field(default_factory=dict)

    def __iter__(self) -> Generator[Pair, None, None]:
        """Yield each (input, output) after the output was written.

        The next file is read and the last one written while the networks compute. What waits to be
        written when the iteration is closed is still written.

        Raises:
            DataError: an input cannot be read, or the model cannot take it.
            GanzooError: an output cannot be written.
            ModelError: the model gives no image, or one that the format cannot hold.
        """
        threads = threads_beside(self.model)
        with (
            closing(read_ahead(self.pairs, self._read, threads)) as read,
            closing(self._compute(read)) as results,
            closing(write_behind(results, self._encode, self._write, threads)) as written,
        ):
            for pair, unreadable in written:
                if unreadable:
                    self.refused.append(unreadable)
                else:
                    yield pair

    @property
    def scale_line(self) -> str:
        """The scale at which the networks see images, as a sentence."""
        return describe_scale(self.model.variables[self.variable], self.scale)

    @property
    def output_line(self) -> str:
        """Which output is made, as "output: x2y, from x; others by --output: y2x"."""
        return describe_output(self.model.outputs, self.wire, self.variable)

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

    def _read(self, pair: Pair) -> _Read:
        """Read an input and resize it for the networks; or why it cannot be read."""
        source, variable = pair[0], self.model.variables[self.variable]
        try:
            header = read_full_header(source, variable)
            summary, planned = summarise(header, variable), self.format.plan(header, pair[1])
            if variable.pages == "each" and header.pages > 1:
                return StackedImages(source, summary, planned, self.scale, self.seed)
            image = read_image(source, variable)
        except DataError as error:
            if self.unreadable == "stop":
                raise
            return str(error)
        size = image.shape[-2], image.shape[-1]
        with self._explained(source, size):
            prepared = prepare(self.model, {self.variable: image}, self.scale, self.seed)
        return prepared, summary, planned

    def _compute(
        self, read: Iterable[tuple[Pair, Future[_Read]]]
    ) -> Generator[tuple[Pair, _Computed], None, None]:
        for group in group_alike(read, self._kind):
            whole = [given for _, given in group if isinstance(given, tuple)]
            results = self._results([source for (source, _), _ in group], whole)
            for pair, given in group:
                if isinstance(given, StackedImages):
                    yield pair, self._encode_stack(given)
                else:
                    yield pair, given if isinstance(given, str) else (next(results), *given)

    def _kind(self, given: _Read) -> tuple[object, int]:
        """What images that are computed together have in common, and how many they are at most."""
        if not isinstance(given, tuple):
            return given, 1
        return given[0].worked, images_together(self.model, self.wire, given[0].worked)

    def _results(
        self, sources: Sequence[Path], given: Sequence[tuple[Prepared, HeaderSummary, PlannedImage]]
    ) -> Iterator[Tensor]:
        """The result of each image: of all at once, or one by one if that fails."""
        if len(given) > 1:
            with suppress(RuntimeError, MemoryError):
                yield from compute(self.model, self.wire, [prepared for prepared, *_ in given])
                return
        for source, (prepared, *_) in zip(sources, given, strict=True):
            with self._explained(source, prepared.source):
                [result] = compute(self.model, self.wire, [prepared])
            yield result

    def _encode_stack(self, stack: StackedImages) -> _Encoded:
        try:
            with self._explained(stack.source, stack.header.size):
                return stack.encode(self.model, self.wire, self.variable), stack.header
        except DataError as error:
            if self.unreadable == "stop":
                raise
            return str(error)

    def _encode(self, pair: Pair, computed: _Computed) -> _Encoded:
        if isinstance(computed, str) or len(computed) == 2:
            return computed
        result, prepared, header, planned = computed
        with self._explained(pair[0], prepared.source):
            whole = undo_resizing(result, prepared)
        return encode_planned(whole, str(self.wire.wire), planned), header

    def _write(self, pair: Pair, encoded: _Encoded) -> str:
        """Write an output; returns why its input cannot be read, or nothing."""
        if isinstance(encoded, str):
            return encoded
        content, header = encoded
        write_content(pair[1], content)
        self.done += 1
        if header.unread or header.left_out:
            self.headers[pair[0]] = header
        return ""

    @contextmanager
    def _explained(self, source: Path, size: Size) -> Iterator[None]:
        """Turn what a model raises for an image of that size into a sentence about it."""
        try:
            yield
        except (RuntimeError, ValueError, MemoryError) as error:
            if memory_is_short(error):
                less = halve_scale(size, self.model.variables[self.variable], self.scale)
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
    format_: str = "",
    quality: int | None = None,
) -> Translation:
    """Prepare to translate a file to a file, or a folder to a folder; iterate over the result.

    scale: how an image is resized for the networks; its result has the image's own size.
    seed: of latents and dropout. They depend on an image's content, not on its place in the folder.
    format_, quality: see `ganzoo.inference.output_format.OutputFormat`.

    Raises:
        DataError: the input is missing.
        GanzooError: an output file exists already, two outputs would be one file, or a format
            cannot hold what it is to hold.
        ModelError: the model has no such output, or it is not made from one image.
    """
    variable, wire = find_input(model, output), model.output(output)
    domain = model.variables.get(wire.domain)
    written = OutputFormat(format_, quality, model.variables[variable], domain)
    try:
        pairs, left_out = find_pairs(source, target, written)
    except OSError as error:
        raise GanzooError(f"{error.filename or target}: {error.strerror}") from error
    todo = left_to_do(pairs, existing)
    written.refuse_obstacles(todo)
    there = len(pairs) - len(todo)
    return Translation(
        model, wire, variable, todo, there, left_out, scale, seed, unreadable, written
    )
