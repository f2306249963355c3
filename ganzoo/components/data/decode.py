"""Stored values become an image: scale, colour, opacity, channels and orientation."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ganzoo.components.data import colour
from ganzoo.components.data.spare_bands import describe_spare
from ganzoo.interfaces.reader import Header, Kind, Raw, Values, shown_scale
from ganzoo.interfaces.variable import Variable

# ITU-R BT.601, as Pillow's own conversion to gray; the second is Pillow's, for whole levels.
LUMA = (0.299, 0.587, 0.114)
LUMA_16 = (19595, 38470, 7471)
NAMES: dict[Kind, str] = {"gray": "gray", "rgb": "RGB", "cmyk": "CMYK"}
# By EXIF orientation: whether to swap rows and columns, and which dimensions to flip then.
ORIENTATIONS: dict[int, tuple[bool, list[int]]] = {
    2: (False, [-1]),
    3: (False, [-2, -1]),
    4: (False, [-2]),
    5: (True, []),
    6: (True, [-1]),
    7: (True, [-2, -1]),
    8: (True, [-2]),
}


def check(header: Header, variable: Variable) -> None:
    """Refuse a file that cannot become this variable, before its pixels are read.

    Raises:
        ValueError: it has other bands than the variable has channels, or values without a known
            black and white.
    """
    if odd := _odd_channels(header, variable.channels):
        raise ValueError(odd)
    if header.scale is None and variable.range is None:
        raise ValueError(
            f"its values are {header.dtype}, and it is not known which are black and white; set "
            "range = [low, high]"
        )


def _odd_channels(header: Header, channels: int) -> str:
    """Why a file does not have the channels that are wanted; "" if it has, or can be given them.

    Gray becomes RGB and RGB gray; bands of unknown colours are taken as they are.
    """
    if header.kind == "bands":
        if header.bands == channels:
            return ""
        return (
            f"it has {header.bands} bands and does not say that they are RGB, and channels = "
            f"{channels}: set channels = {header.bands}, or save those that you want"
        )
    if channels in (1, 3):
        return ""
    if header.spare:
        whole = header.bands + header.spare
        return f"it has {whole} bands, and channels = {channels}: set channels = {whole}"
    opacity = "; an opacity is no channel" if channels in (2, 4) else ""
    return f"it is {NAMES[header.kind]}, and channels = {channels}: it has no such bands{opacity}"


def list_left_out(header: Header, variable: Variable) -> tuple[str, ...]:
    """What reading a file as this variable leaves out, in words that follow "has"."""
    spare = [describe_spare(header.spare)] if header.spare else []
    phrases = [*spare, *header.left_out, *_of_profile(header, variable)]
    if variable.range and header.scale and header.scale[1] * 16 <= variable.range[1]:
        phrases.append(
            f"values of {header.dtype}, {shown_scale(header.scale)} at most, which are dark in the "
            f"range {shown_scale(variable.range)}"
        )
    return tuple(phrases)


def decode(header: Header, raw: Raw, variable: Variable) -> Tensor:
    """The image (channels, H, W) in 0 ... 255: uint8 for plain 8-bit sources, else float32.

    header: one that `check` accepts.

    Raises:
        ValueError: values are not finite, or outside of the type's scale where no range is set.
    """
    levels = _levels(header, raw.values, variable)
    if converts(header, variable):
        levels = colour.to_srgb(levels, header.profile, header.kind)
    elif header.kind == "cmyk":
        levels = _as_rgb(levels)
    pixels = torch.from_numpy(np.ascontiguousarray(levels)).permute(2, 0, 1)
    if raw.opacity is not None:
        pixels = _on_white(pixels, torch.from_numpy(raw.opacity), header.premultiplied)
    turned = header.orientation if raw.orientation == 1 else raw.orientation
    return _upright(_with_channels(pixels, variable.channels), turned)


def _levels(header: Header, values: Values, variable: Variable) -> Values:
    """Values (H, W, bands) in 0 ... 255, where 255 is white."""
    if _is_plain(header, variable):
        return 255 - values if header.inverted else values
    scale = variable.range or header.scale
    assert scale is not None
    # In double precision: 32-bit integers do not fit into float32.
    exact = values.astype(np.float32 if values.dtype.itemsize <= 2 else np.float64)
    if not np.isfinite(exact).all():
        raise ValueError("it holds NaN or infinite values")
    if variable.range is None:
        _check_scale(exact, scale)
    low, high = np.asarray(scale, exact.dtype)
    levels: Values = ((exact - low) * (255 / (high - low))).clip(0, 255).astype(np.float32)
    return 255 - levels if header.inverted else levels


def _check_scale(values: Values, scale: tuple[float, float]) -> None:
    low, high = values.min().item(), values.max().item()
    if low < scale[0] or high > scale[1]:
        raise ValueError(
            f"its values are {low:g} ... {high:g}; scale them to {shown_scale(scale)}, or set "
            "range = [low, high]"
        )


def _is_plain(header: Header, variable: Variable) -> bool:
    return header.is_plain and variable.range in (None, (0, 255))


def converts(header: Header, variable: Variable) -> bool:
    """Whether colours are converted by the profile: only those of plain 8-bit images are."""
    if not header.profile or variable.colour == "ignore" or not _is_plain(header, variable):
        return False
    return _changes(header) is True


def _changes(header: Header) -> bool | str:
    """Whether the profile changes colours, or why it cannot be used."""
    try:
        return colour.changes(header.profile, header.kind)
    except ValueError as error:
        return str(error)


def _of_profile(header: Header, variable: Variable) -> list[str]:
    if not header.profile or variable.colour == "ignore" or variable.range:
        return []
    changed = _changes(header)
    if isinstance(changed, str):
        return [f"{changed}, which is ignored"]
    if changed and not _is_plain(header, variable):
        return ["a colour profile, which is ignored: only images of 8 bits are converted"]
    return []


def _as_rgb(levels: Values) -> Values:
    """CMYK (H, W, 4) without a profile as RGB: each ink scales down the light that is left."""
    rest = 255 - levels.astype(np.float32)
    rgb = rest[..., :3] * rest[..., 3:] / 255
    return (rgb + 0.5).astype(np.uint8) if levels.dtype == np.uint8 else rgb


def _on_white(pixels: Tensor, opacity: Tensor, premultiplied: bool) -> Tensor:
    """An image (C, H, W) of opacity (H, W) on a white background, of the same type."""
    colours = pixels.float() if premultiplied else pixels.float() * opacity
    laid = (colours + 255 * (1 - opacity)).clamp(0, 255)
    return laid if pixels.is_floating_point() else laid.round().to(pixels.dtype)


def _with_channels(pixels: Tensor, channels: int) -> Tensor:
    """An image of 1 or 3 channels as one of `channels`, 1 or 3."""
    if len(pixels) == channels:
        return pixels
    if channels == 3:
        return pixels.repeat(3, 1, 1)
    if pixels.is_floating_point():
        return (pixels * torch.tensor(LUMA).view(3, 1, 1)).sum(0, keepdim=True)
    weighted = (pixels.int() * torch.tensor(LUMA_16).view(3, 1, 1)).sum(0, keepdim=True)
    return ((weighted + 0x8000) >> 16).to(torch.uint8)


def _upright(pixels: Tensor, orientation: int) -> Tensor:
    swap, flips = ORIENTATIONS.get(orientation, (False, []))
    turned = pixels.transpose(-2, -1) if swap else pixels
    return turned.flip(flips) if flips else turned
