"""What a person should know before training starts."""

from __future__ import annotations

from collections import Counter

from ganzoo.build import Experiment
from ganzoo.interfaces import Data


def notes(experiment: Experiment, data: Data) -> list[str]:
    """What was left out of the recipe, what will not move, and what cannot be measured."""
    found = [*experiment.blueprint.notes, *_idle(experiment)]
    if experiment.blueprint.metrics and not data.test_count():
        found.append("no held-out samples, so no metrics")
    return found


def _idle(experiment: Experiment) -> list[str]:
    """A line that names the networks with parameters that no term reaches."""
    frozen = [name for names in experiment.trial.idle.values() for name in names]
    owners = Counter(name.split(".")[1] for name in frozen)  # networks.F.0.weight
    told = [f"{owner} ({_parameters(count)})" for owner, count in owners.items()]
    return [f"no term reaches {', '.join(told)}: frozen"] if told else []


def _parameters(count: int) -> str:
    return "1 parameter" if count == 1 else f"{count} parameters"
