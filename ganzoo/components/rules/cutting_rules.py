"""How samples are cut from images: their size, whole or a crop, mirrored or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from ganzoo.components.rules.relations import has_label_maps
from ganzoo.interfaces.data_fingerprint import Fingerprint
from ganzoo.interfaces.rule import Decision, RecipeDraft, Rule, Stage

SIDES = (32, 48, 64, 96, 128, 192, 256)
DETAIL = 0.98  # of the contrast, that a sample should show
TEXTURE = 0.6  # of the contrast; where less is left, the images live of their texture
MARGIN = 286 / 256  # Zhu et al. 2017, arXiv:1703.10593: resized to 286, cut to 256


class SampleSize(Rule):
    """The side of a training sample, as the images alone would have it; `capacity` may lower it.

    The smallest side of 32, 48, 64, 96, 128, 192 or 256 px at which 98 % of a typical image's
    contrast is left, and at most the shorter side of the median image. 256 is the largest that the
    papers train at.
    """

    stage: ClassVar[Stage] = "data"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """The side in pixels."""
        side, reason = choose_side(draft.facts)
        yield Decision("data.size", side, reason, "a larger one shows more and takes longer")


class WholeOrCrop(Rule):
    """Whether samples show whole images, reduced, or crops of them at their full resolution.

    To restore images is to work on their finest detail, so samples are cut at full resolution. So
    they are where less than 60 % of the contrast is left at the training size, because texture is
    what differs then. Label maps, and images of which one is smaller than a sample, are reduced.
    """

    stage: ClassVar[Stage] = "training"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """`scale`, or `resize` and `aspect`."""
        side = draft.value("data.size")
        smallest = min(min(domain.smallest) for domain in draft.facts.domains)
        reason = _why_native(draft, side)
        if reason and smallest >= side and not has_label_maps(draft.facts):
            yield Decision("data.scale", "native", reason, '"cover" shows whole images')
            return
        yield Decision(
            "data.aspect", "keep", _describe_aspects(draft.facts), '"squash" shows all of an image'
        )
        margin = round(side * MARGIN)
        if median_side(draft.facts) >= margin:
            reason = "crops at random places, as the paper: resized to 286, cut to 256"
            yield Decision("data.resize", margin, reason)


class Mirroring(Rule):
    """Half of the samples are mirrored, as in Zhu et al. 2017 and Isola et al. 2017."""

    stage: ClassVar[Stage] = "data"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """`flip`."""
        reason = "as in the papers: twice the images"
        yield Decision("data.flip", True, reason, "false for writing, faces of clocks", "fixed")


def choose_side(facts: Fingerprint) -> tuple[int, str]:
    """The side in pixels, and why."""
    shortest = median_side(facts)
    fitting = [side for side in SIDES if side <= shortest] or [SIDES[0]]
    enough = [side for side in fitting if detail_at(facts, side) >= DETAIL]
    if enough and enough[0] < fitting[-1]:
        left = detail_at(facts, enough[0])
        return enough[0], f"{left:.0%} of the contrast is left at {enough[0]} px"
    if shortest < SIDES[0]:
        return SIDES[0], f"the median image is {shortest} px, and networks need {SIDES[0]}"
    return fitting[-1], f"the median image is {shortest} px at its shorter side"


def median_side(facts: Fingerprint) -> int:
    """The shorter side of the median image, of the domain where it is smaller."""
    return min(min(domain.median) for domain in facts.domains)


def detail_at(facts: Fingerprint, side: int) -> float:
    """The share of contrast that is left at a side, of the domain that loses more."""
    return min(_interpolated(domain.detail, side) for domain in facts.domains)


def _interpolated(detail: Mapping[str, float], side: int) -> float:
    """Between the sides that were measured; 0 where none was."""
    known = sorted((int(key), value) for key, value in detail.items())
    below = [each for each in known if each[0] <= side]
    above = [each for each in known if each[0] >= side]
    if not below or not above:
        return below[-1][1] if below else 0.0
    (low, least), (high, most) = below[-1], above[0]
    return least if high == low else least + (most - least) * (side - low) / (high - low)


def _why_native(draft: RecipeDraft, side: int) -> str:
    if draft.goal == "restore" and _same_pictures(draft.facts):
        return "restoring works on the finest detail"
    left = detail_at(draft.facts, side)
    if 0 < left < TEXTURE:
        return f"only {left:.0%} of the contrast is left at {side} px: texture is what differs"
    return ""


def _same_pictures(facts: Fingerprint) -> bool:
    """Whether x and y show the same things in the same way, as noisy and clean photos."""
    x, y = facts.domains
    return x.median == y.median and x.kind == y.kind


def _describe_aspects(facts: Fingerprint) -> str:
    aspects = [domain.aspects for domain in facts.domains]
    low, high = min(each[0] for each in aspects), max(each[2] for each in aspects)
    if f"{low:.2g}" == f"{high:.2g}" == "1":
        return "the images are squares, or nearly"
    return f"squares are cut out of images that are {low:.2g} to {high:.2g} times as wide as high"
