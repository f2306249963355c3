"""Where the labels of a plot's points stand, so that none covers another at any width of the page.

A point's place across is a share of the plot's width, which the reader's window decides; its place
down is in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

# Of plots on telephones, on tablets and on desks. Between two of them nothing new can collide, as
# places move evenly.
WIDTHS = (250, 420, 640, 1100)
LETTER, LINE = 7.4, 16  # the size of a letter, in pixels, rounded up
DOT = 7
Anchor = Literal["start", "middle", "end"]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class LabelPlace:
    """A label's place beside its point, in pixels.

    anchor: the end of the text that is nearest to the point.
    x: the share of the width where the point is, if the label's own is not meant.
    """

    dx: float
    dy: float
    anchor: Anchor
    x: float | None = None


@dataclass(frozen=True)
class Label:
    """A text that stands at one of some places, the first being the best.

    x, y: where its point is; x is a share of the width.
    """

    text: str
    x: float
    y: float
    places: Sequence[LabelPlace]

    def box(self, place: LabelPlace, width: float) -> Box:
        """What the text covers: left, top, right and bottom, in pixels."""
        long = LETTER * len(self.text)
        shift = {"start": 0.0, "middle": long / 2, "end": long}[place.anchor]
        left = (self.x if place.x is None else place.x) * width + place.dx - shift
        middle = self.y + place.dy
        return left, middle - LINE / 2, left + long, middle + LINE / 2


def around(distances: Sequence[float] = (10, 22, 36, 52, 70)) -> list[LabelPlace]:
    """The places around a point, the nearest first; its intervals lie straight across and up."""
    places: list[LabelPlace] = []
    for far in distances:
        near = 0.7 * far
        places += [LabelPlace(near, -near - 3, "start"), LabelPlace(near, near + 3, "start")]
        places += [LabelPlace(-near, -near - 3, "end"), LabelPlace(-near, near + 3, "end")]
        places += [LabelPlace(far, 0, "start"), LabelPlace(-far, 0, "end")]
        places += [LabelPlace(0, -far - 3, "middle"), LabelPlace(0, far + 3, "middle")]
    return places


def place_labels(
    labels: Sequence[Label], dots: Sequence[tuple[float, float]], height: float
) -> list[LabelPlace] | None:
    """A place for each label inside of the plot, where it covers no other and no dot.

    dots: x and y of all points.
    Each label takes the first place that is free; that is tried in several orders. None if no order
    gives a place to all.
    """
    # What may stand at fewer places comes first.
    order = sorted(range(len(labels)), key=lambda index: len(labels[index].places))
    for start in range(len(order)):
        turned = order[start:] + order[:start]
        chosen = _take_turns([labels[index] for index in turned], dots, height)
        if chosen is not None:
            by_index = dict(zip(turned, chosen, strict=True))
            return [by_index[index] for index in range(len(labels))]
    return [] if not labels else None


def _take_turns(
    labels: Sequence[Label], dots: Sequence[tuple[float, float]], height: float
) -> list[LabelPlace] | None:
    """The first free place for one label after the other."""
    boxes: dict[float, list[Box]] = {
        width: [_box_of_dot(x * width, y) for x, y in dots] for width in WIDTHS
    }
    chosen = []
    for label in labels:
        place = next((p for p in label.places if _is_free(label, p, boxes, height)), None)
        if place is None:
            return None
        chosen.append(place)
        for width, taken in boxes.items():
            taken.append(label.box(place, width))
    return chosen


def _is_free(
    label: Label, place: LabelPlace, boxes: Mapping[float, Sequence[Box]], height: float
) -> bool:
    """Whether a label has room at a place, at all widths."""
    for width, taken in boxes.items():
        box = label.box(place, width)
        if not _is_inside(box, width, height) or any(_overlap(box, other) for other in taken):
            return False
    return True


def _box_of_dot(x: float, y: float) -> Box:
    return x - DOT, y - DOT, x + DOT, y + DOT


def _is_inside(box: Box, width: float, height: float) -> bool:
    return box[0] >= 0 and box[2] <= width and box[1] >= 0 and box[3] <= height


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
