"""A tiny trained model, for what is done with models."""

from __future__ import annotations

import pytest

import ganzoo


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory, tiny_settings):
    """A run of two steps, with samples."""
    folder = tmp_path_factory.mktemp("sharing") / "run"
    settings = {**tiny_settings, "train.length": "2 steps", "samples.count": 1, "metrics": {}}
    ganzoo.train(ganzoo.build_recipe("cyclegan", settings), folder)
    return folder
