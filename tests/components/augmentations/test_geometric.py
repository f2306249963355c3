"""Flips, turns and enlargements: exact values, pairs moved alike, label maps without new values."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from ganzoo.components.augmentations.geometric import RandomFlip, RandomRot90, RandomScale
from ganzoo.interfaces import Variable

LEVELS = torch.tensor([[[1, 2], [3, 4]]], dtype=torch.uint8)
ACROSS, DOWN, TURNED = [[2, 1], [4, 3]], [[3, 4], [1, 2]], [[4, 3], [2, 1]]
QUARTERS = ([[1, 2], [3, 4]], [[2, 4], [1, 3]], [[4, 3], [2, 1]], [[3, 1], [4, 2]])
IMAGE = Variable(1, (2, 2))


def change(augmentation, seed=0, **images):
    torch.manual_seed(seed)
    variables = {name: Variable(i.shape[0], tuple(i.shape[-2:])) for name, i in images.items()}
    return augmentation.augment(images, variables)


@pytest.mark.parametrize(
    ("direction", "wanted"), [("horizontal", ACROSS), ("vertical", DOWN), ("both", TURNED)]
)
def test_a_flip_that_is_certain(direction, wanted):
    flipped = change(RandomFlip(direction, 1), x=LEVELS)["x"]
    assert flipped.tolist() == [wanted]
    assert (flipped.dtype, type(flipped)) == (torch.uint8, torch.Tensor)
    assert change(RandomFlip(direction, 0), x=LEVELS)["x"].tolist() == LEVELS.tolist()


def test_both_flips_draw_for_themselves():
    seen = Counter(
        str(change(RandomFlip("both"), seed, x=LEVELS)["x"].tolist()) for seed in range(200)
    )
    assert len(seen) == 4
    assert min(seen.values()) > 25


def test_four_turns_and_no_value_changes():
    seen = Counter()
    for seed in range(200):
        turned = change(RandomRot90(), seed, x=LEVELS, y=LEVELS.float() / 8)
        assert torch.equal(turned["x"].float() / 8, turned["y"]), "a pair is turned alike"
        seen[QUARTERS.index(turned["x"][0].tolist())] += 1
    assert len(seen) == 4
    assert min(seen.values()) > 25


def test_a_turn_wants_a_square():
    with pytest.raises(ValueError, match="'x' is 3 x 2 px: only square"):
        RandomRot90().check({"x": Variable(3, (2, 3))})


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_volumes_and_any_channels_move_in_their_plane(channels):
    volume = torch.arange(channels * 3 * 4.0).reshape(channels, 3, 2, 2) / 60
    for augmentation in (RandomFlip("vertical", 1), RandomRot90()):
        moved = change(augmentation, 1, x=volume)["x"]
        single = change(augmentation, 1, x=volume[0, 0][None])["x"]
        assert torch.equal(moved[0, 0][None], single)
        assert moved.shape == volume.shape
    assert change(RandomScale(0.5), x=torch.rand(channels, 3, 16, 16))["x"].shape[1:] == (3, 16, 16)


def test_the_whole_area_is_the_image_itself():
    image = torch.rand(3, 12, 20)
    assert torch.equal(change(RandomScale(1.0), x=image)["x"], image)


def test_a_quarter_of_a_ramp_is_half_as_steep():
    """Half the width, enlarged: neighbours differ by half as much, and proportions stay."""
    ramp = torch.linspace(-1, 1, 64).expand(1, 32, 64)
    for seed in range(5):
        x = change(RandomScale(0.25), seed, x=ramp, y=ramp.mT.mT)["x"][0, 10, 4:-4]
        torch.testing.assert_close(x.diff(), torch.full((55,), 1 / 63), atol=2e-3, rtol=0)


def test_a_label_map_follows_its_photo_without_new_values():
    """The photo is a ramp, its labels are the ramp in eight steps: so they still are afterwards."""
    ramp = torch.linspace(-1, 1, 64).expand(1, 64, 64)
    labels = ((ramp + 1) * 3.999).floor() / 4 - 1
    variables = {"x": Variable(1, (64, 64)), "y": Variable(1, (64, 64), interpolation="nearest")}
    for seed in range(8):
        torch.manual_seed(seed)
        made = RandomScale((0.3, 0.6)).augment({"x": ramp, "y": labels}, variables)
        assert {*made["y"].unique().tolist()} <= {*labels.unique().tolist()}
        again = ((made["x"] + 1) * 3.999).floor() / 4 - 1
        assert (again == made["y"]).float().mean() > 0.9


def test_bicubic_overshoots_are_cut():
    """Beside an edge bicubic goes beyond black and white; levels and floats alike must not."""
    edge = torch.where(torch.arange(32) < 16, -1.0, 1.0).expand(1, 32, 32)
    assert change(RandomScale(0.5), x=edge)["x"].abs().max() == 1
    levels = ((edge + 1) * 127.5).to(torch.uint8)
    assert {0, 255} <= {*change(RandomScale(0.5), x=levels)["x"].unique().tolist()}


def test_images_of_a_pair_must_be_of_one_size():
    with pytest.raises(ValueError, match="must be of one size"):
        RandomScale().check({"x": IMAGE, "y": Variable(1, (4, 4))})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"area": 0.0}, "area is 0: it must be 0.01 to 1"),
        ({"area": (0.9, 0.5)}, "area is .0.9, 0.5.: the lowest comes first"),
        ({"probability": 1.5}, "probability is 1.5: it must be 0 to 1"),
    ],
)
def test_settings_that_make_no_sense(settings, message):
    with pytest.raises(ValueError, match=message):
        RandomScale(**settings)
