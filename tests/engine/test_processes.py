"""Several processes: as one with the whole batch; stopped, resumed and failing as one."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from PIL import Image
from rich.console import Console
from safetensors.torch import load_file

from ganzoo import build_recipe, load_recipe
from ganzoo.engine.loader import ShuffledBatches
from ganzoo.errors import ModelError
from ganzoo.runs.layout import list_checkpoints
from ganzoo.runs.listing import describe
from ganzoo.training.train import train

SHORT = {
    "train.batch_size": 1,
    "train.length": "3 steps",
    "train.log_every": "1 step",
    "samples.every": "3 steps",
    "samples.count": 1,
    "metrics": {},
}
EXACT = {
    "train.precision": "float64",
    "losses.adversarial_Y": {"type": "lsgan", "real": "D_Y(y)", "fake": "D_Y(G(x))"},
    "losses.adversarial_X": {"type": "lsgan", "real": "D_X(x)", "fake": "D_X(F(y))"},
    "callbacks": {"balance": {"type": "gradient_balance", "interval": 1}},
}
TORCHRUN = ("-m", "torch.distributed.run", "--nproc-per-node", "2")
ENDLESS = ("--set", "train.length=400000 steps")


def start(*words):
    """`python words`, as a user starts it."""
    names = ("LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        env={**kept, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    """What it said, what it complained of, its exit code."""
    said, complaint = process.communicate(timeout=180)
    return said, complaint, process.returncode


def run(*words):
    said, complaint, code = ended(start(*words))
    assert code == 0, complaint
    return said


def alone(recipe, out, **overrides):
    """The same in this process."""
    quiet = Console(file=io.StringIO())
    named = {key.replace("__", "."): value for key, value in overrides.items()}
    return train(build_recipe(recipe, named), out, console=quiet)


def record(out):
    return json.loads((out / "run.json").read_text())


def logged(out):
    """The steps of the log."""
    if not (out / "log.jsonl").exists():
        return []
    return [json.loads(line)["step"] for line in (out / "log.jsonl").read_text().splitlines()]


def until(process, true):
    deadline = time.monotonic() + 150
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def written(recipes, tiny, tmp_path):
    """Writes a tiny recipe, a sample a step in each process."""

    def write(name="cyclegan", **overrides):
        settings = {**tiny(), **SHORT, **overrides}
        path = tmp_path / "tiny.toml"
        path.write_text(load_recipe(recipes / f"{name}.toml", settings).to_toml())
        return path

    return write


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_equal_one(written, tmp_path, processes):
    """Two by torchrun, four by ganzoo's own option."""
    recipe = written(**EXACT)
    alone(recipe, tmp_path / "one", train__batch_size=processes)
    words = ["-m", "ganzoo", "run", recipe, "--out", tmp_path / "many"]
    words = [*TORCHRUN, *words] if processes == 2 else [*words, "--processes", processes]
    assert run(*words).count("Done:") == 1, "one process speaks"
    one, many = (load_file(tmp_path / n / "model.safetensors") for n in ("one", "many"))
    assert one.keys() == many.keys()
    for name in one:
        torch.testing.assert_close(one[name], many[name], rtol=0, atol=1e-9, msg=name)
    logs = [(tmp_path / n / "log.jsonl").read_text().splitlines() for n in ("one", "many")]
    for first, second in zip(*(map(json.loads, log) for log in logs), strict=True):
        assert first["images"] == second["images"]
        for player, terms in first["losses"].items():
            assert terms == pytest.approx(second["losses"][player], rel=1e-9)
    assert record(tmp_path / "many")["starts"][0]["processes"] == processes


KEEP = """
import os, sys
from pathlib import Path
from safetensors.torch import save_file
from ganzoo import build_recipe
from ganzoo.training.train import train

recipe, out = map(Path, sys.argv[1:])
experiment = build_recipe(recipe)
train(experiment, out / "run")
trained = {
    f"{name}.{key}": value.detach().clone()
    for name, network in experiment.networks.items()
    for key, value in network.named_parameters()
}
save_file(trained, out / f"rank-{os.environ['RANK']}.safetensors")
"""


def test_ranks_agree_with_batch_norm_dropout_and_histories(written, tmp_path):
    """Each has statistics, chances and histories of its own; the weights stay the same."""
    history = {"type": "history", "size": 2}
    networks = {
        "G": {"type": "unet", "width": 4, "layers": 3, "dropout": 0.5, "norm": "batch"},
        "F": {"type": "resnet", "width": 4, "blocks": 1, "norm": "batch"},
        "D_X": {"type": "patchgan", "width": 4, "layers": 1, "norm": "batch"},
        "D_Y": {"type": "patchgan", "width": 4, "layers": 1, "norm": "batch"},
    }
    recipe = written(
        **{f"networks.{name}": table for name, table in networks.items()},
        **{f"losses.adversarial_{side}.buffer": history for side in "XY"},
        **{"train.length": "5 steps", "train.batch_size": 2},
    )
    script = tmp_path / "keep.py"
    script.write_text(KEEP)
    run(*TORCHRUN, script, recipe, tmp_path)
    first, second = (load_file(tmp_path / f"rank-{rank}.safetensors") for rank in (0, 1))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert all(value.isfinite().all() for value in first.values())
    last = list_checkpoints(tmp_path / "run" / "checkpoints")[-1][1]
    own = [load_file(last / f"process-{rank}.safetensors") for rank in (0, 1)]
    assert not torch.equal(own[0]["adversarial_Y.fake/0"], own[1]["adversarial_Y.fake/0"])


