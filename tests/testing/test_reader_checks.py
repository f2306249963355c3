"""The check of readers passes for those of the core, and says what is wrong with others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from ganzoo import testing
from ganzoo.components.readers.numpy_reader import NumpyReader
from ganzoo.interfaces import OpenedImage
from ganzoo.interfaces.reader import Raw

STACK = np.random.default_rng(0).integers(0, 60000, (3, 40, 30), dtype=np.uint16)


def test_the_core_s_own_readers(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", STACK)
    tifffile.imwrite(tmp_path / "a.tif", STACK, photometric="minisblack", tile=(16, 16))
    (tmp_path / "a.pgm").write_bytes(b"P5 30 40 65535\n" + STACK[0].astype(">u2").tobytes())
    for name, suffix in (("numpy", ".npy"), ("tiff", ".tif"), ("netpbm", ".pgm")):
        testing.check_reader(name, tmp_path / f"a{suffix}")


def changed(change: Callable[[OpenedImage], OpenedImage]) -> type[NumpyReader]:
    """The reader of arrays, with another image."""

    class Changed(NumpyReader):
        """Reads arrays in another way."""

        @contextmanager
        def open(self, file: IO[bytes]) -> Iterator[OpenedImage]:
            with super().open(file) as opened:
                yield change(opened)

    return Changed


def doubled(raw: Raw) -> Raw:
    return Raw(raw.values * 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda o: o._replace(read=lambda p: Raw(o.read(p).values[:-1])), "its header says"),
        (lambda o: o._replace(read=lambda p: Raw(o.read(p).values.astype(int))), "not uint16"),
        (lambda o: o._replace(read_region=lambda b, p: doubled(o.read_region(b, p))), "a region"),
        (lambda o: o._replace(read=lambda p: Raw(o.read(p).values, np.ones(3))), "its opacity"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any, message: str
) -> None:
    np.save(tmp_path / "a.npy", STACK)
    monkeypatch.setattr("ganzoo.components.readers.numpy_reader.NumpyReader", changed(change))
    with pytest.raises(AssertionError, match=message):
        testing.check_reader("numpy", tmp_path / "a.npy")


def test_a_file_of_another_format(tmp_path: Path) -> None:
    Image.new("L", (20, 20)).save(tmp_path / "a.png")
    with pytest.raises(AssertionError, match=r"'numpy' does not recognise a\.png"):
        testing.check_reader("numpy", tmp_path / "a.png")
