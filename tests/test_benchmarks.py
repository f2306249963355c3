"""Each measurement runs, at a tiny size, as a person starts it; times are not looked at."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ONCE = ("--repeats", "1", "--rounds", "1", "--warmup", "0")
TINY = ("--size", "32", "--width", "2", *ONCE)
# A checkout of the reference as far as a step asks for it, with ganzoo's networks.
MODEL = """
import torch
from ganzoo.components.networks.patchgan import PatchGAN
from ganzoo.components.networks.resnet import ResNet


class CycleGANModel:
    def __init__(self, opt):
        self.opt = opt
        for name in "AB":
            setattr(self, f"netG_{name}", ResNet(width=opt.ngf, blocks=int(opt.netG[7])))
            setattr(self, f"netD_{name}", PatchGAN(width=opt.ndf, layers=opt.n_layers_D))
        networks = self.netG_A, self.netG_B
        parameters = [p for network in networks for p in network.parameters()]
        self.optimizer = torch.optim.Adam(parameters, opt.lr, (opt.beta1, 0.999))

    def set_input(self, given):
        self.A, self.B = given["A"], given["B"]

    def optimize_parameters(self):
        opt, nets, losses = self.opt, vars(self), {}
        for one, real, other, target in (("A", self.A, "B", self.B), ("B", self.B, "A", self.A)):
            fake = nets[f"netG_{one}"](real)
            logits, shown = (nets[f"netD_{one}"](x) for x in (fake, target))
            back, same = nets[f"netG_{other}"](fake), nets[f"netG_{one}"](target)
            weight = getattr(opt, f"lambda_{one}")
            losses[f"G_{one}"] = ((logits - 1) ** 2).mean()
            losses[f"cycle_{one}"] = (back - real).abs().mean() * weight
            losses[f"idt_{one}"] = (same - target).abs().mean() * weight * opt.lambda_identity
            losses[f"D_{one}"] = (((shown - 1) ** 2).mean() + (logits**2).mean()) / 2
        sum(losses.values()).backward()
        self.optimizer.step()
        self.losses = {name: float(loss) for name, loss in losses.items()}

    def get_current_losses(self):
        return self.losses
"""


@pytest.fixture
def measure(tmp_path):
    """Run a command of the package; returns its results, or what it says when it refuses."""

    def run(*words):
        file = tmp_path / "results.json"
        command = [sys.executable, "-m", "benchmarks", *words, "--json", str(file)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        if done.returncode == 0:
            return json.loads(file.read_text()) if file.exists() else done.stderr
        return done.stderr

    return run


@pytest.fixture
def module(monkeypatch):
    """A module of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"benchmarks.{name}")


def names(result):
    return [row["name"] for row in result["rows"]]


def test_step_against_a_reference_and_another_checkout(measure, tmp_path):
    reference, copy = tmp_path / "reference", tmp_path / "copy"
    (reference / "models").mkdir(parents=True)
    (reference / "models" / "cycle_gan_model.py").write_text(MODEL)
    copy.mkdir()
    for name in ("ganzoo", "recipes"):
        (copy / name).symlink_to(ROOT / name)
    (result,) = measure("step", *TINY, "--against", str(reference), "--path", str(copy))
    assert names(result) == ["reference", "fp32, copy", "fp32"]
    assert all(row["peak"] > 0 < row["seconds"] for row in result["rows"])
    assert result["rows"][0]["ratio"] == 1
    assert result["machine"]["cores"] >= 1
    assert result["machine"]["torch"]


def test_step_refuses_to_compare_what_computes_other_losses(module):
    step = module("step")
    losses = {"generators.cycle_X": 1.0, "discriminators.adversarial_X": 0.5}
    step.refuse_different("same", {**losses, "generators.cycle_X": 1.0009}, losses, 1e-3)
    for wrong in (1.002, float("nan")):
        with pytest.raises(module("refused").Refused, match=r"'other' .* generators.cycle_X"):
            step.refuse_different("other", {**losses, "generators.cycle_X": wrong}, losses, 1e-3)
    with pytest.raises(module("refused").Refused, match="has other losses"):
        step.refuse_different("less", {"generators.cycle_X": 1.0}, losses, 1e-3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--variants", "fp33"), "there is no 'fp33', only fp32"),
        (("--variants", ""), "no variant is left"),
        (("--variant", "mine"), "write name:key=value"),
        (("--against", "nowhere"), "there is no models/cycle_gan_model.py in it"),
        (("--path", "nowhere"), "there is no ganzoo/ in it"),
        (("--repeats", "0"), "argument --repeats: 0 is less than 1"),
        (("--rounds", "x"), "argument --rounds: invalid positive value: 'x'"),
    ],
)
def test_step_refuses(measure, words, said):
    assert said in measure("step", *TINY, *words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("step", "--json", "{0}/no/results.json"), "no file can be written there"),
        (("scaling", "--plots", "{0}/file/plots"), "--plots {0}/file/plots: "),
        (("trip", "--rooms", "{0}/file"), "--rooms {0}/file: "),
    ],
)
def test_files_are_looked_at_before_anything_is_measured(module, tmp_path, capsys, words, said):
    (tmp_path / "file").write_text("no JSON")
    assert module("__main__").main([word.format(tmp_path) for word in words]) == 2
    assert said.format(tmp_path) in capsys.readouterr().err


