"""Files that anybody may have made: read where they are regular, small, shallow and inside."""

from __future__ import annotations

import json
import math
import os
import time

import pytest

from ganzoo.components.networks.reference import read_pth
from ganzoo.components.networks.stored import read_weights
from ganzoo.errors import GanzooError
from ganzoo.files.untrusted import (
    DEEPEST,
    UntrustedError,
    inside,
    is_plain,
    open_plain,
    parse_json,
    read_json,
    read_object,
    read_objects,
    read_plain,
    read_text,
    table_at,
    tables_at,
    value_at,
)
from ganzoo.recipe.loading import load_recipe
from ganzoo.recipe.toml_text import parse
from ganzoo.runs.listing import describe, find_runs
from ganzoo.runs.run_record import RunRecord, read_record

pytestmark = pytest.mark.case("E11")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "secret").write_text("secret")
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def test_a_pipe_a_device_and_a_folder_are_not_waited_for(folder):
    os.mkfifo(folder / "pipe")
    (folder / "zero").symlink_to("/dev/zero")
    for name in ("pipe", "zero", "."):
        with pytest.raises(UntrustedError, match="this is no regular file"):
            read_plain(folder / name)
        assert not is_plain(folder / name)
    with pytest.raises(FileNotFoundError):
        open_plain(folder / "nothing")
    for read in (read_pth, read_weights):
        with pytest.raises(GanzooError, match="no regular file"):
            read(folder / "pipe")


def test_links_that_lead_out_are_left_alone(folder):
    own = folder.parent / "own"
    (folder / "file").write_text("mine")
    (folder / "to file").symlink_to("file")
    (folder / "out").symlink_to(own / "secret")
    (folder / "up").symlink_to("../own/secret")
    (folder / "place").symlink_to(own)
    assert read_text(folder / "to file", within=folder) == "mine"
    for name in ("out", "up", "place/secret", "../own/secret"):
        assert read_text(folder / name) == "secret"
        with pytest.raises(UntrustedError, match="this leads out of"):
            read_text(folder / name, within=folder)
        assert not is_plain(folder / name, within=folder)
    (folder.parent / "link").symlink_to(folder)  # the user's own way to the run
    assert read_text(folder.parent / "link" / "file", within=folder.parent / "link") == "mine"
    assert inside(folder.parent / "link" / "file", folder) == folder.resolve() / "file"


def test_what_is_large_is_not_read(folder):
    (folder / "file").write_bytes(b"12345")
    assert read_plain(folder / "file", most=5) == b"12345"
    with pytest.raises(UntrustedError, match="more than the 4 bytes"):
        read_plain(folder / "file", most=4)
    (folder / "file").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_object(folder / "file") == {"a": 1}
    (folder / "file").write_bytes(b"abc\xff")
    with pytest.raises(UntrustedError, match=r"no text in UTF-8 \(byte 3\)"):
        read_text(folder / "file")


def test_depth_is_counted():
    assert parse_json("[" * DEEPEST + "]" * DEEPEST)
    for deep in (DEEPEST + 1, 500, 100_000):
        for opened, closed in (("[", "]"), ('{"a":', "}")):
            text = opened * deep + ("1" if closed == "}" else "") + closed * deep
            with pytest.raises(UntrustedError, match="nested too deeply"):
                parse_json(text)
    wide = json.dumps([{"a": [1] * 10}] * 1000)
    assert parse_json(wide) == json.loads(wide)


def test_what_is_nested_is_found_whatever_its_form():
    table = {"a": {"b": {"c": 1}, "empty": {}, "number": 2}, "list": [1]}
    assert value_at(table, "a", "b", "c") == 1
    for keys in (("x",), ("a", "x", "y"), ("a", "number", "c"), ("list", "0")):
        assert value_at(table, *keys) is None
        assert table_at(table, *keys) == {}
    assert table_at(table, "a", "b") == {"c": 1}
    assert table_at(table, "a", "number") == {}
    assert tables_at(table, "a") == {"b": {"c": 1}}
    assert tables_at([table]) == tables_at(table, "list") == {}


def test_numbers_that_are_none_are_null():
    assert parse_json('[NaN, Infinity, -Infinity, 1.5, "NaN"]') == [None, None, None, 1.5, "NaN"]
    assert parse_json("1e999") == math.inf
    for text in ("", "{", "nul", "9" * 5000, b"\xff"):
        with pytest.raises(UntrustedError, match="this is no JSON"):
            parse_json(text)


