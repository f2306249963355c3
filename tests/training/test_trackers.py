"""Trackers get what the run folder gets: a real one is read back, a fake one shows the rest."""

from __future__ import annotations

import io
import json
import re
from importlib.util import find_spec
from types import SimpleNamespace

import pytest
from accelerate import tracking
from accelerate.tracking import GeneralTracker
from accelerate.utils import LoggerType
from PIL import Image
from rich.console import Console

from ganzoo import build_recipe
from ganzoo.builder.experiment import check_recipe
from ganzoo.errors import RecipeError, RunError
from ganzoo.interfaces import Scores
from ganzoo.recipe.older import FILLED_TRAIN, up_to_date
from ganzoo.training.tracking import Trackers
from ganzoo.training.train import train

SHORT = {
    "train.length": "8 steps",
    "train.log_every": "2 steps",
    "samples.every": "4 steps",
    "samples.count": 1,
    "metrics": {},
    "checkpoints.every": "4 steps",
}


def run(recipes, tiny, out, resume=False, plant=lambda experiment: None, **trackers):
    overrides = {**tiny(), **SHORT, "trackers": trackers}
    experiment = build_recipe(recipes / "cyclegan.toml", overrides)
    plant(experiment)
    console = Console(file=io.StringIO(), width=10_000)
    outcome = train(experiment, out, console=console, resume=resume)
    return outcome, console.file.getvalue()


class Fake(GeneralTracker):
    """Keeps what it is told, of all that are made; may fail at a step."""

    name = "fake"
    requires_logging_directory = False
    said: list
    fails: object = None

    def __init__(self, run_name, **settings):
        super().__init__()
        self.told("made", run_name, settings)

    def told(self, *what):
        if self.fails is not None and what[0] == self.fails[0] and what[1] == self.fails[1]:
            raise OSError("no space left on device\nand more")
        self.said.append(what)

    @property
    def tracker(self):
        return self

    def start(self):
        self.told("started", 0)

    def store_init_configuration(self, values):
        self.told("settings", values)

    def log(self, values, step=None, **kwargs):
        self.told("log", step, values)

    def log_images(self, values, step=None, **kwargs):
        self.told("images", step, values)

    def finish(self):
        self.told("finished", 0)


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setitem(tracking.LOGGER_TYPE_TO_CLASS, "fake", Fake)
    monkeypatch.setattr(Fake, "said", [], raising=False)
    monkeypatch.setattr(Fake, "fails", None)
    return Fake


def kinds(fake):
    return [(what[0], what[1]) for what in fake.said if what[0] not in ("made", "settings")]


def test_a_tracker_is_told_all_in_order(recipes, tiny, tmp_path, fake):
    run(recipes, tiny, tmp_path / "run", fake={"color": "red"})
    assert fake.said[0] == ("made", "ganzoo", {"color": "red"})
    settings = next(what[1] for what in fake.said if what[0] == "settings")
    assert settings["train.length"] == "8 steps"
    assert settings["losses.cycle_X.weight"] == 30
    assert kinds(fake) == [
        ("started", 0),
        ("images", 0),
        ("log", 2),
        ("log", 4),
        ("images", 4),
        ("log", 6),
        ("log", 8),
        ("images", 8),
        ("finished", 0),
    ]
    lines = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    logged = [what for what in fake.said if what[0] == "log"]
    for record, told in zip(map(json.loads, lines), logged, strict=True):
        values = told[2]
        for player, terms in record["losses"].items():
            assert {t: values[f"{player}/{t}"] for t in terms} == terms
            assert values[f"lr/{player}"] == record["lr"][player]
        assert values["epoch"] == record["epoch"]
        assert values["images_per_second"] > 0
    [picture] = next(what[2]["samples"] for what in fake.said if what[:2] == ("images", 8))
    with Image.open(tmp_path / "run" / "samples" / "step-00000008.png") as kept:
        assert kept.size == picture.size


