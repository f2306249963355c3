"""The contract of what happens while training: who is called when, what is kept, what it may do."""

from __future__ import annotations

import copy
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from rich.console import Console
from safetensors.torch import load_file
from typer.testing import CliRunner

from ganzoo import build_recipe, testing
from ganzoo.cli import app
from ganzoo.components.networks.patchgan import PatchGAN
from ganzoo.errors import RecipeError, RunError
from ganzoo.interfaces import Callback
from ganzoo.registry.components import Component
from ganzoo.registry.discovery import installed
from ganzoo.runs.layout import RunPaths
from ganzoo.training.display import LineDisplay
from ganzoo.training.train import train

GAME = {
    "networks": {
        "G": {"type": "resnet", "width": 4, "blocks": 1, "kernel": 3},
        "D": {"type": "mine.scaled", "width": 4, "layers": 1},
    },
    "losses": {"adversarial": {"type": "lsgan", "real": "D(y)", "fake": "D(G(x))"}},
    "outputs": {"x2y": "G(x)"},
    "data": {"type": "streets", "size": 16, "count": 6, "held_out": 2},
    "optimizers": {"default": {"type": "adam", "lr": 1e-3}},
    "train": {"length": "4 steps", "log_every": "2 steps", "device": "cpu"},
    "samples": {"show": ["x", "G(x)"], "count": 1, "every": "2 steps"},
    "checkpoints": {"every": "4 steps"},
    "alarms": {"action": "off"},
}
PENALISED = {**GAME["losses"]["adversarial"], "penalties": [{"type": "r1", "weight": 0.1}]}


class Scaled(PatchGAN):
    """A discriminator whose logits a callback may scale. width, layers: see PatchGAN."""

    adjustable = ("probability", "plain")

    def __init__(self, width: int = 4, layers: int = 1) -> None:
        super().__init__(width=width, layers=layers)
        self.register_buffer("probability", torch.ones(()))
        self.plain = 1.0

    def logits(self, images):
        return super().logits(images) * self.probability * self.plain


class Listener(Callback):
    """Writes down what it is told. limit: unused."""

    needs_logits = False
    heard: list[str] = []  # noqa: RUF012 (one for all trainings of a test)

    def __init__(self, limit: int = 1) -> None:
        self.limit = limit

    def on_start(self, training):
        self.heard.append(f"start {training.step} of {training.steps}")

    def on_step(self, training):
        assert not training.logits, "nobody needs them"
        self.heard.append(f"step {training.step}")

    def log_values(self, training):
        self.heard.append(f"values {training.step}")
        return {"number": training.step, "loss": training.losses["generators"]["adversarial"]}

    def on_log(self, training, entry):
        assert entry["callbacks"][training.name]["number"] == training.step
        self.heard.append(f"log {entry['step']}")

    def on_samples(self, training):
        self.heard.append(f"samples {training.step}")

    def on_checkpoint(self, training, folder):
        whole = (folder / "state.safetensors").is_file()
        self.heard.append(f"checkpoint {folder.name} {whole}")

    def on_evaluation(self, training, scores):
        (score,) = scores.of_model("cycle")
        better = scores.higher_is_better["cycle"][score]
        self.heard.append(f"evaluation {training.step} {score} {better}")

    def on_end(self, training):
        self.heard.append(f"end {training.step}")


class Steering(Callback):
    """Adjusts the discriminator by what it has seen. target: of the mean sign of real logits."""

    needs_logits = True

    def __init__(self, target: float = 0.2) -> None:
        self.target, self.turns = target, 0
        self.signs = [torch.nn.Parameter(torch.zeros(()), requires_grad=False)]  # no plain value

    def on_step(self, training):
        self.turns += 1
        self.signs[0].mul_(0.5).add_(training.logits["adversarial"].real[0].sign().mean())
        seen = float(training.mean(self.signs[0].data))
        training.adjust("D", "probability", 1 + 0.1 * (seen - self.target))
        training.adjust("D", "plain", 1 + 0.01 * self.turns)

    def state(self):
        return {"sign": self.signs[0].data}

    def restore(self, state):
        self.signs[0].copy_(state["sign"])


