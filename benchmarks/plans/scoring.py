"""Scores of translated test images, read back from files, whatever recipe made them.

Images that chose a model, as ganzoo deals them, are left out.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.plans.image_sets import ImageSet

VALIDATION = 0.3
TRUTH_METRICS = ("kid", "psnr", "ssim")
STRUCTURE = tuple(
    f"metrics.structure_distance.{each}" for each in ("backbone=ganzoo_tiny", "size=64")
)
"""A small network, as there are many trainings to measure."""


def score_model(chosen: ImageSet, folder: Path, model: Path) -> dict[str, float]:
    """Scores of a model that translates x to y.

    folder: of the data set.
    """
    import ganzoo
    from ganzoo.inference.translation import translate

    with tempfile.TemporaryDirectory() as place:
        made = Path(place) / "made"
        for _ in translate(ganzoo.load_model(model), folder / "testA", made, "x2y"):
            pass
        return score_images(chosen, folder, made)


def score_copy(chosen: ImageSet, folder: Path) -> dict[str, float]:
    """Scores of the inputs themselves, as if they were translations."""
    return score_images(chosen, folder, folder / "testA")


def score_images(chosen: ImageSet, folder: Path, made: Path) -> dict[str, float]:
    """Scores of images that were made of those of testA."""
    names = test_names(chosen, folder)
    with tempfile.TemporaryDirectory() as place:
        folders = {"truth": folder / "testB", "inputs": folder / "testA", "made": made}
        for name, source in folders.items():
            _show_all(chosen, source, names, Path(place) / name)
        return _measure(Path(place))


def test_names(chosen: ImageSet, folder: Path) -> list[str]:
    """Names of the inputs that no validation sees, without suffix."""
    from ganzoo.components.data.folders import Folders
    from ganzoo.evaluation.splits import deal

    channels = 1 if chosen.suffix == "tif" else 3
    data = Folders(root=str(folder), size=chosen.side, channels=channels)
    data.prepare()
    test = deal(data, VALIDATION).test
    files = sorted((folder / "testA").iterdir())
    indices = test.chosen["x"]  # type: ignore[attr-defined]
    return [files[index].stem for index in indices]


def _show_all(chosen: ImageSet, source: Path, names: list[str], target: Path) -> None:
    """The images as 8 bits, 0 ... 255 for the span of the set's values."""
    target.mkdir()
    files = {path.stem: path for path in source.iterdir()}
    for name in names:
        if chosen.span == (0, 255):
            shutil.copy(files[name], target / f"{name}{files[name].suffix}")
        else:
            _show(chosen, files[name], target / f"{name}.png")


def _show(chosen: ImageSet, file: Path, target: Path) -> None:
    import tifffile

    low, high = chosen.span
    share = (tifffile.imread(file).astype(float) - low) / (high - low)
    Image.fromarray((255 * share).clip(0, 255).round().astype(np.uint8)).save(target)


def _measure(place: Path) -> dict[str, float]:
    truth = _compare(place / "truth", place / "made", TRUTH_METRICS)
    kept = _compare(place / "inputs", place / "made", ("structure_distance",), STRUCTURE)
    return truth | kept


def _compare(
    real: Path, fake: Path, metrics: tuple[str, ...], overrides: tuple[str, ...] = ()
) -> dict[str, float]:
    """The main score of each metric of two folders, by short names."""
    from ganzoo.evaluation.saved_images import evaluate_folders

    scores: dict[str, Any] = evaluate_folders(
        real, fake, metrics=metrics, overrides=overrides, device="cpu", tell=lambda text: None
    ).as_json()
    found = {}
    for metric in metrics:
        table = scores["scores"][metric]
        name, value = next(iter(next(iter(table.values())).items()))
        found[name.partition("_")[0]] = value
    return found
