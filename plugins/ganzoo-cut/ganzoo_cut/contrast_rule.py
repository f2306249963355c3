"""What this package has to say to `ganzoo plan`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ganzoo.components.rules.capacity_rules import steps_needed
from ganzoo.components.rules.relations import has_label_maps
from ganzoo.components.rules.unpaired_rules import (
    BOTH_WAYS,
    STRONG,
    adversarial_terms,
    weigh_terms,
)
from ganzoo.interfaces import Decision, PlanCandidate, RecipeDraft, Rule
from ganzoo.interfaces.rule import Stage

PIXELS, DOWN = 0, (5, 8)  # layers of a residual generator: the images, and after each halving
FIRST_BLOCK = 11
PATCHES, PROJECTED = 256, 64
FAR = 0.3  # a distance of structure
ADVERSARIAL = {"type": "lsgan", "real": "D(y)", "fake": "D(G(x))"}


class Contrast(Rule):
    """Contrast in place of cycles (Park et al. 2020, arXiv:2007.15651), as a candidate for trials.

    One direction, x to y: a place of the output should be more like the same place of its input
    than like any other. That asks for no way back, which two domains of different content have not.
    It decides nothing by itself; `cut.short_contrast` does. On drawn streets (64 px, 1,000 steps,
    2026-11-22) it was as good
    as a cycle: a class IoU of 0.50 for 0.50, in 0.92 of its time.
    """

    stage: ClassVar[Stage] = "objective"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Nothing: which of both is better, a trial says."""
        return iter(())

    def candidates(self, draft: RecipeDraft) -> Iterator[PlanCandidate]:
        """The planned sizes with another objective; likelier where structure differs."""
        if not can_contrast(draft):
            return
        distance = draft.facts.gap.structure_distance
        reason = f"no way back is asked for; the distance of structure is {distance:.2f}"
        decisions = tuple(
            Decision(path, value, reason, how="trial")
            for path, value in contrast_tables(draft).items()
        )
        yield PlanCandidate("contrast", decisions, reason, rank=0.4 + min(distance, 0.5))


class ShortContrast(Rule):
    """Contrast in place of cycles, for label maps, where the time is short.

    A domain is label maps, the distance of structure is 0.3 and more, and there are fewer steps
    than images of this size need (`capacity`). On street photos and label maps (0.36; 48 px, a
    minute, 2026-11-29) contrast had 16.5 dB where cycles with identity terms had 15.6; on six data
    sets at 0.2 and less it was no better. Only x to y is learnt then: for y to x exchange the
    folders, or give it more time.
    """

    stage: ClassVar[Stage] = "training"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """The objective and the networks that it takes, at the planned sizes."""
        distance, needed = draft.facts.gap.structure_distance, steps_needed(draft)
        if not has_label_maps(draft.facts) or distance < FAR or not 0 < draft.steps < needed:
            return
        if not can_contrast(draft):
            return
        reason = (
            f"contrast learns label maps sooner where structure differs ({distance:.2f}): "
            f"{draft.steps:,} of {needed:,} steps"
        )
        tables = contrast_tables(draft)
        for path in tables:
            yield Decision(path, None, reason)
        for path, value in tables.items():
            if value is not None:
                yield Decision(path, value, reason, "more time brings cycles, and both directions")

    def candidates(self, draft: RecipeDraft) -> Iterator[PlanCandidate]:
        """The cycles, where contrast took their place."""
        if draft.value("losses.nce_X") is None:
            return
        reason = "cycles, which learn both directions, may be soon enough"
        decisions = tuple(
            Decision(path, value, reason, how="trial")
            for path, value in cycle_tables(draft).items()
        )
        yield PlanCandidate("cycles", decisions, reason, rank=0.7)


def can_contrast(draft: RecipeDraft) -> bool:
    """Whether cycles were decided that contrast can take the place of.

    G takes its output and y, too, so x and y must have the same channels.
    """
    is_residual = draft.value("networks.G.type") == "resnet"
    same_channels = isinstance(draft.value("data.channels", 3), int)
    return is_residual and same_channels and draft.value("losses.cycle_X") is not None


def contrast_tables(draft: RecipeDraft) -> dict[str, Any]:
    """What replaces the values of a draft, by paths; None takes them away."""
    generator, discriminator = draft.value("networks.G"), draft.value("networks.D_Y")
    blocks = min(5, max(1, generator.get("blocks", 9) - 1))  # in half of G, as in the paper
    layers = [PIXELS, *DOWN, *sorted({FIRST_BLOCK, FIRST_BLOCK - 1 + blocks})]
    return {
        "networks": {
            "G": {**generator, "layers": layers},
            "H": _projection(generator, draft.value("data.channels", 3), len(layers)),
            "D": dict(discriminator),
        },
        "latents": {"p": {"type": "normal", "like": "x", "channels": 1}},
        "losses": {
            "adversarial": dict(ADVERSARIAL),
            "nce_X": _contrast("x"),
            "nce_Y": _contrast("y"),
        },
        "outputs": {"x2y": "G(x)"},
        "samples.show": ["x", "G(x)", "y", "G(y)"],
        **{f"metrics.{name}": None for name in _metrics_of(draft, "y2x")},
    }


def cycle_tables(draft: RecipeDraft) -> dict[str, Any]:
    """What replaces contrast in a draft, by paths: the core's cycles at the same sizes."""
    generator = {k: v for k, v in draft.value("networks.G").items() if k != "layers"}
    discriminator = draft.value("networks.D")
    return {
        "networks": {
            **{name: dict(generator) for name in ("G", "F")},
            **{name: dict(discriminator) for name in ("D_X", "D_Y")},
        },
        "latents": None,
        "losses": adversarial_terms() | weigh_terms(STRONG, STRONG / 2),
        "outputs": dict(BOTH_WAYS),
        "samples.show": ["x", "G(x)", "F(G(x))", "y", "F(y)", "G(F(y))"],
    }


def _projection(generator: Mapping[str, Any], channels: int, count: int) -> dict[str, Any]:
    width = generator.get("width", 64)
    widths = [channels, 2 * width, *[4 * width] * (count - 2)]
    return {"type": "cut.projection", "channels": widths, "width": PROJECTED, "patches": PATCHES}


def _contrast(name: str) -> dict[str, Any]:
    query, key = f"H(G.features(G({name})), p)", f"H(G.features({name}), p)"
    return {"type": "cut.patch_nce", "query": query, "key": key}


def _metrics_of(draft: RecipeDraft, output: str) -> list[str]:
    metrics = draft.value("metrics", {})
    return [name for name, table in metrics.items() if table.get("prediction") == output]
