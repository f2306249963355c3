"""`ganzoo data fetch`: what a person reads."""

from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

from ganzoo.cli import app

FILES = ("trainA/1.jpg", "trainA/2.jpg", "trainB/1.jpg")


def run(*words):
    return CliRunner().invoke(app, ["data", "fetch", *map(str, words)])


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def archive(tmp_path):
    import tarfile

    for name in FILES:
        path = tmp_path / "facades" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    with tarfile.open(tmp_path / "mine.tar.gz", "w:gz") as made:
        made.add(tmp_path / "facades", "facades")
    return tmp_path / "mine.tar.gz"


def test_without_a_name_all_are_listed():
    listed = run()
    assert listed.exit_code == 0
    assert max(map(len, listed.stdout.splitlines())) <= 80
    assert "horse2zebra              117 MB  939 horses, 1,177 zebras" in listed.stdout
    assert "cityscapes" in listed.stdout


def test_it_says_what_is_there_and_what_to_do_next(archive, tmp_path):
    done = run("facades_pairs", "new", "--from", archive)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "facades_pairs: 3 files in new",
        "  trainA              2",
        "  trainB              1",
    ]
    assert lines[-1] == "Train on it: ganzoo run pix2pix_facades --set data.root=new"
    again = run("facades_pairs", "new")
    assert again.exit_code == 0
    assert again.stdout.splitlines()[0] == "new is there already, and as it was fetched"
    (tmp_path / "new" / FILES[0]).write_bytes(b"other")
    changed = run("facades_pairs", "new")
    assert changed.exit_code == 2
    assert "new is not as it was fetched: some files have changed" in changed.stderr


def test_the_default_folder_needs_no_setting(archive):
    done = run("facades_pairs", "--from", archive)
    assert done.stdout.splitlines()[-1] == "Train on it: ganzoo run pix2pix_facades"


def test_photos_to_translate(archive):
    done = run("ae_photos", "--from", archive)
    assert done.stdout.splitlines()[-1] == "Translate them: ganzoo translate MODEL ae_photos"


@pytest.mark.parametrize("words", [["cityscapes"], ["nothing"], ["maps", "--from", "ftp://a/b"]])
def test_mistakes_are_one_sentence(words):
    refused = run(*words)
    assert refused.exit_code == 2
    assert refused.stderr.startswith("ganzoo: ")
    assert "Traceback" not in refused.output


def test_ctrl_c_says_how_to_go_on(archive, monkeypatch):
    from ganzoo.datasets import fetching

    def stop(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(fetching, "unpack", stop)
    stopped = run("facades_pairs", "--from", archive)
    assert stopped.exit_code == 130
    assert "the same command goes on with it (facades_pairs.part)" in stopped.stderr


def test_it_imports_no_torch(archive):
    import subprocess

    code = (
        "import sys; from ganzoo.cli import app; "
        f"words = ['data', 'fetch', 'facades_pairs', '--from', {str(archive)!r}]; "
        "app(words, standalone_mode=False); "
        "assert not {'torch', 'numpy', 'PIL'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_recipe_without_its_images_says_how_to_get_them():
    refused = CliRunner().invoke(app, ["run", "cyclegan_horse2zebra"])
    assert refused.exit_code == 2
    assert "ganzoo data fetch horse2zebra" in refused.stderr
