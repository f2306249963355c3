"""A street with objects of seven classes, drawn as labels and in plain colours.

Lengths are in pixels of the drawing. Widths and heights of objects are fractions of `unit`, the
drawing's shorter side, so that a wide street has more houses, not wider ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Colour = NDArray[np.float64]
Corners = tuple[float, float, float, float]
"""(left, top, right, bottom)"""

CLASSES = ("sky", "building", "vegetation", "pavement", "road", "car", "window")
SKY, BUILDING, VEGETATION, PAVEMENT, ROAD, CAR, WINDOW = range(7)
PALETTE: NDArray[np.uint8] = np.array(
    [
        (70, 130, 180),
        (70, 70, 70),
        (107, 142, 35),
        (244, 35, 232),
        (128, 64, 128),
        (0, 0, 142),
        (220, 220, 0),
    ],
    np.uint8,
)

PLASTER = np.array(
    [
        (178, 98, 80),
        (205, 185, 150),
        (150, 150, 158),
        (190, 140, 95),
        (120, 92, 84),
        (214, 205, 196),
    ]
)
PAINT = np.array(
    [
        (178, 32, 34),
        (32, 62, 140),
        (218, 218, 220),
        (44, 46, 50),
        (208, 166, 44),
        (70, 120, 84),
    ]
)
PAVING = np.array((150.0, 146, 138))
ASPHALT = np.array((92.0, 92, 96))
TRUNK = np.array((74.0, 54, 38))
LEAVES = np.array((58.0, 104, 44))
LIT_WINDOW = np.array((235.0, 205, 120))
DARK_WINDOW = np.array((62.0, 78, 96))
WINDSCREEN = np.array((70.0, 88, 104))
TYRE = np.array((18.0, 18, 20))
BRAKE_LIGHT = np.array((220.0, 40, 36))


class Canvas:
    """Two drawings of the same shapes: labels (H, W) of 0 ... 6, and colours (H, W, 3)."""

    def __init__(self, height: int, width: int) -> None:
        self._labels = Image.new("L", (width, height), SKY)
        self._colours = Image.new("RGB", (width, height))
        self._pens = ImageDraw.Draw(self._labels), ImageDraw.Draw(self._colours)

    def draw(self, shape: str, corners: Any, kind: int, colour: Colour) -> None:
        """Fill a `rectangle`, `ellipse` or `polygon` in both."""
        red, green, blue = (int(value) for value in np.minimum(colour, 255))
        getattr(self._pens[0], shape)(corners, fill=kind)
        getattr(self._pens[1], shape)(corners, fill=(red, green, blue))

    def labels(self) -> NDArray[np.uint8]:
        """The labels (H, W)."""
        return np.array(self._labels)

    def colours(self) -> NDArray[np.uint8]:
        """The colours (H, W, 3); black where the sky is."""
        return np.array(self._colours)


@dataclass(frozen=True)
class Street:
    """The geometry of a street.

    height, width: of the drawing.
    horizon: the y of the horizon.
    vanishing: the x of the road's vanishing point.
    road: half the road's width at the bottom edge.
    """

    height: int
    width: int
    horizon: float
    vanishing: float
    road: float

    @property
    def unit(self) -> int:
        """The length that others are fractions of."""
        return min(self.height, self.width)

    @property
    def far(self) -> float:
        """Half the road's width at the horizon."""
        return self.unit * 0.02


def draw_street(rng: np.random.Generator, height: int, width: int) -> tuple[Street, Canvas]:
    """Draw all objects, back to front, without light."""
    horizon, vanishing = height * rng.uniform(0.42, 0.58), width * rng.uniform(0.35, 0.65)
    road = min(height, width) * rng.uniform(0.38, 0.62)
    street = Street(height, width, horizon, vanishing, road)
    canvas = Canvas(height, width)
    canvas.draw("rectangle", (0, horizon, width, height), PAVEMENT, PAVING)
    for side in (-1, 1):
        _draw_row(canvas, street, rng, side)
    _draw_road(canvas, street)
    for _ in range(rng.integers(0, 4)):
        _draw_tree(canvas, street, rng)
    for nearness in sorted(rng.uniform(0.12, 0.85, rng.integers(0, 4))):
        _draw_car(canvas, street, rng, nearness)
    return street, canvas


def _draw_road(canvas: Canvas, street: Street) -> None:
    middle = street.width / 2
    corners = [
        (street.vanishing - street.far, street.horizon),
        (street.vanishing + street.far, street.horizon),
        (middle + street.road, street.height),
        (middle - street.road, street.height),
    ]
    canvas.draw("polygon", corners, ROAD, ASPHALT)


