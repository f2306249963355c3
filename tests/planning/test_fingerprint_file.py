"""Fingerprints as JSON: what was written is read back, and what is wrong is named."""

from __future__ import annotations

import json
import os

import pytest

from ganzoo.errors import DataError
from ganzoo.interfaces.data_fingerprint import DomainFacts, DomainGap, Fingerprint, Machine
from ganzoo.planning.fingerprint_file import (
    as_json,
    from_json,
    read_fingerprint,
    write_fingerprint,
)


def facts():
    x = DomainFacts("photos", 30, smallest=(48, 64), range=(-1000.0, 400.0), detail={"32": 0.5})
    y = DomainFacts("größe", 20, spread=0.0123, label_map=True)
    gap = DomainGap(correlation=0.4, copy_kid=(0.1, 0.2))
    data = {"type": "folders", "root": "/data", "x": "photos", "y": "größe", "classes": ["a", "b"]}
    machine = Machine(name="AMD", bf16=True, seconds={"resnet": 0.25})
    return Fingerprint("domains", data, x, y, gap, machine, {"unreadable": 2})


def changed(**changes):
    """The text of `facts` with some values changed by their paths (`x__images`)."""
    table = json.loads(as_json(facts()))
    for path, value in changes.items():
        *inner, last = path.split("__")
        target = table
        for key in inner:
            target = target[key]
        target[last] = value
    return json.dumps(table)


def test_what_was_written_is_read_back(tmp_path):
    write_fingerprint(facts(), tmp_path / "fingerprint.json")
    assert read_fingerprint(tmp_path / "fingerprint.json") == facts()
    assert "größe" in (tmp_path / "fingerprint.json").read_text(encoding="utf-8")


def test_a_folder_whose_name_is_no_text(tmp_path):
    table = json.loads(as_json(facts()))
    root = os.fsdecode(b"/data/\xff")
    strange = from_json(json.dumps({**table, "data": {**table["data"], "root": root}}))
    write_fingerprint(strange, tmp_path / "fingerprint.json")
    assert read_fingerprint(tmp_path / "fingerprint.json") == strange


def test_what_has_a_default_may_be_left_out():
    domain = {"folder": "x", "images": 3}
    table = {"format": 1, "layout": "domains", "data": {}, "x": domain, "y": domain}
    expected = DomainFacts("x", 3)
    assert from_json(json.dumps(table)) == Fingerprint("domains", {}, expected, expected)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"x__images": 0}, "x.images must be a whole number above 0"),
        ({"x__images": 2.5}, "x.images must be a whole number above 0"),
        ({"x__images": True}, "x.images must be a whole number above 0"),
        ({"x__median": [0, 5]}, "x.median must be a whole number above 0"),
        ({"x__median": [5]}, "x.median must be a list of 2 numbers"),
        ({"x__used": "much"}, "x.used must be a number"),
        ({"x__used": 1e301}, "x.used must be a number"),
        ({"x__label_map": 1}, "x.label_map must be true or false"),
        ({"x__folder": "f" * 5000}, "x.folder must be a text of at most 4096 characters"),
        ({"x__detail": {"32": None}}, "x.detail.32 must be a number"),
        ({"x__detail": {str(n): 1 for n in range(1001)}}, "x.detail must be an object of at most"),
        ({"x__imagse": 3}, "x.imagse is not known. Did you mean 'images'?"),
        ({"x": 5}, "x must be an object"),
        ({"x": {"images": 3}}, "x.folder is missing"),
        ({"gap__copy_kid": [0.1, None]}, "gap.copy_kid must be a number"),
        ({"layout": "triples"}, "layout must be one of 'domains', 'pairs', 'halves'"),
        ({"layout": []}, "layout must be one of"),
        ({"machine__cores": -1}, "machine.cores must be a whole number above 0"),
        ({"machine__seconds": {"resnet": 0}}, "machine.seconds.resnet must be a number above 0"),
        ({"data__x": [["nested"]]}, "data.x must be a short text"),
        ({"data__x": {"a": 1}}, "data.x must be a short text"),
        ({"kinds__unreadable": "\x1b[2J"}, "kinds.unreadable must be a whole number from 0 on"),
    ],
)
def test_what_is_wrong_is_named(changes, fault):
    with pytest.raises(DataError) as caught:
        from_json(changed(**changes), "mine.json")
    assert str(caught.value).startswith("mine.json: 1 fault\n")
    assert fault in str(caught.value)


def test_all_faults_are_named_at_once():
    with pytest.raises(DataError, match=r"(?s)2 faults.*x\.images.*gap\.swapped"):
        from_json(changed(x__images="many", gap__swapped=0))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', "[" * 10_000, "NaN"])
def test_other_texts_are_no_fingerprints(text):
    with pytest.raises(DataError, match=r"fingerprint\.json: this is"):
        from_json(text)


def test_other_files_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b" " * (2 << 20))
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name in ("pipe", "large", "bytes", "missing"):
        with pytest.raises(DataError, match=name):
            read_fingerprint(tmp_path / name)