def test_a_file_is_named_in_what_is_wrong(folder):
    (folder / "a.json").write_text("[1]")
    with pytest.raises(UntrustedError, match=r"a\.json: this holds no JSON object"):
        read_object(folder / "a.json")
    (folder / "a.json").write_text("[")
    with pytest.raises(UntrustedError, match=r"a\.json: this is no JSON"):
        read_json(folder / "a.json")


def test_lines_that_are_none_are_passed_and_counted(folder):
    file, told = folder / "log.jsonl", []
    file.write_bytes(b'{"a": 1}\n\n{"a": \xff}\n[2]\n{"a": 2}\n' + b"[" * 5000 + b'\n{"a": 3')
    assert list(read_objects(file, folder, tell=told.append)) == [{"a": 1}, {"a": 2}]
    assert told == [f"{file}: 3 lines cannot be read and are skipped"]
    file.write_bytes(b'{"a": 1}\n' * 100)
    told.clear()
    assert len(list(read_objects(file, most=90, tell=told.append))) == 10
    assert told == [f"{file}: only the first 90 bytes are read"]
    assert len(list(read_objects(file, most=None))) == 100


def test_toml_that_takes_long_is_refused_at_once():
    began = time.perf_counter()
    for text in ("a." * 100_000 + "a = 1", "[" + '"a" . ' * 50_000 + "a]", "x = " + "[" * 5000):
        with pytest.raises(ValueError, match=r"too many dots|too deeply"):
            parse(text)
    assert parse("a" * 500_000 + " = 1")
    assert parse("a.b.c = 1.5\n") == {"a": {"b": {"c": 1.5}}}
    assert time.perf_counter() - began < 30  # minutes, if it were read


RECORD = {"state": "stopped", "step": 1, "steps": 2, "starts": [{"device": "cpu"}]}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"step": "x"}, "step cannot be 'x'"),
        ({"steps": -1}, "steps cannot be -1"),
        ({"steps": True}, "steps cannot be True"),
        ({"state": "done"}, "state cannot be 'done'"),
        ({"state": None}, "it has no state"),
        ({"starts": {}}, "it has no list of starts"),
        ({"starts": [1]}, "starts.0 is no object"),
        ({"starts": [{"processes": "x"}]}, "starts.0.processes cannot be 'x'"),
        ({"starts": [{}, {"pid": 2**40}]}, "starts.1.pid cannot be 1099511627776"),
        ({"starts": [{"packages": {"a": 1}}]}, "starts.0.packages cannot be a dict"),
        ({"starts": [{"command": ["rm"]}]}, "starts.0.command cannot be a list"),
        ({"state": "running", "starts": [{"host": "h", "pid": 3}]}, "last start has no process_st"),
    ],
)
def test_a_record_says_what_is_damaged_in_it(folder, change, fault):
    (folder / "recipe.toml").write_text('name = "tiny"\n')
    (folder / "run.json").write_text(json.dumps(RECORD))
    assert read_record(folder) == RECORD
    (folder / "run.json").write_text(json.dumps({**RECORD, **change}))
    with pytest.raises(UntrustedError) as caught:
        read_record(folder)
    assert fault in str(caught.value)
    run = describe(folder)
    assert (run.state, run.problem) == ("damaged", str(caught.value))
    RunRecord(folder).begin({"pid": 1}, 0, 2)
    assert json.loads((folder / "run.damaged.json").read_text()) == {**RECORD, **change}


def test_a_list_of_runs_ends(folder):
    deep = folder
    for _ in range(200):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (folder / "loop").symlink_to(folder)
    (folder / "run").mkdir()
    (folder / "run" / "recipe.toml").write_text('name = "tiny"\n')
    (folder / "pipe").mkdir()
    os.mkfifo(folder / "pipe" / "recipe.toml")
    assert list(find_runs(folder)) == [folder / "run"]


@pytest.mark.parametrize("parent", ["../own/secret", "SECRET", "link.toml"])
def test_a_recipe_extends_recipes_alone(folder, parent):
    """What it extends is quoted where it is no TOML."""
    (folder / "link.toml").symlink_to(folder.parent / "own" / "secret")
    text = json.dumps(parent.replace("SECRET", str(folder.parent / "own" / "secret")))
    (folder / "mine.toml").write_text(f"extends = {text}\n")
    with pytest.raises(GanzooError, match=r"a file that is extended ends in \.toml") as caught:
        load_recipe(folder / "mine.toml")
    assert "secret\n" not in str(caught.value)
