"""docs/rules.md is what the rules say of themselves."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from ganzoo.interfaces.rule import STAGES
from ganzoo.planning.drafting import installed_rules

ROOT = Path(__file__).parent.parent
DRAWING = runpy.run_path(str(ROOT / "docs" / "draw_rules.py"))
PLUGINS = {"cut", "denoise", "earth"}


@pytest.fixture(scope="module")
def page():
    """The page as the rules would have it."""
    prefixes = {each.name.partition(".")[0] for each in installed_rules() if "." in each.name}
    if prefixes != PLUGINS:
        pytest.skip("the page has the rules of this repository's plugins, and these are others")
    return DRAWING["write_page"]()


def test_the_page_is_current(page):
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert text == page, "write it again: python docs/draw_rules.py"


def test_it_has_every_stage_and_every_rule(page):
    assert DRAWING["TITLES"].keys() == {*STAGES}
    for named in installed_rules():
        assert f"### {named.name}\n" in page
