"""Checks of a reader of image files, on a file of its format."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from ganzoo.components.readers.installed_readers import START
from ganzoo.interfaces import Header, OpenedImage, Raw, Reader
from ganzoo.testing.package_checks import check_component, find

# Shares of the file at which it is cut off.
SHARES = (0.05, 0.3, 0.6)


def check_reader(name: str, path: Path) -> None:
    """Check a reader.

    It knows its files by their beginning, and no others. Values are of the size, the bands and the
    type that the header says, on every page and in any order, and regions are equal to the same
    boxes of whole pages. A file that is cut off raises an error, rather than be filled.

    name: as `ganzoo list components` says. path: of a whole file of its format, which is not tiny:
    a few kilobytes of pixels.

    Raises:
        AssertionError: something of this is not so.
    """
    component, content = find(name, "reader"), path.read_bytes()
    check_component(name, kind="reader")
    assert component.suffixes, f"'{name}' is registered without suffixes: no file is its own"
    reader = component.load()()
    assert isinstance(reader, Reader), f"'{name}' is no Reader: see ganzoo.interfaces"
    assert reader.recognises(content[:START]), f"'{name}' does not recognise {path.name}"
    assert not reader.recognises(b"\0" * START), f"'{name}' recognises a file of zeros"
    with reader.open(io.BytesIO(content)) as opened:
        pages = _check_pages(name, opened)
        _check_regions(name, opened, pages)
    for share in SHARES:
        _check_cut_off(name, reader, content[: int(len(content) * share)])


def _check_pages(name: str, opened: OpenedImage) -> list[Raw]:
    header = opened.header
    pages = [opened.read(page) for page in range(header.pages)]
    for page, raw in enumerate(pages):
        _check_values(f"'{name}', page {page}", header, raw)
    for page in reversed(range(header.pages)):
        again = opened.read(page).values
        same = np.array_equal(again, pages[page].values)
        assert same, f"'{name}': page {page} is another when it is read again"
    return pages


def _check_values(where: str, header: Header, raw: Raw) -> None:
    wanted = (*header.size, header.bands)
    shape, dtype = raw.values.shape, str(raw.values.dtype)
    assert shape == wanted, f"{where}: its values are {shape}, and its header says {wanted}"
    assert dtype == header.dtype, f"{where}: its values are {dtype}, not {header.dtype}"
    if raw.opacity is not None:
        assert raw.opacity.shape == header.size, f"{where}: its opacity has another size"
        inside = raw.opacity.min() >= 0 and raw.opacity.max() <= 1
        assert inside, f"{where}: its opacity is not within 0 ... 1"


def _check_regions(name: str, opened: OpenedImage, pages: list[Raw]) -> None:
    if opened.read_region is None:
        return
    height, width = opened.header.size
    box = top, left, h, w = height // 3, width // 4, max(1, height // 2), max(1, width // 2)
    for page, whole in enumerate(pages):
        values = opened.read_region(box, page).values
        cut = whole.values[top : top + h, left : left + w]
        assert np.array_equal(values, cut), f"'{name}': a region of page {page} is another"


def _check_cut_off(name: str, reader: Reader, content: bytes) -> None:
    try:
        with reader.open(io.BytesIO(content)) as opened:
            for page in range(opened.header.pages):
                opened.read(page)
    except Exception:  # a reader may raise whatever its library does
        return
    raise AssertionError(f"'{name}' reads a file that is cut off at {len(content)} bytes")