STATES: dict = {"now": {}}  # what Keeping has; outside of it, where nothing else saves it


class Stopper(Callback):
    """Stops. at: at which step."""

    def __init__(self, at: int = 2) -> None:
        self.at = at

    def on_step(self, training):
        if training.step == self.at:
            training.stop("that is enough")


class Failing(Callback):
    """Fails. hook: in which."""

    def __init__(self, hook: str = "on_step") -> None:
        setattr(self, hook, self.fail)

    def fail(self, *given):
        raise ZeroDivisionError("division by zero")


class Odd(Callback):
    """Gives the log what it cannot hold."""

    def log_values(self, training):
        return {"odd": object()}


class Keeping(Callback):
    """Keeps what is handed to `state`, and logs it by choice. logs: whether."""

    def __init__(self, logs: bool = False) -> None:
        self.logs = logs

    def log_values(self, training):
        return 3 if self.logs else {}

    def state(self):
        return STATES["now"]


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    registry = installed().registry
    monkeypatch.setattr(registry, "components", dict(registry.components))
    monkeypatch.setattr(Listener, "heard", [])
    monkeypatch.setattr("ganzoo.training.sample_drawer.plot_losses", lambda entries, path: None)
    register()


def register():
    parts = installed().registry.components
    for kind, name, loaded in (
        ("discriminator", "mine.scaled", Scaled),
        *(("callback", f"mine.{c.__name__.lower()}", c)
          for c in (Listener, Steering, Stopper, Failing, Odd, Keeping)),
    ):  # fmt: skip
        parts[kind, name] = Component(kind, name, f"{__name__}:{loaded.__name__}", "a", "m", "1")


def quiet():
    return Console(file=io.StringIO())


def recipe(*callbacks, **more):
    table = {name: {"type": f"mine.{name}"} for name in callbacks}
    return {**GAME, "callbacks": table, **more}


def log_of(out):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "time"} for line in lines]


def end_of(out):
    """Every tensor of the last checkpoint."""
    _, last = RunPaths(out).saved()[-1]
    files = sorted(last.glob("*.safetensors"))
    return {f"{f.name}/{n}": t for f in files for n, t in load_file(f).items()}


def last_start(out):
    return json.loads((out / "run.json").read_text())["starts"][-1]


def test_the_order_of_calls(tmp_path):
    metric = {"type": "cycle_error", "prediction": "G(x)", "target": "x", "every": "2 steps"}
    train(
        build_recipe(recipe("listener", metrics={"cycle": metric})), tmp_path / "r", console=quiet()
    )
    assert Listener.heard == [
        "start 0 of 4",
        "samples 0",
        "step 1",
        "evaluation 2 cycle_error False",
        "step 2",
        "values 2",
        "log 2",
        "samples 2",
        "step 3",
        "step 4",
        "values 4",
        "log 4",
        "samples 4",
        "checkpoint step-00000004 True",
        "evaluation 4 cycle_error False",
        "end 4",
    ]


def test_what_it_logs_stands_under_its_name(tmp_path):
    train(build_recipe(recipe("listener")), tmp_path / "run", console=quiet())
    first, second = log_of(tmp_path / "run")
    assert first["callbacks"]["listener"]["number"] == 2
    assert isinstance(second["callbacks"]["listener"]["loss"], float)
    assert set(first) == {"step", "epoch", "images", "lr", "losses", "nonfinite", "callbacks"}


