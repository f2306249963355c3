"""The metrics of a recipe, its default ones, and the one that chooses the best model."""

from __future__ import annotations

from ganzoo.builder.blueprint import Blueprint, MetricPlan
from ganzoo.builder.default_metrics import make_default_metrics
from ganzoo.builder.lookup import Lookup
from ganzoo.builder.resolve_callbacks import check_computed, refuse_unvalidated
from ganzoo.errors import choices
from ganzoo.expression import Call, Expression
from ganzoo.recipe.tables import MetricTable
from ganzoo.registry.signature import wires


def read_metric(name: str, table: MetricTable, blueprint: Blueprint, lookup: Lookup) -> None:
    """Find a metric and its wires; what the data cannot serve is left out, with a warning."""
    path = f"metrics.{name}"
    metric_class = lookup.load("metric", table.type, path)
    if metric_class is None:
        return
    wanted = wires(metric_class.update)
    plan = lookup.plan("metric", table, path, without=wanted)
    read = lookup.wires(table, wanted, path)
    data = blueprint.dataset
    for wire in {*metric_class.learns_from, *metric_class.shown_training} & set(read):
        _check_learnt(read[wire], f"{path}.{wire}", blueprint, lookup)
    if metric_class.needs_pairs and data is not None and not data.paired:
        why = f"the images of '{blueprint.recipe.data.type}' are none; kid needs none"
        blueprint.warnings.append(f"{path} is left out: it compares pairs, and {why}")
    elif plan is not None:
        blueprint.metrics[name] = MetricPlan(plan, read, table.when, table.every, table.images)


def check_best(blueprint: Blueprint, lookup: Lookup) -> None:
    """Who decides which model is the best must be asked more than once."""
    metrics, path = blueprint.recipe.metrics, "checkpoints.best"
    for name, table in metrics.items():
        if table.every and table.when != "run":
            message = f"'every' is for a metric of the run: leave out when = \"{table.when}\""
            lookup.fault(f"metrics.{name}", message)
    best = blueprint.recipe.checkpoints.best
    name, _, score = best.partition(".")
    if not best or refuse_unvalidated(path, blueprint, lookup):
        return
    if name in metrics and not score:
        lookup.fault(path, f'name a score of the metric, as "{name}.psnr"')
    else:
        check_computed(name, path, blueprint, lookup)


def _check_learnt(wire: Expression, path: str, blueprint: Blueprint, lookup: Lookup) -> None:
    """What a metric learns from or looks up is real: refuse expressions, latents and outputs."""
    known = (*blueprint.recipe.latents, *blueprint.recipe.outputs)
    if isinstance(wire, Call) or wire.name in known:
        data = blueprint.dataset
        hint = choices(str(wire), data.variables) if data is not None else ""
        message = f"the metric is shown real samples of this: name a variable of the data.{hint}"
        lookup.fault(path, message, str(wire))


def add_default_metrics(blueprint: Blueprint, lookup: Lookup) -> None:
    """Read the metrics of a recipe that has none for its unpaired images."""
    for name, table in make_default_metrics(blueprint).items():
        read_metric(name, table, blueprint, lookup)
