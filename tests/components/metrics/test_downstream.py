"""Downstream scores: counted by hand, and what translators of known worth come to."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
import torch
from torch import Tensor, nn

from ganzoo.components.metrics.downstream_classification import DownstreamClassification
from ganzoo.components.metrics.downstream_segmentation import DownstreamSegmentation
from ganzoo.interfaces import Sample

PALETTE = [[0, 0, 0], [255, 0, 0], [0, 0, 255]]
COLOURS = torch.tensor(PALETTE) / 127.5 - 1
MODEL, INPUTS, REAL = "model", "trained on the inputs", "trained on real ones"
SIDE = 12


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def drawn(classes: Tensor) -> Tensor:
    """Label maps (N, H, W) as images (N, 3, H, W) in [-1, 1]."""
    return COLOURS[classes].movedim(-1, -3)


def scenes(count: int, seed: int = 0) -> list[Sample]:
    """Photos in three grey levels with noise, and label maps of their squares of 4 x 4 pixels."""
    rng = torch.Generator().manual_seed(seed)
    examples = []
    for _ in range(count):
        coarse = torch.randint(3, (SIDE // 4, SIDE // 4), generator=rng)
        classes = coarse.repeat_interleave(4, 0).repeat_interleave(4, 1)
        photo = (classes - 1) * 0.7 + torch.randn(3, SIDE, SIDE, generator=rng) * 0.1
        labels = drawn(classes)
        examples.append({"labels": labels, "target": photo, "source": labels})
    return examples


def translated(examples: Sequence[Sample], images: Sequence[Tensor]) -> list[Sample]:
    """The examples with what a translator made of them."""
    return [{**e, "prediction": i} for e, i in zip(examples, images, strict=True)]


def ignore(text: str) -> None:
    """What is told while learning, for tests of something else."""


def segmented(examples: Sequence[Sample], **settings: int) -> DownstreamSegmentation:
    """A score that has learnt from examples and was shown eight others."""
    score = DownstreamSegmentation(
        PALETTE, **{"examples": 32, "steps": 60, "networks": 1, **settings}
    )
    score.prepare(examples, ignore)
    for scene in scenes(8, seed=1):
        score.update(None, scene["labels"][None], scene["target"][None])
    return score


class Known(nn.Module):
    """A network whose answers are known: each image, or pixel, holds the number of its class."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.numbers = nn.Parameter(torch.arange(classes) / 10, requires_grad=False)

    def forward(self, images: Tensor) -> Tensor:
        """Logits that are the larger the nearer a class's number is: (N, K), or (N, K, H, W)."""
        values = images[:, 0] if images.shape[-1] > 1 else images[:, 0, 0, 0]
        distances = [(values - number).abs() for number in self.numbers]
        return -torch.stack(distances, 1)


def test_classes_are_counted_by_hand():
    score = DownstreamClassification(classes=4)
    score.trained = {MODEL: [Known(4)]}
    score.usual = torch.tensor(2)
    # Five images of classes 0, 1 and 2; class 3 is in no image, and once predicted.
    truth = torch.tensor([0, 0, 0, 1, 2])
    predicted = torch.tensor([0, 1, 3, 1, 0])
    images = (predicted / 10).view(5, 1, 1, 1)
    score.update(None, truth[:2], images[:2])
    score.update(None, truth[2:], images[2:])
    rows = score.compute()
    assert list(rows) == [MODEL, "most frequent class"]
    assert rows[MODEL]["accuracy"] == pytest.approx(float(Fraction(2, 5)), abs=1e-12)
    by_class = [Fraction(1, 3), Fraction(1), Fraction(0)]
    assert rows[MODEL]["class_accuracy"] == pytest.approx(float(sum(by_class) / 3), abs=1e-12)
    usual = rows["most frequent class"]
    assert usual["accuracy"] == pytest.approx(1 / 5)
    assert usual["class_accuracy"] == pytest.approx(1 / 3)
    assert score.sample_scores()["accuracy"] == [1, 0, 0, 1, 0]


