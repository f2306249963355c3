"""`plan.html`: the plan on one page, which loads nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

from ganzoo.interfaces.data_fingerprint import DomainFacts
from ganzoo.interfaces.rule import Caution
from ganzoo.planning.drafting import Decided
from ganzoo.planning.plan_pictures import show_images
from ganzoo.planning.plan_words import (
    KINDS,
    decisions_of,
    describe_candidates,
    describe_cost,
    describe_gap,
    describe_images,
    describe_layout,
    describe_wishes,
)
from ganzoo.planning.recipe_plan import RecipePlan
from ganzoo.planning.trial_table import TrialTable
from ganzoo.recipe.toml_values import write_value
from ganzoo.report.html import Html, el, page
from ganzoo.report.report_page import guarded
from ganzoo.report.shared_markup import format_name, pairs, scroll

LEVELS = {"stop": "Stop", "warning": "Warning", "note": "Note"}
OPEN = "Made by ganzoo plan; nothing is loaded from elsewhere."


def plan_page(plan: RecipePlan, command: str) -> str:
    """The page.

    command: what trains the recipe.
    """
    return page(
        f"{plan.name} – plan",
        el("header", el("h1", plan.name), el("p", describe_layout(plan), class_="summary"),
           pairs({"Expected": describe_cost(plan), "Asked for": describe_wishes(plan.wishes)})),
        el("main", *_sections(plan, command)),
        el("footer", el("p", OPEN)),
    )  # fmt: skip


def _sections(plan: RecipePlan, command: str) -> Iterator[Html | None]:
    yield guarded("Cautions", lambda: _cautions(plan.cautions))
    yield guarded("Images", lambda: _images(plan))
    for how, title in KINDS.items():
        decided = decisions_of(plan, how)
        yield guarded(title, partial(_decisions, title, decided))
    yield guarded("Trials", lambda: _trials(plan.trials))
    yield guarded("Candidates", lambda: _candidates(plan))
    yield guarded("Fingerprint", lambda: _fingerprint(plan))
    yield guarded("Next", lambda: _next(plan, command))


def _cautions(cautions: Sequence[Caution]) -> Html | None:
    if not cautions:
        return None
    entries = [
        el("li", el("strong", f"{LEVELS[each.level]}: "), each.text,
           *([el("br"), "→ ", el("em", each.advice)] if each.advice else []))
        for each in cautions
    ]  # fmt: skip
    return _section("Cautions", el("ul", *entries), class_="alarms")


def _images(plan: RecipePlan) -> Html:
    facts = plan.facts
    shown = [
        (el("h3", f"{side}: {domain.folder_name} ", el("small", describe_images(domain))),
         guarded("Pictures", partial(show_images, domain)))
        for side, domain in facts.named_domains
    ]  # fmt: skip
    return _section("Images", *shown, el("p", describe_gap(facts), ".", class_="note"))


def _decisions(title: str, decided: Sequence[tuple[str, Decided]]) -> Html | None:
    if not decided:
        return None
    rows = [
        el("tr", el("th", el("code", path), scope="row"),
           el("td", el("code", write_value(each.decision.value)), class_="text"),
           el("td", each.decision.reason, class_="text"),
           el("td", each.decision.change, class_="text"),
           el("td", el("small", each.rule)))
        for path, each in decided
    ]  # fmt: skip
    return _section(title, _table(("Setting", "Value", "Why", "When to change it", "Rule"), rows))


def _trials(trials: TrialTable | None) -> Html | None:
    if trials is None:
        return None
    rows = [
        el("tr", *(el("td", cell) for cell in cells), el("td", remark, class_="text"))
        for *cells, remark in trials.cells()
    ]
    note = el("p", f"On {trials.samples}; {trials.legend()}.", class_="note")
    return _section("Trials", el("p", trials.verdict), _table(trials.head, rows), note)


def _candidates(plan: RecipePlan) -> Html:
    rows = [
        el("tr", el("th", name, scope="row"), el("td", text, class_="text"))
        for name, text in describe_candidates(plan)
    ]
    said = "Other ways that may be better; --try 3 compares the first ones in short trainings."
    return _section("Candidates", el("p", said), _table(("Way", "Why"), rows))


def _fingerprint(plan: RecipePlan) -> Html:
    facts = plan.facts
    rows = [
        el("tr", el("th", format_name(each.name), scope="row"),
           *(el("td", _shown(getattr(domain, each.name))) for domain in facts.domains))
        for each in fields(DomainFacts)
    ]  # fmt: skip
    gap = {format_name(f.name): _shown(getattr(facts.gap, f.name)) for f in fields(facts.gap)}
    machine = {format_name(f.name): _shown(getattr(facts.machine, f.name))
               for f in fields(facts.machine)}  # fmt: skip
    return _section(
        "Fingerprint",
        el("details", el("summary", "All that was measured"), _table(("", "x", "y"), rows),
           el("h3", "Between x and y"), pairs(gap), el("h3", "Machine"), pairs(machine)),
    )  # fmt: skip


def _next(plan: RecipePlan, command: str) -> Html:
    return _section(
        "Next",
        el("p", el("code", command, class_="command", tabindex=0), " ",
           el("button", "Copy", type="button", class_="copy needs-script"),
           el("span", class_="copied", role="status")),
        el("details", el("summary", "The recipe"), scroll(el("pre", plan.text), "Recipe")),
    )  # fmt: skip


def _section(title: str, *children: Any, class_: str | None = None) -> Html:
    name = title.partition(":")[0].lower().replace(" ", "-")
    return el("section", el("h2", title, id=name), *children, class_=class_, aria_labelledby=name)


def _table(headers: Sequence[str], rows: Sequence[Html]) -> Html:
    head = el("thead", el("tr", *(el("th", each, scope="col") for each in headers)))
    return scroll(el("table", head, el("tbody", *rows), class_="words"), "Table")


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, bool) or value is None:
        return {None: "-", True: "yes", False: "no"}[value]
    return value if isinstance(value, str) else json.dumps(value, default=dict)
