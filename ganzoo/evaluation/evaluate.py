"""What `ganzoo evaluate` does: a model file's metrics, on its own test samples or on others."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.found import Found, find_weights
from ganzoo.builder.own_data import at_place, own_data, says_data
from ganzoo.builder.trained import open_weights
from ganzoo.components.data.layout_advice import require_folder
from ganzoo.engine.device import find_device
from ganzoo.errors import DataError, GanzooError, ModelError, choices, first_line
from ganzoo.evaluation.measuring import Evaluation, Tell, assess, left_out, missing
from ganzoo.evaluation.observed import format_observed, observed
from ganzoo.evaluation.showing import Tick, no_tick
from ganzoo.inference.model import Model
from ganzoo.inference.short_memory import memory_is_short
from ganzoo.interfaces import Data
from ganzoo.recipe.loading import Source
from ganzoo.runs.folder import finite


@dataclass(frozen=True)
class Assessment:
    """A model's figures, and what they are of.

    step: after how many the weights were written; averaged: whether they are averages (ema).
    data: the recipe's table. samples: how many there are to test on. counts, trained_on: how many
    items of each variable are different, and which were trained on, as data say it.
    """

    file: Path
    step: int
    averaged: bool
    data: dict[str, Any]
    samples: int
    counts: dict[str, int]
    trained_on: list[str]
    found: Evaluation

    @property
    def headline(self) -> str:
        """Which file, weights and data."""
        averages = " (averages)" if self.averaged else ""
        place = self.data.get("root")
        where = f"'{self.data['type']}'" + (f" in {place}" if place else "")
        seen = format_observed(observed(self.counts, self.counts, self.trained_on))
        return f"{self.file}: weights of step {self.step}{averages}, on {seen}, {where}"

    def as_json(self) -> dict[str, Any]:
        """For programs; null where a figure is no number."""
        told = {
            "model": str(self.file),
            "step": self.step,
            "averaged": self.averaged,
            "data": self.data,
            "samples": self.samples,
            "counts": self.counts,
            "trained_on": self.trained_on,
            **self.found.tables(),
        }
        plain: dict[str, Any] = finite(told)
        return plain


def evaluate_file(
    path: Path,
    *,
    metrics: Sequence[str] = (),
    everything: bool = False,
    folder: Path | None = None,
    overrides: Sequence[str] = (),
    device: str = "cpu",
    recipe: Source | None = None,
    network: str = "",
    tell: Tell,
    tick: Tick = no_tick,
) -> Assessment:
    """Compute the metrics of a model's recipe.

    path, recipe, network: as of `open_model`.
    metrics: names; left out, those of a run's end. everything: those for comparisons as well.
    folder: images in place of the recipe's. overrides: settings, as of `--set`.
    device: see `find_device`. tick: told how far it is, as of `assess`.

    Raises:
        ModelError: the file is missing, damaged, or does not fit the metrics or the data.
        DataError: there is nothing to evaluate on.
        GanzooError: there is no such metric.
    """
    where = find_device(device)
    weights = find_weights(path, recipe, network)
    changes = [*_of_folder(folder, weights.tables, overrides, tell), *overrides]
    blueprint, model = open_weights(weights, overrides=changes)
    data = _test_data(blueprint)
    wanted = _wanted(blueprint, metrics, everything)
    able = _able(wanted, blueprint, model.to(where), data, tell, strict=bool(metrics))
    for note in data.inspect_tests():
        tell(f"note: {note}")
    return _assessment(weights, blueprint, data, measured(blueprint, model, data, able, tell, tick))


def _assessment(weights: Found, blueprint: Blueprint, data: Data, found: Evaluation) -> Assessment:
    table = blueprint.recipe.data
    return Assessment(
        file=weights.file,
        step=weights.header.get("step", 0),
        averaged=blueprint.recipe.ema is not None and not weights.is_reference,
        data={"type": table.type, **table.settings},
        samples=data.test_count(),
        counts=dict(data.test_counts()),
        trained_on=sorted(data.trained_on()),
        found=found,
    )


def _test_data(blueprint: Blueprint) -> Data:
    data = blueprint.dataset
    assert data is not None
    data.prepare()
    if not data.test_count():
        raise DataError(f"there are no samples to test on in '{blueprint.recipe.data.type}'")
    return data


def _of_folder(
    folder: Path | None, tables: dict[str, Any], overrides: Sequence[str], tell: Tell
) -> list[str]:
    """`--data FOLDER` as settings: the place of the model's data, or data of another kind."""
    if folder is None:
        return []
    require_folder(folder)
    if says_data(overrides):
        return [f"data.root={json.dumps(str(folder.absolute()))}"]
    if place := at_place(tables["data"]["type"], folder):
        return place
    own = own_data(tables, overrides, folder)
    tell(own.told)
    return [each for each in own.settings if each.startswith(("data=", "metrics."))]


