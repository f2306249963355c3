"""Light by hand, on scenes of a few pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from ganzoo.components.data.street_scene import BUILDING, PAVEMENT, ROAD, SKY, WINDOW

from ganzoo_stargan.grading import GRADES, Grade, clouds, distance, find_horizon, grade

# 4 rows of 3 pixels: sky, sky with a house's window, and a road that ends at (2, 1).
LABELS = np.array(
    [
        [SKY, SKY, SKY],
        [BUILDING, SKY, WINDOW],
        [PAVEMENT, ROAD, PAVEMENT],
        [ROAD, ROAD, ROAD],
    ],
    np.uint8,
)
BLACK, GRAY = (0.0, 0.0, 0.0), (0.4, 0.4, 0.4)


def photo(level: int = 100) -> np.ndarray:
    return np.full((4, 3, 3), level, np.uint8)


def test_the_road_ends_at_the_horizon():
    assert find_horizon(LABELS) == (2, 1)
    assert find_horizon(np.full((4, 3), SKY, np.uint8)) == (2, 1.5)


def test_distance_is_one_over_nearness():
    far = distance((4, 3), horizon=2, vanishing=1)
    # Down, rows 0 ... 3 are -1, -1/2, 0, 1/2 near; aside, columns are 4/9, 0, 4/9.
    assert far[2].tolist() == pytest.approx([1 / (4 / 9 + 0.1), 10, 1 / (4 / 9 + 0.1)], rel=1e-6)
    assert far[3].tolist() == pytest.approx([1 / 0.6] * 3, rel=1e-6)
    assert far[0].tolist() == far[2].tolist()


def test_the_ground_takes_the_lights_colour():
    graded = grade(photo(), LABELS, Grade((0.5, 1.0, 3.0), BLACK, BLACK))
    assert graded[3, 0].tolist() == [50, 100, 255], "and is clipped"
    assert graded[0].tolist() == [[0, 0, 0]] * 3


def test_the_sky_is_a_gradient_that_keeps_clouds():
    shaded = photo()
    shaded[0] = [[100] * 3, [100] * 3, [160] * 3]  # a row of the mean 120
    kind = Grade((1, 1, 1), BLACK, GRAY, clouds=0.5)
    graded = grade(shaded, LABELS, Grade((1, 1, 1), GRAY, GRAY, clouds=0.5))
    assert graded[0, :, 0].tolist() == [102 - 10, 102 - 10, 102 + 20]
    # The horizon is the third row, so the second is half way from black to 102.
    assert grade(photo(), LABELS, kind)[1, 1].tolist() == [51] * 3
    found = clouds(shaded.astype(np.float32), LABELS == SKY)
    assert found[0].tolist() == [-20, -20, 40]
    assert found[1, 1] == 0


@pytest.mark.parametrize(("red", "shines"), [(180, True), (120, False)])
def test_warm_windows_shine(red, shines):
    lit = photo()
    lit[1, 2] = (red, 100, 100)
    graded = grade(lit, LABELS, Grade(BLACK, BLACK, BLACK, lamps=0.5))
    lamp = [round(255 * value / 2) for value in (1.0, 0.83, 0.42)]
    assert graded[1, 2].tolist() == (lamp if shines else [0, 0, 0])
    assert graded[3].max() == 0, "nothing else does"


def test_fog_takes_what_is_far():
    graded = grade(photo(0), LABELS, Grade((1, 1, 1), BLACK, (1.0, 1.0, 1.0), fog=0.4))
    near, far = (round(255 * (1 - math.exp(-0.4 / (nearness + 0.1)))) for nearness in (0.5, 0))
    assert graded[3, 1].tolist() == [near] * 3
    assert graded[2, 1].tolist() == [far] * 3


def test_no_two_lights_are_alike():
    looks = [grade(photo(), LABELS, kind).astype(float) for kind in GRADES.values()]
    for i, one in enumerate(looks):
        for other in looks[:i]:
            assert np.abs(one - other).mean() > 20
