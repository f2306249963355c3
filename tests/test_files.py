"""Files are written in one way: whole, on the disk, by the umask, through no link."""

from __future__ import annotations

import ast
import errno
import os
import stat
from pathlib import Path

import pytest

from ganzoo.files import writing as files
from ganzoo.files.writing import (
    append,
    duplicate,
    find_writer,
    remove,
    temporary_name,
    write_text,
    write_with,
)

ROOT = Path(__file__).parent.parent
SOURCES = [*(ROOT / "ganzoo").rglob("*.py"), *(ROOT / "plugins").glob("*/ganzoo_*/**/*.py")]


@pytest.fixture
def precious(tmp_path):
    """A file of the user's outside of the folder that ganzoo writes into."""
    path = tmp_path / "precious.txt"
    path.write_text("mine")
    (tmp_path / "run").mkdir()
    yield path
    assert path.read_text() == "mine"
    assert not path.is_symlink()


@pytest.mark.case("E3")
def test_a_link_in_a_files_place_is_replaced(precious, tmp_path):
    place = tmp_path / "run" / "model"
    place.symlink_to(precious)
    write_text(place, "new")
    assert not place.is_symlink()
    assert place.read_text() == "new"


@pytest.mark.case("E3")
def test_nothing_is_added_behind_a_link_or_to_a_pipe(precious, tmp_path):
    place = tmp_path / "run" / "log"
    place.symlink_to(precious)
    with pytest.raises(OSError, match="log"):
        append(place, b"new")
    place.unlink()
    os.mkfifo(place)
    with pytest.raises(OSError, match="log"):  # and it is not waited for
        append(place, b"new")


@pytest.mark.case("E3")
def test_a_link_at_the_temporary_name_is_refused(precious, tmp_path, monkeypatch):
    """Even if somebody guessed it."""
    monkeypatch.setattr(files, "temporary_name", lambda: ".guessed")
    (tmp_path / "run" / ".guessed").symlink_to(precious)
    with pytest.raises(FileExistsError):
        write_text(tmp_path / "run" / "model", "new")
    assert not (tmp_path / "run" / "model").exists()


@pytest.mark.case("E3")
def test_a_link_is_not_given_a_second_name_and_what_is_behind_one_is_not_deleted(
    precious, tmp_path
):
    place = tmp_path / "run" / "best"
    place.symlink_to(precious)
    with pytest.raises(OSError, match="link"):
        duplicate(place, tmp_path / "run" / "other")
    folder = tmp_path / "run" / "folder"
    folder.symlink_to(tmp_path)
    remove(folder)
    remove(place)
    assert [*(tmp_path / "run").iterdir()] == []


# What they write is no file: a member of an archive, and a switch of the system's.
NO_FILES = (
    ROOT / "ganzoo" / "sharing" / "bundle_writing.py",
    ROOT / "ganzoo" / "benchmarking" / "peak_memory.py",
)


@pytest.mark.case("E3")
def test_files_are_written_nowhere_else():
    """Whoever opens a file for writing by himself forgets one of the rules."""
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in SOURCES
        if path not in (ROOT / "ganzoo" / "files" / "writing.py", *NO_FILES)
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and _writes(call)
    ]
    assert found == []


def _writes(call):
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name in ("save_file", "rmtree", "copyfile", "symlink_to", "touch"):
        return True
    if name in ("write_text", "write_bytes"):
        return isinstance(call.func, ast.Attribute)
    texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    texts += [k.value.value for k in call.keywords if k.arg == "mode" and name == "open"]
    return name == "open" and any(set(text) & set("wax+") and len(text) < 4 for text in texts)


@pytest.mark.case("D9")
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_follow_the_umask(tmp_path, mask):
    import torch

    from ganzoo.engine.checkpoint import write_tensors

    before = os.umask(mask)
    try:
        write_text(tmp_path / "text", "a")
        append(tmp_path / "log", b"a")
        write_tensors(tmp_path / "model", {"a": torch.zeros(1)}, {})
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("text", "log", "model"), 0o666 & ~mask)


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    def fail(file):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    write_text(tmp_path / "model", "old")
    with pytest.raises(OSError, match="No space"):
        write_with(tmp_path / "model", fail)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"model": "old"}


@pytest.mark.case("C12")
def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    """Its content first, then the name, then the folder that holds the name."""
    done = []
    sync, rename = os.fsync, Path.replace

    def synced(opened):
        mode = os.fstat(opened).st_mode
        done.append("folder" if stat.S_ISDIR(mode) else os.fstat(opened).st_size)
        sync(opened)

    def renamed(self, target):
        done.append(target.name)
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    write_text(tmp_path / "model", "12345")
    assert done == [5, "model", "folder"]
    append(tmp_path / "model", b"678")
    assert done[3:] == [8]


def test_a_second_name_of_the_same_file_and_of_one_that_has_it(tmp_path):
    write_text(tmp_path / "a", "a")
    for _ in range(2):  # the second time both are one file already
        duplicate(tmp_path / "a", tmp_path / "b")
    write_text(tmp_path / "a", "new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "new", "b": "a"}


def test_without_hard_links_it_is_a_copy(tmp_path, monkeypatch):
    def refuse(*words):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write_text(tmp_path / "a", "a")
    duplicate(tmp_path / "a", tmp_path / "b")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "a", "b": "a"}


def test_a_temporary_name_tells_whose_it_is(tmp_path, monkeypatch):
    names = {temporary_name() for _ in range(100)}
    assert len(names) == 100
    assert {find_writer(tmp_path / name) for name in names} == {os.getpid()}
    assert find_writer(tmp_path / "model.safetensors") == 0
    monkeypatch.setattr("socket.gethostname", lambda: "another.example.org")
    assert {find_writer(tmp_path / name) for name in names} == {0}
