"""`--task`: the settings of a downstream score that fits a model, whatever its recipe measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ganzoo.builder.blueprint import Blueprint
from ganzoo.builder.own_data import as_words
from ganzoo.builder.trained import reread
from ganzoo.errors import GanzooError, choices
from ganzoo.inference.model import Model
from ganzoo.interfaces import Data
from ganzoo.recipe.overrides import Overrides, override

Task = Literal["segment", "classify"]
TYPES = {"segment": "downstream_segmentation", "classify": "downstream_classification"}
NAME = "downstream"
TABLE = f"metrics.{NAME}"
WIRES = ("prediction", "labels", "target")


@dataclass(frozen=True)
class Candidate:
    """An output that may be learnt from.

    inputs: the variables that it is made of. domain: the variable that its images are of.
    """

    output: str
    inputs: frozenset[str]
    domain: str


def split_overrides(overrides: Overrides, task: str | None) -> tuple[list[str], Overrides]:
    """The overrides of `metrics.downstream`, and all others; without a task, none are its own."""
    if not task:
        return [], overrides
    about: list[str] = []
    others: list[str] = []
    for word in as_words(overrides):
        path = word.partition("=")[0].strip()
        (about if f"{path}.".startswith(f"{TABLE}.") else others).append(word)
    return about, others


def add_task(
    task: str, blueprint: Blueprint, model: Model, about: Sequence[str], beside: bool = False
) -> tuple[list[str], Blueprint]:
    """The metrics that a task asks for, and the blueprint that has them.

    They are the recipe's own of that kind. Where it has none, one is added as `metrics.downstream`;
    what the user says of that is taken, and the rest follows from the model's outputs and data.
    about: the user's overrides of `metrics.downstream`.
    beside: whether the user named metrics as well.

    Raises:
        GanzooError: there is no such task, it does not fit the model, or metrics are named, too.
    """
    if task not in TYPES:
        raise GanzooError(f"there is no task '{task}'.{choices(task, TYPES)}")
    if beside:
        raise GanzooError("a task says itself what is computed: name no metrics beside it")
    metrics = blueprint.recipe.metrics.items()
    own = [name for name, table in metrics if table.type == TYPES[task]]
    table = {}
    if not own:
        given = override({}, about).get("metrics", {}).get(NAME, {})
        table = {TABLE: {"type": TYPES[task], **_find_settings(task, blueprint, given)}}
    origin = replace(model.origin, recipe=blueprint.recipe)
    return own or [NAME], reread(replace(model, origin=origin), [*as_words(table), *about])


def _find_settings(task: str, blueprint: Blueprint, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that `given` does not say.

    Raises:
        GanzooError: they do not follow from the model.
    """
    data = blueprint.dataset
    assert data is not None
    if task == "segment" and not data.paired:
        raise GanzooError(
            "--task segment: held-out images must come with their label maps, and those of "
            f"'{blueprint.recipe.data.type}' are no pairs; to read pairs: --set 'data={{ type = "
            '"paired_folders", root = "FOLDER" }\''
        )
    labels = _find_labels(blueprint, given) if task == "segment" else _find_class(data, given)
    if all(wire in given for wire in WIRES):
        return labels
    name = str(given.get("labels", labels.get("labels")))
    candidates = [each for each in _candidates(blueprint) if _fits(each, given)]
    chosen = next(iter(sorted(candidates, key=lambda c: _preference(task, c, name))), None)
    if chosen is None:
        raise GanzooError(_explain_misfit(task, name, blueprint, given))
    settings = {**labels, "prediction": chosen.output, "target": chosen.domain}
    images = [each for each in sorted(chosen.inputs) if data.variables[each].size]
    return {**settings, "source": images[0]} if images else settings


def _find_labels(blueprint: Blueprint, given: Mapping[str, Any]) -> dict[str, Any]:
    """The variable that holds label maps and their palette, as the recipe's metrics say them."""
    known = next(_label_maps(blueprint), {})
    missing = [key for key in ("labels", "palette") if key not in known and key not in given]
    if missing:
        sets = {"labels": f"{TABLE}.labels=y", "palette": f"'{TABLE}.palette=[[0,0,0],[255,0,0]]'"}
        said = " ".join(f"--set {sets[key]}" for key in missing)
        raise GanzooError(
            "--task segment: the recipe does not say which images are label maps, and what their "
            f"colours are, as palette_score would; say so: {said}"
        )
    return {key: value for key, value in known.items() if key not in given}


def _label_maps(blueprint: Blueprint) -> Iterator[dict[str, Any]]:
    data = blueprint.dataset
    assert data is not None
    for plan in blueprint.metrics.values():
        wire = str(plan.wires.get("labels") or plan.wires.get("target"))
        if "palette" in plan.metric.settings and wire in data.variables:
            yield {"labels": wire, "palette": plan.metric.settings["palette"]}


def _find_class(data: Data, given: Mapping[str, Any]) -> dict[str, Any]:
    """The variable that holds classes, and their number."""
    classes = {name: v.classes for name, v in data.variables.items() if v.classes}
    name = str(given.get("labels", next(iter(classes), "")))
    if name not in classes:
        raise GanzooError(
            "--task classify: it takes data whose images have a class, as 'digits' and "
            f"'class_folders'; this model's have {' and '.join(data.variables)}"
        )
    return {"labels": name, "classes": classes[name]}


def _candidates(blueprint: Blueprint) -> list[Candidate]:
    """The outputs that are made of something that the data hold."""
    data = blueprint.dataset
    assert data is not None
    views = {name: blueprint.output(name) for name in blueprint.outputs}
    inputs = {name: frozenset(view.names & {*data.variables}) for name, view in views.items()}
    return [
        Candidate(name, inputs[name], view.domain)
        for name, view in views.items()
        if view.domain and inputs[name]
    ]


def _fits(candidate: Candidate, given: Mapping[str, Any]) -> bool:
    """Whether a candidate is none that the user decided against."""
    output, domain = given.get("prediction"), given.get("target")
    return output in (None, candidate.output) and domain in (None, candidate.domain)


def _preference(task: str, candidate: Candidate, labels: str) -> tuple[bool, bool]:
    """A key that sorts candidates: what is made of labels first, then what is none itself."""
    return labels not in candidate.inputs, candidate.domain == labels


def _explain_misfit(task: str, labels: str, blueprint: Blueprint, given: Mapping[str, Any]) -> str:
    asked = {wire: str(given[wire]) for wire in ("prediction", "target") if wire in given}
    if asked:
        said = " and ".join(f"{wire} = {value}" for wire, value in asked.items())
        needed = ", ".join(f"{TABLE}.{wire}" for wire in WIRES)
        return (
            f"--task {task}: no output is {said}; there is {', '.join(blueprint.outputs)}. For "
            f"another wire say all of {needed}"
        )
    outputs = ", ".join(f"{name} = {wire}" for name, wire in blueprint.outputs.items())
    return (
        f"--task {task}: no output of this model ({outputs}) is made of '{labels}' or of images "
        "that come with it, so nothing says what its images show"
    )
