"""What a call of a model returns for pictures: a Pillow image, or an array of values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from ganzoo.inference.image_writing import to_values
from ganzoo.inference.value_type import BYTES, choose_type
from ganzoo.interfaces import Variable
from ganzoo.interfaces.reader import Values

# The types of the values of one channel that Pillow has images of.
GRAY = ("uint8", "uint16", "float32")


def to_result(
    result: Tensor, pictures: Sequence[Any], variable: Variable, domain: Variable | None
) -> Any:
    """A result (C, [D,] H, W) in [-1, 1], in the form of the pictures that it was computed from.

    variable: what the first picture is read as. domain: what the result is an image of; None where
        that is not known.

    Of arrays it is an array ([D,] H, W, C), or ([D,] H, W) of one channel, of the type and on the
    range of the domain's files; where those are not known, of the type of the first array. Of other
    pictures it is a Pillow image, where Pillow has one of that type and so many channels.
    """
    arrays = all(isinstance(picture, np.ndarray) for picture in pictures)
    source = pictures[0].dtype.name if arrays else "uint8"
    known = arrays or (domain is not None and domain.dtype is not None)
    values = _to_array(result, choose_type(source, variable, domain) if known else BYTES)
    return values if arrays else _to_picture(values, len(result))


def _to_array(result: Tensor, kind: Any) -> Values:
    pages = result.unbind(1) if result.dim() == 4 else (result,)
    each = [to_values(page, kind) for page in pages]
    values: Values = np.stack(each) if result.dim() == 4 else each[0]
    return values[..., 0] if values.shape[-1] == 1 else values


def _to_picture(values: Values, channels: int) -> Any:
    gray = channels == 1 and values.ndim == 2 and values.dtype.name in GRAY
    colour = channels == 3 and values.ndim == 3 and values.dtype == np.uint8
    return Image.fromarray(values) if gray or colour else values
