"""Findings about values: their range, where it is unknown, exceeded or hardly used."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from ganzoo.components.data.scales import UsedScale, narrow_warning, suggest_range
from ganzoo.inspection.fact_reading import Gallery
from ganzoo.inspection.finding import Finding, about, images
from ganzoo.inspection.image_facts import ImageFacts
from ganzoo.interfaces.reader import shown_scale

WHITE = "say what is black and what is white: "


def value_findings(gallery: Gallery) -> Iterator[Finding]:
    """What is wrong with the values of each domain, and the range to set."""
    for domain, facts in _by_domain(gallery).items():
        setting = f"data.range.{domain}" if domain else "data.range"
        yield from _no_scale(gallery, facts, setting)
        yield from _outside(gallery, facts, setting)
        yield from _narrow(facts, setting)
        setting = f"data.channels.{domain}" if domain else "data.channels"
        yield from _bands(gallery, facts, setting)


def needed_range(facts: list[ImageFacts]) -> tuple[float, float] | None:
    """The range to set for images; None where that of their type will do."""
    unknown = any(each.scale is None or _exceeds(each) for each in facts)
    scales = {each.scale for each in facts}
    if not unknown and not (len(scales) == 1 and narrow_warning(_used(facts), "")):
        return None
    low, high = json.loads(_suggest(facts)[2])
    return float(low), float(high)


def _by_domain(gallery: Gallery) -> dict[str, list[ImageFacts]]:
    """The images of x and of y; others, and those that hold both, under ""."""
    domains: dict[str, list[ImageFacts]] = {}
    for subset, facts in gallery.everything():
        domains.setdefault(subset.domain if subset.domain in ("x", "y") else "", []).append(facts)
    return domains


def _no_scale(gallery: Gallery, facts: list[ImageFacts], setting: str) -> Iterator[Finding]:
    some = [each for each in facts if each.scale is None]
    if some:
        low, high, advice = _range(some, setting)
        text = (
            f"{images(len(some))} values of {some[0].dtype}, {shown_scale((low, high))}, and it is "
            "not known which are black and white, so a training would refuse them"
        )
        paths = [each.path for each in some]
        yield about("no_range", "error", text, gallery.folder, paths, WHITE + advice)


def _outside(gallery: Gallery, facts: list[ImageFacts], setting: str) -> Iterator[Finding]:
    some = [each for each in facts if _exceeds(each)]
    if some and some[0].scale:
        low, high, advice = _range(some, setting)
        text = (
            f"{images(len(some))} values of {shown_scale((low, high))}, where {some[0].dtype} "
            f"should hold {shown_scale(some[0].scale)}, so a training would refuse them"
        )
        paths = [each.path for each in some]
        yield about("outside", "error", text, gallery.folder, paths, WHITE + advice)


def _narrow(facts: list[ImageFacts], setting: str) -> Iterator[Finding]:
    """For each scale, all its images together."""
    for scale in dict.fromkeys(each.scale for each in facts):
        some = [each for each in facts if each.scale == scale]
        text = narrow_warning(_used(some), "", "image") if scale else ""
        if text:
            yield Finding("narrow", "warning", text, advice=_range(some, setting)[2])


def _bands(gallery: Gallery, facts: list[ImageFacts], setting: str) -> Iterator[Finding]:
    for bands in sorted({each.bands for each in facts if each.kind == "bands"}):
        paths = [each.path for each in facts if each.kind == "bands" and each.bands == bands]
        text = f"{images(len(paths))} {bands} bands and does not say that they are colours"
        if len(paths) < len(facts) / 2:
            advice = "remove them, or save them as the others are"
        else:
            advice = f"read all of them: --set {setting}={bands}"
        yield about("bands", "error", text, gallery.folder, paths, advice)


def _used(facts: list[ImageFacts]) -> list[UsedScale]:
    return [
        UsedScale(
            each.scale or (each.low, each.high), "int" in each.dtype, each.low, each.high, 0, 1
        )
        for each in facts
    ]


def _exceeds(facts: ImageFacts) -> bool:
    scale = facts.scale
    return scale is not None and (facts.low < scale[0] or facts.high > scale[1])


def _range(facts: list[ImageFacts], setting: str) -> tuple[float, float, str]:
    """The lowest and the highest value, and the setting of a range that holds them."""
    low, high, chosen = _suggest(facts)
    return low, high, f"--set {shlex.quote(f'{setting}={chosen}')}"


def _suggest(facts: list[ImageFacts]) -> tuple[float, float, str]:
    """The lowest and the highest value, and a range that holds them, as TOML."""
    low, high = min(each.low for each in facts), max(each.high for each in facts)
    chosen = suggest_range(_used(facts), low, high if high > low else low + 1)
    return low, high, chosen.replace(" ", "")
