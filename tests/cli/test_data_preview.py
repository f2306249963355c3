"""`ganzoo data preview`: a picture, or one sentence, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import Image
from typer.testing import CliRunner

from ganzoo.cli import app

SMALL = ["--set", "data={type='streets', size=16, count=4, held_out=1}"]


def run(*words):
    return CliRunner().invoke(app, ["data", "preview", *map(str, words)])


def test_it_writes_a_picture_and_says_where(recipes, tmp_path):
    target = tmp_path / "seen.png"
    turned = ["--set", "augmentations.turn.type=rot90"]
    words = [recipes / "cyclegan.toml", *SMALL, *turned, "--count", 2, "--out", target]
    done = run(*words)
    assert done.exit_code == 0, done.output
    x, y, *others = done.stdout.splitlines()
    assert x.startswith("x: 3 channels, 16 x 16 px, values -")
    assert y.startswith("y: 3 channels, 16 x 16 px, values -")
    assert others == [
        "rows: 2 samples of the first steps, and the first of them in 3 later epochs",
        "augmented by turn",
        f"-> {target}",
    ]
    with Image.open(target) as picture:
        assert picture.width > 4 * 128
    again = run(*words)
    assert again.exit_code == 2
    assert "already exists; name another file by --out, or --existing overwrite" in again.output
    assert run(*words, "--existing", "overwrite").exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cyclegan", "--out", "a.jpg"], "a.jpg: the picture is a PNG; name it a.png"),
        (["cyclegan", "--out", "no/a.png"], "no/a.png: there is no folder no"),
        (["cyclegan", "--data", "nowhere"], "nowhere"),
        (["cyclegan", "--set", "augmentations.a.type=rot9"], "Did you mean 'rot90'?"),
        (["cyclegn"], "Did you mean 'cyclegan'?"),
    ],
)
def test_mistakes_are_told_without_torch(tmp_path, words, message):
    code = (
        "import sys; from ganzoo.cli import main\n"
        f"sys.argv = ['ganzoo', 'data', 'preview', *{words}]\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["2 False"], done.stderr
    assert message in done.stderr
    assert not [*tmp_path.iterdir()]