def test_pixels_are_counted_by_hand():
    score = DownstreamSegmentation(PALETTE)
    score.trained = {MODEL: [Known(3)]}
    score.usual = torch.tensor([[0, 0, 0, 1]])
    truth = torch.tensor([[[0, 0, 1, 1]], [[0, 2, 2, 2]]])
    predicted = torch.tensor([[[0, 1, 1, 1]], [[0, 0, 2, 1]]])
    score.update(None, drawn(truth), predicted[:, None] / 10)
    rows = score.compute()
    # Black: 2 of 3, red: 2 of 2, blue: 1 of 3; black is predicted 3 times, red 4, blue once.
    assert rows[MODEL]["pixel_accuracy"] == pytest.approx(5 / 8)
    assert rows[MODEL]["class_accuracy"] == pytest.approx((2 / 3 + 1 + 1 / 3) / 3)
    assert rows[MODEL]["class_iou"] == pytest.approx((2 / 4 + 2 / 4 + 1 / 3) / 3)
    layout = rows["mean layout"]
    assert layout["pixel_accuracy"] == pytest.approx(4 / 8)
    assert layout["class_accuracy"] == pytest.approx((1 + 1 / 2 + 0) / 3)


def test_an_image_that_is_not_finite_is_wrong():
    score = DownstreamClassification(classes=2)
    score.trained = {MODEL: [Known(2)]}
    images = torch.tensor([0.0, float("nan")]).view(2, 1, 1, 1)
    score.update(None, torch.tensor([0, 0]), images)
    assert score.compute()[MODEL]["accuracy"] == 0.5


def test_the_mean_layout_is_that_of_training():
    score = DownstreamSegmentation(PALETTE, examples=3, steps=1, width=1)
    maps = torch.tensor([[[0, 1, 2, 0]], [[0, 1, 1, 2]], [[1, 1, 2, 2]]])
    images = torch.zeros(3, 1, 4)
    score.prepare(
        [{"labels": m, "target": images, "prediction": images} for m in drawn(maps)], ignore
    )
    assert score.usual.tolist() == [[0, 1, 2, 2]]


def test_a_perfect_translator_is_worth_as_much_as_real_images():
    examples = scenes(32)
    rows = segmented(translated(examples, [e["target"] for e in examples])).compute()
    assert list(rows) == [MODEL, INPUTS, REAL, "mean layout"]
    assert rows[MODEL] == rows[REAL]
    assert rows[REAL]["class_iou"] > 0.9
    assert rows[INPUTS]["class_iou"] < rows[REAL]["class_iou"] - 0.2


def test_an_inventor_of_content_is_worth_nothing_though_its_images_are_real_ones():
    examples = scenes(32)
    others = [e["target"] for e in examples[1:] + examples[:1]]
    rows = segmented(translated(examples, others)).compute()
    guess = rows["mean layout"]["pixel_accuracy"]
    assert rows[MODEL]["pixel_accuracy"] < guess + 0.15
    assert rows[REAL]["pixel_accuracy"] > guess + 0.5


def test_a_copy_of_the_input_is_worth_the_input():
    examples = scenes(32)
    rows = segmented(translated(examples, [e["source"] for e in examples]), steps=5).compute()
    assert rows[MODEL] == rows[INPUTS] != rows[REAL]


def coloured(count: int, rng: torch.Generator) -> list[Sample]:
    """Noisy images of 8 x 8 pixels, dark for class 0, gray for 1 and bright for 2."""
    classes = torch.arange(count) % 3
    noise = torch.randn(count, 1, 8, 8, generator=rng) * 0.1
    images = (classes[:, None, None, None] - 1) * 0.7 + noise
    return [{"labels": c, "target": i} for c, i in zip(classes, images, strict=True)]


