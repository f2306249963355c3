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


def test_the_least_of_all_turns_counts(monkeypatch):
    """A core that another program has slows threads that wait for one another, not one alone."""
    before = torch.get_num_threads()
    slow = iter([100.0] * 4 + [1.0, 2.0, 4.0, 8.0] + [50.0] * 8)
    asked = []

    def take(network, seconds, half=False):
        asked.append(torch.get_num_threads())
        return next(slow)

    monkeypatch.setattr(machine_speed.TimedNetwork, "time", take)
    speed = machine_speed.measure_speed(turns=2)
    wide = machine_speed.TimedNetwork(*machine_speed.WIDE).work
    assert speed.flops == coarsen(machine_speed.OF_WIDE * wide.flops / 2)
    assert speed.half_flops == coarsen(machine_speed.OF_HALF * wide.flops / 4)
    assert asked == ([before] * 4 + [1] * 4) * 2
    assert torch.get_num_threads() == before
