"""Computes a trained model's metrics, on the test samples of its recipe or on other images."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.own_data import as_words, at_place, own_data, says_data
from ganzoo.builder.trained import open_weights, reread
from ganzoo.builder.weight_source import find_weights
from ganzoo.components.data.layout_advice import require_folder
from ganzoo.engine.device import find_device
from ganzoo.errors import GanzooError, ModelError, choices, first_line
from ganzoo.evaluation.assessment import Assessment
from ganzoo.evaluation.evaluated_data import prepare_split
from ganzoo.evaluation.learning import find_left_out
from ganzoo.evaluation.measuring import (
    Evaluation,
    Tell,
    compute_metrics,
    find_missing_networks,
)
from ganzoo.evaluation.observed import TEST
from ganzoo.evaluation.showing import Tick, no_tick
from ganzoo.evaluation.tasks import Task, add_task, split_overrides
from ganzoo.inference.model import Model
from ganzoo.inference.short_memory import memory_is_short
from ganzoo.interfaces import Data
from ganzoo.printing.text import say_aside
from ganzoo.recipe.loading import Source
from ganzoo.recipe.overrides import Overrides


def evaluate(
    model: Model | str | Path,
    metrics: Sequence[str] = (),
    *,
    data: str | Path | None = None,
    overrides: Overrides = (),
    everything: bool = False,
    split: str = TEST,
    task: Task | None = None,
    device: str = "",
    recipe: Source | None = None,
    network: str = "",
    tell: Tell = say_aside,
    tick: Tick = no_tick,
) -> Assessment:
    """Compute the metrics of a trained model on its test samples, as `ganzoo evaluate` does.

        print(ganzoo.evaluate("runs/cyclegan"))  # one table for each metric, with 95 % intervals

    model: a run's folder, a checkpoint's folder, a model file, a `.pth`, or a loaded `Model`.
    metrics: their names in the recipe; left out, those with `when = "run"`.
    data: a folder of images to use in place of the recipe's data.
    overrides: settings of the recipe to change, as `{"data.held_out": 8}`.
    everything: include the metrics with `when = "compare"`, which take long.
    split: of the held-out samples: "test"; "validation", which choose the best model; or "all".
    task: "segment" or "classify", for the downstream score in place of metrics (`--task`).
    device: "cpu", "cuda:1" ...; left out, the device of a loaded model, otherwise that of training.
    recipe, network: for a `.pth`; see `load_model`.
    tell: gets notes, as of a metric left out. tick: gets (samples done, samples in all, task).

    Raises:
        GanzooError: there is no such model, metric, split, device or sample; they do not fit; or
            the samples chose the model.
    """
    about, others = split_overrides(overrides, task)
    changes = partial(_add_folder, folder=data, overrides=others, tell=tell)
    blueprint, opened = _open_model(model, changes, device, recipe, network)
    if task:
        metrics, blueprint = add_task(task, blueprint, opened, about, bool(metrics) or everything)
    return _assess(blueprint, opened, metrics, everything, split, tell, tick)


def _assess(
    blueprint: Blueprint,
    model: Model,
    metrics: Sequence[str],
    everything: bool,
    split: str,
    tell: Tell,
    tick: Tick,
) -> Assessment:
    """Compute metrics of a recipe on its data; see `evaluate`."""
    data_set, few = prepare_split(blueprint, model.origin.file, split, tell)
    wanted = _choose_metrics(blueprint, metrics, everything)
    able = _drop_hindered(wanted, blueprint, model, data_set, tell, strict=bool(metrics))
    evaluation = compute_or_refuse(blueprint, model, data_set, able, tell, tick)
    return _make_assessment(model, blueprint, data_set, evaluation, few)


def _open_model(
    model: Model | str | Path,
    changes: Callable[[dict[str, Any]], Overrides],
    device: str,
    recipe: Source | None,
    network: str,
) -> tuple[Blueprint, Model]:
    """Open the model on its device; returns its recipe, changed by `changes`, and the model."""
    if isinstance(model, Model):
        where = find_device(device) if device else model.device
        tables = model.origin.recipe.to_dict() if model.origin.recipe else {}
        return reread(model, changes(tables)), model.to(where)
    where = find_device(device)
    weights = find_weights(Path(model), recipe, network)
    blueprint, opened = open_weights(weights, overrides=changes(weights.tables))
    return blueprint, opened.to(where)


def _make_assessment(
    model: Model, blueprint: Blueprint, data: Data, evaluation: Evaluation, few: str
) -> Assessment:
    table = blueprint.recipe.data
    return Assessment(
        origin=model.origin,
        data={"type": table.type, **table.settings},
        samples=data.test_count(),
        counts=dict(data.test_counts()),
        trained_on=sorted(data.trained_on()),
        split=data.split,
        evaluation=evaluation,
        few=few,
    )


def _add_folder(
    tables: dict[str, Any], folder: str | Path | None, overrides: Overrides, tell: Tell
) -> Overrides:
    """The overrides, preceded by the settings that `--data FOLDER` stands for."""
    if folder is None:
        return overrides
    words = as_words(overrides)
    return [*_find_folder_settings(Path(folder), tables, words, tell), *words]


def _find_folder_settings(
    folder: Path, tables: dict[str, Any], overrides: Sequence[str], tell: Tell
) -> list[str]:
    """The settings of the recipe that read a folder of images.

    They change where the model's data are, or replace the data by another kind that fits the
    folder.
    """
    require_folder(folder)
    if says_data(overrides):
        return [f"data.root={json.dumps(str(folder.absolute()))}"]
    if place := at_place(tables["data"]["type"], folder):
        return place
    own = own_data(tables, overrides, folder)
    tell(own.summary)
    return [each for each in own.settings if each.startswith(("data=", "metrics."))]


def _choose_metrics(blueprint: Blueprint, metrics: Sequence[str], everything: bool) -> list[str]:
    """The names of the metrics to compute, each once."""
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


def _drop_hindered(
    wanted: Collection[str],
    blueprint: Blueprint,
    model: Model,
    data: Data,
    tell: Tell,
    strict: bool,
) -> list[str]:
    """The metrics that can be computed. The others are reported.

    strict: the user named the metrics, so one that cannot be computed is an error.

    Raises:
        ModelError: with `strict`, some metric cannot be computed; without it, none can.
    """
    reasons = {name: _explain_hindrance(name, blueprint, model, data) for name in wanted}
    hindered = [reason for reason in reasons.values() if reason]
    if hindered and (strict or len(hindered) == len(reasons)):
        raise ModelError("\n  ".join(hindered))
    for reason in hindered:
        tell(f"note: {reason}")
    return [name for name, reason in reasons.items() if not reason]


def _explain_hindrance(name: str, blueprint: Blueprint, model: Model, data: Data) -> str:
    """Why a metric cannot be computed, as a sentence; "" if it can."""
    path = f"metrics.{name}"
    if name not in blueprint.metrics:
        return next(note for note in blueprint.warnings if note.startswith(f"{path} "))
    if name in blueprint.unasked:
        return (
            f"{path} is left out: the model file asks for a download of weights; to allow it: "
            f"--set {path}.weights=hub"
        )
    lacking = find_missing_networks(blueprint.metrics[name], blueprint, model)
    if lacking:
        held = ", ".join(sorted(lacking))
        return f"{path} is left out: the model file does not hold {held}, which no output needs"
    lack = find_left_out(blueprint, data).get(name, "")
    return f"{path} is left out: {lack}" if lack else ""


def compute_or_refuse(
    blueprint: Blueprint, model: Model, data: Data, names: Sequence[str], tell: Tell, tick: Tick
) -> Evaluation:
    """Compute the scores of these metrics.

    Raises:
        ModelError: the metrics cannot be computed on these data.
    """
    try:
        return compute_metrics(blueprint, model, data, names, tell, tick)
    except (ValueError, RuntimeError) as error:
        if memory_is_short(error):
            raise
        message = first_line(error)
        raise ModelError(f"{', '.join(names)}: cannot be computed: {message}") from error