def test_a_tracker_that_fails_is_given_up_and_training_goes_on(recipes, tiny, tmp_path, fake):
    fake.fails = ("log", 4)
    outcome, said = run(recipes, tiny, tmp_path / "run", fake={})
    assert outcome.finished
    assert kinds(fake) == [("started", 0), ("images", 0), ("log", 2), ("finished", 0)]
    assert (
        said.count("trackers.fake has failed (no space left on device) and gets nothing more") == 1
    )


def test_a_tracker_that_cannot_take_pictures_gets_all_else(recipes, tiny, tmp_path, fake):
    fake.fails = ("images", 0)
    outcome, said = run(recipes, tiny, tmp_path / "run", fake={"project": "streets"})
    assert outcome.finished
    assert fake.said[0] == ("made", "streets", {})
    logs = [("log", step) for step in (2, 4, 6, 8)]
    assert kinds(fake) == [("started", 0), *logs, ("finished", 0)]
    assert said.count("trackers.fake takes no pictures (no space left on device)") == 1


def test_a_resumed_run_is_another_one_for_a_tracker(recipes, tiny, tmp_path, fake):
    out = tmp_path / "run"
    run(recipes, tiny, out, fake={})
    (out / "checkpoints" / "step-00000008").rename(tmp_path / "gone")
    fake.said.clear()
    run(recipes, tiny, out, resume=True, fake={"id": "mine", "resume": "allow"})
    assert fake.said[0] == ("made", "ganzoo", {"id": "mine", "resume": "allow"})
    assert [what[0] for what in fake.said[1:3]] == ["started", "settings"]
    assert ("log", 6) in kinds(fake)
    assert ("log", 4) not in kinds(fake)


def test_a_tracker_that_cannot_begin_is_told_and_leaves_no_folder(recipes, tiny, tmp_path, fake):
    fake.fails = ("started", 0)
    with pytest.raises(
        RunError, match=r"trackers\.fake: it cannot begin \(no space left on device\)"
    ):
        run(recipes, tiny, tmp_path / "run", fake={})
    assert not (tmp_path / "run").exists()
    fake.fails = None
    assert run(recipes, tiny, tmp_path / "run", fake={})[0].finished


def test_a_tracker_is_ended_whatever_ends_the_run(recipes, tiny, tmp_path, fake):
    def plant(experiment):
        def broken(index, rng):
            raise KeyboardInterrupt

        experiment.data.train_sample = broken

    with pytest.raises(KeyboardInterrupt):
        run(recipes, tiny, tmp_path / "run", plant=plant, fake={})
    assert kinds(fake)[-1] == ("finished", 0)


def test_scores_are_passed_on(fake):
    trackers = Trackers(SimpleNamespace(trainer=SimpleNamespace(done=0)), {"fake": Fake("x")})
    tables = {"psnr": {"model": {"psnr": 17.5, "pictures": 3}}}
    trackers.on_evaluation(SimpleNamespace(step=6), Scores(tables, {}))
    trackers.finish()
    assert kinds(fake) == [("log", 6), ("finished", 0)]
    sent = next(what[2] for what in fake.said if what[0] == "log")
    assert sent == {"psnr/model/psnr": 17.5, "psnr/model/pictures": 3}


def test_what_is_no_finite_number_is_not_passed_on(fake):
    trackers = Trackers(SimpleNamespace(trainer=SimpleNamespace(done=0)), {"fake": Fake("x")})
    losses = {"generators": {"a": float("nan"), "b": 0.5}}
    record = {"step": 2, "images": 2, "epoch": 0, "losses": losses, "lr": {}, "nonfinite": 1}
    trackers.on_log(None, record)
    values = fake.said[-1][2]
    assert "generators/a" not in values
    assert (values["generators/b"], values["nonfinite"]) == (0.5, 1)


