"""What a model raises for an image becomes a sentence about the image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ganzoo.components.data.image_files import shown
from ganzoo.components.data.image_source import ImageSource
from ganzoo.components.data.transforms import Size
from ganzoo.errors import DataError, GanzooError, first_line
from ganzoo.inference.scale import Scale, halve_scale
from ganzoo.inference.short_memory import memory_is_short
from ganzoo.inference.tiling.tiling import Tiling


@contextmanager
def explain_model(source: ImageSource, size: Size, tiling: Tiling, scale: Scale) -> Iterator[None]:
    """A context in which a model is given an image file of that size.

    Raises:
        GanzooError: memory is too short.
        DataError: the model cannot take the image.
    """
    try:
        yield
    except (RuntimeError, ValueError, MemoryError) as error:
        if memory_is_short(error):
            less = halve_scale(size, tiling.read_as, scale)
            raise GanzooError(
                f"{shown(source)}: memory is too short for it; try --memory "
                f"{tiling.suggest_less()}, for tiles, or --scale {less:.2g}"
            ) from error
        reason = first_line(error)
        raise DataError(f"{shown(source)}: the model cannot take this image ({reason})") from error
