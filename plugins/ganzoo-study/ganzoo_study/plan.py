"""A participant's trials: pairs of a real and a generated image, in a random order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from random import Random
from typing import NamedTuple

from ganzoo_study.study_file import Picture, Study


class PlannedTrial(NamedTuple):
    """A pair. fake_place: whether the generated image is shown 1st or 2nd."""

    practice: bool
    real: str
    fake: str
    fake_place: int


def plan_trials(study: Study, method: str, random: Random) -> list[PlannedTrial]:
    """A participant's trials, practice first.

    Images are drawn without replacement; where the study allows repeats, none comes again before
    all others were shown. A pair is never made of images of the same origin (the same file name or
    test sample), if that can be had: as in Zhu et al. 2017 (arXiv:1703.10593), nobody should
    tell them apart by comparing them.
    """
    reals = _deck(study.real.images, study.all_trials, random)
    fakes = _deck(study.methods[method].images, study.all_trials, random)
    _separate(reals, fakes, random)
    return [
        PlannedTrial(number < study.practice, real.file, fake.file, random.choice((1, 2)))
        for number, (real, fake) in enumerate(zip(reals, fakes, strict=True))
    ]


def _deck(images: Sequence[Picture], count: int, random: Random) -> list[Picture]:
    """So many images in random order; none comes again before all others have come."""
    deck: list[Picture] = []
    while len(deck) < count:
        deck += random.sample(images, len(images))
    return deck[:count]


def _separate(reals: list[Picture], fakes: Sequence[Picture], random: Random) -> None:
    """Swap real images until no pair has one origin; a swap never makes another such pair."""
    for here, fake in enumerate(fakes):
        if not _same(reals[here], fake):
            continue
        for there in random.sample(range(len(reals)), len(reals)):
            if not _same(reals[there], fake) and not _same(reals[here], fakes[there]):
                reals[here], reals[there] = reals[there], reals[here]
                break


def _same(one: Picture, other: Picture) -> bool:
    return _stem(one) == _stem(other)


def _stem(picture: Picture) -> PurePosixPath:
    return PurePosixPath(picture.origin).with_suffix("")
