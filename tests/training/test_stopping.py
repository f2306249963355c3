"""When a run stops: signals, the time given, a launcher that is gone; and when processes ask."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
import torch

from ganzoo.engine.stop_sync import MOST, StopSync
from ganzoo.engine.workers import Abandoned
from ganzoo.launch.worker import LAUNCHER, SIGNALS
from ganzoo.training.stopping import FIRST, GRACE, SAME, Stopping


class Watch:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def made():
    """A stopping with what it speaks to: its trainer, its clock, what it said."""

    def make(until=None, processes=1):
        watch, said = Watch(), []
        alone = SimpleNamespace(num_processes=processes)
        trainer = SimpleNamespace(stop=False, waiting=False, done=0, accelerator=alone)
        return Stopping(trainer, said.append, until, watch), trainer, watch, said

    return make


@pytest.fixture
def handlers():
    """Puts back what answers signals, whatever a test leaves."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield lambda: {signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("launched", [True, False])
@pytest.mark.parametrize("asked", [True, False])
def test_a_launchers_late_signal_does_not_disturb_the_end(
    made, handlers, monkeypatch, launched, asked
):
    if launched:
        monkeypatch.setenv(LAUNCHER, str(os.getppid()))
    with made()[0] as stopping:
        assert handlers() == {stopping.ask}
        if asked:
            os.kill(os.getpid(), signal.SIGTERM)
    assert (handlers() == {signal.SIG_IGN}) == (launched and asked)
    assert stopping.ask not in handlers()


@pytest.mark.case("C2")
def test_a_hangup_asks_as_well_unless_it_is_ignored(made, handlers):
    with made()[0] as stopping:
        assert signal.getsignal(signal.SIGHUP) == stopping.ask
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    with made()[0] as stopping:
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) == stopping.ask
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


@pytest.mark.case("C4")
def test_in_a_thread_signals_are_left_alone(made, handlers):
    found = []

    def enter():
        with made()[0]:
            found.append({signal.getsignal(number) for number in SIGNALS})

    before = {signal.getsignal(number) for number in SIGNALS}
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert found == [before]


@pytest.mark.case("C5")
def test_data_that_do_not_come_are_left_at_once_by_one_process_alone(made):
    stopping, trainer, _, _ = made()
    stopping.ask(signal.SIGINT)
    assert trainer.stop, "in a step: it is made"
    stopping, trainer, _, said = made()
    trainer.waiting = True
    with pytest.raises(Abandoned):
        stopping.ask(signal.SIGINT)
    assert len(said) == 1


@pytest.mark.case("C5")
def test_of_several_processes_one_waits_until_the_others_had_theirs(made):
    stopping, trainer, watch, _ = made(processes=2)
    trainer.waiting = True
    stopping.ask(signal.SIGINT)
    watch.now += GRACE - 0.1
    stopping.look()
    watch.now += 0.2
    with pytest.raises(Abandoned):
        stopping.look()


@pytest.mark.case("C5")
@pytest.mark.parametrize("made_one", [True, False])
def test_data_that_do_not_come_are_not_waited_for_beyond_the_time_given(made, made_one):
    """But for the first step's, as one is made in any case."""
    stopping, trainer, watch, _ = made(until=1030)
    trainer.waiting, trainer.done = True, int(made_one)
    watch.now = 1030.1 + (0 if made_one else FIRST)
    with pytest.raises(Abandoned):
        stopping.look()
    assert stopping.asked is None


@pytest.mark.case("C5")
def test_who_waits_is_woken(made):
    """A thread does it, by a signal that ends what the system waits for."""
    stopping, trainer, _, _ = made(until=900, processes=1)
    stopping.first, trainer.waiting = -1, True
    read, write = os.pipe()
    with pytest.raises(Abandoned), stopping:
        os.read(read, 1)
    os.close(read)
    os.close(write)


def test_signals_close_together_are_one(made):
    """`timeout` and batch systems signal a process and its group."""
    stopping, trainer, watch, said = made()
    stopping.ask(signal.SIGTERM)
    watch.now += SAME / 2
    stopping.ask(signal.SIGTERM)
    assert trainer.stop
    assert len(said) == 1
    watch.now += SAME
    with pytest.raises(KeyboardInterrupt):
        stopping.ask(signal.SIGINT)


