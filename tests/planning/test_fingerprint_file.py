"""Fingerprints as JSON."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from ganzoo.interfaces.data_fingerprint import DomainFacts, DomainGap, Fingerprint, Machine
from ganzoo.planning.fingerprint_file import as_json


@pytest.fixture
def facts():
    x = DomainFacts("photos", 30, smallest=(48, 64), range=(-1000.0, 400.0), detail={"32": 0.5})
    y = DomainFacts("größe", 20, spread=0.0123, label_map=True)
    gap = DomainGap(correlation=0.4, copy_kid=(0.1, 0.2))
    data = {"type": "folders", "root": "/data", "x": "photos", "y": "größe", "classes": ["a", "b"]}
    machine = Machine(name="AMD", bf16=True, seconds={"wide": 0.25})
    return Fingerprint("domains", data, x, y, gap, machine, {"unreadable": 2})


def test_pydantic_reads_it_back(facts):
    """As docs/planning.md says."""
    text = as_json(facts)
    assert "größe" in text
    assert TypeAdapter(Fingerprint).validate_json(text) == facts


@pytest.mark.parametrize("name", [b"\xff", b"\x1b[2J", "\u202e".encode()])
def test_a_folder_whose_name_is_no_text(facts, name):
    strange = os.fsdecode(b"/data/" + name)
    text = as_json(replace(facts, data={"root": strange}))
    assert json.loads(text)["data"]["root"] == strange
    assert text.replace("\n", "").isprintable()
    text.encode("utf-8")
