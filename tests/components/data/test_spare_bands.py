"""Files of RGB and further bands: as colours, or with all bands as channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from ganzoo.components.data.image_files import read_header, read_image
from ganzoo.errors import DataError
from ganzoo.interfaces import Variable

ARRAY = np.random.default_rng(0).integers(0, 256, (5, 7, 4)).astype(np.uint8)


def write(folder: Path, kind: str, planar: str = "contig") -> Path:
    array = ARRAY if planar == "contig" else np.moveaxis(ARRAY, -1, 0)
    tifffile.imwrite(
        folder / "a.tif", array, photometric="rgb", planarconfig=planar, extrasamples=[kind]
    )
    return folder / "a.tif"


@pytest.mark.case("A10")
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_near_infrared_is_a_channel_where_four_are_asked_for(tmp_path: Path, planar: str) -> None:
    path = write(tmp_path, "unspecified", planar)
    four = read_image(path, Variable(4))
    assert torch.equal(four.permute(1, 2, 0), torch.from_numpy(ARRAY))
    assert torch.equal(read_image(path, Variable(3)), four[:3])
    assert read_header(path, Variable(4)).left_out == ()
    assert read_header(path).left_out == ("a band beside the colours, which is left out",)


@pytest.mark.case("A10")
def test_an_opacity_is_no_channel(tmp_path: Path) -> None:
    path = write(tmp_path, "unassalpha")
    with pytest.raises(
        DataError, match=r"it is RGB, and channels = 4: .* an opacity is no channel"
    ):
        read_image(path, Variable(4))


def test_other_counts_are_refused_with_the_right_one(tmp_path: Path) -> None:
    path = write(tmp_path, "unspecified")
    with pytest.raises(DataError, match="it has 4 bands, and channels = 5: set channels = 4"):
        read_image(path, Variable(5))
