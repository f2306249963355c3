"""Ways to end: a saved step wherever one was possible, one sentence, the exit code, nobody left."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import psutil
import pytest
from PIL import Image

from ganzoo import load_recipe
from ganzoo.runs.layout import list_checkpoints

SHORT = {
    "train.length": "400000 steps",
    "train.log_every": "1 step",
    "train.workers": 2,
    "train.batch_size": 1,
    "samples.every": "400000 steps",
    "samples.count": 1,
    "checkpoints.every": "5 steps",
    "metrics": {},
}
PATIENCE = 150  # seconds; machines of strangers are slow


@dataclass
class Run:
    """A run as its user started it."""

    process: subprocess.Popen
    folder: object
    processes: int
    everyone: list
    unread: object = None

    def steps(self):
        """What the log says was made."""
        log = self.folder / "log.jsonl"
        lines = log.read_text().splitlines() if log.exists() else []
        return [json.loads(line)["step"] for line in lines if line.endswith("}")]

    def workers(self):
        """The processes that read data."""
        trainers = [self.process.pid]
        if self.processes > 1:
            trainers = [child.pid for child in psutil.Process(self.process.pid).children()]
            trainers = [pid for pid in trainers if _is_ours(pid)]
        found = [child for pid in trainers for child in psutil.Process(pid).children()]
        return [child for child in found if _is_ours(child.pid)]

    def signal(self, number):
        """To all processes, as a terminal does."""
        os.killpg(self.process.pid, number)

    def last(self):
        """The step of the last checkpoint."""
        found = list_checkpoints(self.folder / "checkpoints")
        return found[-1][0] if found else None


def _is_ours(pid):
    return "resource_tracker" not in " ".join(psutil.Process(pid).cmdline())


def wait(true, process=None):
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def begin(recipes, tiny, tmp_path):
    """Starts a run of folders of images, and waits until it has made some steps after a save."""
    begun = []

    def start(processes=1, dead_pipe=False, before=None, **overrides):
        for name in ("trainA", "trainB", "testA", "testB"):
            (tmp_path / name).mkdir()
            for index in range(8):
                picture = Image.new("RGB", (16, 16), (index, 50, len(name) + ord(name[-1])))
                picture.save(tmp_path / name / f"{index}.png")
        data = {"type": "folders", "root": str(tmp_path), "size": 16}
        settings = {**tiny(), **SHORT, "data": data, **overrides}
        recipe = tmp_path / "tiny.toml"
        recipe.write_text(load_recipe(recipes / "cyclegan.toml", settings).to_toml())
        out = tmp_path / "run"
        words = ["-m", "ganzoo", "run", recipe, "--out", out, "--processes", processes]
        process = subprocess.Popen(
            [sys.executable, *map(str, words)],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            start_new_session=True,
            preexec_fn=before,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        run = Run(process, out, processes, [])
        begun.append(run)
        return run

    yield start
    for run in begun:
        for each in run.everyone:
            if each.is_running():
                each.kill()
        run.process.kill()
        run.process.communicate()


def ready(run):
    """Wait for some steps after a checkpoint; then everybody is known."""
    wait(lambda: run.last() and run.steps()[-1] > run.last(), run.process)
    top = psutil.Process(run.process.pid)
    run.everyone = [top, *top.children(recursive=True)]
    assert len(run.workers()) == 2 * run.processes


def gone(run):
    """Whether nobody is left; where no init collects them, those who ended stay as zombies."""
    _, left = psutil.wait_procs(run.everyone, timeout=30)
    return [each for each in left if each.status() != psutil.STATUS_ZOMBIE] == []


def ended(run, dead_pipe=False):
    """Exit code and all that was said."""
    if dead_pipe:
        run.process.wait(timeout=PATIENCE)
        said, complaint = "", run.process.stderr.read()
    else:
        said, complaint = run.process.communicate(timeout=PATIENCE)
    assert "Traceback" not in said + complaint, complaint
    assert gone(run)
    return run.process.returncode, said, complaint


def saved(run):
    """The step at which all is saved; the record says so, too."""
    record = json.loads((run.folder / "run.json").read_text())
    assert record["step"] == run.last()
    return run.last()


TWO = [1, pytest.param(2, marks=pytest.mark.slow)]


@pytest.mark.case("C1", "C2")
@pytest.mark.parametrize("processes", TWO)
@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        signal.SIGHUP,
    ],
)
def test_a_signal_to_all(begin, processes, number):
    run = begin(processes)
    ready(run)
    run.signal(number)
    code, said, complaint = ended(run)
    assert (code, complaint) == (130, "")
    assert said.endswith(f"Go on with:\n  ganzoo resume {run.folder}\n")
    assert f"Stopped after step {saved(run)};" in said
    assert saved(run) >= run.steps()[-1]


@pytest.mark.case("C1")
@pytest.mark.parametrize("streams", ["stdout", pytest.param("both", marks=pytest.mark.slow)])
@pytest.mark.parametrize("processes", TWO)
def test_ctrl_c_into_a_dead_pipe(begin, processes, streams):
    """`ganzoo run ... | tee log`: the Ctrl-C ended tee first."""
    run = begin(processes)
    ready(run)
    run.process.stdout.close()
    if streams == "both":
        run.process.stderr.close()
    before = run.steps()[-1]
    wait(lambda: run.steps()[-1] > before + 2, run.process)  # it goes on in silence
    run.signal(signal.SIGINT)
    assert run.process.wait(timeout=PATIENCE) == 130
    assert streams == "both" or run.process.stderr.read() == ""
    assert gone(run)
    assert saved(run) >= run.steps()[-1]


@pytest.mark.case("C1")
@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_without_outputs_from_the_start(begin, processes):
    """`>&- 2>&-`: what is opened next takes their numbers."""
    run = begin(processes, before=lambda: (os.close(1), os.close(2)))
    ready(run)
    run.signal(signal.SIGTERM)
    assert run.process.wait(timeout=PATIENCE) == 130
    assert gone(run)
    assert saved(run) >= run.steps()[-1]


@pytest.mark.case("C2")
@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_nohup(begin, processes):
    run = begin(processes, before=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    ready(run)
    run.signal(signal.SIGHUP)
    before = run.steps()[-1]
    wait(lambda: run.steps()[-1] > before + 4, run.process)
    run.signal(signal.SIGTERM)
    assert ended(run)[0] == 130
    assert saved(run) > before + 4


def told(run, code, said, complaint, *words):
    """One message of two lines: the cause, then what is safe and what to type."""
    assert code == 2, said + complaint
    first, second = complaint.splitlines()
    assert first.startswith("ganzoo: ")
    assert all(word in first for word in words), first
    command = f"ganzoo resume {run.folder}"
    if run.processes == 1:
        assert second.endswith(f"saved at step {saved(run)}: mend it and go on with: {command}")
        assert saved(run) >= run.steps()[-1]
    else:
        assert second.endswith(f"from its last checkpoint, step {run.last()}, with: {command}")


@pytest.mark.case("C3")
@pytest.mark.parametrize("processes", TWO)
def test_a_data_worker_is_killed(begin, processes):
    run = begin(processes)
    ready(run)
    run.workers()[-1].kill()
    told(run, *ended(run), "a data worker was killed by SIGKILL", "train.workers=0")


@pytest.mark.case("C5")
@pytest.mark.parametrize("processes", TWO)
def test_data_workers_hang(begin, processes):
    run = begin(processes)
    ready(run)
    for worker in run.workers():
        worker.suspend()
    time.sleep(1)  # what was read before is used up
    run.signal(signal.SIGINT)
    began = time.monotonic()
    code, said, complaint = ended(run)
    assert (code, complaint) == (130, "")
    assert said.endswith(f"ganzoo resume {run.folder}\n")
    assert time.monotonic() - began < 60
    if processes == 1:
        assert f"Stopped after step {saved(run)};" in said
        assert saved(run) >= run.steps()[-1]
    else:
        assert f"goes on from its last checkpoint, step {run.last()}," in said


@pytest.mark.case("C3")
@pytest.mark.parametrize("processes", TWO)
def test_the_disk_is_full(begin, processes):
    """As a limit on the size of files, which a checkpoint meets first: no root is needed."""
    limit = 40_000
    run = begin(processes, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    run.everyone = [psutil.Process(run.process.pid)]
    code, _, complaint = ended(run)
    assert code == 2, complaint
    first, second = complaint.splitlines()
    assert f"{run.folder}: the disk is full (File too large); make room" in first
    assert second.endswith(f"nothing was saved yet: delete {run.folder} and start again")
    assert not [*run.folder.rglob("*.part")], "what is half written takes no place"


@pytest.mark.case("C3")
@pytest.mark.parametrize("processes", TWO)
def test_the_folder_is_deleted(begin, processes):
    run = begin(processes)
    ready(run)
    run.folder.rename(run.folder.with_name("away"))
    shutil.rmtree(run.folder.with_name("away"))
    code, _, complaint = ended(run)
    assert code == 2, complaint
    first, second = complaint.splitlines()
    assert f"{run.folder}: this run's folder is gone" in first
    assert "start again" in second or "nothing was saved" in second
    assert not (run.folder / "recipe.toml").exists()


@pytest.mark.case("C3")
@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_an_image_breaks(begin, processes):
    run = begin(processes)
    ready(run)
    for image in (run.folder.parent / "trainA").iterdir():
        image.write_bytes(b"no picture")
    told(run, *ended(run), "cannot be read")
