"""Drawn volumes: a shell is where its solid ends."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganzoo_volumes.solids import Solids, VolumeSize, draw_distance


def test_a_shell_is_bright_where_its_solid_is_half_there():
    sample = Solids(16, held_out=3).test_sample(2)
    solid, shell = (sample[name].double() / 2 + 0.5 for name in ("x", "y"))
    # solid = 1 / (1 + exp(d)) and shell = exp(-d²), of one distance d.
    distance = (1 / solid - 1).log()
    torch.testing.assert_close(shell, (-(distance**2)).exp(), atol=1e-4, rtol=0)
    assert solid[0, 0, 0, 0] < 0.5 < solid.max()


def test_the_distance_of_one_ball():
    """Seeds with a single ball: its slope is 1 a voxel away from the centre."""
    side = VolumeSize(12, 14, 16)
    seeds = [seed for seed in range(40) if np.random.default_rng([6, seed]).integers(1, 4) == 1]
    distance = draw_distance(seeds[0], side)
    assert distance.shape == side
    slopes = np.sqrt(sum(part**2 for part in np.gradient(distance)))
    far = distance > 2
    assert np.abs(slopes[far] - 1).max() < 0.1
    assert -0.31 * 12 < distance.min() < 0


def test_training_is_unpaired_and_tests_are_of_other_scenes():
    data = Solids(8, count=4, held_out=4)
    rng = np.random.default_rng(0)
    trained = [data.train_sample(i, rng) for i in range(4)]
    tested = [data.test_sample(i) for i in range(4)]
    every = [sample["x"] for sample in (*trained, *tested)]
    assert len({tuple(volume.flatten().tolist()) for volume in every}) == 8
    paired = Solids(8, count=4, paired=True).train_sample(1, rng)
    assert torch.equal(paired["x"], trained[1]["x"])
    assert not torch.equal(paired["y"], trained[1]["y"])


def test_what_is_refused():
    for size in (4, [16, 16], [16, 16, 1000]):
        with pytest.raises(ValueError, match="size must be 8"):
            Solids(size)
    with pytest.raises(ValueError, match="count must be 1"):
        Solids(count=0)
