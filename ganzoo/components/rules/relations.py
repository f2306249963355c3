"""How two domains stand to one another, as several rules ask.

The thresholds lie between what seven data sets measured on 2026-11-29 (32 and 48 px, 300 images a
side; distances of colour and structure, and the separation):

    drawings in two styles   .04 .06  .73    scans in two contrasts   .01 .05 1.00
    noisy and clean photos   .03 .20  .96    photos and relief maps   .45 .08 1.00
    digits in two styles     .58 .08 1.00    edges and photos         .39 .12  .98
    streets and label maps   .14 .36 1.00

Of these, a generator that starts as a copy was the best network for the drawings (KID .009 to .023,
others .127 and more, after 560 steps) and in 880 steps for the edges (`short_time_rules`); for
scans it was not (18.0 dB, with identity terms 19.6 without it), and on noisy photos and relief maps
it stayed a copy.
"""

from __future__ import annotations

import math

from ganzoo.interfaces.data_fingerprint import DomainFacts, Fingerprint

COLOURS_STAY = 0.1
STRUCTURE_STAYS = 0.1
NEAR_SEPARATION = 0.9


def same_channels(facts: Fingerprint) -> bool:
    """Whether an image of one domain can be taken for one of the other."""
    return count_channels(facts)["x"] == count_channels(facts)["y"]


def count_channels(facts: Fingerprint) -> dict[str, int]:
    """The channels by which each domain is read: 1 where both are gray, however stored.

    Gray images stored as RGB beside coloured ones stay RGB, so that each may be the other's.
    """
    both_gray = all(map(_is_gray, facts.domains))
    return {name: _count(domain, both_gray) for name, domain in facts.named_domains}


def _count(domain: DomainFacts, both_gray: bool) -> int:
    if domain.kind == "bands":
        return domain.channels
    return 1 if both_gray or domain.kind == "gray" else 3


def _is_gray(domain: DomainFacts) -> bool:
    return domain.kind == "gray" or (domain.kind != "bands" and domain.saturation < 0.004)


def has_label_maps(facts: Fingerprint) -> bool:
    """Whether one of the domains looks like label maps."""
    return any(domain.label_map for domain in facts.domains)


def colours_stay(facts: Fingerprint) -> bool:
    """Whether an image and its translation should have about the same colours."""
    return facts.gap.colour_distance < COLOURS_STAY and are_alike(facts)


def structure_stays(facts: Fingerprint) -> bool:
    """Whether an image and its translation have about the same edges and texture."""
    return facts.gap.structure_distance < STRUCTURE_STAYS and are_alike(facts)


def are_alike(facts: Fingerprint) -> bool:
    """Whether both domains are pictures in colour, both in gray, or both of the same bands."""
    gray = {*map(_is_gray, facts.domains)}
    return same_channels(facts) and len(gray) == 1 and not has_label_maps(facts)


def are_near(facts: Fingerprint) -> bool:
    """Whether the domains are so alike that a copy of the input is a good translation already."""
    mixed = facts.gap.separation < NEAR_SEPARATION
    return colours_stay(facts) and structure_stays(facts) and mixed


def find_copy_kid(facts: Fingerprint) -> float:
    """The quick KID of copies, of the direction in which it is larger; infinite if not measured."""
    return max(facts.gap.copy_kid) if facts.gap.copy_kid is not None else math.inf


def describe_gap(facts: Fingerprint) -> str:
    """The numbers by which domains are near or not."""
    gap = facts.gap
    distances = f"colour {gap.colour_distance:.2f}, structure {gap.structure_distance:.2f}"
    return f"distances: {distances}; {gap.separation:.0%} of the images can be told apart"
