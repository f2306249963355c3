"""Nothing that a stranger wrote drives the terminal: control characters are printed as text."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import warnings

import pytest
from rich.table import Table
from rich.text import Text
from typer.testing import CliRunner

from ganzoo.cli import app
from ganzoo.cli.pages.columns import columns, print_rich, print_tabs, print_terms
from ganzoo.evaluation.scores import print_scores
from ganzoo.printing.terminal import Terminal
from ganzoo.printing.text import (
    HIDDEN,
    guard_warnings,
    one_line,
    say,
    say_json,
    short_count,
    visible,
)
from ganzoo.training.display import LineDisplay, LiveDisplay

pytestmark = pytest.mark.case("E6")

TITLE, CLIPBOARD = "\x1b]0;owned\x07", "\x1b]52;c;cm0gLXJmIC8=\x07"
HOSTILE = f"a{TITLE}{CLIPBOARD}\x1b[2J\x9b31m\x7f\r\x08\u202eb\u2066\u2028\ud800[red]c[/red]"
SPELT = (
    r"a\x1b]0;owned\x07\x1b]52;c;cm0gLXJmIC8=\x07\x1b[2J\x9b31m\x7f\r\x08\u202eb\u2066\u2028\ud800"
    "[red]c[/red]"
)


def clean(text):
    """The text, once it is sure that it holds no control character but tabs and newlines."""
    assert not HIDDEN.search(text), ascii(text)
    return text


def test_control_characters_are_spelt_and_all_else_stays():
    assert visible(HOSTILE) == SPELT
    assert visible("é 漢字 😀 ‖ \\x1b\tb\n") == "é 漢字 😀 ‖ \\x1b\tb\n"
    assert one_line("a\nb\tc\x1b") == r"a\nb\tc\x1b"
    assert visible("caf\udce9") == r"caf\xe9"  # a file's name in Latin-1


def test_say_prints_what_is_visible(capsys):
    say(HOSTILE, err=True, bold=True)
    say(HOSTILE)
    say_json({HOSTILE: HOSTILE})
    found = capsys.readouterr()
    assert clean(found.err) == SPELT + "\n"
    assert clean(found.out).startswith(SPELT + "\n")
    assert json.loads(found.out.partition("\n")[2]) == {HOSTILE: HOSTILE}


def test_tables_keep_their_lines(capsys):
    rows = [("good", "fine", "yes"), (f"bad\n{HOSTILE}", f"x\ty{HOSTILE}", "no")]
    print_tabs(rows)
    lines = clean(capsys.readouterr().out).splitlines()
    assert [line.count("\t") for line in lines] == [2, 2]
    assert len(columns(rows)) == 2
    assert clean("\n".join(columns(rows)))
    print_terms([("word\nmore", HOSTILE)])
    assert clean(capsys.readouterr().out).startswith(r"  word\nmore  a\x1b]0;owned\x07")
    out = io.StringIO()
    print_rich(("a", "b", "c"), rows, Terminal(file=out, width=500, color_system=None))
    head, good, bad = clean(out.getvalue()).splitlines()
    assert bad.startswith("bad\\n" + SPELT)
    assert bad.rstrip().endswith("no")
    assert head.index("c") == good.index("yes") == bad.rindex("no")


def test_a_meaning_is_wrapped_between_words_alone(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    path = "/a/place-with-a-long-name/" + "models/" * 6
    print_terms([("file", f"{path}, 12 bytes of well-known kinds that need two lines")])
    shown = capsys.readouterr().out
    assert f" {path}," in shown
    assert "well-known" in shown
    assert shown.count("\n") > 2


def drawn(renderable):
    out = io.StringIO()
    terminal = Terminal(file=out, width=200, force_terminal=True, color_system="truecolor")
    terminal.print(renderable)
    return out.getvalue()


def test_a_terminal_draws_its_own_styles_alone():
    table = Table(title=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(HOSTILE)
    for renderable in (HOSTILE, Text(HOSTILE, "bold"), table):
        shown = drawn(renderable)
        for sequence in (TITLE, CLIPBOARD, "\x1b]", "\x1b[2J", "\x9b", "\x7f", "\r", "\u202e"):
            assert sequence not in shown, ascii(shown)
        assert "[red]c[/red]" in shown
    assert drawn(Text("bold", "bold")) == "\x1b[1mbold\x1b[0m\n"


@pytest.mark.parametrize("display", [LineDisplay, LiveDisplay])
def test_displays_show_names_of_anybody(display):
    out = io.StringIO()
    terminal = Terminal(file=out, width=400, force_terminal=True, color_system=None)
    with display(terminal, 10, 0, HOSTILE) as shown:
        shown.note(HOSTILE)
        losses = {HOSTILE: {HOSTILE: 0.5}}
        record = {"step": 1, "images": 1, "epoch": 0, "losses": losses, "lr": {HOSTILE: 0.1}}
        shown.on_log(None, record)
    assert r"a\x1b]0;owned\x07" in out.getvalue()
    assert "\x1b]" not in out.getvalue()
    assert "\x9b" not in out.getvalue()


def test_scores_of_a_strangers_run(capsys):
    out = io.StringIO()
    terminal = Terminal(file=out, width=500, color_system=None)
    print_scores({HOSTILE: {f"m\n{HOSTILE}": {HOSTILE: 0.5}}}, {}, terminal)
    assert clean(out.getvalue()).count("owned") == 3


def test_an_error_and_its_traceback_are_told_as_text(tmp_path):
    place = tmp_path / "a\x1b]0;owned\x07b.toml"
    place.write_text("[networks]\nG = 1\n")
    for words in (["check", str(place)], ["--debug", "check", str(place)], ["check", "\x1b[2J"]):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 2
        assert r"\x1b" in clean(done.output)


@pytest.mark.parametrize(
    "words",
    [["list", "\x1b]0;t\x07"], ["\x1b]0;t\x07"], ["list", "--\x1b[2J"], ["report", "a", "\x9b"]],
)
def test_a_mistake_of_the_command_line_is_told_as_text(words):
    """A shell fills in file names that may be a stranger's."""
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert clean(done.output)


def test_a_warning_is_text(capsys, monkeypatch):
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    guard_warnings()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        sys.stderr.write(warnings.formatwarning(HOSTILE, UserWarning, "x.py", 1, "line"))
    assert r"\x1b]0;owned\x07" in clean(capsys.readouterr().err)


def test_a_fault_of_its_own_is_told_as_text():
    """What no one catches ends in the same printer."""
    code = (
        "import sys, ganzoo.cli as cli\n"
        "def app(): raise ZeroDivisionError('\\x1b]0;owned\\x07')\n"
        "cli.app = app\n"
        "cli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 1
    assert b"\x1b" not in done.stderr
    assert rb"ZeroDivisionError: \x1b]0;owned\x07" in done.stderr


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 FLOP"), (999, "999 FLOP"), (999.6, "1 kFLOP"), (1000, "1 kFLOP"),
     (1.117e10, "11.2 GFLOP"), (1.879e12, "1.88 TFLOP"), (2.5e15, "2.5 PFLOP"),
     (1.2344e18, "1,234 PFLOP")],
)  # fmt: skip
def test_numbers_are_rounded_for_people(number, text):
    assert short_count(number, "FLOP") == text


def test_a_count_has_no_unit():
    assert [short_count(n) for n in (812, 11_378_179)] == ["812", "11.4 M"]
