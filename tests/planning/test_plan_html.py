"""The page of a plan: it loads nothing, escapes what strangers named, and shows what there is."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from ganzoo.interfaces import Caution, Decision, DomainFacts, Fingerprint, Rule, StepCost
from ganzoo.planning.drafting import NamedRule
from ganzoo.planning.plan_html import plan_page
from ganzoo.planning.plan_request import PlanRequest
from ganzoo.planning.recipe_plan import plan_for

EVIL = "<script>alert(1)</script>\x1b\u202e"


class Evil(Rule):
    """Says what a stranger's rule might."""

    stage = "measuring"

    def decide(self, draft):
        yield Decision("train.log_every", "9 steps", EVIL, EVIL)
        yield Caution("evil", "warning", EVIL, EVIL)


@pytest.fixture
def html(tmp_path, tiny_rules, monkeypatch):
    monkeypatch.setattr("ganzoo.planning.recipe_plan.check_draft", lambda draft: None)
    for name in ("x <b>", "y"):
        (tmp_path / name).mkdir()
        for number in range(3):
            pixels = np.full((8, 12, 3), 40 * number, np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{number} '\"<i>.png")
    (tmp_path / "y" / "broken.png").write_bytes(b"none")
    x, y = (DomainFacts(str(tmp_path / name), 5) for name in ("x <b>", "y"))
    facts = Fingerprint("domains", {"type": "folders", "root": str(tmp_path)}, x, y)
    rules = [*tiny_rules, NamedRule(EVIL, Evil())]
    request = PlanRequest((tmp_path,), "own", budget=7200)
    plan = plan_for(facts, request, rules, lambda recipe: StepCost(2**30, 0.1))
    return plan_page(plan, "ganzoo run plans/own/recipe.toml")


class Reader(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_it_loads_nothing_and_runs_no_strangers_script(html):
    tags = Reader(html).tags
    assert sum(tag == "script" for tag, _ in tags) == 1
    sources = [attrs[key] for _, attrs in tags for key in ("src", "href") if key in attrs]
    assert sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_it_shows_images_decisions_cautions_and_the_command(html):
    read = Reader(html)
    assert sum(tag == "img" for tag, _ in read.tags) == 6  # the broken one is left out
    titles = re.findall(r"<h2[^>]*>([^<]*)", html)
    assert titles == [
        *("Cautions", "Images", "Fixed: settled by papers"),
        *("By rule: from your images and your machine", "By trial: compared in short trainings"),
        *("Candidates", "Fingerprint", "Next"),
    ]
    for text in ("networks.G", "tests are short", "copying the input", "wider", "2 h 0 min"):
        assert text in read.text
    assert "ganzoo run plans/own/recipe.toml" in read.text


def test_browsers_show_it(html, browser, violations, tmp_path):
    (tmp_path / "plan.html").write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": 400, "height": 800})
    failed = []
    page.on("console", lambda message: failed.append(message.text))
    page.goto((tmp_path / "plan.html").as_uri())
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert (failed, wide) == ([], 400)
    assert violations(page) == []
    page.close()
