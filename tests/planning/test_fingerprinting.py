"""Fingerprints of folders whose facts are known, as they were drawn so."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ganzoo.errors import DataError
from ganzoo.interfaces.rule import Wishes
from ganzoo.planning.fingerprinting import take_fingerprint

SIDE = 48


def scene(number, side=SIDE):
    """A smooth random picture (H, W, 3) of levels within 60 ... 190."""
    rng = np.random.default_rng(number)
    coarse = Image.fromarray(rng.integers(60, 191, (6, 6, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((side, side), Image.Resampling.BILINEAR))


def save(pixels, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels)).save(path)


def draw(folder, numbers, change=lambda pixels: pixels):
    for place, number in enumerate(numbers):
        save(change(scene(number)), folder / f"{place:03}.png")
    return folder


def take(*folders, pairs=None):
    return take_fingerprint(folders, Wishes(pairs=pairs), lambda *told: None)


@pytest.fixture
def halves(tmp_path):
    """Two halves of one domain, in folders with nothing in common but their parent."""
    x = draw(tmp_path / "one" / "photos", range(40))
    return x, draw(tmp_path / "other", range(40, 80))


def test_halves_of_one_domain_are_equal_kinds_of_images(halves):
    facts = take(*halves)
    assert facts.layout == "domains"
    assert abs(facts.gap.separation - 0.5) < 0.15
    assert facts.gap.colour_distance < 0.03
    assert facts.gap.structure_distance < 0.03
    assert max(map(abs, facts.gap.copy_kid)) < 0.01


def test_a_shift_of_all_colours_is_their_distance(tmp_path):
    x = draw(tmp_path / "x", range(20))
    y = draw(tmp_path / "y", range(20), lambda pixels: pixels + 51)
    facts = take(x, y, pairs=False)
    assert facts.gap.colour_distance == pytest.approx(51 / 255, abs=1e-3)
    assert facts.gap.structure_distance < 0.01


def test_an_empty_folder_is_refused(halves, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no image of y in"):
        take(halves[0], tmp_path / "empty")