def classified(wrong: int) -> dict[str, dict[str, float]]:
    """The scores where a generator draws each class as the one that comes `wrong` later."""
    rng = torch.Generator().manual_seed(0)
    examples = coloured(48, rng)
    others = [e["target"] for e in examples[wrong:] + examples[:wrong]]
    score = DownstreamClassification(classes=3, steps=60, width=4, networks=1)
    score.prepare(translated(examples, others), ignore)
    for test in coloured(12, rng):
        score.update(None, test["labels"][None], test["target"][None])
    return score.compute()


def test_classes_that_are_drawn_right_and_classes_that_are_exchanged():
    right, exchanged = classified(3), classified(1)
    assert list(right) == [MODEL, REAL, "most frequent class"]
    assert right[MODEL]["accuracy"] == right[REAL]["accuracy"] == 1
    assert exchanged[MODEL]["accuracy"] == 0
    assert exchanged[REAL] == right[REAL]
    assert right["most frequent class"]["accuracy"] == pytest.approx(1 / 3)
    assert right[MODEL]["training_images"] == 48


def test_twice_is_the_same_and_its_intervals_hold_the_scores():
    examples = scenes(16)
    made = translated(examples, [e["target"] * 0.5 for e in examples])
    one, two = (segmented(made, steps=5, networks=2) for _ in range(2))
    assert one.compute() == two.compute()
    for row, ends in one.intervals().items():
        assert ends.keys() == {"pixel_accuracy", "class_accuracy", "class_iou"}
        for score, (low, high) in ends.items():
            assert low <= one.compute()[row][score] <= high
    assert len(one.sample_scores()["class_iou"]) == 8


def test_networks_of_baselines_are_trained_once(empty_cache):
    examples = scenes(8)
    made = translated(examples, [e["target"] for e in examples])
    doing: list[list[str]] = []
    for _ in range(2):
        score = DownstreamSegmentation(PALETTE, steps=2, width=2, networks=2)
        ticks: list[str] = []
        score.tick = lambda done, total, what, ticks=ticks: ticks.append(f"{what} {done}/{total}")
        score.prepare(made, ignore)
        doing.append(ticks)
    reading = [f"making and reading training images {n}/8" for n in range(1, 9)]
    model = [f"training on what the model made: steps {n}/4" for n in range(1, 5)]
    baselines = [f"{row}: steps {n}/4" for row in (INPUTS, REAL) for n in range(1, 5)]
    assert doing == [reading + model + baselines, reading + model]
    assert len([*empty_cache.rglob("*.safetensors")]) == 4


def test_networks_of_a_row_differ_in_their_seed_and_are_the_same_in_every_row():
    examples = scenes(8)
    score = DownstreamSegmentation(PALETTE, steps=2, width=2, networks=3)
    score.prepare(translated(examples, [e["target"] for e in examples]), ignore)
    states = {
        row: [torch.cat([p.flatten() for p in network.parameters()]) for network in networks]
        for row, networks in score.trained.items()
    }
    for one, other in zip(states[MODEL], states[REAL], strict=True):
        assert torch.equal(one, other)
    for left, right in ((0, 1), (0, 2), (1, 2)):
        assert not torch.equal(states[MODEL][left], states[MODEL][right])


def test_more_networks_leave_the_first_ones_as_they_are():
    examples = scenes(8)
    made = translated(examples, [e["target"] * 0.5 for e in examples])
    one, both = (segmented(made, steps=3, networks=n) for n in (1, 2))
    assert torch.equal(one._stacked()[MODEL][:, 0], both._stacked()[MODEL][:, 0])


def test_a_score_is_the_mean_over_networks_and_its_interval_holds_both():
    score = DownstreamClassification(classes=2)

    class Always(nn.Module):
        def __init__(self, answer: int) -> None:
            super().__init__()
            self.logits = nn.Parameter(torch.eye(2)[answer], requires_grad=False)

        def forward(self, images: Tensor) -> Tensor:
            return self.logits.expand(len(images), 2)

    score.trained = {MODEL: [Always(0), Always(0), Always(1)]}
    score.update(None, torch.zeros(6, dtype=torch.long), torch.zeros(6, 1, 1, 1))
    assert score.compute()[MODEL]["accuracy"] == pytest.approx(2 / 3)
    assert score.sample_scores()["accuracy"] == pytest.approx([2 / 3] * 6)
    # All images are alike: all that differs is which networks are drawn. Draws of the last network
    # alone, and of none of it, are 1/27 and 8/27 of all, more than 2.5 %.
    assert score.intervals()[MODEL]["accuracy"] == pytest.approx((0, 1))


