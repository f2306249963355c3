"""An alarm in two sentences: what was seen, and what to try in the recipe at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganzoo.recipe.schema import Recipe
from ganzoo.recipe.tables import TermTable
from ganzoo.training.alarms.debounce import Alarm

Words = tuple[str, str]


def words(alarm: Alarm, recipe: Recipe) -> Words:
    """What was seen, with figures, and what to try."""
    return SPEAKERS[alarm.name](alarm, recipe)


def _non_finite(alarm: Alarm, recipe: Recipe) -> Words:
    figures = alarm.figures
    count = _count(figures["steps"], "step")
    terms = f" ({', '.join(figures['terms'])})" if figures["terms"] else ""
    seen = (
        f"{count} up to step {alarm.step} had losses that are not finite{terms}; the networks are "
        "most likely spoilt"
    )
    rates = {rate for rate in figures["rates"].values() if rate}
    lower = f"a lower learning rate than {max(rates):.3g}" if rates else "a lower learning rate"
    clipped = all(part.clip_norm is not None for part in recipe.optimizers.values())
    ways = [lower, *([] if clipped else ["clip_norm = 1 beside it"])]
    if recipe.train.precision in ("fp16", "bf16"):
        ways.append('train.precision = "float32"')
    if any(term.penalties for term in recipe.losses.values()):
        ways.append("a smaller weight for the penalty")
    return seen, f"Start again with {_either(ways)}; log.jsonl shows when and where it began"


def _discriminator_won(alarm: Alarm, recipe: Recipe) -> Words:
    figures, term = alarm.figures, recipe.losses[alarm.probed]
    real, fake = term.settings["real"], term.settings["fake"]
    critic = real.partition("(")[0]
    seen = (
        f"{critic} is hardly ever wrong in '{alarm.probed}', so the generators learn little from "
        f"it: its loss is {figures['loss']:.2g} and has been below {figures['limit']:.2g} for "
        f"{alarm.step - alarm.since} steps, where guessing costs {figures['chance']:.2g}"
    )
    player = figures["player"]
    ways = [
        f"a lower learning rate in optimizers.{player}",
        _penalty(term),
        f"players.{player} = {{ every = 2 }}",
    ]
    return seen, (
        f"Check first that {real} and {fake} show it nothing but what is to be judged (sizes, "
        f"borders, file formats and labels may give the answer away); else hold it back with "
        f"{_either(ways)}"
    )


def _penalty(term: TermTable) -> str:
    if term.penalties:
        return f"a larger weight for its penalty '{term.penalties[0].type}'"
    return 'a penalty in its term, as penalties = [{ type = "r1", weight = 1 }]'


def _inputs_ignored(alarm: Alarm, recipe: Recipe) -> Words:
    figures = alarm.figures
    wire, name = figures["wire"], figures["input"]
    seen = (
        f"{wire} hardly depends on {name} any more: for {figures['count']} different {name} it "
        f"varies by {figures['spread']:.2%} of what real images do, at every look since step "
        f"{alarm.since}"
    )
    if name in recipe.latents:
        how = "a penalty for the critic (r1), larger batches or a lower learning rate"
        return seen, f"The generator draws one image for all (mode collapse): try {how}"
    how = "a term that asks for it (a cycle back to it, or l1 to its partner), or raise its weight"
    return seen, f"Give it {how}, or start again with a lower learning rate"


def _outputs_frozen(alarm: Alarm, recipe: Recipe) -> Words:
    wire = alarm.probed
    network = wire.partition("(")[0].partition(".")[0]
    seen = (
        f"{wire} of {alarm.figures['count']} images is, bit for bit, what it was at step "
        f"{alarm.since}: {network} does not learn"
    )
    table = recipe.networks.get(network)
    if table is not None and not table.trainable:
        return seen, f"networks.{network} says trainable = false: take it out"
    return seen, (
        f"Check the learning rate and the schedule of its player, and that a term with a weight "
        f"reaches {network}"
    )


def _inverted_colours(alarm: Alarm, recipe: Recipe) -> Words:
    figures, wire = alarm.figures, alarm.probed
    what = {
        "target": "the image that was wanted",
        "input": "its input, whose colours a term asks it to keep,",
        "means": "the mean colour of real images",
    }[figures["of"]]
    seen = (
        f"the negative of {wire} is nearer to {what} than {wire} itself: a mean error of "
        f"{figures['inverse']:.2g} against {figures['plain']:.2g}, and a correlation of "
        f"{figures['correlation']:.2f}, since step {alarm.since}"
    )
    again = f"start again with another seed (train.seed = {recipe.train.seed + 1})"
    if figures["of"] == "input":
        return seen, f"Raise the weight of that term, or {again}"
    return seen, (
        "Check that the images of both sides are read as they are meant (an inverted scan, mask or "
        f"palette); if they are, {again}, or add a term that keeps colours, as l1 of G(y) to y"
    )


def _input_unchanged(alarm: Alarm, recipe: Recipe) -> Words:
    name, kind = alarm.probed, recipe.data.type
    meant = 'if that is meant, put ignore = ["input_unchanged"] into [alarms]'
    if name in recipe.latents:
        seen = f"the latent {name} is the same whatever is drawn, so every output is one image"
        return seen, f"Look at the settings of latents.{name} ('{recipe.latents[name].type}')"
    if alarm.figures.get("images") == 1:
        seen = "there is one training image, and every step sees it again"
        return seen, f"Look at where the data '{kind}' are read from; {meant}"
    seen = f"{name} was the same in every step since step {alarm.since}, value for value"
    return seen, f"Look at the images of {name} in the data '{kind}': they may be copies; {meant}"


SPEAKERS: dict[str, Callable[[Alarm, Recipe], Words]] = {
    "non_finite": _non_finite,
    "critic_won": _discriminator_won,
    "inputs_ignored": _inputs_ignored,
    "outputs_frozen": _outputs_frozen,
    "inverted_colours": _inverted_colours,
    "input_unchanged": _input_unchanged,
}


def _count(number: Any, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _either(ways: list[str]) -> str:
    return " or ".join([", ".join(ways[:-1]), ways[-1]] if len(ways) > 1 else ways)
