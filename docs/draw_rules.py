"""Writes docs/rules.md, the book of all rules of `ganzoo plan`: `python docs/draw_rules.py`.

A rule's entry is its docstring; below it stands what it says of some made-up fingerprints. Rules
are those of the core and of the plugins of this repository.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ganzoo.interfaces import Aim, Caution, Decision, Fingerprint, StepCost, Wishes
from ganzoo.interfaces.rule import STAGES
from ganzoo.planning.drafting import NamedRule, PlanDraft, find_candidates, installed_rules
from ganzoo.recipe.toml_values import write_value
from ganzoo.registry.discovery import installed
from ganzoo.testing import make_fingerprint

PAGE = Path(__file__).parent / "rules.md"
SHOWN = 3  # of what a rule says
TITLES = {
    "goal": "What the recipe is to be best at",
    "data": "How images are read and cut",
    "objective": "The terms of the objective",
    "networks": "The networks",
    "training": "Sizes, length, and how weights move",
    "measuring": "What is measured and kept",
    "cautions": "What to know before a night is spent",
}
GRAY, LABELS = {"kind": "gray", "channels": 1}, {"label_map": True, "colours": 8, "flat": 0.9}
DEEP = {"dtype": "uint16", "bits": 12, "values": (0.0, 4095.0), "range": (0.0, 4095.0)}
NEAR = {"colour_distance": 0.04, "structure_distance": 0.06, "separation": 0.73}
FEW = {"images": 60, "held_out": 0}
EXAMPLES = {
    "photos": {},
    "near": {"gap": NEAR},
    "labels": {"y": LABELS, "machine": {"bf16": True}},
    "gray": {"x": {**GRAY, **DEEP}, "y": GRAY, "gap": {"colour_distance": 0.05}},
    "noisy": {"x": {"noise": 0.09}, "gap": {"colour_distance": 0.03}},
    "small": {"x": {**FEW, "unreadable": 2}, "y": FEW},
    "pairs": {"layout": "pairs"},
    "from above": {"x": {"folder": "satellite"}, "y": {"folder": "relief"}},
}
START = """# The rules of `ganzoo plan`

`python docs/draw_rules.py` writes this page from the rules themselves; a test holds it current.
`ganzoo list rules` lists those that are installed, `ganzoo show RULE` prints one.
[components.md](components.md#a-rule) says how to write one, [planning.md](planning.md) what plans
are worth.

Rules are asked stage by stage, the core's in the order of this page, then those of plugins. Each
says values of the recipe, with a reason; a later decision on the same path takes the place of an
earlier one. How a value was decided stands behind it: `fixed`, by the papers; `rule`, from the
fingerprint; `trial`, by what short trainings showed (`--try`). A *candidate* is another way that a
rule offers for such trials.

Below each rule are some of its sentences, as it says them of made-up images: photos, near domains,
label maps, gray scans, noisy photos, few images, pairs, images from above.
"""


def write_page() -> str:
    """The page as Markdown."""
    said = collect_sentences()
    rules = installed_rules()
    return "\n".join([START, *_contents(rules), *_stages(rules, said)]).rstrip() + "\n"


def collect_sentences() -> dict[str, list[str]]:
    """By rule, what it says of the examples, each sentence once."""
    said: dict[str, list[str]] = {}
    for fields in EXAMPLES.values():
        for rule, sentence in _say(make_fingerprint(**fields)):  # type: ignore[arg-type]
            sentences = said.setdefault(rule, [])
            if sentence not in sentences:
                sentences.append(sentence)
    return said


def estimate_cost(tables: Mapping[str, Any]) -> StepCost:
    """A cost that grows with pixels, channels and blocks, as in networks of residual blocks."""
    side, network = tables["data"].get("size", 256), tables["networks"].get("G", {})
    width, blocks = network.get("width", 64), network.get("blocks", 9)
    seconds = 0.03 * (side / 64) ** 2 * (width / 16) ** 1.6 * (blocks + 2) / 6
    return StepCost(int(2e8 + seconds * 1e9), round(seconds, 3))


def _say(facts: Fingerprint) -> Iterator[tuple[str, str]]:
    """What rules say of a fingerprint, with their names."""
    draft = PlanDraft(facts, Wishes(), estimate_cost)
    for named in installed_rules():
        for each in named.rule.decide(draft):
            draft.take(named.name, each)
            yield named.name, _format(each)
    for named in installed_rules():
        for candidate in find_candidates(draft, [named]):
            yield named.name, f"candidate *{candidate.name}*: {candidate.reason}"


def _format(each: Decision | Caution | Aim) -> str:
    if isinstance(each, Aim):
        return f"goal {each.goal}: {each.reason}"
    if isinstance(each, Caution):
        return f"{each.level} ({each.kind}): {each.text}"
    value = "nothing" if each.value is None else write_value(each.value)
    return f"`{each.path} = {value}` ({each.how}): {each.reason}"


def _contents(rules: list[NamedRule]) -> Iterator[str]:
    yield "| Stage | Rules |\n|---|---|"
    for stage in STAGES:
        names = [f"[{n.name}](#{_anchor(n.name)})" for n in rules if n.rule.stage == stage]
        yield f"| {stage} | {', '.join(names)} |"
    yield ""


def _anchor(name: str) -> str:
    """Of a heading, as GitHub makes it."""
    return name.replace(".", "")


def _stages(rules: list[NamedRule], said: Mapping[str, list[str]]) -> Iterator[str]:
    for stage in STAGES:
        yield f"## {TITLES[stage]}\n"
        for named in (each for each in rules if each.rule.stage == stage):
            yield from _entry(named, said.get(named.name, []))


def _entry(named: NamedRule, sentences: list[str]) -> Iterator[str]:
    component = installed().registry.get("rule", named.name)
    yield f"### {named.name}\n"
    yield f"{inspect.cleandoc(type(named.rule).__doc__ or '')}\n"
    if "." in named.name:
        yield f"Of the package `{component.package}`.\n"
    if sentences:
        yield "\n".join(f"- {sentence}" for sentence in sentences[:SHOWN]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
    print(PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE)