def test_handlers_are_put_back(made):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    stopping, trainer, _, _ = made()
    with stopping:
        os.kill(os.getpid(), signal.SIGTERM)
        assert trainer.stop
    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


def test_under_our_launcher_any_number_of_signals_is_one(made, monkeypatch):
    monkeypatch.setenv(LAUNCHER, str(os.getppid()))
    stopping, trainer, watch, said = made()
    stopping.ask(signal.SIGTERM)  # another process failed, or a batch system: the launcher speaks
    assert trainer.stop
    assert said == []
    for _ in range(3):
        watch.now += 2 * SAME
        stopping.ask(signal.SIGINT)
    assert len(said) == 1


def test_no_step_is_begun_that_would_end_too_late(made):
    stopping, trainer, watch, _ = made(until=1030)
    with stopping:
        ends = []
        while not trainer.stop:
            watch.now += 4
            ends.append(watch.now)
            stopping.on_step(None)
    assert ends[-1] == 1028, "28 s are over, and the next step would take 4"
    assert stopping.asked is None


def test_one_step_is_made_in_any_case(made):
    stopping, trainer, _, _ = made(until=900)
    assert not trainer.stop
    stopping.on_step(None)
    assert trainer.stop


def test_a_process_whose_launcher_is_gone_stops(made, monkeypatch):
    for launcher, stops in ((os.getppid(), False), (2**30, True)):
        monkeypatch.setenv(LAUNCHER, str(launcher))
        stopping, trainer, _, _ = made()
        stopping.on_step(None)
        assert trainer.stop is stops


class Together:
    """Two accelerators whose `reduce` adds: each call of one waits for nobody, and is counted."""

    num_processes = 2
    device = torch.device("cpu")

    def __init__(self, main, others):
        self.is_main_process, self.others, self.looks = main, others, 0

    def reduce(self, tensor, reduction):
        assert reduction == "sum"
        self.looks += 1
        return tensor + torch.tensor(self.others)


@pytest.mark.parametrize(
    ("a_step", "looked"),
    [(5.0, [1, 2, 3, 4]), (1.0, [1, 2, 4, 6]), (0.25, [1, 2, 10, 18]), (1e-3, [1, 2, 2 + MOST])],
)
def test_looks_are_two_seconds_apart(a_step, looked):
    """At every step where steps are slow; never more than so many steps apart."""
    watch, found = Watch(), []
    accelerator = Together(True, [0.0, 0.0])
    looks = StopSync(accelerator, watch)
    for done in range(1, looked[-1] + 1):
        watch.now += a_step
        before = accelerator.looks
        assert not looks.asked(done, False)
        found += [done] if accelerator.looks > before else []
    assert found == looked


def test_who_is_not_main_follows_the_main_ones_pace_exactly():
    looks = StopSync(Together(False, [0.0, 0.3]), Watch())
    assert not looks.asked(1, False)
    assert looks.next_exchange == 1 + 6


def test_one_that_is_asked_stops_all():
    assert StopSync(Together(True, [1.0, 0.0])).asked(1, False)
    assert StopSync(Together(False, [0.0, 0.3])).asked(1, True)
    alone = SimpleNamespace(num_processes=1)
    assert [StopSync(alone).asked(1, stop) for stop in (True, False)] == [True, False]


@pytest.mark.case("D8")
def test_an_interrupt_while_torch_is_imported_is_told_without_it(tmp_path):
    """Importing it a second time raises errors of its own."""
    (tmp_path / "run" / "checkpoints" / "step-00000012").mkdir(parents=True)
    code = """
import sys
from pathlib import Path
from ganzoo.cli.train_request import _format_interrupted
print(_format_interrupted(Path(sys.argv[1])))
sys.exit("torch" in sys.modules)
"""
    words = [sys.executable, "-c", code, str(tmp_path / "run")]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert f"step 12, with: ganzoo resume {tmp_path / 'run'}" in ended.stdout
