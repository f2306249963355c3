"""What this package has to say to `ganzoo plan`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ganzoo.interfaces import Decision, PlanCandidate, RecipeDraft, Rule
from ganzoo.interfaces.rule import Stage

PIXELS, DOWN = 0, (5, 8)  # layers of a residual generator: the images, and after each halving
FIRST_BLOCK = 11
PATCHES, PROJECTED = 256, 64
ADVERSARIAL = {"type": "lsgan", "real": "D(y)", "fake": "D(G(x))"}


class Contrast(Rule):
    """Contrast in place of cycles (Park et al. 2020, arXiv:2007.15651), as a candidate for trials.

    One direction, x to y: a place of the output should be more like the same place of its input
    than like any other. That asks for no way back, which two domains of different content have not.
    It decides nothing by itself. On drawn streets (64 px, 1,000 steps, 2026-11-22) it was as good
    as a cycle: a class IoU of 0.50 for 0.50, in 0.92 of its time.
    """

    stage: ClassVar[Stage] = "objective"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Nothing: which of both is better, a trial says."""
        return iter(())

    def candidates(self, draft: RecipeDraft) -> Iterator[PlanCandidate]:
        """The planned sizes with another objective; likelier where structure differs."""
        generator = draft.value("networks.G", {})
        if generator.get("type") != "resnet" or draft.value("losses.cycle_X") is None:
            return
        if not isinstance(draft.value("data.channels", 3), int):
            return  # x and y differ in channels, and G takes its output and y, too
        distance = draft.facts.gap.structure_distance
        reason = f"no way back is asked for; the distance of structure is {distance:.2f}"
        decisions = tuple(
            Decision(path, value, reason, how="trial")
            for path, value in contrast_tables(draft).items()
        )
        yield PlanCandidate("contrast", decisions, reason, rank=0.4 + min(distance, 0.5))


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
