"""Shows a test sample as a row of pictures."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ganzoo.inference.model import Model, OutputWire
from ganzoo.interfaces import Data, last_tensor


def make_picture_row(
    model: Model, columns: Sequence[OutputWire], data: Data, index: int
) -> list[Tensor]:
    """The picture (C, H, W) of a sample for each column; `index` seeds the random draws."""
    sample = {name: value[None] for name, value in data.test_sample(index).items()}
    values = model.evaluate([*columns], sample, seed=index)
    return [last_tensor(v)[0].float().cpu() for v in values]
