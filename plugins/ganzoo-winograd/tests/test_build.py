"""The library is compiled where there is a compiler; where there is none, that is said."""

from __future__ import annotations

import ctypes
import shutil

import pytest

from ganzoo_winograd import build, library
from ganzoo_winograd.build import BuildError

needs_compiler = pytest.mark.skipif(shutil.which("c++") is None, reason="there is no c++")


@needs_compiler
def test_it_is_built_whole_and_loads(tmp_path):
    target = build.build(tmp_path / "kernels.so")
    assert list(tmp_path.iterdir()) == [target]
    built = library.Library(target)
    job = library.Convolution(1, 32, 32, 8, 8, 1, 0)
    assert built.workspace(job, True) > built.workspace(job, False) > 36 * 32 * 32


def test_no_compiler_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert build.main() == 1
    assert "not built: there is no C++ compiler: install g++ or clang++" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("false") is None, reason="there is no command that fails")
def test_a_compiler_that_fails_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("CXX", "false")
    with pytest.raises(BuildError, match=r"false .* failed"):
        build.build(tmp_path / "kernels.so")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("CXX", "true")
    with pytest.raises(BuildError, match="No such file"):
        build.build(tmp_path / "nowhere" / "kernels.so")


def test_why_there_is_no_library(tmp_path, monkeypatch):
    with pytest.raises(library.Unavailable, match=r"was not built; run `python -m ganzoo_winogr"):
        library.Library(tmp_path / "none.so")
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"no library")
    with pytest.raises(library.Unavailable, match="cannot be loaded"):
        library.Library(broken)


@pytest.mark.skipif(not library.is_available(), reason=library.explain())
def test_a_library_of_other_sources_is_not_used(monkeypatch):
    monkeypatch.setattr(library, "hash_sources", lambda: "others")
    with pytest.raises(library.Unavailable, match="built from other sources"):
        library.Library()


def test_the_state_in_a_sentence(monkeypatch):
    monkeypatch.setattr(library, "find_library", lambda: "no compiler")
    assert not library.is_available()
    assert library.explain().endswith("torch's own are used: no compiler")


def test_structures_are_the_librarys():
    text = (build.NATIVE / "interface.h").read_text(encoding="utf-8")
    names = "images, in, out, height, width, padding, border"
    assert f"std::int64_t {names};" in text
    assert [name.strip("_") for name, _ in library.Convolution._fields_] == names.split(", ")
    assert ctypes.sizeof(library.Convolution) == 7 * 8
