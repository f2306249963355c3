"""What a crash, a power cut or somebody's hand did to a run's folder: mended, or told."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import stat
import subprocess
import threading
import time

import pytest
from rich.console import Console

from ganzoo import build_recipe
from ganzoo.errors import RunError
from ganzoo.files.writing import TEMPORARY, temporary_name
from ganzoo.runs.checkpoint_folders import SUMS, find_damage, write_sums
from ganzoo.runs.layout import list_checkpoints
from ganzoo.runs.leftovers import remove_leftovers
from ganzoo.training.train import train

SHORT = {
    "train.length": "4 steps",
    "train.log_every": "1 step",
    "samples.every": "4 steps",
    "samples.count": 1,
    "checkpoints.every": "2 steps",
    "metrics": {},
}
LONGER = {"train.length": "5 steps"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory, tiny_settings):
    """A run of 4 steps with checkpoints at 2 and 4, to be copied."""
    out = tmp_path_factory.mktemp("finished") / "run"
    recipe = build_recipe("cyclegan", {**tiny_settings, **SHORT})
    train(recipe, out, console=Console(file=io.StringIO()))
    return out


@pytest.fixture
def out(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def resume(out, **changed):
    """Goes on; returns what was said."""
    console = Console(file=io.StringIO(), width=500)
    experiment = build_recipe(out, {**LONGER, **changed})
    assert train(experiment, out, resume=True, console=console).finished
    return console.file.getvalue()


def steps(out):
    return [json.loads(line)["step"] for line in (out / "log.jsonl").read_text().splitlines()]


def zero(file):
    file.write_bytes(bytes(file.stat().st_size))


def flip(file):
    """One bit of the last weight."""
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    file.write_bytes(content)


@pytest.mark.case("C12")
@pytest.mark.parametrize("harm", [zero, flip, lambda file: file.unlink()])
def test_a_checkpoint_that_is_not_as_it_was_written_is_passed_over(out, harm):
    last = out / "checkpoints" / "step-00000004"
    harm(last / "state.safetensors")
    said = resume(out)
    assert "state.safetensors" in said
    assert "going on from step-00000002, the checkpoint before it" in said
    assert "resumed at 2" in said
    assert steps(out) == [1, 2, 3, 4, 5]
    assert (out / "checkpoints" / "damaged-step-00000004").is_dir(), "nothing is lost"
    assert find_damage(out / "checkpoints" / "step-00000004") == ""


@pytest.mark.case("C12")
def test_where_none_is_sound_nothing_is_changed(out):
    for _, path in list_checkpoints(out / "checkpoints"):
        flip(path / "process-0.safetensors")
    before = sorted(out.rglob("*"))
    with pytest.raises(RunError, match=r"process-0.* damaged[\s\S]*no checkpoint before it"):
        resume(out)
    assert sorted(out.rglob("*")) == before


@pytest.mark.case("C12")
def test_checkpoints_from_before_there_were_sums_still_open(out):
    for _, path in list_checkpoints(out / "checkpoints"):
        (path / SUMS).unlink()
    assert "going on from" not in resume(out)
    zero(out / "checkpoints" / "step-00000005" / "state.safetensors")
    (out / "checkpoints" / "step-00000005" / SUMS).unlink()
    assert "going on from step-00000004" in resume(out, **{"train.length": "6 steps"})


@pytest.mark.case("C12")
def test_sums_are_what_sha256sum_checks(finished):
    """The last one was written anew at the end, and holds."""
    program = shutil.which("sha256sum")
    if program is None:
        pytest.skip("there is no sha256sum")
    for _, path in list_checkpoints(finished / "checkpoints"):
        subprocess.run([program, "--check", "--strict", SUMS], cwd=path, check=True)


@pytest.mark.case("C12")
@pytest.mark.parametrize("name", ["../../../secret", "/etc/passwd"])
def test_sums_name_files_of_their_folder_only(tmp_path, name):
    (tmp_path / "state.safetensors").write_text("weights")
    write_sums(tmp_path)
    with (tmp_path / SUMS).open("a") as sums:
        sums.write(f"{'0' * 64}  {name}\n")
    assert find_damage(tmp_path) == f"{tmp_path / SUMS}: this is damaged"


NONSENSE = [
    b"\x00" * 40,
    b"\xff\xfe{}",
    b"[1, 2]",
    b"{}",
    b'{"step": "3"}',
    b'{"step": 3, "losses": 7}',
    b'{"step": 3, "losses": {"generators": {"cycle_X": "high"}}, "nonfinite": 0}',
    b'{"step": true, "losses": {}, "nonfinite": 0}',
    b"[" * 100_000,
    b'{"step": 4, "lo',
]


@pytest.mark.case("C11")
def test_nonsense_in_a_runs_files_is_left_out(out):
    good = (out / "log.jsonl").read_bytes()
    assert steps(out) == [1, 2, 3, 4]
    (out / "log.jsonl").write_bytes(b"\n".join([*NONSENSE[:5], good, *NONSENSE[5:]]))
    for name in ("evaluations.jsonl", "alarms.jsonl"):
        (out / name).write_bytes(b"\n".join(NONSENSE))
    for name in ("best.json", "trackers.json", "run.json", "metrics.json"):
        (out / name).write_bytes(b'{"starts": 5, "value": "x", "step": []}')
    resume(out, **{"metrics.psnr": {"type": "psnr", "prediction": "G(x)", "target": "y"}})
    assert steps(out) == [1, 2, 3, 4, 5]
    assert json.loads((out / "run.json").read_text())["state"] == "finished"


@pytest.mark.case("C13")
def test_what_killed_processes_were_writing_is_removed(out):
    """By whoever goes on with the run; what somebody else is writing just now stays."""
    gone = temporary_name().replace(f"-{os.getpid()}-", f"-{2**22 + 1}-")
    mine = temporary_name()
    for name in (gone, mine):
        for folder in (out, out / "samples"):
            (folder / name).write_text("half")
    resume(out)
    assert [path.name for path in out.rglob("*.part")] == [mine, mine]


@pytest.mark.case("C13")
def test_a_process_that_got_the_number_later_did_not_write_it(tmp_path):
    for age in (0, 10**6):
        file = tmp_path / temporary_name()
        file.write_text("half")
        os.utime(file, (time.time() - age, time.time() - age))
    remove_leftovers(tmp_path)
    (left,) = tmp_path.iterdir()
    assert time.time() - left.stat().st_mtime < 1000


@pytest.mark.case("C13")
def test_another_machines_file_is_left_for_an_hour(tmp_path):
    own = TEMPORARY.fullmatch(temporary_name())[1]
    other = tmp_path / temporary_name().replace(f"-{own}-", "-another-")
    other.write_text("half")
    remove_leftovers(tmp_path)
    assert other.exists()
    os.utime(other, (time.time() - 4000, time.time() - 4000))
    remove_leftovers(tmp_path)
    assert not other.exists()


@pytest.mark.case("E3")
@pytest.mark.parametrize("name", ["checkpoints", "samples", "cases"])
def test_a_runs_own_folders_are_no_links(out, tmp_path, name):
    """A stranger's run would write, and delete, among its reader's files."""
    place, other = out / name, tmp_path / "mine"
    if place.is_dir():
        place.rename(other)
    else:
        other.mkdir()
    place.symlink_to(other)
    before = sorted(other.rglob("*"))
    with pytest.raises(RunError, match=f"{name} is a link that leads out"):
        resume(out)
    assert sorted(other.rglob("*")) == before


@pytest.mark.case("E3")
def test_links_in_a_run_are_never_written_through(out, tmp_path):
    """Files, logs, and the names that were predictable."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    names = ["alarms.jsonl", "evaluations.jsonl", "losses.svg", "report.html", "best.json"]
    names += ["run.json", "model.safetensors", "best.safetensors", "metrics.json", "cases.json"]
    names += [f".{name}.{os.getpid()}.part" for name in names]
    names += ["checkpoints/.part", "checkpoints/.step-00000004.old", "samples/step-00000005.png"]
    names += ["checkpoints/.step-00000002.gone"]
    for name in names:
        (out / name).unlink(missing_ok=True)
        (out / name).symlink_to(precious)
    with pytest.raises(RunError, match="is a link that leads out"):
        resume(out)
    for name in names:  # inside of the folder they are not refused
        (out / name).unlink()
        (out / name).symlink_to(out / "precious")
    precious.rename(out / "precious")
    resume(out, **{"checkpoints.keep": 1, "samples.every": "1 step"})
    assert (out / "precious").read_text() == "mine"
    assert not (out / "losses.svg").is_symlink()


