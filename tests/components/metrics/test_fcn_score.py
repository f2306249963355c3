"""FCN-scores against tables counted by hand, and the network that gives them: trained once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from ganzoo.components.metrics import fcn
from ganzoo.components.metrics.fcn import FcnScore
from ganzoo.components.metrics.palette import PaletteScore
from ganzoo.components.metrics.segmenter import Segmenter, new_segmenter
from ganzoo.interfaces import Sample
from ganzoo.registry.discovery import installed

PALETTE = [[0, 0, 0], [255, 0, 0], [0, 0, 255], [255, 255, 255]]
BLACK, RED, BLUE, UNUSED = range(4)
COLOURS = torch.tensor(PALETTE) / 127.5 - 1


def drawn(*maps: list[list[int]]) -> Tensor:
    """Label maps as images (N, 3, H, W) in [-1, 1]."""
    return COLOURS[torch.tensor(maps)].permute(0, 3, 1, 2)


class Reader(Segmenter):
    """A segmenter whose every answer is known: a pixel is of the nearest colour's class.

    |p - c|² is least where 2 p·c - |c|² is greatest.
    """

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.score = nn.Conv2d(3, len(COLOURS), 1)
        self.score.weight.data = 2 * COLOURS[..., None, None]
        self.score.bias.data = -COLOURS.square().sum(1)  # type: ignore[union-attr]

    def forward(self, photos: Tensor) -> Tensor:
        return self.score(photos)


def score_by(segmenter: Segmenter) -> FcnScore:
    score = FcnScore(PALETTE)
    score.segmenter = segmenter
    return score


def row(pixel: Fraction, classes: Fraction, iou: Fraction) -> dict[str, object]:
    exact = {"pixel_accuracy": pixel, "class_accuracy": classes, "class_iou": iou}
    return {name: pytest.approx(float(value), abs=1e-12) for name, value in exact.items()}


# Two scenes of 1 x 4 pixels. Labels: 5 black, 2 red, 1 blue. Read in the generated photos:
#   black: 3 black, 1 red, 1 unused;  red: 1 red, 1 black;  blue: 1 blue
LABELS = [[BLACK, BLACK, BLACK, RED]], [[BLACK, BLACK, RED, BLUE]]
GENERATED = [[BLACK, BLACK, RED, RED]], [[BLACK, UNUSED, BLACK, BLUE]]
# The real photos: the segmenter errs at one pixel of the second.
REAL = [[BLACK, BLACK, BLACK, RED]], [[BLACK, BLACK, RED, RED]]
MODEL = row(
    Fraction(5, 8),
    (Fraction(3, 5) + Fraction(1, 2) + 1) / 3,
    (Fraction(3, 6) + Fraction(1, 3) + 1) / 3,
)
PHOTOS = row(Fraction(7, 8), (1 + 1 + Fraction(0)) / 3, (1 + Fraction(2, 3) + 0) / 3)
# The first photo for the second scene: black, black, black for red, red for blue.
OTHER = row(Fraction(2, 4), Fraction(1, 3), Fraction(2, 3) / 3)
ALL = row(Fraction(1), Fraction(1), Fraction(1))
ROWS = {
    "model": MODEL,
    "real photos": PHOTOS,
    "photo of another scene": OTHER,
    "copy the input": ALL,
}


def test_by_hand_one_at_a_time_and_in_a_batch() -> None:
    single, batch = score_by(Reader()), score_by(Reader())
    for prediction, labels, photo in zip(GENERATED, LABELS, REAL, strict=True):
        single.update(drawn(prediction), drawn(labels), drawn(photo))
    batch.update(drawn(*GENERATED), drawn(*LABELS), drawn(*REAL))
    assert single.compute() == batch.compute() == ROWS
    assert list(single.compute()) == list(ROWS)


def test_it_counts_as_the_palette_score_does() -> None:
    torch.manual_seed(0)
    predictions, labels = torch.rand(2, 3, 3, 5, 7) * 2 - 1
    score, palette = score_by(Reader()), PaletteScore(PALETTE)
    score.update(predictions, labels, labels)
    palette.update(predictions, labels)
    assert score.compute()["model"] == palette.compute()["model"]


def test_a_pixel_that_is_not_finite_is_wrong() -> None:
    spoilt = drawn([[BLACK, BLACK, RED]])
    spoilt[0, 1, 0, 0] = math.nan
    spoilt[0, 2, 0, 2] = math.inf
    score, real = score_by(Reader()), drawn([[BLACK, BLACK, RED]])
    score.update(spoilt, real, real)
    assert score.compute()["model"] == row(Fraction(1, 3), Fraction(1, 4), Fraction(1, 4))


def test_half_precision_and_gradients() -> None:
    score = score_by(Reader())
    half = drawn(*GENERATED).to(torch.bfloat16).requires_grad_()
    score.update(half, drawn(*LABELS).double(), drawn(*REAL).double())
    assert score.compute() == ROWS


def scenes(count: int, seed: int = 0, side: int = 12) -> list[Sample]:
    """Photos in three grey levels with noise, and what they show: black, red, blue squares."""
    rng = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(count):
        coarse = torch.randint(3, (side // 4, side // 4), generator=rng)
        kinds = coarse.repeat_interleave(4, 0).repeat_interleave(4, 1)
        noise = torch.randn(3, side, side, generator=rng) * 0.1
        found.append({"photo": (kinds - 1) * 0.7 + noise, "labels": drawn(kinds.tolist())[0]})
    return found


def learnt(data: Sequence[Sample], told: list[str] | None = None, **settings: int) -> FcnScore:
    score = FcnScore(PALETTE, **{"examples": 16, "steps": 3, "width": 8, **settings})
    score.prepare(data, (told if told is not None else []).append)
    return score


def rows_of(score: FcnScore) -> dict[str, dict[str, float]]:
    for scene in scenes(4, seed=99):
        photo, labels = scene["photo"][None], scene["labels"][None]
        score.update(torch.full_like(photo, -0.7), labels, photo)
    return score.compute()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def files(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def no_training(*_: object) -> None:
    pytest.fail("it was trained again")


def test_it_learns_and_is_trained_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    first = rows_of(learnt(scenes(16), told, steps=60))
    assert first["real photos"]["class_iou"] > 0.9
    assert first["model"]["class_iou"] < 0.3
    assert told == [
        "its segmenter learns from 16 real photos, 60 steps; done once for this data set, then kept"
    ]
    assert [path.suffix for path in files(cache)] == [".safetensors"]
    monkeypatch.setattr(fcn, "train_segmenter", no_training)
    assert rows_of(learnt(scenes(16), told, steps=60)) == first
    assert len(told) == 1


@pytest.mark.parametrize(
    "change", [{"steps": 2}, {"examples": 3}, {"width": 2}, {"seed": 1}, {"side": 8}]
)
def test_other_settings_and_other_data_are_learnt_anew(cache: Path, change: dict[str, int]) -> None:
    learnt(scenes(16), steps=1)
    data = {key: value for key, value in change.items() if key in ("seed", "side")}
    settings = {key: value for key, value in change.items() if key not in data}
    learnt(scenes(16, **data), **{"steps": 1, **settings})
    assert len(files(cache)) == 2


@pytest.mark.parametrize("damage", ["empty", "text", "half", "other network", "folder"])
def test_what_is_broken_is_trained_again(cache: Path, damage: str) -> None:
    first = rows_of(learnt(scenes(16)))
    [path] = files(cache)
    whole = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage == "other network":
        learnt(scenes(16), width=2)
        [other] = files(cache)
        other.replace(path)
    else:
        half = whole[: len(whole) // 2]
        path.write_bytes({"empty": b"", "text": b"hello", "half": half}[damage])
    told: list[str] = []
    assert rows_of(learnt(scenes(16), told)) == first
    assert len(told) == 1
    if damage != "folder":
        assert path.read_bytes() == whole
        assert files(cache) == [path]


def test_a_disk_that_cannot_be_written_is_done_without(cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    assert rows_of(learnt(scenes(16))) == rows_of(learnt(scenes(16)))


def test_chance_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = []
    for place in ("one", "two"):
        monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / place))
        torch.manual_seed(len(weights))
        segmenter = learnt(scenes(16), steps=3).segmenter
        drawn_after = torch.rand(())
        torch.manual_seed(len(weights))
        assert torch.equal(drawn_after, torch.rand(()))
        assert segmenter is not None
        weights.append(segmenter.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_no_more_is_read_than_asked_for() -> None:
    read: set[int] = set()

    class Many(list[Sample]):
        def __len__(self) -> int:
            return 10**6

        def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
            read.add(index)
            return super().__getitem__(index)

    learnt(Many(scenes(16)), steps=1, examples=5)
    assert read == set(range(5))


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (16, 16), (13, 22)])
def test_the_network_takes_any_size(size: tuple[int, int]) -> None:
    assert new_segmenter(7, 2).eval()(torch.rand(2, 3, *size)).shape == (2, 7, *size)


def test_unprepared_it_only_looks_at_shapes() -> None:
    score = FcnScore(PALETTE)
    score.update(drawn([[RED]]), drawn([[RED]]), drawn([[RED]]))
    with pytest.raises(ValueError, match=r"\(1, 3, 1, 2\) against labels of \(1, 3, 1, 1\)"):
        score.update(drawn([[RED, RED]]), drawn([[RED]]), drawn([[RED]]))
    with pytest.raises(ValueError, match=r"needs \(N, 3, H, W\), not \(1, 1, 1, 1\)"):
        score.update(drawn([[RED]])[:, :1], drawn([[RED]]), drawn([[RED]]))
    with pytest.raises(ValueError, match="nothing to score"):
        score.compute()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"palette": "street"}, "no palette 'street'"),
        ({"examples": 1}, "examples must be at least 2, not 1"),
        ({"steps": 0}, "steps must be at least 1, not 0"),
        ({"width": 0}, "width must be at least 1, not 0"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FcnScore(**settings)  # type: ignore[arg-type]


def test_by_the_registry() -> None:
    metric = installed().registry.get("metric", "fcn_score").load()
    assert metric is FcnScore
    assert metric.needs_pairs
    assert metric.learns_from == ("photo", "labels")
