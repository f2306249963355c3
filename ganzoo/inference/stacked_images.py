"""A file of several images, each of which goes through the networks by itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from ganzoo.components.data.headers import HeaderSummary
from ganzoo.components.data.image_files import read_image
from ganzoo.inference.image_writing import PlannedImage, encode_pages
from ganzoo.inference.scale import Scale, make_picture

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire


@dataclass(frozen=True)
class StackedImages:
    """A file whose pages are images of their own; their results become the pages of one file.

    planned: what is to be written. scale, seed: see `ganzoo.inference.scale`.
    """

    source: Path
    header: HeaderSummary
    planned: PlannedImage
    scale: Scale
    seed: int

    def encode(self, model: Model, wire: OutputWire, variable: str) -> bytes:
        """The content of the file of all results. Only one page at a time stands in memory.

        variable: what each page is read as.

        Raises:
            DataError: a page cannot be read.
            ModelError: the results are no images of one size, or the format cannot hold them.
        """

        def compute(page: int) -> Tensor:
            image = read_image(self.source, model.variables[variable], page)
            return make_picture(model, wire, {variable: image}, self.scale, self.seed)

        count = self.header.pages
        return encode_pages(map(compute, range(count)), count, str(wire.wire), self.planned)
