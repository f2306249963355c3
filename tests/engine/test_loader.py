"""Training samples stay levels up to the device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.components.data.folders import Folders
from ganzoo.engine.device import make_accelerator
from ganzoo.engine.feed import Timetable, walk_batches
from ganzoo.engine.loader import ShuffledBatches, TrainingSamples, collate, make_loader
from ganzoo.engine.rng import numpy_generator
from ganzoo.engine.workers import Workers

TABLE = Timetable(4, 2, 1, 3, 0, 1, 1, 1)


class Brighter(Folders):
    """Overrides the method without knowing of levels."""

    def train_sample(self, index, rng):
        return {name: image + 1 for name, image in super().train_sample(index, rng).items()}


def save(path: Path, seed: int, dtype: str = "uint8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (8, 8, 3) if dtype == "uint8" else (8, 8)
    pixels = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype=dtype)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """x of 8 bits; y of 8 and of 16, which become floats."""
    for index in range(3):
        save(tmp_path / "trainA" / f"{index}.png", index)
        save(tmp_path / "trainB" / f"{index}.png", 9 + index, "uint16" if index else "uint8")
    return tmp_path


def prepared(kind: type[Folders], root: Path) -> Folders:
    data = kind(str(root), size=8, cache=0)
    data.prepare()
    return data


def test_what_workers_send_is_a_quarter_of_the_size(root: Path) -> None:
    data = prepared(Folders, root)
    samples = TrainingSamples(data, 3)
    assert samples[0, 1]["x"].dtype == torch.uint8
    batches = ShuffledBatches(len(data), 3, 3, 0, 2)
    for batch in make_loader(data, batches, 0, Workers()):
        assert batch["x"].dtype == torch.uint8
        assert batch["y"].dtype == torch.float32  # levels beside floats become images, too
        assert batch["y"].abs().max() <= 1


@pytest.mark.parametrize("kind", [Folders, Brighter])
def test_batches_are_images_as_the_method_returns_them(root: Path, kind: type[Folders]) -> None:
    """Whoever overrides the method is asked, and knows nothing of levels."""
    data = prepared(kind, root)
    accelerator = make_accelerator(cpu=True)
    batches = list(walk_batches(data, TABLE, 0, accelerator, Workers(), None))
    keys = list(ShuffledBatches(len(data), 2, 3, 0, 4))
    assert len(batches) == len(keys) == 4
    for batch, wanted in zip(batches, keys, strict=True):
        for row, (epoch, index) in enumerate(wanted):
            sample = data.train_sample(index, numpy_generator(3, "data", epoch, index))
            for name in ("x", "y"):
                assert batch[name].dtype == torch.float32
                assert torch.equal(batch[name][row], sample[name])


def test_samples_may_hold_numbers_and_arrays() -> None:
    samples = [{"c": index, "x": np.full(2, index, np.float32)} for index in range(3)]
    batch = collate(samples)  # type: ignore[arg-type]
    assert batch["c"].tolist() == [0, 1, 2]
    assert batch["x"].tolist() == [[0, 0], [1, 1], [2, 2]]
