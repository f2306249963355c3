"""Runs image files of any size through a trained model; results have the size of their inputs."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from torch import Tensor

from ganzoo.components.data.headers import HeaderSummary, header_warnings
from ganzoo.components.data.scales import scale_warnings
from ganzoo.components.data.transforms import Size
from ganzoo.errors import DataError
from ganzoo.inference.alike import group_alike, images_together, threads_beside
from ganzoo.inference.chosen_output import find_input
from ganzoo.inference.image_writing import encode_planned, write_content
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.model_faults import explain_model
from ganzoo.inference.output_format import OutputFormat
from ganzoo.inference.overlap import read_ahead, write_behind
from ganzoo.inference.read_image import ReadImage, read_file
from ganzoo.inference.scale import Scale, compute, undo_resizing
from ganzoo.inference.stacked_images import StackedImages
from ganzoo.inference.targets import Existing, Pair, find_pairs, left_to_do
from ganzoo.inference.tiling.big_image import BigImage, BigResult, NoProgress, TileProgress
from ganzoo.inference.tiling.tiling import Tiling
from ganzoo.inference.translation_lines import describe_end, describe_output, describe_scale

Unreadable = Literal["stop", "skip"]
"""What happens if an input cannot be read."""
# A file on its way; in place of the text, why it cannot be read.
_Read = ReadImage | BigImage | StackedImages | str
_Encoded = tuple[bytes, HeaderSummary] | BigResult | str
_Computed = tuple[Tensor, ReadImage] | _Encoded


@dataclass
class Translation:
    """A translation of files; iterating over it translates them, in order.

    pairs: the inputs and outputs to do. there: how many outputs exist already and are skipped.
    left_out: a sentence about the other files in the folder.
    scale, seed: see `ganzoo.inference.scale`.
    format: what the outputs are written as.
    memory: the bytes that the program may take in all; None: what is free. shares: how many
        processes share that. tiling: how images are computed that it does not hold. progress:
        follows these.
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
    memory: int | None = None
    shares: int = 1
    progress: TileProgress = field(default_factory=NoProgress)
    done: int = 0
    refused: list[str] = field(default_factory=list)
    headers: dict[Path, HeaderSummary] = field(default_factory=dict)
    tiling: Tiling = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.tiling = Tiling(self.model, self.wire, self.variable, self.memory, self.shares)

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
        left = len(self.pairs) - self.done - len(self.refused)
        return describe_end(self.done, self.there, len(self.refused), left, self.left_out)

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
        try:
            return read_file(*pair, self.format, self.tiling, self.scale, self.seed)
        except DataError as error:
            if self.unreadable == "stop":
                raise
            return str(error)

    def _compute(
        self, read: Iterable[tuple[Pair, Future[_Read]]]
    ) -> Generator[tuple[Pair, _Computed], None, None]:
        for group in group_alike(read, self._kind):
            whole = [(p[0], given) for p, given in group if isinstance(given, ReadImage)]
            results = self._results(whole)
            for pair, given in group:
                if isinstance(given, BigImage):
                    yield pair, self._compute_big(given)
                elif isinstance(given, StackedImages):
                    yield pair, self._encode_stack(given)
                else:
                    yield pair, given if isinstance(given, str) else (next(results), given)

    def _kind(self, given: _Read) -> tuple[object, int]:
        """What images that are computed together have in common, and how many they are at most."""
        if not isinstance(given, ReadImage) or given.tiles:
            return id(given), 1
        worked = given.prepared.worked
        return worked, images_together(self.model, self.wire, worked)

    def _results(self, given: Sequence[tuple[Path, ReadImage]]) -> Iterator[Tensor]:
        """The result of each image: of all at once, or one by one if that fails."""
        if len(given) > 1:
            with suppress(RuntimeError, MemoryError), self.tiling.lock:
                prepared = [image.prepared for _, image in given]
                yield from compute(self.model, self.wire, prepared)
                return
        for source, image in given:
            with self._explained(source, image.prepared.source), self.tiling.lock:
                result = image.compute(self.tiling)
            yield result

    def _compute_big(self, image: BigImage) -> BigResult:
        with self._explained(image.source, image.plan.size), self.tiling.lock:
            return image.compute(self.tiling, self.progress)

    def _encode_stack(self, stack: StackedImages) -> _Encoded:
        try:
            with self._explained(stack.source, stack.header.size), self.tiling.lock:
                return stack.encode(self.model, self.wire, self.variable), stack.header
        except DataError as error:
            if self.unreadable == "stop":
                raise
            return str(error)

    def _encode(self, pair: Pair, computed: _Computed) -> _Encoded:
        if not isinstance(computed, tuple) or not isinstance(computed[1], ReadImage):
            return computed
        result, image = computed
        with self._explained(pair[0], image.prepared.source):
            whole = undo_resizing(result, image.prepared)
        return encode_planned(whole, str(self.wire.wire), image.planned), image.header

    def _write(self, pair: Pair, encoded: _Encoded) -> str:
        """Write an output; returns why its input cannot be read, or nothing."""
        if isinstance(encoded, str):
            return encoded
        if isinstance(encoded, BigResult):
            encoded.write()
            header = encoded.image.header
        else:
            content, header = encoded
            write_content(pair[1], content)
        self.done += 1
        if header.unread or header.left_out:
            self.headers[pair[0]] = header
        return ""

    def _explained(self, source: Path, size: Size) -> AbstractContextManager[None]:
        return explain_model(source, size, self.tiling, self.scale)


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
    memory: int | None = None,
) -> Translation:
    """Prepare to translate a file to a file, or a folder to a folder; iterate over the result.

    scale: how an image is resized for the networks; its result has the image's own size.
    seed: of latents and dropout. They depend on an image's content, not on its place in the folder.
    format_, quality: see `ganzoo.inference.output_format.OutputFormat`.
    memory: the bytes that the program may take in all; an image that needs more is computed in
        tiles. None: what is free.

    Raises:
        DataError: the input is missing.
        GanzooError: an output file exists already, two outputs would be one file, or a format
            cannot hold what it is to hold.
        ModelError: the model has no such output, or it is not made from one image.
    """
    variable, wire = find_input(model, output), model.output(output)
    domain = model.variables.get(wire.domain)
    written = OutputFormat(format_, quality, model.variables[variable], domain)
    pairs, left_out = find_pairs(source, target, written)
    todo = left_to_do(pairs, existing)
    written.refuse_obstacles(todo)
    there = len(pairs) - len(todo)
    return Translation(
        model, wire, variable, todo, there, left_out, scale, seed, unreadable, written, memory
    )
