"""Computes a recipe's metrics on test samples: held-out ones, or training ones instead."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ganzoo.builder import Experiment
from ganzoo.builder.blueprint import Blueprint, MetricPlan
from ganzoo.engine.rng import keep_rng
from ganzoo.errors import Fault, RecipeError, choices, first_line
from ganzoo.evaluation.following import Swapped
from ganzoo.evaluation.learning import find_left_out, prepare_metric
from ganzoo.evaluation.observed import HELD_OUT, Observed, find_split
from ganzoo.evaluation.showing import ShownMetric, Tick, no_tick, show
from ganzoo.evaluation.tradeoff import Tradeoff, WinShare, say_shares
from ganzoo.evaluation.tradeoff_plans import find_tradeoffs
from ganzoo.inference.model import Model
from ganzoo.interfaces import Data, Metric
from ganzoo.interfaces.metric import Evidence, Interval

Scores = dict[str, dict[str, dict[str, float]]]
Intervals = dict[str, dict[str, dict[str, Interval]]]
SampleScores = dict[str, dict[str, dict[str, Any]]]
Tell = Callable[[str], None]
"""A function that shows a sentence to the user."""


@dataclass(frozen=True)
class Evaluation:
    """The scores of a model.

    scores: by metric, row (the model, then its baselines) and score.
    intervals: 95 % intervals over the samples, by the same keys, for the scores that have one.
    sample_scores: by metric and score, `higher_is_better`, the `values` of the model, one for each
        sample, and the `items` that they show, as indices in the whole data.
    observed: by metric, the number and the kind of distinct items that it was shown.
    higher_is_better: by metric and score, whether the higher of two values is better.
    findings: by metric, sentences about what the scores show, where there are some.
    evidence: by metric, pictures that show it, where there are some.
    tradeoffs: the scores of realism and of faithfulness that are set against each other.
    shares: by metric of faithfulness, in how many samples the output fits its own sample better
        than the output of another sample does.
    split: which of the test items they are: "test", "validation", "held_out" (all) or "training".
    """

    scores: Scores = field(default_factory=dict)
    intervals: Intervals = field(default_factory=dict)
    sample_scores: SampleScores = field(default_factory=dict)
    observed: dict[str, Observed] = field(default_factory=dict)
    higher_is_better: dict[str, dict[str, bool]] = field(default_factory=dict)
    findings: dict[str, list[str]] = field(default_factory=dict)
    evidence: dict[str, Evidence] = field(default_factory=dict)
    tradeoffs: list[Tradeoff] = field(default_factory=list)
    shares: dict[str, WinShare] = field(default_factory=dict)
    split: str = HELD_OUT

    def tables(self) -> dict[str, Any]:
        """The scores, their intervals, what they were measured on and what they say, for JSON."""
        tables = {"scores": self.scores, "intervals": self.intervals, "observed": self.observed}
        tradeoffs = [asdict(each) for each in self.tradeoffs]
        shares = {name: asdict(share) for name, share in self.shares.items()}
        said = {"findings": self.findings, "tradeoffs": tradeoffs, "shares": shares}
        return {**tables, **{name: table for name, table in said.items() if table}}


def say_nothing(text: str) -> None:
    """Do nothing; for callers that want no messages."""


def score_run(experiment: Experiment, data: Data, tell: Tell = say_nothing) -> Scores:
    """Compute the scores of a finished run over all test samples."""
    wanted = metrics_of_a_run(experiment.blueprint)
    return compute_metrics(experiment.blueprint, experiment.model(), data, wanted, tell).scores


def metrics_of_a_run(blueprint: Blueprint) -> list[str]:
    """The names of the metrics that are computed when a run ends."""
    return [name for name, planned in blueprint.metrics.items() if planned.when == "run"]


def compute_metrics(
    blueprint: Blueprint,
    model: Model,
    data: Data,
    wanted: Collection[str],
    tell: Tell = say_nothing,
    tick: Tick = no_tick,
    swap: bool = True,
    limited: bool = False,
) -> Evaluation:
    """Compute metrics over all test samples, one sample at a time.

    torch's random state stays as it was. Metrics that `find_left_out` names are left out; without
    test samples, all are.
    tick: called after every sample, and before each metric computes its scores.
    swap: find out whether outputs follow their inputs, which shows metrics of faithfulness each
        sample twice.
    limited: whether a metric is shown no more items of a wire than its `images`, as while training.
    """
    if not data.test_count():
        return Evaluation(split=find_split(data))
    skipped = find_left_out(blueprint, data)
    with keep_rng(model.device):
        shown = [ShownMetric.of(n, blueprint, data, limited) for n in wanted if n not in skipped]
        for each in shown:
            each.metric.tick = tick
            prepare_metric(each, blueprint, model, data, tell)
            each.metric.tick = no_tick
            each.swapped = Swapped.of(each.metric, each.views) if swap else None
        show(shown, model, data, tick)
        return _collect(shown, blueprint, find_split(data), tick)


def _collect(
    shown: Sequence[ShownMetric], blueprint: Blueprint, split: str, tick: Tick
) -> Evaluation:
    """Let metrics that were shown all samples compute their scores."""
    evaluation, main_scores = Evaluation(split=split), {}
    for place, each in enumerate(shown):
        tick(place, len(shown), f"{each.name}: scores and intervals")
        evaluation.scores[each.name] = table = each.metric.compute()
        named = {score for scores in table.values() for score in scores}
        evaluation.higher_is_better[each.name] = {n: each.metric.higher_is_better(n) for n in named}
        evaluation.intervals[each.name] = each.metric.intervals()
        evaluation.observed[each.name] = each.observed
        if by_sample := _collect_sample_scores(each):
            evaluation.sample_scores[each.name] = by_sample
        if findings := each.metric.findings():
            evaluation.findings[each.name] = findings
        if evidence := each.metric.evidence():
            evaluation.evidence[each.name] = evidence
        if share := each.swapped.share() if each.swapped else None:
            evaluation.shares[each.name] = share
        main_scores[each.name] = each.metric.find_main_score(next(iter(table.values())))
    tradeoffs = find_tradeoffs(blueprint, main_scores, evaluation.higher_is_better)
    for name, sentence in say_shares(evaluation.shares, tradeoffs, evaluation.scores):
        evaluation.findings.setdefault(name, []).append(sentence)
    return replace(evaluation, tradeoffs=tradeoffs)


def _collect_sample_scores(shown: ShownMetric) -> dict[str, dict[str, Any]]:
    better, items = shown.metric.higher_is_better, shown.items
    return {
        score: {
            "higher_is_better": better(score),
            "values": values,
            "items": [*items[: len(values)]],
        }
        for score, values in shown.metric.sample_scores().items()
    }


def find_missing_networks(plan: MetricPlan, blueprint: Blueprint, model: Model) -> set[str]:
    """The networks that a metric's wires call but that the model does not hold."""
    views = [blueprint.view(wire) for wire in plan.wires.values()]
    return {name for view in views for name in view.networks} - set(model.networks)


