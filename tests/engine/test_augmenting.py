"""Augmented samples follow from (seed, epoch, sample) alone, and nothing else is augmented."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo import build_recipe
from ganzoo.components.data.folders import Folders
from ganzoo.components.data.streets import Streets
from ganzoo.engine.augmenting import AugmentationStep
from ganzoo.engine.device import make_accelerator
from ganzoo.engine.loader import ShuffledBatches, TrainingSamples, make_loader
from ganzoo.engine.step import SHARED
from ganzoo.engine.workers import Workers
from ganzoo.errors import DataError, RunError
from ganzoo.interfaces import Augmentation
from ganzoo.runs.resume_rules import check_recipe_same

TURN = {"type": "rot90"}
ALL = {
    "turn": TURN,
    "zoom": {"type": "scale"},
    "jitter": {"type": "color_jitter"},
    "soft": {"type": "blur", "sigma": 1.0},
    "grain": {"type": "noise"},
}


def experiment(recipes, tiny, augmentations, **more):
    return build_recipe(recipes / "cyclegan.toml", {**tiny(**more), "augmentations": augmentations})


def steps_of(recipes, tiny, augmentations, **more):
    return experiment(recipes, tiny, augmentations, **more).blueprint.augmentation_steps


def all_of(loader):
    return [batch["x"] for batch in loader] + [batch["y"] for batch in loader]


def test_workers_and_order_do_not_matter(recipes, tiny):
    steps = steps_of(recipes, tiny, ALL)
    data = Streets(size=16, count=6)
    batches = ShuffledBatches(len(data), 2, 3, 1, 5)
    here = all_of(make_loader(data, batches, 0, Workers(), steps))
    for one, other in zip(
        here, all_of(make_loader(data, batches, 2, Workers(), steps)), strict=True
    ):
        assert torch.equal(one, other)
    samples = TrainingSamples(data, 3, steps=steps)
    before = torch.random.get_rng_state()
    later, earlier = samples[1, 4], samples[0, 4]
    assert torch.equal(torch.random.get_rng_state(), before), "no one else's state moves"
    assert torch.equal(samples[1, 4]["x"], later["x"])
    assert not torch.equal(later["x"], earlier["x"]), "each epoch has its own"


def test_threads_do_not_matter(recipes, tiny):
    samples = TrainingSamples(Streets(size=64, count=4), 3, steps=steps_of(recipes, tiny, ALL))
    threads = torch.get_num_threads()
    one = [samples[0, index] for index in range(4)]
    torch.set_num_threads(2)
    try:
        two = [samples[0, index] for index in range(4)]
    finally:
        torch.set_num_threads(threads)
    for a, b in zip(one, two, strict=True):
        assert torch.equal(a["x"], b["x"])
        assert torch.equal(a["y"], b["y"])


def turned(plain, sample):
    """By how many quarters each image is turned."""
    return {
        name: next(k for k in range(4) if torch.equal(torch.rot90(plain[name], k, (1, 2)), image))
        for name, image in sample.items()
    }


@pytest.mark.parametrize("paired", [False, True])
def test_pairs_are_changed_alike_and_others_each_alone(recipes, tiny, paired):
    more = {"data.paired": paired}
    steps = build_recipe(
        recipes / "cyclegan.toml", {**tiny(), **more, "augmentations.turn": TURN}
    ).blueprint.augmentation_steps
    data = Streets(size=16, count=24, paired=paired)
    plain, augmented = TrainingSamples(data, 0), TrainingSamples(data, 0, steps=steps)
    turns = [turned(plain[0, index], augmented[0, index]) for index in range(24)]
    alike = [each["x"] == each["y"] for each in turns]
    assert all(alike) if paired else 0 < sum(alike) < 14
    assert {each["x"] for each in turns} == {0, 1, 2, 3}


def test_levels_stay_levels_and_the_rest_is_as_without(tmp_path: Path, recipes, tiny):
    for folder in ("trainA", "trainB"):
        (tmp_path / folder).mkdir()
        for index in range(3):
            pixels = np.random.default_rng(index).integers(0, 255, (16, 16, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / folder / f"{index}.png")
    data = Folders(str(tmp_path), size=16, cache=0)
    data.prepare()
    steps = steps_of(recipes, tiny, {"jitter": {"type": "color_jitter", "variables": ["x"]}})
    plain, augmented = TrainingSamples(data, 0), TrainingSamples(data, 0, steps=steps)
    for index in range(3):
        assert augmented[0, index]["x"].dtype == torch.uint8
        assert not torch.equal(augmented[0, index]["x"], plain[0, index]["x"])
        assert torch.equal(augmented[0, index]["y"], plain[0, index]["y"])


def test_one_more_step_changes_no_other_draw(recipes, tiny):
    """Each augmentation has random numbers of its own."""
    turn = steps_of(recipes, tiny, {"turn": TURN})
    both = steps_of(recipes, tiny, {"up": {"type": "flip", "probability": 0.0}, "turn": TURN})
    data = Streets(size=16, count=4)
    one, other = TrainingSamples(data, 0, steps=turn), TrainingSamples(data, 0, steps=both)
    assert all(torch.equal(one[0, i]["x"], other[0, i]["x"]) for i in range(4))


def test_they_reach_training_and_nothing_else(recipes, tiny):
    whole = {"type": "noise", "sigma": 1.0}
    made = experiment(recipes, tiny, {"grain": whole})
    trainer = made.trainer(make_accelerator(cpu=True))
    [batch] = next(trainer.batches())[SHARED]
    plain = experiment(recipes, tiny, {}).trainer(make_accelerator(cpu=True))
    [before] = next(plain.batches())[SHARED]
    assert (batch["x"] - before["x"]).abs().mean() > 0.5
    assert torch.equal(made.data.test_sample(0)["x"], plain.data.test_sample(0)["x"])


class Cropped(Augmentation):
    """Changes the shape, as it must not."""

    def augment(self, images, variables):
        return {name: image[:, 1:] for name, image in images.items()}


def test_an_augmentation_that_changes_a_shape_is_told():
    data = Streets(size=16, count=4)
    step = AugmentationStep("bad", Cropped(), [{"x": data.variables["x"]}])
    with pytest.raises(
        DataError, match=r"augmentations.bad makes 'x', which is 3 x 16 x 16 .float32., 3 x 15 x 16"
    ):
        TrainingSamples(data, 0, steps=[step])[0, 0]


def test_they_are_part_of_what_is_resumed(recipes, tiny, tmp_path):
    before, after = (
        experiment(recipes, tiny, {"turn": {**TURN, "probability": p}}).recipe for p in (0.5, 1.0)
    )
    with pytest.raises(RunError, match=r"augmentations.turn.probability \(0.5 there, 1.0 here\)"):
        check_recipe_same(tmp_path, before, after)
    [change] = check_recipe_same(tmp_path, before, after, ["augmentations.turn.probability"])
    assert change == {"path": "augmentations.turn.probability", "from": 0.5, "to": 1.0}
    first, second = (
        experiment(recipes, tiny, augmentations).recipe
        for augmentations in ({"a": TURN, "b": ALL["zoom"]}, {"b": ALL["zoom"], "a": TURN})
    )
    with pytest.raises(RunError, match="differs from the run's in augmentations"):
        check_recipe_same(tmp_path, first, second)