def test_the_recipe_is_filled_and_read_back(tmp_path):
    filled = build_recipe(recipe("listener"), ["callbacks.listener.limit=3"]).recipe
    assert filled.to_dict()["callbacks"] == {"listener": {"type": "mine.listener", "limit": 3}}
    (tmp_path / "mine.toml").write_text(filled.to_toml())
    assert build_recipe(tmp_path / "mine.toml").recipe == filled


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"type": "mine.listner"}, r"callbacks\.c\.type +no callback is called 'mine\.listner'"),
        ({"type": "mine.listener", "limt": 3}, r"callbacks\.c\.limt .*Did you mean 'limit'"),
        ({"type": "mine.listener", "limit": "3"}, r"callbacks\.c\.limit "),
        ({"type": "l1"}, r"callbacks\.c\.type +no callback is called 'l1'; 'l1' is a loss"),
        ({"limit": 3}, r"callbacks\.c\.type +this is required"),
    ],
)
def test_what_cannot_be_is_refused(table, message):
    with pytest.raises(RecipeError, match=message):
        build_recipe({**GAME, "callbacks": {"c": table}})


def test_its_name_is_a_word():
    with pytest.raises(RecipeError, match="a callback's name is one word"):
        build_recipe({**GAME, "callbacks": {"a/b": {"type": "mine.listener"}}})


def steer(out, until=None, resume=False, length="6 steps", **more):
    tables = recipe("steering", train={**GAME["train"], "length": length}, **more)
    experiment = build_recipe(tables, start=not resume)
    train(experiment, out, resume=resume, until=until, console=quiet(), changes=["callbacks"])
    return experiment


def test_resumed_equals_uninterrupted(tmp_path, monkeypatch):
    """Its state, its attributes and what it adjusted; and it does not where a state is lost."""
    whole, parts, lost = (tmp_path / name for name in ("whole", "parts", "lost"))
    D = steer(whole).networks["D"]
    assert D.plain == pytest.approx(1.06)
    assert D.probability != 1
    for out in (parts, lost):
        steer(out, until=0)
        assert last_start(out).get("reason", "") == ""
    steer(parts, resume=True)
    assert log_of(parts) == log_of(whole)
    assert end_of(parts).keys() == end_of(whole).keys()
    assert all(torch.equal(tensor, end_of(whole)[n]) for n, tensor in end_of(parts).items())
    monkeypatch.setattr(Steering, "restore", lambda *given: None)
    steer(lost, resume=True)
    assert log_of(lost) != log_of(whole)


def test_a_checkpoint_without_it_is_told(tmp_path):
    said = Console(file=io.StringIO(), width=300)
    train(build_recipe(GAME), tmp_path / "run", until=0, console=quiet())
    with pytest.raises(RunError, match=r"callbacks\.steering"):
        train(build_recipe(recipe("steering")), tmp_path / "run", resume=True, console=said)
    again = build_recipe(recipe("steering"), start=False)
    train(again, tmp_path / "run", resume=True, console=said, changes=["callbacks.steering"])
    assert "callbacks.steering starts anew: the checkpoint was made without it" in (
        said.file.getvalue()
    )


@pytest.mark.parametrize("term", [GAME["losses"]["adversarial"], PENALISED])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_logits_are_those_of_the_step(term, accumulate):
    """Recomputed from the first weights and the step's own batches."""
    rules = {**GAME["train"], "length": "1 step", "accumulate": accumulate, "batch_size": 2}
    experiment = build_recipe(recipe("steering", losses={"adversarial": term}, train=rules))
    trainer = experiment.trainer(Accelerator(cpu=True))
    first = copy.deepcopy(experiment.networks)
    batches = next(trainer.batches())[""]
    trainer.run()
    seen = trainer.game.logits["adversarial"]
    with torch.no_grad():
        real = torch.cat([first["D"](batch["y"]) for batch in batches])
        fake = torch.cat([first["D"](first["G"](batch["x"])) for batch in batches])
    assert not seen.real[0].requires_grad
    assert len(seen.real) == 1
    torch.testing.assert_close(seen.real[0], real)
    torch.testing.assert_close(seen.fake[0], fake)


def test_no_logits_are_kept_that_nobody_needs():
    trainer = build_recipe(recipe("listener")).trainer(Accelerator(cpu=True))
    trainer.run()
    assert not trainer.game.keeps_logits
    assert trainer.game.logits == {}


def adjusting(network, setting):
    class Adjusting(Callback):
        def on_step(self, training):
            training.adjust(network, setting, 2.0)

    trainer = build_recipe(GAME).trainer(Accelerator(cpu=True))
    trainer.run([Adjusting()])
    return trainer.networks


