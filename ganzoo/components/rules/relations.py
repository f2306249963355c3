"""How two domains stand to one another, as several rules ask.

The thresholds are those of facts measured on drawings in two styles at 64 px (2026-11-29): copying
the input had a KID of .038 there, and only networks that started as a copy came near it.
"""

from __future__ import annotations

from ganzoo.interfaces.data_fingerprint import Fingerprint

NEAR_KID = 0.06  # of the inputs as if they were outputs: where copying is hard to beat
NEAR_STRUCTURE, NEAR_COLOUR = 0.1, 0.15
COLOURS_STAY = 0.15
FAR_STRUCTURE = 0.35


def same_channels(facts: Fingerprint) -> bool:
    """Whether an image of one domain can be taken for one of the other."""
    return count_channels(facts)["x"] == count_channels(facts)["y"]


def count_channels(facts: Fingerprint) -> dict[str, int]:
    """The channels by which each domain is read: 1 where all channels are equal."""
    counts = {}
    for name, domain in zip("xy", facts.domains, strict=True):
        gray = domain.kind == "gray" or (domain.kind != "bands" and domain.saturation < 0.004)
        counts[name] = 1 if gray else domain.channels if domain.kind == "bands" else 3
    return counts


def has_label_maps(facts: Fingerprint) -> bool:
    """Whether one of the domains looks like label maps."""
    return any(domain.label_map for domain in facts.domains)


def colours_stay(facts: Fingerprint) -> bool:
    """Whether an image and its translation should have about the same colours."""
    alike = facts.gap.colour_distance < COLOURS_STAY
    return alike and same_channels(facts) and not has_label_maps(facts)


def are_near(facts: Fingerprint) -> bool:
    """Whether the domains are so alike that a copy of the input is a good translation already."""
    if not same_channels(facts) or has_label_maps(facts):
        return False
    if facts.gap.copy_kid is not None:
        return max(facts.gap.copy_kid) < NEAR_KID
    gap = facts.gap
    return gap.structure_distance < NEAR_STRUCTURE and gap.colour_distance < NEAR_COLOUR


def describe_nearness(facts: Fingerprint) -> str:
    """The numbers by which domains are near or not."""
    kid, gap = facts.gap.copy_kid, facts.gap
    if kid is not None:
        return f"copying the input has a KID of {max(kid):.3f} (near: below {NEAR_KID:g})"
    return (
        f"distances of structure {gap.structure_distance:.2f} and colour {gap.colour_distance:.2f} "
        f"(near: below {NEAR_STRUCTURE:g} and {NEAR_COLOUR:g})"
    )