def test_a_variant_brings_settings_of_its_own(module):
    variants = module("variants").read_variants(
        "fp32,bf16+compile", ["mine:train.compile=true,a.betas=[0.5, 0.9]"], module("step").WORDS
    )
    assert variants == {
        "fp32": [],
        "bf16+compile": ["train.precision=bf16", "train.compile=true"],
        "mine": ["train.compile=true", "a.betas=[0.5, 0.9]"],
    }


def test_data(measure):
    sizes = ("--images", "1", "--resize", "36", "--crop", "32", "--variants", "cold")
    (result,) = measure("data", *sizes, *ONCE)
    assert names(result) == ["cold"]
    assert result["rows"][0]["items"] == 2


def test_translate(measure):
    (result,) = measure("translate", "--images", "1", "--blocks", "1", *TINY)
    assert names(result) == ["exact"]
    assert result["rows"][0]["columns"] == {"Difference": "0 levels"}


def test_folder(measure):
    """A loop and the command, at each scale; processes of its own would take seconds to start."""
    words = ("--images", "2", "--variants", "loop,translate", *ONCE)
    results = measure("folder", *words)
    assert [result["settings"]["scale"] for result in results] == ["trained", "native"]
    for result in results:
        assert names(result) == ["loop", "translate"]
        assert "the network takes" in result["notes"][0]


def test_startup(measure):
    plugins = "ganzoo list, 20 more plugins"
    (result,) = measure("startup", "--only", "an empty Python", plugins, *ONCE)
    empty, listed = (row["columns"] for row in result["rows"])
    assert int(empty["Modules"]) < int(listed["Modules"])
    assert listed["Heavy"] == ""
    assert "there is no 'other'" in measure("startup", "--only", "other")


def test_scaling_and_its_plots(measure, tmp_path):
    dimensions = ("--dimensions", "blocks", "--values", "1")
    (result,) = measure("scaling", *dimensions, *TINY, "--plots", str(tmp_path))
    assert names(result) == ["blocks 1"]
    assert "GFLOP" in result["notes"][0]
    for name in ("time", "memory"):
        assert "blocks</text>" in (tmp_path / f"scaling-{name}.svg").read_text()


def test_memory_says_what_it_grows_by(module):
    point, describe = module("sweep").Point, module("scaling").describe_peak
    batches = [point("batch", n, 1e9 * n, 500_000_000 + 30_000_000 * n, [1.0]) for n in (1, 2, 4)]
    assert "500 MB + 30.0 MB for each sample (R squared 1.000)" in describe(batches)
    sizes = [point("size", n, 1e9 * n, 200 * n**2, [1.0]) for n in (50, 100, 200)]
    assert "0 MB + 2.0 MB for each 10,000 px" in describe(sizes)


def test_laws(module):
    laws = module("laws")
    law = laws.fit_line([1, 2, 4], [5, 7, 11])
    assert (law.start, law.slope, law.fit) == pytest.approx((3, 2, 1))
    assert law.at(10) == pytest.approx(23)
    assert laws.fit_exponent([1, 2, 4], [3, 12, 48]) == pytest.approx(2)
    assert laws.fit_line([1, 1], [2, 4]).at(7) == 3


def test_ratios_are_those_of_each_repeat_and_then_the_median(module):
    turn = module("turns").Turn
    turns = {
        "base": [[turn(2, 4, 10)], [turn(4, 4, 20)], [turn(9, 4, 10)]],
        "half": [[turn(1, 2, 30), turn(1, 2, 30), turn(9, 2, 30)], [turn(1, 2, 5)], [turn(3, 2)]],
    }
    base, half = module("result").make_rows(turns, "base")
    assert (base.seconds, base.peak, list(base.ratios)) == (4, 20, [1, 1, 1])
    assert (half.seconds, half.peak, list(half.ratios)) == (1, 30, [2, 4, 3])
    assert half.as_json()["ratio"] == 3


def test_the_plan_for_a_gpu_can_be_read(module, monkeypatch):
    gpu, asked = module("gpu"), []
    parser = importlib.import_module("argparse").ArgumentParser()
    module("options").add_shared(parser, gpu.ROUNDS)
    gpu.add_options(parser)
    for name, command in gpu.MODULES.items():
        monkeypatch.setattr(command, "run", lambda given, name=name: asked.append(given) or [name])
    options = parser.parse_args(["--against", "somewhere", "--repeats", "2"])
    options.report = print
    assert list(gpu.run(options)) == [command for command, _, _ in gpu.PLAN]
    assert {each.repeats for each in asked} == {2}
    assert {each.device for each in asked} == {"auto", "cuda"}
    assert asked[0].preset == ["256"]


def test_a_gpu_begins_nothing_after_its_time(measure):
    said = measure("gpu", "--device", "cpu", "--tiny", "--minutes", "0")
    assert said.count("left out for want of time") == 7


def test_the_history_gets_a_line(module, tmp_path):
    row = module("result").Row("fp32", [0.25, 0.125], [2.0, 4.0], peak=10**9)
    result = module("result").Result("A step", "step", {"size": 64}, [row])
    file = tmp_path / "history.jsonl"
    for _ in range(2):
        module("output").record(result, file)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) == 2
    assert lines[0]["rows"] == {
        "fp32": {"seconds": 0.1875, "ratio": [3.0, 2.0, 4.0], "peak_gb": 1.0}
    }
    assert {"date", "commit", "machine", "settings", "command"} <= lines[0].keys()