def test_only_what_is_declared_can_be_adjusted():
    assert adjusting("D", "probability")["D"].probability == 2
    for network, setting, message in (
        ("D", "training", "'training' of D cannot be adjusted: Scaled allows only probability, pl"),
        ("G", "width", "'width' of G cannot be adjusted: ResNet allows nothing"),
        ("E", "width", "there is no network 'E'. Use 'G' or 'D'."),
    ):
        with pytest.raises(ValueError, match=message):
            adjusting(network, setting)


def test_outputs_are_the_recipes_and_leave_no_trace():
    class Looking(Callback):
        def on_step(self, training):
            before = torch.get_rng_state()
            x = training.data.test_sample(0)["x"][None]
            seen.append(training.outputs({"x": x})["x2y"])
            assert torch.equal(before, torch.get_rng_state())
            assert training.networks["G"].training

    seen: list[torch.Tensor] = []
    experiment = build_recipe(GAME)
    trainer = experiment.trainer(Accelerator(cpu=True))
    trainer.run([Looking()])
    with torch.no_grad():
        expected = experiment.networks["G"](experiment.data.test_sample(0)["x"][None])
    torch.testing.assert_close(seen[-1], expected)


def command(tmp_path, *callbacks):
    """`ganzoo run`, of the recipe with these callbacks."""
    filled = build_recipe(recipe(*callbacks)).recipe
    (tmp_path / "mine.toml").write_text(filled.to_toml())
    out = tmp_path / "run"
    return out, CliRunner().invoke(app, ["run", str(tmp_path / "mine.toml"), "--out", str(out)])


def test_a_stop_is_told_with_its_reason(tmp_path):
    out, ended = command(tmp_path, "stopper")
    assert ended.exit_code == 0, ended.output
    assert "Stopped after step 2 (callbacks.stopper: that is enough); everything is" in ended.output
    record = json.loads((out / "run.json").read_text())
    assert (record["state"], record["step"]) == ("stopped", 2)
    assert record["starts"][-1]["reason"] == "callbacks.stopper: that is enough"


def test_a_run_that_stops_between_samples_has_its_losses_drawn(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        "ganzoo.training.sample_drawer.plot_losses",
        lambda entries, path: drawn.append([entry["step"] for entry in entries]),
    )
    tables = recipe("stopper", train={**GAME["train"], "log_every": "1 steps"})
    tables["samples"] = {**GAME["samples"], "every": "4 steps"}
    train(build_recipe(tables), tmp_path / "run", console=quiet())
    assert drawn == [[1, 2]]


@pytest.mark.parametrize("hook", ["on_start", "on_step", "log_values", "on_end"])
def test_one_that_fails_ends_the_run_with_a_sentence(tmp_path, hook):
    tables = recipe("failing")
    tables["callbacks"]["failing"]["hook"] = hook
    with pytest.raises(RunError) as caught:
        train(build_recipe(tables), tmp_path / "run", console=quiet())
    said = str(caught.value)
    wanted = f"callbacks.failing failed in {hook} (ZeroDivisionError: division by zero)"
    assert said.startswith(wanted), said
    assert said.endswith(f"with: ganzoo resume {tmp_path / 'run'}"), said
    assert (tmp_path / "run" / "checkpoints").is_dir(), "what was trained is saved"
    assert wanted in last_start(tmp_path / "run")["reason"]


def test_a_failure_is_exit_code_2(tmp_path):
    _, ended = command(tmp_path, "failing")
    assert ended.exit_code == 2
    assert "callbacks.failing failed in on_step (ZeroDivisionError: division by zero)" in (
        ended.output + ended.stderr
    )
    assert "Traceback" not in ended.output


