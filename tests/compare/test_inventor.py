"""A planted inventor of content: real photos that have nothing to do with the label maps given.

By realism alone it beats a translator that shows each scene truly, but blurred and noisy.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from torch import Tensor, nn

from ganzoo import build_recipe
from ganzoo.cli.pages.comparison import print_comparison
from ganzoo.compare.compared_tradeoffs import say_tradeoffs, tradeoff_files, tradeoff_section
from ganzoo.compare.comparison_table import Comparison, compare
from ganzoo.compare.run_scores import RunScores
from ganzoo.evaluation.measuring import Evaluation, compute_metrics
from ganzoo.interfaces import Data

FRAMES = 32
METRICS = {
    "labels": {},
    "photos": {},
    "kid": {"type": "kid", "prediction": "y2x", "target": "x", "source": "y", "size": 64},
    "layout": {"type": "structure_distance", "prediction": "y2x", "source": "y", "size": 96},
    "truth": {"type": "ssim", "prediction": "y2x", "target": "x"},
}


class Inventor(nn.Module):
    """Real photos of other scenes, one after the other, whatever it is given."""

    def __init__(self, photos: Tensor) -> None:
        super().__init__()
        self.photos, self.count = photos, 0

    def forward(self, labels: Tensor) -> Tensor:
        self.count += 1
        return self.photos[self.count % len(self.photos)][None]


class Honest(nn.Module):
    """The true photo of the scene, blurred and noisy."""

    def __init__(self, photos: Tensor, labels: Tensor) -> None:
        super().__init__()
        self.photos, self.labels = photos, labels

    def forward(self, labels: Tensor) -> Tensor:
        scene = (self.labels - labels).abs().flatten(1).sum(1).argmin()
        blurred = nn.functional.avg_pool2d(self.photos[scene][None], 3, 1, 1)
        rng = torch.Generator().manual_seed(int(scene))
        return (blurred + 0.15 * torch.randn(blurred.shape, generator=rng)).clamp(-1, 1)


def photos_of(data: Data) -> tuple[Tensor, Tensor]:
    samples = [data.test_sample(index) for index in range(FRAMES)]
    x, y = (torch.stack([sample[name] for sample in samples]) for name in "xy")
    return x, y


@pytest.fixture(scope="module")
def measured(
    tiny_settings: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Evaluation]:
    """What the metrics say of both."""
    pytest.importorskip("timm")
    patch = pytest.MonkeyPatch()
    patch.setenv("GANZOO_CACHE", str(tmp_path_factory.mktemp("cache")))
    streets = {"type": "streets", "size": 32, "held_out": FRAMES, "count": FRAMES}
    experiment = build_recipe("cyclegan", {**tiny_settings, "metrics": METRICS, "data": streets})
    experiment.data.prepare()
    x, y = photos_of(experiment.data)
    systems = {"honest": Honest(x, y), "inventor": Inventor(x.roll(7, 0))}
    evaluations = {}
    for name, network in systems.items():
        model = experiment.model()
        model.networks = {**model.networks, "F": network.eval()}
        names = ["kid", "layout", "truth"]
        evaluations[name] = compute_metrics(experiment.blueprint, model, experiment.data, names)
    patch.undo()
    return evaluations


@pytest.fixture(scope="module")
def table(measured: dict[str, Evaluation]) -> Comparison:
    return compare({n: [RunScores(parameters=1, images_per_second=None, **e.tables())] for n, e in
                    measured.items()})  # fmt: skip


def test_realism_goes_up_and_faithfulness_down(measured: dict[str, Evaluation]) -> None:
    def value(name: str, metric: str, row: str = "model") -> float:
        return next(iter(measured[name].scores[metric][row].values()))

    assert value("inventor", "kid") < value("honest", "kid") / 3
    assert value("inventor", "kid") < value("inventor", "kid", "copy the input")
    assert value("inventor", "layout") > 1.2 * value("honest", "layout")
    assert value("inventor", "truth") < value("honest", "truth")


def test_it_is_named(measured: dict[str, Evaluation]) -> None:
    assert measured["honest"].findings == {}
    assert min(share.low for share in measured["honest"].shares.values()) > 0.6
    said = measured["inventor"].findings
    assert said.keys() == {"layout", "truth"}
    for [sentence] in said.values():
        assert sentence.startswith("its outputs do not follow their inputs: only in ")
        assert "That they look real (kid efficientnet lite0" in sentence
        assert sentence.endswith("is invented content")


def test_both_pairs_of_scores_are_drawn(table: Comparison, tmp_path: Path) -> None:
    files = tradeoff_files(table, tmp_path)
    assert [path.name for path in files] == ["tradeoff-y2x-layout.svg", "tradeoff-y2x-truth.svg"]
    page = str(tradeoff_section(table))
    for text in ("1 honest: realism ", "2 inventor: realism ", "4 copy the input: realism "):
        assert page.count(text) >= 1
        assert any(text in each for each in files.values())
    assert "real, other half" in page
    by_layout, by_truth = say_tradeoffs(table)
    for said in (by_layout, by_truth):
        assert said.startswith("y2x: inventor is most like real images (kid efficientnet lite0 ")
        assert "; honest keeps most of its input (" in said


def test_the_terminal_says_it(table: Comparison) -> None:
    shown = Console(file=io.StringIO(), width=80)
    print_comparison(table, shown)
    text = shown.file.getvalue()  # type: ignore[attr-defined]
    assert "y2x: inventor is most like real images" in text
    assert "inventor: layout: its outputs do not follow their inputs" in text
    assert "honest: layout" not in text


def test_nothing_is_drawn_of_scores_that_nobody_has(table: Comparison) -> None:
    alone = Comparison(table.columns, table.rows[2:], tradeoffs=table.tradeoffs)
    assert tradeoff_section(alone) is None
    assert say_tradeoffs(alone) == []
    assert tradeoff_section(compare({})) is None


def test_several_seeds_are_one_point(measured: dict[str, Evaluation]) -> None:
    make: Callable[..., RunScores] = lambda each: RunScores(  # noqa: E731
        parameters=1, images_per_second=None, **each.tables()
    )
    both = compare({"one": [make(each) for each in measured.values()]})
    page = str(tradeoff_section(both))
    assert page.count("1 one: realism ") == 2
    mean = sum(e.scores["truth"]["model"]["ssim"] for e in measured.values()) / 2
    assert f"faithfulness {mean:.4g} [" in page
