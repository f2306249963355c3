"""Photos of phones: HEIC and other HEIF files, by pillow-heif."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from ganzoo.components.data.image_opening import check_values
from ganzoo.interfaces.reader import Header, Kind, OpenedImage, Raw, Reader

from ganzoo_readers.libraries import load_library

BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
# What ganzoo-core itself reads, by Pillow.
OF_CORE = {b"avif", b"avis"}
KINDS: dict[str, tuple[Kind, int]] = {"L": ("gray", 1), "I": ("gray", 1), "RGB": ("rgb", 3)}
PREFIX = b"Exif\0\0"
# Transfer characteristics of high dynamic range (ITU-T H.273, table 3), and primaries (table 2).
HDR = {16: "PQ", 18: "HLG"}
BT_709, UNSPECIFIED = 1, 2


class HeifReader(Reader):
    """Reads HEIC and HEIF of 8, 10 and 12 bits: the first photo, and others of its size as pages.

    The file's own turns are applied, thumbnails and depth maps are not read.
    """

    def recognises(self, start: bytes) -> bool:
        """Whether the file's brands are those of HEIF (ISO/IEC 14496-12, 4.3)."""
        end = min(int.from_bytes(start[:4], "big"), len(start))
        brands = {start[8:12], *(start[i : i + 4] for i in range(16, end - 3, 4))}
        return start[4:8] == b"ftyp" and not brands & OF_CORE and bool(brands & BRANDS)

    @contextmanager
    def open(self, file: IO[bytes]) -> Iterator[OpenedImage]:
        """Open a HEIF file.

        Raises:
            ValueError: pillow-heif is missing, or the file is broken or of a kind that is not read.
        """
        heif = load_library("pillow_heif", "pillow-heif")
        file.seek(0)
        opened = heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=False)
        first = opened[opened.primary_index]
        alike = [each for each in opened if (each.size, each.mode) == (first.size, first.mode)]
        photos = [first, *(each for each in alike if each is not first)]
        header = _header(first, len(photos), len(opened))
        yield OpenedImage(header, lambda page: _read(photos[page], header))


def _header(photo: Any, pages: int, images: int) -> Header:
    depth = int(photo.info.get("bit_depth", 8))
    base = photo.mode.partition(";")[0]
    if base.removesuffix("A") not in KINDS:
        raise ValueError(f"its colours are {photo.mode}; save it as gray or RGB")
    kind, bands = KINDS[base.removesuffix("A")]
    profile, exif = photo.info.get("icc_profile"), photo.info.get("exif")
    return Header(
        (photo.size[1], photo.size[0]),
        kind,
        bands,
        "uint8" if depth == 8 else "uint16",
        (0.0, 2.0**depth - 1),
        premultiplied=bool(photo.premultiplied_alpha),
        profile=profile if isinstance(profile, bytes) else b"",
        pages=pages,
        left_out=tuple(_left_out(photo, images - pages)),
        exif=exif.removeprefix(PREFIX) if isinstance(exif, bytes) else b"",
    )


def _left_out(photo: Any, others: int) -> Iterator[str]:
    if others:
        yield "pictures of other sizes, which are left out"
    colours = photo.info.get("nclx_profile") or {}
    if photo.info.get("icc_profile"):
        return
    curve = HDR.get(colours.get("transfer_characteristics", UNSPECIFIED))
    if curve:
        yield f"colours of high dynamic range ({curve}), read as they are"
    elif colours.get("color_primaries", BT_709) not in (BT_709, UNSPECIFIED):
        yield "colours of other primaries than sRGB's without a profile, read as sRGB"


def _read(photo: Any, header: Header) -> Raw:
    check_values(*header.size, header.bands)
    values = np.array(photo).reshape(*header.size, -1)
    if values.shape[-1] == header.bands:
        return Raw(values)
    assert header.scale is not None
    opacity = values[..., -1].astype(np.float32) / np.float32(header.scale[1])
    return Raw(values[..., : header.bands], opacity)
