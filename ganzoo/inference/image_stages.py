"""What happens to an image on its way from file to file: it is read, computed and encoded."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from torch import Tensor

from ganzoo.components.data.headers import HeaderSummary
from ganzoo.components.data.transforms import Size
from ganzoo.errors import DataError
from ganzoo.inference.alike import group_alike, images_together
from ganzoo.inference.image_writing import encode_planned
from ganzoo.inference.light_images import compute_beside, is_light, lanes_of, one_thread
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.model_faults import explain_model
from ganzoo.inference.output_format import OutputFormat
from ganzoo.inference.read_image import ReadImage, read_file
from ganzoo.inference.scale import Scale, compute, undo_resizing
from ganzoo.inference.stacked_images import StackedImages
from ganzoo.inference.targets import Pair
from ganzoo.inference.tiling.big_image import BigImage, BigResult, TileProgress
from ganzoo.inference.tiling.tiling import Tiling

Unreadable = Literal["stop", "skip"]
"""What happens if an input cannot be read."""
# The size that is expected of images at their own size, which differ.
NATIVE = (512, 512)
# A file on its way; in place of the text, why it cannot be read.
Done = tuple[Tensor, ReadImage]
Read = ReadImage | BigImage | StackedImages | Done | str
Encoded = tuple[bytes, HeaderSummary] | BigResult | str
Computed = Done | Encoded


@dataclass
class ImageStages:
    """The stages of each image of a translation, see `Translation`.

    progress: follows images that are computed in tiles.
    """

    tiling: Tiling
    scale: Scale
    seed: int
    unreadable: Unreadable
    format: OutputFormat
    progress: TileProgress

    @property
    def model(self) -> Model:
        """The model."""
        return self.tiling.model

    @property
    def wire(self) -> OutputWire:
        """The output that is made."""
        return self.tiling.output

    def read(self, pair: Pair) -> Read:
        """Read an input and resize it for the networks; or why it cannot be read."""
        try:
            with one_thread():
                read = read_file(*pair, self.format, self.tiling, self.scale, self.seed)
                return self._compute_beside(read) if isinstance(read, ReadImage) else read
        except DataError as error:
            if self.unreadable == "stop":
                raise
            return str(error)

    def _compute_beside(self, image: ReadImage) -> ReadImage | Done:
        """The image with its result, if it is one of those that are computed at a time."""
        worked = image.prepared.worked
        if self.lanes == 1 or image.tiles or not is_light(self.model, self.wire, worked):
            return image
        with self._explained(image.source, image.prepared.source):
            return compute_beside(self.model, self.wire, image.prepared.inputs), image

    @cached_property
    def lanes(self) -> int:
        """How many images are computed at a time; one, if little memory may be taken."""
        variable = self.tiling.read_as
        trained = self.scale == "trained" and variable.scale == "cover" and variable.size
        size = trained or NATIVE
        return lanes_of(self.model, self.wire, size) if self.tiling.memory is None else 1

    def compute(
        self, read: Iterable[tuple[Pair, Future[Read]]]
    ) -> Generator[tuple[Pair, Computed], None, None]:
        """Compute what was read and is not computed yet, in order."""
        for group in group_alike(read, self._kind):
            whole = [(p[0], given) for p, given in group if isinstance(given, ReadImage)]
            results = self._results(whole)
            for pair, given in group:
                if isinstance(given, BigImage):
                    yield pair, self._compute_big(given)
                elif isinstance(given, StackedImages):
                    yield pair, self._encode_stack(given)
                else:
                    yield pair, (next(results), given) if isinstance(given, ReadImage) else given

    def _kind(self, given: Read) -> tuple[object, int]:
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

    def _encode_stack(self, stack: StackedImages) -> Encoded:
        try:
            with self._explained(stack.source, stack.header.size), self.tiling.lock:
                return stack.encode(self.model, self.wire, self.tiling.variable), stack.header
        except DataError as error:
            if self.unreadable == "stop":
                raise
            return str(error)

    def encode(self, pair: Pair, computed: Computed) -> Encoded:
        """The content of an output's file."""
        if not isinstance(computed, tuple) or not isinstance(computed[1], ReadImage):
            return computed
        result, image = computed
        with self._explained(pair[0], image.prepared.source), one_thread():
            whole = undo_resizing(result, image.prepared)
        return encode_planned(whole, str(self.wire.wire), image.planned), image.header

    def _explained(self, source: Path, size: Size) -> AbstractContextManager[None]:
        return explain_model(source, size, self.tiling, self.scale)