def test_names_are_checked_with_the_recipe(recipes):
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipes / "cyclegan.toml", {"trackers": {"tensorbord": {}, "x": {}}})
    text = str(caught.value)
    assert "there is no tracker 'tensorbord'. Did you mean 'tensorboard'?" in text
    assert re.search(r"trackers\.x .*Use 'aim', .*'wandb'\.", text)
    secret = {"comet_ml": {"api_key": "k", "experiment_key": "e"}}
    with pytest.raises(
        RecipeError, match=r"1 fault\n  trackers\.comet_ml\.api_key  a recipe is kept"
    ):
        check_recipe(recipes / "cyclegan.toml", {"trackers": secret})
    with pytest.raises(RecipeError, match="this should be a table"):
        check_recipe(recipes / "cyclegan.toml", {"trackers": {"tensorboard": True}})


def test_a_missing_package_and_wrong_settings_are_told_before_training(
    recipes, tiny, tmp_path, monkeypatch
):
    monkeypatch.setattr(tracking, "get_available_trackers", lambda: [LoggerType.TENSORBOARD])
    with pytest.raises(RecipeError) as caught:
        run(
            recipes,
            tiny,
            tmp_path / "run",
            comet_ml={},
            tensorboard={"flush_sec": 3, "log_dir": "x"},
        )
    text = str(caught.value)
    assert "the package 'comet-ml' is missing: pip install comet-ml" in text
    assert "'tensorboard' has no setting 'flush_sec'. Did you mean 'flush_secs'?" in text
    assert "trackers.tensorboard.log_dir" in text
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("tracker", "former"),
    [("comet_ml", "project_name"), ("clearml", "project_name"), ("mlflow", "experiment_name")],
)
def test_a_setting_s_former_name(recipes, tracker, former):
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipes / "cyclegan.toml", {"trackers": {tracker: {former: "streets"}}})
    [fault] = caught.value.faults
    assert fault.path == f"trackers.{tracker}.{former}"
    assert fault.message == f"'{former}' is called 'project' now"
    filled = {"train": dict.fromkeys(FILLED_TRAIN, 1), "trackers": {tracker: {former: "streets"}}}
    assert up_to_date(filled)["trackers"] == {tracker: {"project": "streets"}}


def events(folder):
    """TensorBoard's own reader."""
    module = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    found = module.EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0})
    return found.Reload()


def test_tensorboard_holds_what_the_log_holds_also_after_a_resume(recipes, tiny, tmp_path):
    pytest.importorskip("tensorboard")
    out = tmp_path / "run"
    run(recipes, tiny, out, tensorboard={})
    (out / "checkpoints" / "step-00000008").rename(tmp_path / "gone")
    assert run(recipes, tiny, out, resume=True, tensorboard={"flush_secs": 1})[0].finished
    found = events(out / "tensorboard")
    records = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    for player, terms in records[0]["losses"].items():
        for term in terms:
            told = [(e.step, e.value) for e in found.Scalars(f"{player}/{term}")]
            expected = [(r["step"], r["losses"][player][term]) for r in records]
            assert [step for step, _ in told] == [2, 4, 6, 8]
            values = [value for _, value in expected]
            assert [value for _, value in told] == pytest.approx(values)
    assert {"lr/generators", "images_per_second", "epoch"} <= set(found.Tags()["scalars"])
    pictures = found.Images("samples")
    assert [picture.step for picture in pictures] == [0, 4, 8]
    with Image.open(out / "samples" / "step-00000008.png") as kept:
        told = Image.open(io.BytesIO(pictures[-1].encoded_image_string))
        assert told.convert("RGB").tobytes() == kept.convert("RGB").tobytes()


@pytest.mark.skipif(find_spec("wandb") is not None, reason="wandb is installed")
def test_a_recipe_is_checked_without_its_trackers_packages(recipes, tiny):
    overrides = {**tiny(), "trackers": {"wandb": {"project": "streets"}}}
    blueprint = check_recipe(recipes / "cyclegan.toml", overrides).blueprint
    assert blueprint.recipe.trackers == {"wandb": {"project": "streets"}}
