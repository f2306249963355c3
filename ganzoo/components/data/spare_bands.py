"""Bands beside the colours of a file, of which it does not say what they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ganzoo.interfaces.reader import OpenedImage, Raw
from ganzoo.interfaces.variable import Variable


def choose_bands(source: OpenedImage, variable: Variable) -> OpenedImage:
    """A file without its spare bands, or where the variable has as many channels, all as bands.

    An image of red, green, blue and near infrared has 4 bands; as RGB it has 3 and a spare one.
    """
    header = source.header
    if not header.spare:
        return source
    if variable.channels == header.bands + header.spare:
        bands = replace(header, kind="bands", bands=variable.channels, spare=0, profile=b"")
        return source._replace(header=bands)
    region = source.read_region
    return source._replace(
        read=_without(source.read, header.bands),
        read_region=_without(region, header.bands) if region else None,
    )


def _without(read: Callable[..., Raw], bands: int) -> Callable[..., Raw]:
    """A function that reads colours only."""

    def read_colours(*place: Any) -> Raw:
        raw = read(*place)
        return raw._replace(values=raw.values[..., :bands])

    return read_colours


def describe_spare(count: int) -> str:
    """What is left out, in words that follow "has"."""
    if count == 1:
        return "a band beside the colours, which is left out"
    return f"{count} bands beside the colours, which are left out"
