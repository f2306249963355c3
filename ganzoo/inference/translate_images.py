"""Translating images in Python: the one input that is an image is found by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from ganzoo.components.data.in_memory import Picture, is_picture
from ganzoo.errors import GanzooError
from ganzoo.inference.calling import Given, call
from ganzoo.inference.chosen_output import image_names
from ganzoo.inference.scale import Scale

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire

Image = Picture | Tensor
KINDS = "a file, a Pillow image, an array (H, W, C) or a tensor (N, C, H, W)"


def translate_images(
    model: Model,
    output: OutputWire,
    image: Image | Sequence[Image],
    seed: int,
    scale: Scale,
    beside: Mapping[str, Given],
) -> Any:
    """Translate an image, or several, one after another, into a list; see `Model.translate`.

    Raises:
        ValueError: see `Model.translate`.
        DataError: a file cannot be read.
    """
    name = _find_image(model, output, beside)
    if not isinstance(image, (list, tuple)):
        return call(model, output, {name: _checked(image), **beside}, seed, scale)
    if not image:
        raise ValueError("there are no images in this list")
    results = []
    for number, each in enumerate(image):
        try:
            results.append(call(model, output, {name: _checked(each), **beside}, seed, scale))
        except (ValueError, GanzooError) as error:
            raise type(error)(f"image {number}: {error}") from error
    return results


def _find_image(model: Model, output: OutputWire, beside: Mapping[str, Given]) -> str:
    """The name of the one image that an output needs and that is not given by name."""
    images = image_names(model, output)
    left = [name for name in images if name not in beside]
    if len(left) == 1:
        return left[0]
    if not images:
        raise ValueError(f"'{output.wire}' takes no image; draw from it by model.sample(count)")
    if not left:
        raise ValueError(f"{', '.join(images)}: give an image once, the first one without its name")
    raise ValueError(
        f"'{output.wire}' takes the images {', '.join(images)}: give all but one by name, "
        f"as {left[-1]}=..."
    )


def _checked(image: object) -> Image:
    """An image, as far as its type goes.

    Raises:
        ValueError: it is something else.
    """
    if is_picture(image) or isinstance(image, Tensor):
        return image  # type: ignore[return-value]
    raise ValueError(f"an image is {KINDS}, not {type(image).__name__}")
