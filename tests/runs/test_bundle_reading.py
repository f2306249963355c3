"""Bundles of strangers: each is refused with one sentence, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
import zipfile

import pytest

from ganzoo.engine.checkpoint import write_tensors
from ganzoo.errors import GanzooError, ModelError
from ganzoo.runs import bundle_manifest
from ganzoo.runs.bundle_reading import open_bundle

PNG = b"\x89PNG\r\n\x1a\n rest"
RECIPE = b'name = "tiny"\n'


@pytest.fixture(autouse=True)
def takes_little_memory(bounded_memory):
    with bounded_memory():
        yield


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    import torch

    path = tmp_path_factory.mktemp("weights") / "model.safetensors"
    header = {"recipe": {"name": "tiny"}, "shared": {}, "packages": {"ganzoo-core": "0.1"}}
    write_tensors(path, {"network/G/a": torch.zeros(3)}, header)
    return path.read_bytes()


@pytest.fixture
def files(weights):
    return {"model.safetensors": weights, "recipe.toml": RECIPE, "samples.png": PNG}


def listed(files):
    return [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    ]


def manifest_of(files, changes=()):
    table = {
        "format": 1,
        "name": "tiny",
        "packages": {"ganzoo-core": "0.1"},
        "files": listed(files),
    }
    return json.dumps({**table, **dict(changes)}).encode()


def pack(path, members, change=lambda entry: None):
    """A zip archive; members are pairs, so that a name may stand twice."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            change(entry)
            archive.writestr(entry, content)
    return path


def pack_with(path, files, changes=()):
    return pack(path, [("manifest.json", manifest_of(files, changes)), *files.items()])


def refused(path, match):
    """The bundle is refused in one line, and nothing is left of it."""
    folder = path.parent / "opened"
    before = {*path.parent.rglob("*")}
    with pytest.raises(ModelError, match=match) as error:
        open_bundle(path, folder)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
    assert {*path.parent.rglob("*")} == before


def test_a_bundle_as_it_should_be(files, tmp_path):
    manifest = open_bundle(pack_with(tmp_path / "a.ganzoo", files), tmp_path / "out" / "opened")
    assert manifest.name == "tiny"
    assert manifest.packages == {"ganzoo-core": "0.1"}
    for name, content in files.items():
        assert (tmp_path / "out" / "opened" / name).read_bytes() == content
    assert (tmp_path / "out" / "opened" / "manifest.json").read_bytes() == manifest.to_bytes()


@pytest.mark.parametrize(
    "name",
    [
        *("evil.py", "samples/evil.py", "samples.png.py", "setup.cfg", "model.pth", "x.so"),
        *("../card.md", "samples/../card.md", "/etc/card.md", "./card.md", "C:/card.md"),
        *("samples/", "samples/a.png", "x\\card.md", ".card.md", "CARD.md", "card.md "),
        *("card\n.md", "", "a" * 200 + ".png"),
    ],
)
def test_names_of_no_known_kind(name, files, tmp_path):
    members = [("manifest.json", manifest_of(files)), *files.items(), (name, PNG)]
    refused(
        pack(tmp_path / "a.ganzoo", members), "is nothing that a bundle holds|is no name for a file"
    )


def test_code_is_refused_even_if_the_manifest_lists_it(files, tmp_path):
    refused(pack_with(tmp_path / "a.ganzoo", {**files, "evil.py": b""}), "data and never code")


