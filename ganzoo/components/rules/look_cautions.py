"""Cautions about how images will be read: label maps, sizes, proportions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ganzoo.components.rules.caution_texts import check_command, find_side
from ganzoo.interfaces.data_fingerprint import DomainFacts
from ganzoo.interfaces.rule import Caution, RecipeDraft, Rule, Stage

FLAT, COLOURS = 0.6, 256  # of images that may be label maps with blurred borders
MASK = 2  # values of a mask, which has no classes between its two
STRIP, MIXED = 4.0, 3.0


class LabelMapsAsPhotos(Rule):
    """Label maps that are read as photos get colours of no class at every border.

    Warning: a domain looks like label maps, and the recipe resizes it with mixed colours; or its
    classes are numbers in gray files, where class 3 would lie between 2 and 4. Note: images are
    flat and have up to 256 colours, as label maps with blurred borders, or drawings.
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """One caution a domain at most."""
        for name, domain in draft.facts.named_domains:
            if domain.label_map and domain.kind == "gray" and domain.colours > MASK:
                yield _numbers(name, domain)
            elif domain.label_map and _interpolation(draft, name) != "nearest":
                text = f"{name} looks like label maps ({domain.colours} colours in flat areas)"
                advice = f'in the recipe, data.interpolation = {{ {name} = "nearest" }}'
                yield Caution("labels_as_photos", "warning", text, advice)
            elif not domain.label_map and domain.flat >= FLAT and domain.colours <= COLOURS:
                yield _maybe_labels(name, domain)


class OddSizes(Rule):
    """Images of which samples show little, or much enlarged.

    Warning: the smallest has a shorter side below a quarter of a sample's, or one is a strip more
    than four times as long as wide. Note: the widest is three times as wide, for its height, as the
    narrowest.
    """

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """Small images, strips and mixed proportions of each domain."""
        side = find_side(draft)
        for name, domain in draft.facts.named_domains:
            yield from _small(name, domain, side)
            yield from _shapes(name, domain)


class ManyPages(Rule):
    """Files of several pages or slices, of which only the first is read. Warning."""

    stage: ClassVar[Stage] = "cautions"

    def decide(self, draft: RecipeDraft) -> Iterator[Caution]:
        """One caution for each domain with such files, unless the recipe says how to read them."""
        if draft.value("data.pages"):
            return
        for name, domain in draft.facts.named_domains:
            if domain.pages > 1:
                text = f"files of {name} hold {domain.pages} pages or slices, and the first is read"
                advice = (
                    "in the recipe, data.pages = 'each' makes an image of each, and 'channels' "
                    "channels of one image"
                )
                yield Caution("pages", "warning", text, advice)


def _interpolation(draft: RecipeDraft, name: str) -> str:
    value = draft.value("data.interpolation", "bicubic")
    return str(value.get(name, "bicubic") if isinstance(value, dict) else value)


def _numbers(name: str, domain: DomainFacts) -> Caution:
    low, high = domain.values
    text = (
        f"{name} looks like label maps whose classes are numbers ({low:g} ... {high:g} in gray "
        "files): as gray levels, neighbouring numbers would look alike"
    )
    advice = "save each class in a colour of its own, far from the others"
    return Caution("label_numbers", "warning", text, advice)


def _maybe_labels(name: str, domain: DomainFacts) -> Caution:
    text = (
        f"{name} has few colours ({domain.colours} in a typical image) in flat areas "
        f"({domain.flat:.0%}): drawings, or label maps with blurred borders"
    )
    advice = "if they are label maps, save them as PNG without smoothing, at one size"
    return Caution("maybe_labels", "note", text, advice)


def _small(name: str, domain: DomainFacts, side: int) -> Iterator[Caution]:
    shorter = min(domain.smallest)
    if 4 * shorter < side:
        height, width = domain.smallest
        text = (
            f"{name} has images as small as {width} x {height} pixels, which are enlarged "
            f"{side / shorter:.0f} times for samples of {side}"
        )
        yield Caution("tiny_images", "warning", text, f"remove them: {check_command(domain)}")


def _shapes(name: str, domain: DomainFacts) -> Iterator[Caution]:
    least, _, most = domain.aspects
    strip = max(most, 1 / least)
    if strip > STRIP:
        text = (
            f"{name} has images {strip:,.0f} times as long as wide: a sample shows a small piece "
            "of them, or is mostly the same"
        )
        advice = f"cut or remove them: {check_command(domain)}"
        yield Caution("strips", "warning", text, advice)
    elif most >= MIXED * least:
        text = (
            f"the images of {name} have proportions of {least:.2g} to {most:.2g} (width / height)"
        )
        advice = "of long ones, samples show a piece at a time; data.aspect = 'squash' shows all"
        yield Caution("mixed_proportions", "note", text, advice)
