"""The data: who is lit how, and that held-out pairs are one scene."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from ganzoo.components.data.street_photo import street_scene
from ganzoo.components.data.streets import HELD_OUT
from torch import Tensor

from ganzoo_stargan.grading import GRADES, grade
from ganzoo_stargan.light import Light, way

KINDS = list(GRADES)


def drawn(seed: int, kind: str) -> Tensor:
    """The second way to a picture: straight from the scene."""
    graded = grade(*street_scene(seed, 16, 16), GRADES[kind])
    return torch.from_numpy(graded.copy()).permute(2, 0, 1) / 127.5 - 1


def light(**settings: object) -> Light:
    return Light(**{"size": 16, "count": 10, "held_out": 13, "flip": False, **settings})


def test_labels_have_names():
    assert light().variables["c"].labels == ("day", "dusk", "night", "fog")
    assert light(domains=("fog", "day")).variables["d"].classes == 2


def test_each_training_scene_has_one_light():
    data, rng = light(), np.random.default_rng(0)
    shown: dict[int, set[int]] = {}
    for _ in range(20):
        for index in range(10):
            sample = data.train_sample(index, rng)
            c, d = int(sample["c"]), int(sample["d"])
            assert c == index % 4 != d
            assert torch.equal(sample["x"], drawn(index, KINDS[c]))
            others = [n for n in range(10) if torch.equal(sample["y"], drawn(n, KINDS[d]))]
            assert len(others) == 1
            shown.setdefault(others[0], set()).add(d)
    assert shown == {n: {n % 4} for n in range(10)}, "every scene comes, and always in its light"


def test_held_out_pairs_are_one_scene_in_two_lights():
    data = light()
    ways = []
    for index in range(data.test_count()):
        sample = data.test_sample(index)
        c, d = int(sample["c"]), int(sample["d"])
        assert torch.equal(sample["x"], drawn(HELD_OUT + index, KINDS[c]))
        assert torch.equal(sample["y"], drawn(HELD_OUT + index, KINDS[d]))
        ways.append((c, d))
    assert ways[:5] == [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]
    assert len(set(ways[:12])) == 12
    assert ways[12] == ways[0]
    assert [way(i, 2) for i in range(3)] == [(0, 1), (1, 0), (0, 1)]


def test_half_are_mirrored():
    data, rng = light(flip=True), np.random.default_rng(0)
    x = drawn(0, "day")
    seen = [data.train_sample(0, rng)["x"] for _ in range(40)]
    mirrored = [torch.equal(image, x.flip(-1)) for image in seen]
    assert all(torch.equal(image, x) != m for image, m in zip(seen, mirrored, strict=True))
    assert 10 < sum(mirrored) < 30


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"domains": ("day",)}, "two kinds of light or more"),
        ({"domains": ("day", "day")}, "none twice"),
        ({"count": 3}, "each of the 4 domains needs a scene"),
        ({"size": 4}, "size must be at least 8"),
        ({"held_out": 0}, "held_out must be"),
    ],
)
def test_what_makes_no_sense_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        light(**settings)
