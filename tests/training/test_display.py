"""What a person sees while training, on a terminal and in a file."""

from __future__ import annotations

import io
import math
import time
from types import SimpleNamespace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from ganzoo.training.display import Display, LineDisplay, LiveDisplay, make_display
from ganzoo.training.speed import Speed, format_number, format_rate, format_time


class Watch:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def record(step: int, batch: int = 2, nonfinite: int = 0, **terms: float | None) -> dict[str, Any]:
    generators = terms or {"adversarial_Y": 0.5123, "cycle_X": 12.345}
    return {
        "step": step,
        "epoch": step // 100,
        "images": step * batch,
        "lr": {"generators": 2e-4, "discriminators": 1.98e-5},
        "losses": {"generators": generators, "discriminators": {"adversarial_Y": 0.25}},
        "nonfinite": nonfinite,
        "time": 0.0,
    }


def at(step: int) -> Any:
    """A training that has made so many steps."""
    return SimpleNamespace(step=step)


def console(width: int, terminal: bool) -> Console:
    return Console(file=io.StringIO(), width=width, height=40, force_terminal=terminal, _environ={})


def written(display: Display) -> str:
    assert isinstance(display.console.file, io.StringIO)
    return display.console.file.getvalue()


def test_the_kind_suits_the_console():
    assert isinstance(make_display(console(80, True), 10, 0, "x"), LiveDisplay)
    assert isinstance(make_display(console(80, False), 10, 0, "x"), LineDisplay)
    dumb = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})
    assert isinstance(make_display(dumb, 10, 0, "x"), LineDisplay)
    quiet = Console(file=io.StringIO(), force_terminal=True, quiet=True)
    assert isinstance(make_display(quiet, 10, 0, "x"), LineDisplay)


def lines_of_a_run() -> str:
    watch = Watch()
    with LineDisplay(console(40, False), 2000, 0, "runs/x", watch) as display:
        watch.now += 60  # the first step: not counted
        display.on_step(at(1))
        for step in (51, 101):
            watch.now += 10
            display.on_step(at(step))
            display.on_log(at(step), record(step))
        display.note("first samples: runs/x/[a]/step-00000000.png and more text [bold]")
        watch.now += 379.8
        display.on_log(at(2000), record(2000, nan=math.nan, none=None, tiny=1.2e-5))
    return written(display)


def test_plain_lines():
    critics = "discriminators: adversarial_Y 0.250"
    losses = f"generators: adversarial_Y 0.512 cycle_X 12.3 | {critics}"
    # 50 steps in 10 s are 100 images; 1949 and 1899 steps are left
    assert lines_of_a_run().split("\n") == [
        "runs/x: 2000 steps",
        f"step   51/2000  epoch 0  10.0 img/s  6:30 left  {losses}",
        f"step  101/2000  epoch 1  10.0 img/s  6:20 left  {losses}",
        "first samples: runs/x/[a]/step-00000000.png and more text [bold]",
        "step 2000/2000  epoch 20  10.0 img/s  done in 7:40  "
        f"generators: nan nan none nan tiny 1.2e-05 | {critics}",
        "",
    ]


def test_a_resumed_run_counts_from_its_start():
    watch = Watch()
    with LineDisplay(console(80, False), 2000, 1000, "runs/x", watch) as display:
        watch.now += 5
        display.on_step(at(1001))
        watch.now += 50
        display.on_log(at(1101), record(1101, batch=3))
    first, second = written(display).splitlines()
    assert first == "runs/x: 2000 steps, resumed at 1000"
    assert second.startswith("step 1101/2000  epoch 11  6.0 img/s  7:30 left  ")


def test_the_speed_forgets_what_is_long_ago():
    watch = Watch()
    speed = Speed(0, watch)
    for step in range(1, 31):
        watch.now += 100 if step <= 20 else 2
        speed.add(step, 4 * step)
    assert speed.images_a_second() == 2
    assert speed.seconds(30, 10) == 20


def test_before_the_first_record_the_steps_tell_the_time():
    watch = Watch()
    with LiveDisplay(console(80, True), 100, 0, "x", watch) as display:
        assert display._speed_and_time_left() == []
        display.on_step(at(1))
        watch.now += 30
        display.on_step(at(11))
        assert display._speed_and_time_left() == ["4:27 left"]


def rendered(width: int, name: str = "runs/cyclegan", **terms: float) -> list[str]:
    watch = Watch()
    display = LiveDisplay(console(width, False), 200_000, 0, name, watch)
    display.on_step(at(1))
    watch.now += 50
    display.on_step(at(1200))
    display.on_log(at(1001), record(1001, **terms))
    with display.console.capture() as capture:
        display.console.print(display.render())
    return capture.get().splitlines()


def test_the_panel_at_80_columns():
    bar, *lines = [line.rstrip() for line in rendered(80)]
    assert (len(bar), bar[:14], bar[-4:]) == (80, "runs/cyclegan ", "  1%")
    assert lines == [
        "step 1001/200000  epoch 10  40.0 img/s  2:45:50 left",
        "",
        "generators         lr 0.0002    discriminators   lr 1.98e-05",
        "  adversarial_Y        0.512      adversarial_Y        0.250",
        "  cycle_X               12.3",
    ]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_nothing_is_wider_than_the_terminal(width: int):
    lines = rendered(width, "runs/" + "long" * 40, **{"term" * 20: 1.0, "b": 1e-9})
    assert max(cell_len(line) for line in lines) <= width
    assert "…" in lines[0]


def test_players_side_by_side_where_there_is_room_and_below_where_not():
    assert any("generators" in ln and "discriminators" in ln for ln in rendered(60))
    assert not any("generators" in ln and "discriminators" in ln for ln in rendered(40))


def test_a_long_path_in_a_note_stays_whole():
    path = "runs/" + "long-name/" * 10 + "step-00000000.png"
    with LiveDisplay(console(40, True), 10, 0, "x") as display:
        display.note(f"samples of the untrained networks: {path}")
    assert path in written(display)


def test_the_live_panel_ends_with_its_last_state():
    with LiveDisplay(console(80, True), 150, 0, "runs/x") as display:
        display.on_step(at(150))
        display.on_log(at(150), record(150))
    last = written(display).rsplit("runs/x", 1)[1]
    assert "100%" in last
    assert "step 150/150" in last
    assert "done in 0:0" in last
    assert "12.3" in last


def test_a_step_costs_microseconds_and_draws_nothing():
    with LineDisplay(console(80, False), 10**6, 0, "x") as display:
        before, training = written(display), at(0)
        began = time.perf_counter()
        for training.step in range(1, 100_001):
            display.on_step(training)
        assert (time.perf_counter() - began) / 100_000 < 5e-6
        assert written(display) == before


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (0.5123, "0.512"),
        (-0.5, "-0.500"),
        (12.34, "12.3"),
        (4711.6, "4712"),
        (1e6, "1.0e+06"),
        (0.00012, "1.2e-04"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (None, "nan"),
    ],
)
def test_numbers(value: float | None, text: str):
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(0.1934, "0.19"), (7.08, "7.1"), (10.0, "10.0"), (152.4, "152")]
)
def test_rates(rate: float, text: str):
    assert format_rate(rate) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0:00"), (59.6, "1:00"), (260, "4:20"), (3860, "1:04:20"), (183_600, "2 d 3 h")],
)
def test_times(seconds: float, text: str):
    assert format_time(seconds) == text