def test_a_run_goes_on_with_as_many_processes_as_it_had(written, tmp_path):
    """Stopped for want of time after one of 5 steps; resumed in as many without being told."""
    history = {"type": "history", "size": 2}
    recipe = written(
        **{
            "losses.adversarial_X.buffer": history,
            "losses.adversarial_Y.buffer": history,
            "train.length": "5 steps",
        }
    )
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run(*TORCHRUN, "-m", "ganzoo", "run", recipe, "--out", whole)
    words = ["-m", "ganzoo", "run", recipe, "--out", parts, "--processes", 2]
    assert "Stopped after step 1;" in run(*words, "--stop-after", "1s")
    assert record(parts)["state"] == "stopped"
    with pytest.raises(ModelError, match="2 processes"):
        train(build_recipe(recipe), parts, resume=True)
    assert "resumed at 1\n" in run("-m", "ganzoo", "resume", parts)
    last = "checkpoints/step-00000005"
    files = [f"{last}/{name}.safetensors" for name in ("state", "process-0", "process-1")]
    held = {file: [load_file(out / file) for out in (whole, parts)] for file in files}
    for one, two in held.values():
        assert one
        assert one.keys() == two.keys()
        assert all(torch.equal(one[name], two[name]) for name in one)
    assert [entry["processes"] for entry in record(parts)["starts"]] == [2, 2]


def test_one_signal_stops_all_processes_and_all_is_saved(written, tmp_path):
    """Sent to every process, as a batch system does; the launcher passes it on to all as well."""
    out = tmp_path / "run"
    process = start(
        "-m", "ganzoo", "run", written(**{"train.workers": 1}), "--out", out, "--processes", 2,
        *ENDLESS,
    )  # fmt: skip
    until(process, lambda: logged(out))
    everyone = [process.pid, *descendants(process.pid)]
    assert len(everyone) >= 5, "the launcher, two processes, their workers"
    for each in everyone:
        os.kill(each, signal.SIGTERM)
    said, complaint, code = ended(process)
    assert code == 130, complaint
    assert complaint == ""
    # The launcher's word may come when a short step is over and everything is saved.
    assert said.count("stopping after this step") <= 1
    assert said.endswith(f"Go on with:\n  ganzoo resume {out}\n")
    [(step, _)] = list_checkpoints(out / "checkpoints")
    assert (record(out)["state"], record(out)["step"]) == ("stopped", step)


def descendants(process):
    import psutil

    return [child.pid for child in psutil.Process(process).children(recursive=True)]


def test_an_unreadable_image_ends_all_processes(written, tmp_path):
    """Only one of them meets it; to save would take both, and the other waits in its step."""
    for name in ("trainA", "trainB"):
        (tmp_path / name).mkdir()
        for index in range(8):
            Image.new("RGB", (16, 16), (index, 50, 90)).save(tmp_path / name / f"{index}.png")
    third = list(ShuffledBatches(8, 1, 0, 0, 8))[5]  # the second process's share of the third step
    cut = tmp_path / "trainA" / f"{third[0][1]}.png"  # its header is whole
    Image.effect_noise((64, 64), 90).save(cut)
    cut.write_bytes(cut.read_bytes()[:1000])
    data = {"type": "folders", "root": str(tmp_path), "size": 16}
    recipe = written(**{"data": data, "train.seed": 0, "checkpoints.every": "1 step"})
    out = tmp_path / "run"
    _, complaint, code = ended(start("-m", "ganzoo", "run", recipe, "--out", out, "--processes", 2))
    assert code == 2
    assert complaint.startswith("ganzoo: rank 1 of 2: ")
    assert f"{third[0][1]}.png cannot be read" in complaint
    assert f"goes on from its last checkpoint, step 1, with: ganzoo resume {out}" in complaint
    assert len(complaint.splitlines()) == 2
    assert [step for step, _ in list_checkpoints(out / "checkpoints")] == [1]
    assert describe(out).state == "interrupted"  # recorded, or found: torch may kill rank 0 first


def test_a_process_that_is_killed_ends_the_others(written, tmp_path):
    out = tmp_path / "run"
    recipe = written(**{"checkpoints.every": "1 step"})
    process = start("-m", "ganzoo", "run", recipe, "--out", out, "--processes", 2, *ENDLESS)
    until(process, lambda: list_checkpoints(out / "checkpoints"))
    os.kill(record(out)["starts"][0]["pid"], signal.SIGKILL)
    _, complaint, code = ended(process)
    assert code == 1
    assert complaint.startswith("ganzoo: rank 0 of 2 was killed by SIGKILL")
    last = list_checkpoints(out / "checkpoints")[-1][0]
    assert complaint.endswith(f"checkpoint, step {last}, with: ganzoo resume {out}\n")
    assert len(complaint.splitlines()) == 2


def test_a_launcher_that_starts_one_process_for_two_is_found_out(written, tmp_path):
    """Accelerate's, on a CPU."""
    launcher = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2"]
    words = ["-m", "ganzoo", "run", written(), "--out", tmp_path / "run"]
    _, complaint, code = ended(start(*launcher, *words))
    assert code != 0
    assert "ganzoo: `accelerate launch` was asked for several processes" in complaint
    assert not (tmp_path / "run").exists()