def _wanted(blueprint: Blueprint, metrics: Sequence[str], everything: bool) -> list[str]:
    """The names of what was asked for, once each."""
    known = blueprint.recipe.metrics
    if not known:
        raise ModelError(
            "this model's recipe names no metrics; add one: --set 'metrics.quality={ type = "
            '"psnr", prediction = "x2y", target = "y" }\''
        )
    unknown = [name for name in metrics if name not in known]
    if unknown:
        raise GanzooError(f"there is no metric '{unknown[0]}'.{choices(unknown[0], known)}")
    usual = [name for name, table in known.items() if everything or table.when == "run"]
    if not metrics and not usual:
        raise ModelError(
            f'the metrics of this recipe take long ({", ".join(known)}, when = "compare"): '
            "ask for them by --all, or for one by --metric NAME"
        )
    return list(dict.fromkeys(metrics)) or usual


def _able(
    wanted: Collection[str],
    blueprint: Blueprint,
    model: Model,
    data: Data,
    tell: Tell,
    strict: bool,
) -> list[str]:
    """Those that can be computed; the others are told of, or refused if they were asked for."""
    reasons = {name: _hindrance(name, blueprint, model, data) for name in wanted}
    hindered = [reason for reason in reasons.values() if reason]
    if hindered and (strict or len(hindered) == len(reasons)):
        raise ModelError("\n  ".join(hindered))
    for reason in hindered:
        tell(f"note: {reason}")
    return [name for name, reason in reasons.items() if not reason]


def _hindrance(name: str, blueprint: Blueprint, model: Model, data: Data) -> str:
    """Why a metric cannot be computed; nothing where it can."""
    path = f"metrics.{name}"
    if name not in blueprint.metrics:
        return next(note for note in blueprint.notes if note.startswith(f"{path} "))
    if name in blueprint.unasked:
        return (
            f"{path} is left out: the file asks for weights from the network, which only you may: "
            f"--set {path}.weights=hub"
        )
    lacking = missing(blueprint.metrics[name], blueprint, model)
    if lacking:
        held = ", ".join(sorted(lacking))
        return f"{path} is left out: the model file does not hold {held}, which no output needs"
    if name in left_out(blueprint, data):
        kind = blueprint.recipe.data.type
        return f"{path} is left out: it learns from pairs, and '{kind}' has none to spare"
    return ""


def measured(
    blueprint: Blueprint, model: Model, data: Data, names: Sequence[str], tell: Tell, tick: Tick
) -> Evaluation:
    """These metrics.

    Raises:
        ModelError: they cannot be computed on these data.
    """
    try:
        return assess(blueprint, model, data, names, tell, tick)
    except (ValueError, RuntimeError) as error:
        if memory_is_short(error):
            raise
        message = first_line(error)
        raise ModelError(
            f"{', '.join(names)}: cannot be computed on these data: {message}"
        ) from error
