"""Every case that broke in strangers' hands is held by a test."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_case_is_held_by_a_test_that_passed():
    known = [line.partition("\t")[0] for line in _lines(ROOT / "tests" / "data" / "cases.tsv")]
    rows = [line.split(" | ") for line in _lines(ROOT / "docs" / "cases.md")]
    outcomes = {row[0].strip("| "): row[3] for row in rows if len(row) >= 5}
    assert {case: outcomes.get(case) for case in known} == dict.fromkeys(known, "holds")


def test_the_table_names_tests_that_exist():
    text = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
    for file, function in set(re.findall(r"`([\w/.-]+\.py)::(\w+)`", text)):
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), (
            f"{file}: {function}"
        )


def _lines(path):
    return path.read_text(encoding="utf-8").splitlines()