def rehearse(experiment: Experiment, data: Data) -> None:
    """Show a run's metrics one test sample, so that a fault of theirs is reported before training.

    Raises:
        RecipeError: a metric does not accept the values of its wires.
    """
    if not data.test_count():
        return
    model, blueprint = experiment.model(), experiment.blueprint
    skipped = find_left_out(blueprint, data)
    for name in metrics_of_a_run(blueprint):
        if name in skipped:
            continue
        try:
            shown = ShownMetric.of(name, blueprint, data)
            show([shown], model, data, samples=1)
        except (ValueError, RuntimeError) as error:
            fault = Fault(f"metrics.{name}", first_line(error))
            raise RecipeError(experiment.recipe.name, [fault]) from error
        _check_best(name, shown.metric, experiment)


def _check_best(name: str, metric: Metric, experiment: Experiment) -> None:
    """Refuse a `checkpoints.best` whose score its metric lacks, if that is known already."""
    decides, _, score = experiment.recipe.checkpoints.best.partition(".")
    if decides != name:
        return
    try:
        known = list(next(iter(metric.compute().values())))
    except ValueError:  # the metric has not learnt yet, or needs more than one sample
        return
    if score not in known:
        message = f"metrics.{name} has no score '{score}'.{choices(score, known)}"
        raise RecipeError(experiment.recipe.name, [Fault("checkpoints.best", message)])
