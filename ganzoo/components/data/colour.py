"""Colours converted to sRGB by a file's ICC profile."""

from __future__ import annotations

import functools
import io
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageCms

from ganzoo.interfaces.reader import Kind, Values

# The colour spaces of profiles, and the mode of an image while it is converted.
MODES: dict[str, str] = {"GRAY": "L", "RGB ": "RGB", "CMYK": "CMYK"}
# The colour spaces of profiles that fit an image; gray images often have one of RGB.
FITTING: dict[Kind, tuple[str, ...]] = {
    "gray": ("GRAY", "RGB "),
    "rgb": ("RGB ",),
    "cmyk": ("CMYK",),
    "bands": (),
}
# A profile that changes no level by more than this counts as sRGB.
SAME = 1


class Conversion(NamedTuple):
    """How images of one profile become sRGB."""

    mode: str
    transform: ImageCms.ImageCmsTransform


def changes(profile: bytes, kind: Kind) -> bool:
    """Whether an image of that kind would have other colours in sRGB.

    Raises:
        ValueError: the profile is broken, or is for images of another kind.
    """
    return _changes(_conversion(profile, kind))


def to_srgb(levels: Values, profile: bytes, kind: Kind) -> Values:
    """Levels (H, W, bands), uint8, in sRGB: (H, W, 3).

    Raises:
        ValueError: the profile is broken, or is for images of another kind.
    """
    conversion = _conversion(profile, kind)
    if conversion.mode == "L":
        return _table(conversion)[levels[..., 0]]
    return _apply(levels, conversion)


def _conversion(profile: bytes, kind: Kind) -> Conversion:
    conversion = _known(profile, kind)
    if conversion is None:
        raise ValueError("a colour profile that is broken or for other images")
    return conversion


@functools.lru_cache(maxsize=64)
def _known(profile: bytes, kind: Kind) -> Conversion | None:
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = str(opened.profile.xcolor_space)
        return _built(opened, MODES[space]) if space in FITTING[kind] else None
    except Exception:  # a broken profile raises OSError, PyCMSError, SyntaxError ...
        return None


def _built(opened: ImageCms.ImageCmsProfile, mode: str) -> Conversion:
    # Otherwise Little CMS approximates the curve of grays by a few straight lines.
    exact = ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.HIGHRESPRECALC
    transform = ImageCms.buildTransform(
        opened,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION | exact,
    )
    return Conversion(mode, transform)


def _apply(levels: Values, conversion: Conversion) -> Values:
    mode = conversion.mode
    bands = np.repeat(levels, 3, axis=-1) if mode == "RGB" and levels.shape[-1] == 1 else levels
    size = bands.shape[1], bands.shape[0]
    picture = Image.frombytes(mode, size, np.ascontiguousarray(bands).tobytes())
    converted = ImageCms.applyTransform(picture, conversion.transform)
    assert converted is not None
    return np.array(converted)


@functools.lru_cache(maxsize=64)
def _table(conversion: Conversion) -> Values:
    """The colour of each level of gray, (256, 3), cached, as exact conversion takes long."""
    return _apply(np.arange(256, dtype=np.uint8)[:, None, None], conversion)[:, 0]


@functools.lru_cache(maxsize=64)
def _changes(conversion: Conversion) -> bool:
    """Whether any of all grays, or of 16 levels of each channel, changes."""
    if conversion.mode == "CMYK":
        return True
    if conversion.mode == "L":
        return bool(np.abs(_table(conversion) - np.arange(256)[:, None]).max() > SAME)
    steps = np.arange(0, 256, 17, dtype=np.uint8)
    probe = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(64, 64, 3)
    return bool(np.abs(_apply(probe, conversion).astype(int) - probe).max() > SAME)