def test_what_a_log_cannot_hold_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"callbacks\.odd gives the log an? object as 'odd'"):
        train(build_recipe(recipe("odd")), tmp_path / "run", console=quiet())
    logs = {"keeping": {"type": "mine.keeping", "logs": True}}
    with pytest.raises(RunError, match=r"in log_values .*an int in place of a dict of values"):
        train(build_recipe({**GAME, "callbacks": logs}), tmp_path / "logs", console=quiet())


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (None, "it gave None in place of a dict of tensors"),
        ([1], "it gave a list in place of a dict of tensors"),
        ({"a": 3}, "'a' is an int: it takes tensors, by a text each"),
        ({3: torch.zeros(1)}, "3 is a Tensor: it takes tensors, by a text each"),
        ({"a": torch.zeros(1, device="meta")}, "Cannot copy out of meta tensor"),
        ({"a": torch.eye(2).to_sparse()}, "unsupported memory format"),
    ],
)
def test_a_state_that_cannot_be_saved_is_refused(tmp_path, monkeypatch, state, message):
    monkeypatch.setitem(STATES, "now", state)
    with pytest.raises(RunError) as caught:
        train(build_recipe(recipe("keeping")), tmp_path / "run", console=quiet())
    said = str(caught.value)
    assert said.startswith("callbacks.keeping failed in state ("), said
    assert message in said


def test_tensors_of_a_state_may_share_memory(tmp_path, monkeypatch):
    whole = torch.arange(4.0)
    monkeypatch.setitem(
        STATES, "now", {"whole": whole, "end": whole[1:], "turned": whole.view(2, 2).T}
    )
    train(build_recipe(recipe("keeping")), tmp_path / "run", console=quiet())
    saved = end_of(tmp_path / "run")
    prefix = "process-0.safetensors/callback/keeping"
    assert saved[f"{prefix}/end"].tolist() == [1, 2, 3]
    assert saved[f"{prefix}/turned"].tolist() == [[0, 2], [1, 3]]


@pytest.mark.parametrize("hook", ["on_log", "on_step", "begin", "note", "end"])
def test_a_display_that_fails_ends_nothing(tmp_path, monkeypatch, capsys, hook):
    def fail(*given):
        raise RuntimeError("no such colour")

    monkeypatch.setattr(LineDisplay, hook, fail)
    assert train(build_recipe(GAME), tmp_path / "run", console=quiet()).finished
    assert (
        "the display has failed (RuntimeError: no such colour) and shows" in capsys.readouterr().err
    )


TWO = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path

import torch
from test_callbacks import recipe, register
register()
from ganzoo import build_recipe
from ganzoo.interfaces import Callback
from ganzoo.training.train import train

class Own(Callback):
    def on_step(self, training):
        rank = training.trainer.accelerator.process_index
        assert training.mean(torch.tensor(float(rank))) == 0.5
        if training.step == 3 and rank == 1:
            training.stop("rank 1 had enough")

experiment = build_recipe(recipe("steering", train={"length": "4000 steps", "device": "cpu"}))
make = experiment.trainer

def trainer(accelerator):
    made = make(accelerator)
    made.own_callbacks = {**made.own_callbacks, "own": Own()}
    return made

experiment.trainer = trainer
outcome = train(experiment, Path(sys.argv[2]))
print(f"[{outcome.step} {float(experiment.networks['D'].probability)}]")
"""


def test_two_processes_adjust_and_stop_alike(tmp_path):
    """Only the second asks to stop; both end at the same step, with the same setting."""
    (tmp_path / "two.py").write_text(TWO)
    here = Path(__file__).parent
    words = ["-m", "torch.distributed.run", "--nproc-per-node", "2", str(tmp_path / "two.py")]
    done = subprocess.run(
        [sys.executable, *words, str(here), str(tmp_path / "run")],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ends = [line for line in done.stdout.splitlines() if line.startswith("[")]
    assert len(ends) == 2
    assert ends[0] == ends[1]
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["state"] == "stopped"
    assert 3 <= record["step"] < 4000


def test_authors_have_a_check():
    testing.check_callback("mine.steering", recipe=GAME)
    with pytest.raises(AssertionError, match=r"mine\.failing"):
        testing.check_callback("mine.failing", recipe=GAME)