@pytest.mark.parametrize("more", ["samples.png", "recipe.toml", "manifest.json"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_stand_twice(more, files, tmp_path):
    members = [("manifest.json", manifest_of(files)), *files.items(), (more, PNG)]
    refused(pack(tmp_path / "a.ganzoo", members), "is there twice")


def test_compressed_files(files, tmp_path):
    """A bomb of zeros needs compression, which a bundle has none of."""

    def deflate(entry):
        entry.compress_type = zipfile.ZIP_DEFLATED

    files["samples.png"] = bytes(1 << 20)
    members = [("manifest.json", manifest_of(files)), *files.items()]
    refused(pack(tmp_path / "a.ganzoo", members, deflate), "is compressed")


def test_links_and_devices(files, tmp_path):
    def link(entry):
        entry.external_attr = 0o120777 << 16

    members = [("manifest.json", manifest_of(files)), *files.items()]
    refused(pack(tmp_path / "a.ganzoo", members, link), "is a link or a device")


def central(content, name):
    """Where the record of a file is in the table at the archive's end."""
    at = content.index(b"PK\1\2")
    while content[at + 46 :][: len(name)] != name:
        at = content.index(b"PK\1\2", at + 4)
    return at


def change_central(path, name, offset, form, *values):
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, central(content, name.encode()) + offset, *values)
    path.write_bytes(content)
    return path


def test_encrypted_files(files, tmp_path):
    path = pack_with(tmp_path / "a.ganzoo", files)
    refused(change_central(path, "recipe.toml", 8, "<H", 1), "is encrypted")


def test_files_that_lie_over_each_other(files, tmp_path):
    """The record of one file is said to be where another one's is: a bomb without compression."""
    path = pack_with(tmp_path / "a.ganzoo", {**files, "card.md": b"# Tiny"})
    content = path.read_bytes()
    place = struct.unpack_from("<I", content, central(content, b"samples.png") + 42)[0]
    refused(change_central(path, "card.md", 42, "<I", place), "lies over another file")


def test_sizes_that_reach_into_the_next_file(files, tmp_path):
    path = pack_with(tmp_path / "a.ganzoo", files)
    content = path.read_bytes()
    size = struct.unpack_from("<I", content, central(content, b"recipe.toml") + 24)[0] + 7
    refused(change_central(path, "recipe.toml", 20, "<II", size, size), "lies over another|hidden")


@pytest.mark.parametrize("at", ["before", "between", "behind", "comment"])
def test_hidden_bytes(at, files, tmp_path):
    path = pack_with(tmp_path / "a.ganzoo", files)
    if at == "comment":
        with zipfile.ZipFile(path, "a") as archive:
            archive.comment = b"#!/usr/bin/env python"
    elif at == "before":
        path.write_bytes(b"MZ hidden" + path.read_bytes())
    elif at == "behind":
        path.write_bytes(path.read_bytes() + b"hidden")
    else:
        content = bytearray(path.read_bytes())
        place = struct.unpack_from("<I", content, central(content, b"recipe.toml") + 42)[0]
        content[place:place] = b"hidden"
        path.write_bytes(content)
    refused(path, "hidden|damaged|over another|no beginning|no zip|not a zip")


def test_what_is_not_as_the_manifest_lists_it(files, tmp_path):
    path = tmp_path / "a.ganzoo"
    other = {**files, "samples.png": PNG[:-1] + b"!"}
    refused(pack(path, [("manifest.json", manifest_of(files)), *other.items()]), "is damaged")
    longer = {**files, "samples.png": PNG + b"!"}
    refused(pack(path, [("manifest.json", manifest_of(files)), *longer.items()]), "as manifest")
    more = {**files, "card.md": b"# Tiny"}
    refused(pack(path, [("manifest.json", manifest_of(files)), *more.items()]), "as manifest")
    refused(pack(path, [("manifest.json", manifest_of(more)), *files.items()]), "as manifest")


@pytest.mark.parametrize("lacking", ["model.safetensors", "recipe.toml", "manifest.json"])
def test_what_every_bundle_has(lacking, files, tmp_path):
    members = [("manifest.json", manifest_of(files)), *files.items()]
    files.pop(lacking, None)
    if lacking != "manifest.json":
        members = [("manifest.json", manifest_of(files)), *files.items()]
    kept = [(name, content) for name, content in members if name != lacking]
    refused(pack(tmp_path / "a.ganzoo", kept), f"it has no {lacking}")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"format": 2}, "format 2, and this ganzoo reads 1: upgrade"),
        ({"format": None}, "says no format"),
        ({"name": 3}, "its name is of another form"),
        ({"files": None}, "lists no files"),
        ({"files": [{"name": "recipe.toml", "size": -1, "sha256": "0" * 64}]}, "no name, size"),
        ({"files": [{"name": "recipe.toml", "size": True, "sha256": "0" * 64}]}, "no name, size"),
        ({"files": [{"name": "recipe.toml", "size": 3, "sha256": "zz"}]}, "no name, size"),
        ({"packages": {"x; rm -rf ~": "1"}}, "is no name of a package"),
        ({"packages": {"-r evil.txt": "1"}}, "is no name of a package"),
        ({"packages": {"git+https://evil": "1"}}, "is no name of a package"),
        ({"packages": {"good": "1; rm"}}, "the version of package 'good'"),
        ({"packages": ["x"]}, "its packages are of another form"),
    ],
)
def test_manifests_of_another_form(changes, match, files, tmp_path):
    refused(pack_with(tmp_path / "a.ganzoo", files, changes), match)


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"format": 1}'])
def test_manifests_that_are_none(text, files, tmp_path):
    refused(pack(tmp_path / "a.ganzoo", [("manifest.json", text), *files.items()]), "manifest")


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("model.safetensors", b"\x80\x04 pickle", "no ganzoo model"),
        ("model.safetensors", b"", "no safetensors"),
        ("model.safetensors", struct.pack("<Q", 1 << 60) + b"{}", "no safetensors"),
        ("model.safetensors", struct.pack("<Q", 2) + b"{}", "it has no recipe"),
        ("recipe.toml", b"= no TOML", "recipe.toml: this is no TOML"),
        ("recipe.toml", b"\xff\xfe", "no text in UTF-8"),
        ("card.md", b"\xff\xfe", "no text in UTF-8"),
        ("card.json", b"[]", "card.json: this holds no JSON object"),
        ("samples.png", b"<html>", "'samples.png' is no picture"),
        ("samples.png", b"", "'samples.png' is no picture"),
    ],
)
def test_files_that_are_not_what_their_names_say(name, content, match, files, tmp_path):
    refused(pack_with(tmp_path / "a.ganzoo", {**files, name: content}), match)


