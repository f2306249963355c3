"""Sample sheets, to the pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ganzoo.inference.grid import MARGIN, grid, heading_height

WHITE = (255, 255, 255)


def flat(*levels: float, size: tuple[int, int] = (64, 64)) -> Tensor:
    return torch.tensor(levels)[:, None, None].expand(-1, *size)


def pixels(sheet: Image.Image, row: int, column: int, cell: tuple[int, int]) -> np.ndarray:
    """One cell (height, width, 3) of a sheet of cells (width, height)."""
    left = MARGIN + column * (cell[0] + MARGIN)
    top = heading_height(cell[0]) + row * (cell[1] + MARGIN)
    return np.asarray(sheet)[top : top + cell[1], left : left + cell[0]]


def test_small_pictures_are_doubled_without_smoothing():
    image = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    sheet = grid([[flat(0, 0, 0), flat(0, 0, 0)], [flat(0, 0, 0), image]], ["x", "G(x)"])
    levels = ((image + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    expected = levels.repeat(2, axis=0).repeat(2, axis=1)
    assert np.array_equal(pixels(sheet, 1, 1, (128, 128)), expected)
    top = heading_height(128)
    assert sheet.size == (MARGIN + 2 * (128 + MARGIN), top + 2 * (128 + MARGIN))


def test_around_the_cells_all_is_white_but_the_headings():
    sheet = np.asarray(grid([[flat(-1, -1, -1)] * 2] * 2, ["x", "F(G(x))"])).copy()
    top = heading_height(128)
    assert (sheet[:top] < 128).any()
    for row in range(2):
        for column in range(2):
            left, y = MARGIN + column * (128 + MARGIN), top + row * (128 + MARGIN)
            assert (sheet[y : y + 128, left : left + 128] == 0).all()
            sheet[y : y + 128, left : left + 128] = 255
    assert (sheet[top:] == 255).all()


@pytest.mark.parametrize(
    ("image", "colour"),
    [
        (flat(-1, 0.0, 1), (0, 128, 255)),
        (flat(0.2), (153, 153, 153)),
        (flat(1, -1), (255, 0, 0)),
        (flat(-1, 1, -1, 1, 1), (0, 255, 0)),
        (flat(-7, 7, math.inf), (0, 255, 255)),
        (flat(math.nan, -math.inf, 1), (0, 0, 255)),
        (flat(-1, 0, 1).to(torch.bfloat16).requires_grad_(), (0, 128, 255)),
    ],
    ids=["rgb", "gray", "two", "five", "clamped", "nan", "bfloat16"],
)
def test_channels_and_range(image: Tensor, colour: tuple[int, int, int]):
    assert (pixels(grid([[image]], ["x"]), 0, 0, (128, 128)) == colour).all()


def test_a_smaller_picture_stands_in_the_middle():
    sheet = grid([[flat(-1, -1, -1, size=(96, 160)), flat(-1, -1, -1, size=(96, 100))]], ["x", "y"])
    assert (pixels(sheet, 0, 0, (160, 96)) == 0).all()
    small = pixels(sheet, 0, 1, (160, 96))
    assert (small[:, 30:130] == 0).all()
    assert (small[:, :30] == 255).all()
    assert (small[:, 130:] == 255).all()


def test_a_smaller_picture_is_enlarged_as_far_as_it_fits():
    sheet = grid([[flat(-1, -1, -1, size=(150, 150)), flat(-1, -1, -1, size=(50, 70))]], ["x", "y"])
    small = pixels(sheet, 0, 1, (150, 150))
    assert (small[25:125, 5:145] == 0).all()
    assert (small == 255).sum() == 3 * (150 * 150 - 100 * 140)


def test_a_long_heading_stays_in_its_column():
    long = "G(" * 40 + "x" + ")" * 40
    sheet = np.asarray(grid([[flat(-1, -1, -1)] * 3], ["", long, ""]))
    inked = np.nonzero((sheet[: heading_height(128)] < 255).any(axis=(0, 2)))[0]
    left = 2 * MARGIN + 128
    assert left <= inked.min()
    assert inked.max() < left + 128


def test_headings_that_nearly_fit_are_shrunk_and_not_cut():
    def ink(heading: str) -> np.ndarray:
        sheet = np.asarray(grid([[flat(-1, -1, -1)]], [heading]))
        return sheet[: heading_height(128), :, 0] < 128

    short, long = ink("(x)"), ink("(" + 18 * "x" + ")")
    assert long.any(axis=1).sum() < short.any(axis=1).sum()
    assert not np.array_equal(long, ink("(" + 17 * "x" + "o)"))


@pytest.mark.parametrize("rows", [[], [[flat(0)]], [[flat(0)] * 2, [flat(0)]]])
def test_rows_that_do_not_fit_the_headings(rows: list[list[Tensor]]):
    with pytest.raises(ValueError, match="2 pictures"):
        grid(rows, ["x", "y"])


def test_titles_stand_to_the_left_and_captions_below():
    rows = [[flat(-1, -1, -1)] * 2] * 2
    plain = grid(rows, ["x", "y"])
    titled = grid(rows, ["x", "y"], ["step 1", "step 12"], [["a.png", ""], ["", "b.png"]])
    left, below = titled.width - plain.width, (titled.height - plain.height) // 2
    assert left > 20
    assert below > 12
    sheet = np.asarray(titled)[..., 0].astype(int)
    top = heading_height(128)
    for row in range(2):
        y = top + row * (128 + below + MARGIN)
        assert sheet[y : y + 128, :left].min() < 128, "a title"
        for column in range(2):
            x = left + MARGIN + column * (128 + MARGIN)
            assert (sheet[y : y + 128, x : x + 128] == 0).all()
            inked = (sheet[y + 128 : y + 128 + below, x : x + 128] < 128).any()
            assert inked == (row == column), "a caption only where there is one"
