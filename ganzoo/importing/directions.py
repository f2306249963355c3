"""Which of a model's directions each stored generator translates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ganzoo.errors import ModelError
from ganzoo.importing.searching import StoredNetwork

Direction = Literal["forward", "backward"]
# Words of names, between any signs: latest_net_G_A, state_dict.netG_B, gen_ab, A2B.
FORWARD = re.compile(r"_(net)?(g|gen)_?a(_?b)?_|_a2b_|_atob_|_x2y_|_g_ab_")
BACKWARD = re.compile(r"_(net)?(g|gen)_?b(_?a)?_|_b2a_|_btoa_|_y2x_|_g_ba_|_(net)?f_")
AVERAGE = re.compile(r"_(ema|avg|averaged?|shadow)(?=_)")


@dataclass(frozen=True)
class Directions:
    """The generators of a model by direction, and the networks that are left out, each with why."""

    generators: dict[Direction, StoredNetwork]
    left_out: list[tuple[StoredNetwork, str]]


def assign_directions(stored: Sequence[StoredNetwork]) -> Directions:
    """Give each direction a generator; averages of weights come before the weights.

    Raises:
        ModelError: there is no generator, or several for one direction.
    """
    left_out = [
        (each, "a discriminator, which outputs do not need")
        for each in stored
        if each.guess.kind == "discriminator"
    ]
    generators = [each for each in stored if each.guess.kind == "generator"]
    if not generators:
        raise ModelError(_no_generator(stored))
    averages = {_plain(each): each for each in generators if _is_average(each)}
    live = [g for g in generators if not _is_average(g)]
    left_out += [
        (g, f"{averages[_plain(g)].label} is its average") for g in live if _plain(g) in averages
    ]
    chosen = [*averages.values(), *(g for g in live if _plain(g) not in averages)]
    return Directions(_directed([g for g in generators if g in chosen]), left_out)


def _directed(generators: Sequence[StoredNetwork]) -> dict[Direction, StoredNetwork]:
    """By their names; those without a direction take what is left, in order."""
    stored: dict[Direction, StoredNetwork] = {}
    unnamed: list[StoredNetwork] = []
    for each in generators:
        direction = _direction(each)
        if direction is None:
            unnamed.append(each)
        elif direction in stored:
            _refuse(stored[direction], each)
        else:
            stored[direction] = each
    for each in unnamed:
        left: list[Direction] = [d for d in ("forward", "backward") if d not in stored]
        if not left:
            _refuse(stored["forward"], each)
        stored[left[0]] = each
    return dict(sorted(stored.items(), reverse=True))


def _refuse(first: StoredNetwork, second: StoredNetwork) -> None:
    raise ModelError(
        f"{second.file}: {second.label} and {first.label} are generators of one direction; "
        "import one model at a time"
    )


def _no_generator(stored: Sequence[StoredNetwork]) -> str:
    first = stored[0]
    settings = ", ".join(f"{k} = {v!r}" for k, v in first.guess.settings.items())
    return (
        f"{first.file}: this is a discriminator ({first.guess.component} with {settings}), and a "
        "model needs a generator; to train on with it, set networks.D.weights to the file"
    )


def _words(each: StoredNetwork) -> str:
    """Its label in lower case, with _ for every other sign: `_latest_net_g_a_`."""
    return "_" + re.sub(r"[^a-z0-9]+", "_", each.label.lower()) + "_"


def _direction(each: StoredNetwork) -> Direction | None:
    words = _words(each)
    forward, backward = FORWARD.search(words), BACKWARD.search(words)
    if (forward is None) == (backward is None):
        return None
    return "forward" if forward else "backward"


def _is_average(each: StoredNetwork) -> bool:
    return AVERAGE.search(_words(each)) is not None


def _plain(each: StoredNetwork) -> str:
    """Its words without those of an average, and without a count of steps before them."""
    return AVERAGE.sub("", _words(each))
