"""Coupled generators, trained: the latent that is found paints the photo that was searched for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ganzoo.builder.trained import open_model

pytestmark = pytest.mark.slow
COUNT = 40


def test_it_reproduces_held_out_photos_better_than_the_mean_photo(slow_run, slow_report):
    run = slow_run("recipes/cogan.toml", "train.length='1200 steps'", "metrics={}")
    blueprint, model = open_model(run.folder)
    data = blueprint.dataset
    data.prepare()
    searched = model.output("x2y")
    found = replace(searched, wires={**searched.wires, "render": searched.wires["reconstruction"]})
    photos = [data.train_sample(i, np.random.default_rng(i))["x"] for i in range(200)]
    mean = torch.stack(photos).mean(0)
    errors = []
    for index in range(COUNT):
        x = data.test_sample(index)["x"]
        (made,) = model.evaluate([found], {"x": x[None]}, seed=index)
        errors.append([(image - x).square().mean().item() for image in (made[0], mean)])
    of_search, of_mean = np.mean(errors, axis=0)
    nearer = sum(one < other for one, other in errors)
    lines = [
        f"`recipes/cogan.toml`, 1200 steps, {run.seconds / 60:.1f} minutes: mean squared error of "
        f"{COUNT} held-out photos (values in [-1, 1]) {of_search:.4f} by the search, {of_mean:.4f} "
        f"of the mean of 200 training photos. The search is nearer on {nearer} of {COUNT}."
    ]
    slow_report("Latent search", lines)
    assert of_search < 0.85 * of_mean
