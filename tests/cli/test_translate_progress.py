"""How far a translation is: lines at intervals, or a bar."""

from __future__ import annotations

from rich.progress import Progress

from ganzoo.cli.translate_progress import EVERY, Bar, ImageProgress, format_progress
from ganzoo.printing.terminal import Terminal


def test_a_line_tells_the_rate_and_the_time_left():
    assert format_progress(40, 200, 20) == "40 of 200 images, 2 images/s, 0:01:20 left"
    assert (
        format_progress(3, 5000, 1000) == "3 of 5000 images, 0.003 images/s, 19 days, 6:41:07 left"
    )


def test_lines_come_at_intervals_and_not_at_the_end(capsys):
    times = iter([0, 10, EVERY + 1, EVERY + 2, 2 * EVERY, 2 * EVERY + 1, 3 * EVERY + 5])
    progress = ImageProgress(6, lambda: next(times))
    for _ in range(6):
        progress.advance()
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" images")[0] for line in lines] == ["2 of 6", "5 of 6"]


def test_the_bar_counts(capsys):
    console = Terminal(force_terminal=True, width=80)
    with Progress(console=console, transient=True) as shown:
        bar = Bar(4, shown)
        bar.advance()
        bar.tell("skipped: \x1b[31mred.png")
        [task] = shown.tasks
        assert (task.completed, task.total) == (1, 4)
    assert "skipped: \\x1b[31mred.png" in capsys.readouterr().out
