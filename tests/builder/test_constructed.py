"""How often a component is constructed on the way from a recipe to an experiment."""

from __future__ import annotations

from collections import Counter

import pytest

from ganzoo import build_recipe
from ganzoo.builder.blueprint import ComponentPlan
from ganzoo.builder.experiment import check_recipe

# A constructor is tried as soon as its table is read, so that all faults are told in one list.
# A penalty is made again for the trial step: it may have weights, which belong on its device.
TRIED_FIRST = ("penalty",)


@pytest.fixture
def made(monkeypatch):
    """How often the component at each path was constructed, and the kinds."""
    counts, kinds, make = Counter(), {}, ComponentPlan.make

    def count(plan, *first):
        counts[plan.path] += 1
        kinds[plan.path] = plan.kind
        return make(plan, *first)

    monkeypatch.setattr(ComponentPlan, "make", count)
    return counts, kinds


@pytest.mark.parametrize("name", ["cogan", "cyclegan", "wgan_gp"])
def test_a_check_constructs_each_component_once(made, name):
    counts, kinds = made
    blueprint = check_recipe(name).blueprint
    needed = {"data", "schedule", "optimizers.default"}
    needed |= {f"networks.{name}" for name in blueprint.used} | {
        term.path for term in blueprint.live
    }
    assert needed <= counts.keys()
    for path, count in counts.items():
        assert count == (2 if kinds[path] in TRIED_FIRST else 1), path


def test_an_output_is_made_once_and_used_by_every_model(made):
    experiment = build_recipe("cogan", {"networks.G.width": 4, "networks.D.width": 4})
    models = [experiment.model() for _ in range(3)]
    assert made[0]["outputs.x2y"] == 1
    parts = {id(model.outputs["x2y"].component) for model in models}
    assert parts == {id(experiment.blueprint.component_outputs["x2y"].component)}
