"""What rules plan for many kinds of images is a recipe: it trains, resumes and translates."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ganzoo.interfaces import StepCost, Wishes
from ganzoo.planning.drafting import draft_plan, find_candidates, installed_rules
from ganzoo.testing import check_recipe, make_fingerprint

SMALL = {"smallest": (40, 40), "median": (40, 40), "largest": (40, 40)}
GRAY, LABELS = {"kind": "gray", "channels": 1}, {"label_map": True, "colours": 8, "flat": 0.9}
DEEP = {"dtype": "uint16", "bits": 12, "values": (0.0, 4095.0), "range": (0.0, 4095.0)}
BANDS = {"kind": "bands", "channels": 5}
PLANS = {
    "photos": {},
    "near": {"gap": {"structure_distance": 0.05, "colour_distance": 0.05, "separation": 0.7}},
    "colours": {"gap": {"colour_distance": 0.05}},
    "gray": {"x": GRAY, "y": GRAY},
    "gray to colour": {"x": GRAY, "gap": {"colour_distance": 0.05}},
    "labels": {"y": LABELS},
    "both labels": {"x": LABELS, "y": LABELS},
    "16 bits": {"x": {**GRAY, **DEEP}, "y": {**GRAY, **DEEP}},
    "16 bits on one side": {"x": {**GRAY, **DEEP}, "y": GRAY},
    "bands": {"x": BANDS},
    "few": {"x": {"images": 8, "held_out": 0}, "y": {"images": 8, "held_out": 0}},
    "broken": {"x": {"unreadable": 2}},
    "pairs": {"layout": "pairs"},
    "pairs of labels": {"layout": "pairs", "y": LABELS},
    "pairs, gray to colour": {"layout": "pairs", "x": GRAY},
    "noisy": {"x": {"noise": 0.09}, "gap": {"colour_distance": 0.05}},
    "no test folder": {"x": {"images": 12, "held_out": 0}},
    "fast machine": {"machine": {"bf16": True}},
}
WISHES = {"pairs of labels": Wishes(goal="style"), "labels": Wishes(goal="style", budget=60)}


def slow(tables):
    """So slow that the smallest networks are planned."""
    return StepCost(2**20, 1000.0)


def planned(name, root):
    fields = dict(PLANS[name])
    for domain in "xy":
        fields[domain] = {**SMALL, **fields.get(domain, {})}
    paired = fields.get("layout") == "pairs"
    data = {"type": "paired_folders" if paired else "folders", "root": str(root)}
    facts = make_fingerprint(**fields, data=data)
    return draft_plan(facts, WISHES.get(name, Wishes()), installed_rules(), slow)


def write_images(draft, root):
    rng = np.random.default_rng(0)
    for domain, letter in zip(draft.facts.domains, "AB", strict=True):
        shape = (40, 40) if domain.kind == "gray" else (40, 40, domain.channels)
        top = 4096 if domain.dtype == "uint16" else 256
        for folder in (f"train{letter}", f"test{letter}"):
            (root / folder).mkdir()
            for i in range(4):
                values = rng.integers(0, top, shape).astype(domain.dtype)
                if domain.kind == "bands":
                    np.save(root / folder / f"{i}.npy", values)
                else:
                    Image.fromarray(values).save(root / folder / f"{i}.png")


@pytest.mark.parametrize("name", PLANS)
def test_a_planned_recipe_trains(name, tmp_path):
    draft = planned(name, tmp_path)
    write_images(draft, tmp_path)
    assert draft.value("data.size") == 32
    networks = draft.value("networks").items()
    sized = "H" not in dict(networks)  # which takes channels of G
    narrow = {f"networks.{n}.width": 4 for n, table in networks if sized and "width" in table}
    check_recipe(draft.recipe, narrow)


@pytest.mark.parametrize("name", PLANS)
def test_the_same_facts_give_the_same_decisions(name, tmp_path):
    one, other = planned(name, tmp_path), planned(name, tmp_path)
    assert one.recipe == other.recipe
    assert [*one.decided.items()] == [*other.decided.items()]


def test_every_value_has_a_reason_of_one_line(tmp_path):
    for name in PLANS:
        draft = planned(name, tmp_path)
        assert {path for path in leaves(draft.recipe) if not reasons(path, draft.decided)} == set()
        for each in draft.decided.values():
            assert "\n" not in each.decision.reason
            assert 0 < len(each.decision.reason) < 140


def test_candidates_are_other_recipes_that_can_be_built(tmp_path):
    from ganzoo.builder import build_recipe

    for name in ("near", "photos", "labels", "pairs"):
        root = tmp_path / name.replace(" ", "_")
        root.mkdir()
        draft = planned(name, root)
        write_images(draft, root)
        candidates = find_candidates(draft, installed_rules())
        assert len({each.name for each in candidates}) == len(candidates) > 0
        for candidate in candidates:
            other = draft.with_candidate(candidate)
            assert other.recipe != draft.recipe
            build_recipe(other.recipe)


def leaves(table, start=""):
    for key, value in table.items():
        path = f"{start}{key}"
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{path}.")
        else:
            yield path


def reasons(path, decided):
    """The decisions on a path or on a table around it."""
    parents = [path[: -len(end)] for end in (path[i:] for i, c in enumerate(path) if c == ".")]
    return [decided[each] for each in (path, *parents) if each in decided]