def test_weights_that_are_cut(files, weights, tmp_path):
    files["model.safetensors"] = weights[:-1]
    refused(pack_with(tmp_path / "a.ganzoo", files), "its tensors are not whole")


def test_sizes_are_bounded(files, tmp_path, monkeypatch):
    monkeypatch.setitem(bundle_manifest.MOST_BYTES, "recipe.toml", 3)
    refused(pack_with(tmp_path / "a.ganzoo", files), "'recipe.toml' has 14 B; no more than 3 B")


def test_the_number_of_files_is_bounded(files, tmp_path):
    many = [(f"{number}.png", PNG) for number in range(200)]
    refused(pack(tmp_path / "a.ganzoo", many), "more than the 100 files")


def test_the_room_on_the_disk_is_enough(files, tmp_path, monkeypatch):
    from ganzoo.runs import bundle_reading

    usage = bundle_reading.shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(bundle_reading.shutil, "disk_usage", lambda place: usage)
    refused(pack_with(tmp_path / "a.ganzoo", files), "and the disk has 100 B")


@pytest.mark.parametrize("content", [b"", b"PK\5\6" + bytes(18), b"PK\3\4", b"text" * 100])
def test_what_is_no_archive(content, tmp_path):
    (tmp_path / "a.ganzoo").write_bytes(content)
    refused(tmp_path / "a.ganzoo", "this bundle is refused")


def opened(path, folder):
    """Whether a bundle was opened; if not, it is refused in one line."""
    try:
        open_bundle(path, folder)
    except ModelError as error:
        return "\n" in str(error)
    return True


def test_every_cut_and_every_changed_byte_is_refused_or_harmless(files, tmp_path):
    """Whatever is done to its bytes, a bundle is refused, or opened as it was."""
    path = pack_with(tmp_path / "a.ganzoo", files)
    whole = path.read_bytes()
    for number, place in enumerate(range(0, len(whole), 37)):
        changed = bytearray(whole)
        changed[place] ^= 1 << number % 8
        path.write_bytes(changed if number % 2 else whole[:place])
        if opened(path, folder := tmp_path / f"opened{number}"):
            assert {name: (folder / name).read_bytes() for name in files} == files


def test_what_is_there_stays(files, tmp_path):
    path = pack_with(tmp_path / "a.ganzoo", files)
    (tmp_path / "opened").mkdir()
    with pytest.raises(GanzooError, match=re.escape("already exists")):
        open_bundle(path, tmp_path / "opened")
    with pytest.raises(GanzooError, match="No such file"):
        open_bundle(tmp_path / "nowhere.ganzoo", tmp_path / "new")
    assert not [*(tmp_path / "opened").iterdir()]
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.ganzoo")
    refused(tmp_path / "a.ganzoo", "no regular file")
