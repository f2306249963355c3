"""Which files of a folder are images, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganzoo.components.data.image_listing import (
    Survey,
    format_left_out,
    list_images,
    no_images,
    survey,
)


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.case("A13")
def test_every_file_that_is_not_hidden_is_counted(tmp_path):
    touch(tmp_path, "b.PNG", "sub/a.jpg", "c.tga", "sub/d.TGA", "e.npz", "README", "x.tar.gz")
    touch(tmp_path, ".hidden.tga", ".git/f.tga", "._b.PNG")
    found = survey(tmp_path)
    assert found.images == [tmp_path / "b.PNG", tmp_path / "sub/a.jpg"] == list_images(tmp_path)
    assert found.left_out == {".tga": 2, ".npz": 1, "": 1, ".gz": 1}


@pytest.mark.case("A13")
def test_what_was_left_out_is_said_by_suffix_the_most_frequent_first():
    one, other = Survey([], {".gif": 1, ".npy": 1}), Survey([], {".gif": 2})
    assert format_left_out([one, other]) == "4 left out: 3 .gif, 1 .npy"
    assert format_left_out([Survey()]) == ""
    assert format_left_out([Survey([], {"": 2})]) == "2 left out: 2 without suffix"
    many = Survey([], {f".{letter}": 1 for letter in "abcdefgh"})
    assert format_left_out([many]) == "8 left out: 1 .a, 1 .b, 1 .c, 1 .d, 1 .e, 1 .f, 2 others"


@pytest.mark.case("D4")
def test_a_folder_of_files_that_are_not_read_says_so():
    assert no_images(Survey([], {".heic": 30})).startswith(" (30 left out: 30 .heic); convert them")
    assert no_images(Survey()).startswith("; read are .avif")