def _draw_row(canvas: Canvas, street: Street, rng: np.random.Generator, side: int) -> None:
    """A row of houses from the horizon to the edge; nearer ones are larger."""
    x = street.vanishing + side * street.unit * rng.uniform(0.05, 0.14)
    while 0 < x < street.width:
        nearness = abs(x - street.vanishing) / street.width
        breadth = street.unit * rng.uniform(0.10, 0.2) * (0.6 + 1.2 * nearness)
        tall = street.unit * rng.uniform(0.12, 0.3) * (0.55 + 1.4 * nearness)
        left, right = sorted((x, x + side * breadth))
        colour = PLASTER[rng.integers(len(PLASTER))] * rng.uniform(0.8, 1.15)
        if rng.random() < 0.85:
            bottom = street.horizon + street.unit * 0.10 * nearness
            box = (left, street.horizon - tall, right, bottom)
            _draw_house(canvas, street, rng, box, colour)
        x += side * breadth * rng.uniform(0.98, 1.25)


def _draw_house(
    canvas: Canvas, street: Street, rng: np.random.Generator, box: Corners, colour: Colour
) -> None:
    left, top, right, _ = box
    canvas.draw("rectangle", box, BUILDING, colour)
    if rng.random() < 0.5:
        peak = ((left + right) / 2, top - (right - left) * 0.35)
        canvas.draw("polygon", [(left, top), (right, top), peak], BUILDING, colour * 0.62)
    _draw_windows(canvas, street, rng, box)


def _draw_windows(canvas: Canvas, street: Street, rng: np.random.Generator, box: Corners) -> None:
    left, top, right, bottom = box
    columns = max(1, int((right - left) / (street.unit * 0.055)))
    rows = max(1, int((bottom - top) / (street.unit * 0.075)))
    wide, high = (right - left) / columns, (bottom - top) / rows
    somebody_home = rng.random() < 0.3
    for column in range(columns):
        for row in range(rows):
            x, y = left + wide * column, top + high * row
            pane = (x + wide * 0.26, y + high * 0.22, x + wide * 0.74, y + high * 0.74)
            colour = LIT_WINDOW if somebody_home and rng.random() < 0.6 else DARK_WINDOW
            canvas.draw("rectangle", pane, WINDOW, colour * rng.uniform(0.8, 1.1))


def _draw_tree(canvas: Canvas, street: Street, rng: np.random.Generator) -> None:
    side, nearness = rng.choice([-1, 1]), rng.uniform(0.25, 1)
    x = street.vanishing + side * street.width * (0.10 + 0.42 * nearness)
    y = street.horizon + street.unit * 0.16 * nearness
    radius = street.unit * (0.045 + 0.085 * nearness)
    trunk = (x - radius * 0.14, y - radius * 1.6, x + radius * 0.14, y)
    canvas.draw("rectangle", trunk, VEGETATION, TRUNK)
    colour = LEAVES * rng.uniform(0.75, 1.3)
    for _ in range(9):
        right, down = rng.normal(0, 0.55, 2) * radius
        size = rng.uniform(0.4, 0.75) * radius
        centre_x, centre_y = x + right, y - radius * 2.2 + down
        ball = (centre_x - size, centre_y - size, centre_x + size, centre_y + size)
        canvas.draw("ellipse", ball, VEGETATION, colour * rng.uniform(0.8, 1.2))


def _draw_car(canvas: Canvas, street: Street, rng: np.random.Generator, nearness: float) -> None:
    """A car seen from behind, in one of two lanes."""
    y = street.horizon + (street.height - street.horizon) * nearness
    half = street.far + (street.road - street.far) * nearness
    middle = street.vanishing + (street.width / 2 - street.vanishing) * nearness
    x = middle + rng.choice([-0.45, 0.45]) * half
    width = half * rng.uniform(0.55, 0.7)
    paint = PAINT[rng.integers(len(PAINT))] * rng.uniform(0.85, 1.1)
    # Left, top, right and bottom, in widths and heights of the car from the middle of its foot.
    shapes = (
        ((-0.50, 0.62, 0.50, 0.10), paint),
        ((-0.38, 1.00, 0.38, 0.50), paint * 0.92),
        ((-0.32, 0.92, 0.32, 0.58), WINDSCREEN),
        ((-0.46, 0.20, -0.26, 0.0), TYRE),
        ((0.26, 0.20, 0.46, 0.0), TYRE),
        ((-0.42, 0.42, -0.30, 0.30), BRAKE_LIGHT),
        ((0.30, 0.42, 0.42, 0.30), BRAKE_LIGHT),
    )
    height = width * 0.72
    for (left, top, right, bottom), colour in shapes:
        box = (x + width * left, y - height * top, x + width * right, y - height * bottom)
        canvas.draw("rectangle", box, CAR, colour)