@pytest.mark.case("D9")
def test_all_files_of_a_run_have_the_umasks_mode(finished):
    mask = os.umask(0)
    os.umask(mask)
    files = [path for path in finished.rglob("*") if path.is_file()]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in files}
    assert "model.safetensors" in modes
    assert "state.safetensors" in modes
    assert set(modes.values()) == {0o666 & ~mask}


@pytest.mark.case("C8")
def test_a_run_that_is_being_trained_is_not_taken_up(out):
    """The other process has not seen the first step yet."""
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    told = {"host": "another", "pid": 4711, "process_started": 1.0, "since": "today"}
    (out / ".lock").write_text(json.dumps(told))
    with pytest.raises(RunError, match="is being trained by process 4711 on another"):
        resume(out)
    (out / ".lock").unlink()
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.case("C8")
def test_a_run_gives_its_lock_back(finished):
    assert not (finished / ".lock").exists()


@pytest.mark.case("C4")
def test_training_in_a_thread(tiny, tmp_path):
    """As a notebook's or a server's does; there are no signal handlers there."""
    found = []

    def work():
        recipe = build_recipe("cyclegan", {**tiny(), **SHORT, "train.workers": 1})
        found.append(train(recipe, tmp_path / "run", console=Console(file=io.StringIO())))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found
    assert found[0].finished
    assert steps(tmp_path / "run") == [1, 2, 3, 4]
    assert socket.gethostname() in (tmp_path / "run" / "run.json").read_text()