def test_an_interrupt_leaves_nothing_behind(empty_cache):
    examples = scenes(8)

    def interrupt(done: int, total: int, doing: str) -> None:
        if doing.startswith(REAL):
            raise KeyboardInterrupt

    score = DownstreamSegmentation(PALETTE, steps=2, width=2, networks=1)
    score.tick = interrupt
    with pytest.raises(KeyboardInterrupt):
        score.prepare(translated(examples, [e["target"] for e in examples]), ignore)
    stored = [path for path in empty_cache.rglob("*") if path.is_file()]
    assert [path.suffix for path in stored] == [".safetensors"]  # that of the inputs, whole


def test_inputs_that_a_network_for_real_images_cannot_take_are_left_out():
    examples = [{**e, "target": e["target"][:1]} for e in scenes(4)]
    told: list[str] = []
    score = DownstreamSegmentation(PALETTE, steps=1, width=1)
    score.prepare(translated(examples, [e["target"] for e in examples]), told.append)
    assert told == [
        "'trained on the inputs' is left out: inputs are (3, 12, 12), where real images are "
        "(1, 12, 12)",
        "trains 3 networks on 4 images for each of 2 rows, in 1 step",
    ]
    assert list(score.trained) == [MODEL, REAL]


def test_what_cannot_be_learnt_or_tested_is_refused():
    examples = scenes(2)
    score = DownstreamSegmentation(PALETTE, steps=1, width=1)
    with pytest.raises(ValueError, match=r"images \(3, 6, 6\) are generated, where real ones are"):
        score.prepare(translated(examples, [torch.zeros(3, 6, 6)] * 2), ignore)
    with pytest.raises(ValueError, match="needs 2 images to learn from, not 1"):
        score.prepare(translated(examples[:1], [examples[0]["target"]]), ignore)
    volume = {**examples[0], "target": torch.zeros(1, 4, 4, 4)}
    with pytest.raises(ValueError, match=r"takes images \(C, H, W\), not \(1, 4, 4, 4\)"):
        score.prepare([volume, volume], ignore)
    with pytest.raises(ValueError, match="each pixel needs a class"):
        score.update(None, torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="nothing to score"):
        score.compute()
    classes = DownstreamClassification(classes=3)
    with pytest.raises(ValueError, match="a class 3, beside classes = 3"):
        classes.update(None, torch.tensor([3]), torch.zeros(1, 1, 8, 8))
    with pytest.raises(ValueError, match="not a class for each image"):
        classes.update(None, torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"examples": 1}, "examples must be at least 2, not 1"),
        ({"steps": 0}, "steps must be at least 1, not 0"),
        ({"width": 0}, "width must be at least 1, not 0"),
        ({"networks": 0}, "networks must be at least 1, not 0"),
        ({"classes": 1}, "classes must be at least 2, not 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        DownstreamClassification(**settings)


def test_networks_differ_in_the_cache_by_all_that_they_depend_on():
    examples = scenes(4)
    images = torch.stack([e["target"] for e in examples]).to(torch.uint8)
    truth = torch.zeros(4, SIDE, SIDE, dtype=torch.int16)
    one = DownstreamSegmentation(PALETTE)
    others = [DownstreamSegmentation(PALETTE, steps=7), DownstreamSegmentation(PALETTE, width=7)]
    digests = {each._digest(images, truth) for each in (one, *others)}
    digests |= {one._digest(images, truth + 1), one._digest(images + 1, truth)}
    assert len(digests) == 5
