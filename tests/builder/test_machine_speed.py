"""How fast a machine is: kept, found again and rounded; never how fast this one is."""

import json

import pytest
import torch

from ganzoo.builder import machine_speed
from ganzoo.builder.machine_speed import MachineSpeed, coarsen, find_speed

SPEED = MachineSpeed(call=1e-5, flops=1e11, half_flops=2e11, bandwidth=1e10)


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """A cache folder of its own, and the measurements that were made."""
    made = []
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    monkeypatch.setattr(machine_speed, "measure_speed", lambda: made.append(1) or SPEED)
    return made


def test_it_is_measured_once(measured):
    assert find_speed() == find_speed() == SPEED
    assert len(measured) == 1
    find_speed(again=True)
    assert len(measured) == 2


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"call": "fast"}', "negative"])
def test_what_is_damaged_is_measured_again(measured, tmp_path, content):
    find_speed()
    (file,) = tmp_path.rglob("*.json")
    negative = json.dumps({**json.loads(file.read_text()), "flops": -1.0})
    file.write_text(negative if content == "negative" else content)
    assert find_speed() == SPEED
    assert len(measured) == 2


def test_a_cache_that_cannot_be_written_is_no_fault(measured, monkeypatch, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("GANZOO_CACHE", str(file))
    assert find_speed() == SPEED


def test_near_values_round_to_one():
    assert coarsen(1.00e11) == coarsen(1.05e11) == coarsen(0.95e11) == 1e11
    assert coarsen(1.2e11) > 1e11


TIMES = {"tiny": 1.0, "wide": 2.0, "wide in half": 4.0, "narrow": 8.0, "little in half": 0.1}


@pytest.fixture
def timed(monkeypatch):
    """What was timed, on how many threads; several that wait for one another are slow."""
    names = {(4, 8): "tiny", (128, 64): "wide", (16, 64): "narrow", (128, 16): "little"}
    asked, before = [], torch.get_num_threads()

    def take(network, seconds, half=False):
        name = names[tuple(network.image.shape[1:3])] + (" in half" if half else "")
        slow = torch.get_num_threads() == before and before > 1
        asked.append((name, torch.get_num_threads()))
        return TIMES[name] * (100 if slow else 1)

    monkeypatch.setattr(machine_speed.TimedNetwork, "time", take)
    return asked


def test_the_least_of_all_turns_counts(two_threads, timed):
    """A core that another program has slows threads that wait for one another, not one alone."""
    speed = machine_speed.measure_speed(turns=2)
    wide = machine_speed.TimedNetwork(*machine_speed.WIDE).work
    assert speed.flops == coarsen(machine_speed.OF_WIDE * wide.flops / 2)
    assert speed.half_flops == coarsen(machine_speed.OF_HALF * wide.flops / 4)
    names = ["tiny", "wide", "narrow", "wide in half"]
    assert timed[:2] == [("little in half", 1), ("wide", 1)]
    assert timed[2:] == ([(n, 2) for n in names] + [(n, 1) for n in names]) * 2
    assert torch.get_num_threads() == 2


def test_half_precision_that_is_emulated_is_timed_on_few_pixels(timed, monkeypatch):
    """A 16th of the pixels in 0.6 s: the whole image would take 9.6 s, 4.8 times as long as 2 s."""
    monkeypatch.setitem(TIMES, "little in half", 0.6)
    wide = machine_speed.TimedNetwork(*machine_speed.WIDE).work
    little = machine_speed.TimedNetwork(*machine_speed.LITTLE).work
    assert wide.flops == 16 * little.flops
    speed = machine_speed.measure_speed(turns=2)
    assert speed.half_flops == coarsen(machine_speed.OF_HALF * wide.flops / 9.6)
    assert "wide in half" not in {name for name, _ in timed}
