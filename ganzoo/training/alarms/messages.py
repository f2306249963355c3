"""An alarm in two sentences: what was observed, and what to try in the recipe at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganzoo.recipe.schema import Recipe
from ganzoo.recipe.tables import TermTable
from ganzoo.training.alarms.debounce import Alarm

Sentences = tuple[str, str]


def describe(alarm: Alarm, recipe: Recipe) -> Sentences:
    """The message, which says what was observed, and the advice; neither ends in a full stop."""
    return DESCRIPTIONS[alarm.name](alarm, recipe)


def _non_finite(alarm: Alarm, recipe: Recipe) -> Sentences:
    details = alarm.details
    count = _count(details["steps"], "step")
    terms = f" ({', '.join(details['terms'])})" if details["terms"] else ""
    message = (
        f"{count} up to step {alarm.step} had losses that are not finite{terms}; the networks are "
        "most likely beyond repair"
    )
    rates = {rate for rate in details["rates"].values() if rate}
    lower = f"a lower learning rate than {max(rates):.3g}" if rates else "a lower learning rate"
    clipped = all(table.clip_norm is not None for table in recipe.optimizers.values())
    ways = [lower, *([] if clipped else ["clip_norm = 1 beside it"])]
    if recipe.train.precision in ("fp16", "bf16"):
        ways.append('train.precision = "float32"')
    if any(term.penalties for term in recipe.losses.values()):
        ways.append("a smaller weight for the penalty")
    return message, f"Start again with {_either(ways)}; log.jsonl shows when and where it began"


def _discriminator_won(alarm: Alarm, recipe: Recipe) -> Sentences:
    details, term = alarm.details, recipe.losses[alarm.probed]
    real, fake = term.settings["real"], term.settings["fake"]
    discriminator = real.partition("(")[0]
    message = (
        f"{discriminator} is hardly ever wrong in '{alarm.probed}', so the generators learn little "
        f"from it: its loss is {details['loss']:.2g} and has been below {details['limit']:.2g} for "
        f"{alarm.step - alarm.since} steps, where guessing costs {details['guessing']:.2g}"
    )
    player = details["player"]
    ways = [
        f"a lower learning rate in optimizers.{player}",
        _penalty(term),
        f"players.{player} = {{ every = 2 }}",
    ]
    return message, (
        f"Check first that {real} and {fake} show it nothing by which real and fake can be told "
        f"apart but the images themselves (sizes, borders, file formats and labels may give the "
        f"answer away); else hold it back with "
        f"{_either(ways)}"
    )


def _penalty(term: TermTable) -> str:
    if term.penalties:
        return f"a larger weight for its penalty '{term.penalties[0].type}'"
    return 'a penalty in its term, as penalties = [{ type = "r1", weight = 1 }]'


def _inputs_ignored(alarm: Alarm, recipe: Recipe) -> Sentences:
    details = alarm.details
    wire, name = details["wire"], details["input"]
    message = (
        f"{wire} hardly depends on {name} any more: for {details['count']} different {name} it "
        f"varies by {details['spread']:.2%} of what real images do, at every probe since step "
        f"{alarm.since}"
    )
    if name in recipe.latents:
        how = "a penalty for the discriminator (r1), larger batches or a lower learning rate"
        return message, f"The generator draws one image for all (mode collapse): try {how}"
    how = "a term that asks for it (a cycle back to it, or l1 to its partner), or raise its weight"
    return message, f"Give it {how}, or start again with a lower learning rate"


def _outputs_frozen(alarm: Alarm, recipe: Recipe) -> Sentences:
    wire = alarm.probed
    network = wire.partition("(")[0].partition(".")[0]
    message = (
        f"{wire} of {alarm.details['count']} images is, bit for bit, what it was at step "
        f"{alarm.since}: {network} does not learn"
    )
    table = recipe.networks.get(network)
    if table is not None and not table.trainable:
        return message, f"networks.{network} says trainable = false: take it out"
    return message, (
        f"Check the learning rate and the schedule of its player, and that a term with a weight "
        f"reaches {network}"
    )


def _inverted_colours(alarm: Alarm, recipe: Recipe) -> Sentences:
    details, wire = alarm.details, alarm.probed
    what = {
        "target": "the image that was wanted",
        "input": "its input, whose colours a term asks it to keep,",
        "means": "the mean colour of real images",
    }[details["of"]]
    message = (
        f"the negative of {wire} is nearer to {what} than {wire} itself: a mean error of "
        f"{details['inverse']:.2g} against {details['plain']:.2g}, and a correlation of "
        f"{details['correlation']:.2f}, since step {alarm.since}"
    )
    again = f"start again with another seed (train.seed = {recipe.train.seed + 1})"
    if details["of"] == "input":
        return message, f"Raise the weight of that term, or {again}"
    return message, (
        "Check that no images are inverted in their files (a scan, a mask or a palette); if none "
        f"are, {again}, or add a term that keeps colours, as l1 of G(y) to y"
    )


def _input_unchanged(alarm: Alarm, recipe: Recipe) -> Sentences:
    name, kind = alarm.probed, recipe.data.type
    meant = 'if that is meant, put ignore = ["input_unchanged"] into [alarms]'
    if name in recipe.latents:
        message = f"all draws of the latent {name} are the same, so every output is the same image"
        return message, f"Look at the settings of latents.{name} ('{recipe.latents[name].type}')"
    if alarm.details.get("images") == 1:
        message = "there is one training image, and every step sees it again"
        return message, f"Look at where the data '{kind}' are read from; {meant}"
    message = f"{name} was the same in every step since step {alarm.since}, value for value"
    return message, (
        f"Look at the images of {name} in the data '{kind}': they may be copies; {meant}"
    )


DESCRIPTIONS: dict[str, Callable[[Alarm, Recipe], Sentences]] = {
    "non_finite": _non_finite,
    "discriminator_won": _discriminator_won,
    "inputs_ignored": _inputs_ignored,
    "outputs_frozen": _outputs_frozen,
    "inverted_colours": _inverted_colours,
    "input_unchanged": _input_unchanged,
}


def _count(number: Any, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _either(ways: list[str]) -> str:
    return " or ".join([", ".join(ways[:-1]), ways[-1]] if len(ways) > 1 else ways)
