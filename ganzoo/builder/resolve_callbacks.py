"""The callbacks of a recipe, and the names of metrics, networks and terms in their settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ganzoo.builder.blueprint import Blueprint, ComponentPlan
from ganzoo.builder.lookup import Lookup
from ganzoo.errors import choices, listed
from ganzoo.interfaces import Callback


def read_callbacks(blueprint: Blueprint, lookup: Lookup) -> None:
    """Find the callbacks; each is made once, so that settings that it refuses are told."""
    for name, table in blueprint.recipe.callbacks.items():
        path = f"callbacks.{name}"
        if not name.replace("-", "_").isidentifier():
            lookup.fault(path, "a callback's name is one word of letters, digits, - and _")
        plan = lookup.plan("callback", table, path)
        callback = lookup.make(plan)
        blueprint.callbacks |= {name: plan} if plan else {}
        if plan is not None and callback is not None:
            _check_names(plan, callback, blueprint, lookup)
            _check_adjusted(plan, callback, blueprint, lookup)
            _check_logits(plan, callback, blueprint, lookup)
            if callback.selects:
                refuse_unvalidated(path, blueprint, lookup)


def check_computed(name: str, path: str, blueprint: Blueprint, lookup: Lookup) -> None:
    """Refuse a metric that is not computed while training."""
    metrics = blueprint.recipe.metrics
    if name not in metrics:
        lookup.fault(path, f"there is no metric '{name}'.{choices(name, metrics)}")
    elif not metrics[name].every:
        message = f'metrics.{name} is computed only at the end: give it every = "500 steps"'
        lookup.fault(path, message)


def refuse_unvalidated(path: str, blueprint: Blueprint, lookup: Lookup) -> bool:
    """Refuse what chooses by scores where no held-out samples are kept for that."""
    refused = not blueprint.recipe.checkpoints.validation
    if refused:
        message = "it chooses by validation samples, and checkpoints.validation = 0 keeps none"
        lookup.fault(path, f"{message}: test samples must choose nothing")
    return refused


def _check_measured(name: str, path: str, blueprint: Blueprint, lookup: Lookup) -> None:
    """Refuse a metric that is left out: a callback would wait for it in vain."""
    left_out = name in blueprint.recipe.metrics and name not in blueprint.metrics
    if left_out and lookup.sound(f"metrics.{name}"):
        lookup.fault(path, f"metrics.{name} is left out, as these data are not paired")


def _check_names(
    plan: ComponentPlan, callback: Callback, blueprint: Blueprint, lookup: Lookup
) -> None:
    known = {"network": [*blueprint.recipe.networks], "term": _adversarial_terms(blueprint)}
    for setting, kind in callback.refers.items():
        path = f"{plan.path}.{setting}"
        for name in _names(plan.settings, setting):
            if kind == "metric":
                check_computed(name, path, blueprint, lookup)
                _check_measured(name, path, blueprint, lookup)
            elif name not in known[kind] and (kind == "network" or lookup.sound("losses")):
                what = "adversarial term" if kind == "term" else kind
                lookup.fault(path, f"there is no {what} '{name}'.{choices(name, known[kind])}")


def _check_adjusted(
    plan: ComponentPlan, callback: Callback, blueprint: Blueprint, lookup: Lookup
) -> None:
    """What it adjusts must be adjustable: in the networks that it names, else in any network."""
    if not callback.adjusts or not lookup.sound("networks"):
        return
    able = [n for n, p in blueprint.networks.items() if callback.adjusts in _adjustable(p)]
    settings = [setting for setting, kind in callback.refers.items() if kind == "network"]
    named = [(setting, name) for setting in settings for name in _names(plan.settings, setting)]
    if not named and not able:
        message = f"it adjusts {callback.adjusts}, which no network of this recipe has to adjust"
        lookup.fault(plan.path, message)
    for setting, name in named:
        if name in blueprint.networks and name not in able:
            hint = f": use {listed(able)}" if able else ""
            message = f"{callback.adjusts} of {name} cannot be adjusted{hint}"
            lookup.fault(f"{plan.path}.{setting}", message)


def _check_logits(
    plan: ComponentPlan, callback: Callback, blueprint: Blueprint, lookup: Lookup
) -> None:
    if callback.needs_logits and lookup.sound("losses") and not _adversarial_terms(blueprint):
        lookup.fault(plan.path, "it reads a discriminator's logits, and no term is adversarial")


def _adversarial_terms(blueprint: Blueprint) -> list[str]:
    return [term.name for term in blueprint.live if term.adversarial]


def _adjustable(plan: ComponentPlan) -> Sequence[str]:
    settings: Sequence[str] = getattr(plan.component_class, "adjustable", ())
    return settings


def _names(settings: Mapping[str, object], setting: str) -> list[str]:
    """The names that a setting holds: one, a list of them, or none."""
    value = settings.get(setting)
    names = [value] if isinstance(value, str) else value
    return [str(name) for name in names if name] if isinstance(names, list | tuple) else []
