"""Two folders of images with more channels than three are compared in all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from ganzoo.evaluation.saved_images import FAKE, REAL, SavedImages


def test_folders_are_read_with_the_bands_of_their_first_image(tmp_path: Path) -> None:
    bands = np.arange(5 * 4 * 6).reshape(4, 6, 5).astype(np.uint8)
    for name, shift in (("real", 0), ("fake", 1)):
        (tmp_path / name).mkdir()
        tifffile.imwrite(
            tmp_path / name / "a.tif", bands + shift, photometric="minisblack",
            planarconfig="contig",
        )  # fmt: skip
    data = SavedImages(tmp_path / "real", tmp_path / "fake")
    sample = data.test_sample(0)
    assert sample[REAL].shape == (5, 4, 6)
    assert ((sample[FAKE] - sample[REAL]) * 127.5).round().unique().tolist() == [1]
