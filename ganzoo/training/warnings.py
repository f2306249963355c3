"""What a person should know before training starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ganzoo.builder import Experiment
from ganzoo.components.data.share_held_out import ShareHeldOut
from ganzoo.engine.player import Player
from ganzoo.evaluation.best import find_deciding_score
from ganzoo.evaluation.learning import find_left_out
from ganzoo.interfaces import Data


def list_warnings(experiment: Experiment, data: Data) -> list[str]:
    """What is left out of the recipe, what will not be trained, and what cannot be measured."""
    warnings = list(experiment.blueprint.warnings)
    idle = experiment.trial.idle
    named = [text for p in experiment.players for text in _unreached(p, idle.get(p.name, []))]
    if named:
        warnings.append(f"no term reaches {', '.join(named)}: frozen")
    if experiment.blueprint.metrics and not data.test_count():
        warnings.append("no samples to test on, so no metrics")
    warnings += _stand_ins(experiment, data)
    warnings += [
        _describe_tracker(name, table) for name, table in experiment.recipe.trackers.items()
    ]
    left_out = find_left_out(experiment.blueprint, data).items()
    return [*warnings, *(f"metrics.{name} is left out: {why}" for name, why in left_out)]


def _describe_tracker(tracker: str, table: Mapping[str, Any]) -> str:
    """That a tracker gets pictures, and where they go: the recipe may be a stranger's."""
    places = [f"{key} = {value!r}" for key, value in table.items() if isinstance(value, str)]
    given = f" ({', '.join(places)})" if places else ""
    return f"trackers.{tracker} is given losses, scores and sample pictures{given}"


def _stand_ins(experiment: Experiment, data: Data) -> list[str]:
    """That metrics see training samples: a model that learnt them by heart looks good on them."""
    names = sorted(data.trained_on())
    if not names:
        return []
    text = f"nothing of {' and '.join(names)} is held out: samples and metrics are of training ones"
    chosen = (
        ", and so is what decides which model is the best"
        if find_deciding_score(experiment.blueprint)[0]
        else ""
    )
    deals = isinstance(data, ShareHeldOut) and not data.hold_out
    advice = "; --set data.hold_out=0.1 holds one in ten out" if deals else ""
    return [f"{text}{chosen}{advice}"]


def _unreached(player: Player, idle: list[str]) -> list[str]:
    """The player's networks with idle parameters: `F (16 parameters)`, `G (2 of 8 parameters)`."""
    counts = Counter(name.split(".")[1] for name in idle if name.startswith("networks."))
    return [
        f"{network} ({_share(count, len(list(player.networks[network].parameters())))})"
        for network, count in counts.items()
    ]


def _share(count: int, total: int) -> str:
    some = f"{count} of {total}" if count < total else f"{count}"
    return f"{some} parameter{'' if total == 1 else 's'}"
