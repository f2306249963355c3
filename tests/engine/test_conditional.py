"""Class labels as arguments of networks, through the whole game: sides, histories, penalties."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from rich.console import Console
from safetensors.torch import load_file

from ganzoo import build_recipe
from ganzoo.builder.experiment import check_recipe
from ganzoo.components.buffers.history import History
from ganzoo.components.data.image_files import save_image
from ganzoo.errors import RecipeError
from ganzoo.training.log_writer import LogWriter
from ganzoo.training.train import train

BATCH = 4


@pytest.fixture
def root(tmp_path):
    """Three folders of images, each with a gray level of its own."""
    for name, level in {"black": -1.0, "gray": 0.0, "white": 1.0}.items():
        for index in range(5):
            save_image(torch.full((1, 8, 8), level), tmp_path / "data" / name / f"{index}.png")
    return tmp_path / "data"


def recipe(root, **changes):
    """A conditional game with a history of pairs and a penalty."""
    adversarial = {
        "type": "vanilla", "real": "D(y, c)", "fake": "D(G(z, c), c)",
        "buffer": {"type": "history", "size": 6},
        "penalties": [{"type": "gradient", "weight": 10.0}, {"type": "r1"}],
    }  # fmt: skip
    settings = {"size": 8, "width": 4, "classes": 3}
    return {
        "networks": {
            "G": {"type": "dcgan", "in_channels": 5, "out_channels": 1, **settings},
            "D": {"type": "dcgan", "in_channels": 1, "norm": "none", **settings},
        },
        "latents": {"z": {"type": "normal", "size": 5}},
        "losses": {"adversarial": adversarial | changes.pop("adversarial", {})},
        "outputs": {"sample": "G(z, c)"},
        "data": {
            "type": "class_folders", "root": str(root), "classes": 3, "size": 8, "channels": 1,
        },
        "optimizers": {"default": {"type": "adam", "lr": 1e-2, "betas": [0.5, 0.9]}},
        "train": {"length": "6 steps", "batch_size": BATCH, "device": "cpu", "log_every": "1 step"},
        "samples": {"show": ["y", "G(z, c)"], "count": 3, "every": "3 steps"},
        "checkpoints": {"every": "3 steps"},
    } | changes  # fmt: skip


def trainer_of(tables):
    experiment = build_recipe(tables)
    return experiment, experiment.trainer(Accelerator(cpu=True))


@pytest.mark.parametrize("without", [(), ("buffer",), ("penalties",), ("buffer", "penalties")])
def test_a_critic_is_shown_images_with_their_labels(root, without):
    """Whatever surrounds the critic: reals come with the label of their gray level."""
    empty = {"buffer": None, "penalties": []}
    tables = recipe(root, adversarial={name: empty[name] for name in without})
    experiment, trainer = trainer_of({**tables})
    seen = []
    judge = experiment.networks["D"].logits

    def watch(images, labels):
        seen.append((images.detach().clone(), labels.clone()))
        return judge(images, labels)

    experiment.networks["D"].logits = watch
    draws = next(trainer.batches())
    trainer.train_step(draws)
    real, labels = draws[""][0]["y"], draws[""][0]["c"]
    assert torch.equal(real.mean((1, 2, 3)).round().long() + 1, labels)
    images, given = (torch.cat(parts) for parts in zip(*seen, strict=True))
    for image, label in zip(real, labels, strict=True):
        same = torch.tensor([torch.equal(image, other) for other in images])
        assert same.any()
        assert given[same].eq(label).all()


def test_a_history_keeps_an_image_with_its_label():
    history, rng = History(5), np.random.default_rng(0)
    for _ in range(20):
        labels = torch.from_numpy(rng.integers(0, 9, 4))
        images = labels.float().reshape(-1, 1, 1, 1).expand(-1, 1, 2, 2)
        drawn = history.draw((images, labels), rng)
        assert drawn[1].dtype == torch.int64
        assert torch.equal(drawn[0][:, 0, 0, 0].long(), drawn[1])
    restored = History(5)
    restored.restore(history.state())
    assert torch.equal(restored.state()["1"], history.state()["1"])
    assert restored.state()["1"].shape == (5,)


def test_stopped_and_resumed_it_ends_the_same(root, tmp_path, monkeypatch):
    def run(out, resume=False):
        experiment = build_recipe(recipe(root), start=not resume)
        console = Console(file=io.StringIO())
        return train(experiment, out, resume=resume, console=console)

    def stop_at_three(self, training):
        self.session.trainer.stop = training.step == 3

    assert run(tmp_path / "whole").finished
    monkeypatch.setattr(LogWriter, "on_step", stop_at_three)
    assert run(tmp_path / "parts").step == 3
    monkeypatch.undo()
    assert run(tmp_path / "parts", resume=True).finished
    last = "checkpoints/step-00000006"
    for file in ("model.safetensors", f"{last}/state.safetensors", f"{last}/process-0.safetensors"):
        one, other = (load_file(tmp_path / out / file) for out in ("whole", "parts"))
        assert one.keys() == other.keys()
        assert all(torch.equal(one[key], other[key]) for key in one), file
    pictures = [tmp_path / out / "samples/step-00000006.png" for out in ("whole", "parts")]
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


def test_the_kept_pairs_are_in_the_checkpoint(root, tmp_path):
    train(build_recipe(recipe(root)), tmp_path / "run", console=Console(file=io.StringIO()))
    kept = load_file(tmp_path / "run/checkpoints/step-00000006/process-0.safetensors")
    shapes = {tuple(t.shape): t.dtype for name, t in kept.items() if "fake" in name}
    assert shapes == {(6, 1, 8, 8): torch.float32, (6,): torch.int64}


def test_a_drawn_class_does_as_well(root):
    tables = recipe(root, adversarial={"fake": "D(G(z, k), k)"})
    tables["latents"]["k"] = {"type": "categorical", "like": "c"}
    tables["outputs"] = {"sample": "G(z, k)"}
    tables["samples"] = {"show": ["G(z, k)"]}
    experiment, trainer = trainer_of(tables)
    trainer.train_step(next(trainer.batches()))
    assert experiment.blueprint.variables["k"].classes == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"G": {"classes": 4}}, "c is a label of 3 classes, and 'G' takes one of 4: "
                                "set networks.G.classes = 3"),
        ({"D": {"classes": None}}, "c is a label of 3 classes, and 'D' takes no label: "
                                   "set networks.D.classes = 3"),
        ({"G": {"in_channels": 6}}, "it takes vectors of in_channels = 6 numbers"),
        ({"D": {"type": "patchgan", "in_channels": 1, "width": 4, "layers": 1}},
         "'D' cannot take"),
    ],
)  # fmt: skip
def test_labels_that_do_not_fit_are_told_before_training(root, changes, message):
    tables = recipe(root)
    for name, change in changes.items():
        settings = change if "type" in change else {**tables["networks"][name], **change}
        tables["networks"][name] = {k: v for k, v in settings.items() if v is not None}
    with pytest.raises(RecipeError, match=re.escape(message)):
        check_recipe(tables)


def test_a_missing_label_is_told(root):
    tables = recipe(root, adversarial={"real": "D(y)", "fake": "D(G(z, c))"})
    with pytest.raises(RecipeError, match=re.escape("needs a label: D(y, c)")):
        check_recipe(tables)
