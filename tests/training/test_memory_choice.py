"""`train.memory`: what is chosen by faked estimates, what it changes, and what is told."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console
from safetensors.torch import load_file

from ganzoo import build_recipe
from ganzoo.errors import RecipeError
from ganzoo.training import memory_choice
from ganzoo.training.memory_choice import choose_memory, warn_of_memory
from ganzoo.training.train import train

SHORT = {
    "train.length": "3 steps",
    "samples.count": 1,
    "metrics": {},
    "losses.adversarial_Y.buffer": {"type": "history", "size": 100},  # full later: nothing is drawn
    "losses.adversarial_X.buffer": {"type": "history", "size": 100},
}


@pytest.fixture
def needs(monkeypatch):
    """Sets how many bytes a step takes, by its batch, with checkpointing or without."""

    def pretend(estimate):
        def fake(experiment, blueprint, cpu):
            saving = blueprint.networks["G"].settings.get("checkpointing", False)
            return estimate(blueprint.recipe.train.batch_size, saving)

        monkeypatch.setattr(memory_choice, "_estimate", fake)

    return pretend


@pytest.fixture
def run(recipes, tiny):
    """Trains the tiny CycleGAN on batches of four; returns what was printed."""

    def train_it(out, *, resume=False, **settings):
        printed = io.StringIO()
        more = {key.replace("__", "."): value for key, value in settings.items()}
        overrides = {**tiny(), **SHORT, "train.batch_size": 4, **more}
        experiment = build_recipe(recipes / "cyclegan.toml", overrides, start=not resume)
        train(experiment, out, resume=resume, console=Console(file=printed, width=200))
        return printed.getvalue()

    return train_it


def experiment(recipes, tiny, **settings):
    more = {key.replace("__", "."): value for key, value in settings.items()}
    return build_recipe(recipes / "cyclegan.toml", {**tiny(), "train.batch_size": 4, **more})


def weights(out):
    return load_file(out / "model.safetensors")


MIB = 2**20


@pytest.mark.parametrize(
    ("memory", "checkpointed", "batch_size", "accumulate"),
    [
        ("100M", (), 4, 1),
        ("60M", ("G", "F"), 4, 1),
        ("30M", ("G", "F"), 2, 2),
        ("15M", ("G", "F"), 1, 4),
    ],
)
def test_the_first_way_that_fits(
    recipes, tiny, needs, memory, checkpointed, batch_size, accumulate
):
    needs(lambda batch, saving: batch * (15 if saving else 25) * MIB)
    tried = experiment(recipes, tiny, train__memory=memory)
    chosen = choose_memory(tried, cpu=True).smaller
    assert (chosen.checkpointed, chosen.batch_size, chosen.accumulate) == (
        checkpointed,
        batch_size,
        accumulate,
    )
    assert tried.networks["G"].checkpointing == bool(checkpointed)
    assert tried.recipe.train.batch_size == batch_size


def test_what_fits_in_no_way_is_refused(recipes, tiny, needs):
    needs(lambda batch, saving: batch * (15 if saving else 25) * MIB)
    with pytest.raises(RecipeError, match=r"10M is too little.* 100 MiB, and at least 15 MiB"):
        choose_memory(experiment(recipes, tiny, train__memory="10M"), cpu=True)


def test_batches_of_batch_norm_are_not_split(recipes, tiny, needs):
    needs(lambda batch, saving: batch * 25 * MIB)
    batch_norm = experiment(recipes, tiny, train__memory="60M", networks__G__norm="batch")
    with pytest.raises(RecipeError, match="in network 'G' a sample's output depends on its batch"):
        choose_memory(batch_norm, cpu=True)


def test_an_amount_that_is_none_is_a_fault_of_the_recipe(recipes, tiny):
    with pytest.raises(RecipeError, match="'lots' is no amount of memory: write 4G or 1500M"):
        experiment(recipes, tiny, train__memory="lots")


def test_checkpointing_changes_nothing(run, needs, tmp_path):
    needs(lambda batch, saving: MIB if saving else 3 * MIB)
    run(tmp_path / "plain")
    printed = run(tmp_path / "saving", train__memory="2M")
    assert "memory: checkpointing in G and F (an estimate of 1 MiB in place of 3 MiB)" in printed
    plain, saving = weights(tmp_path / "plain"), weights(tmp_path / "saving")
    assert all(saving[key].equal(plain[key]) for key in plain)


def test_split_batches_differ_by_rounding(run, needs, tmp_path):
    needs(lambda batch, saving: batch * MIB)
    run(tmp_path / "plain")
    run(tmp_path / "split", train__memory="2M")
    losses = [
        json.loads((tmp_path / name / "log.jsonl").read_text().splitlines()[0])["losses"]
        for name in ("plain", "split")
    ]
    for player, terms in losses[0].items():
        assert losses[1][player] == pytest.approx(terms, rel=1e-3)


def test_the_run_says_what_was_chosen_and_a_resume_keeps_it(run, needs, tmp_path):
    needs(lambda batch, saving: batch * MIB)
    run(tmp_path / "run", train__memory="2M")
    text = (tmp_path / "run" / "recipe.toml").read_text()
    assert "batch_size = 2" in text
    assert "accumulate = 2" in text
    (start,) = json.loads((tmp_path / "run" / "run.json").read_text())["starts"]
    assert start["memory"] == {
        "checkpointing": ["G", "F"],
        "batch_size": 2,
        "accumulate": 2,
        "estimate": 2 * MIB,
        "estimate_before": 4 * MIB,
    }
    run(tmp_path / "run", resume=True, train__memory="2M", train__length="5 steps")
    text = (tmp_path / "run" / "recipe.toml").read_text()
    assert "batch_size = 2" in text
    assert text.count("checkpointing = true") == 2


def test_a_warning_where_a_step_takes_more_than_is_free(recipes, tiny, needs, monkeypatch):
    needs(lambda batch, saving: 3 * 2**30)
    tried = experiment(recipes, tiny)
    monkeypatch.setattr(memory_choice, "free_memory", lambda device: 2**29)
    said = warn_of_memory(tried)
    assert said.startswith("a step takes about 3.0 GiB of memory, and 512 MiB are free")
    monkeypatch.setattr(memory_choice, "free_memory", lambda device: 2**40)
    assert warn_of_memory(tried) == ""
