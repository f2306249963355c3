"""The objective for pairs: near the true image, and not to be told from one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ganzoo.interfaces.rule import Decision, PlanCandidate, RecipeDraft, Rule, Stage

PAPER = 100  # the weight of L1 in Isola et al. 2017


class Pairs(Rule):
    """L1 to the true image and a discriminator that sees the input, too: Isola et al. 2017.

    arXiv:1611.07004, L1 with a weight of 100 and cross-entropy. Without the adversarial term
    outputs are nearer to the truth and blurred; a candidate tries that where the goal is to
    restore.
    """

    stage: ClassVar[Stage] = "objective"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Both terms and the output; nothing where there are no pairs."""
        if not draft.facts.paired:
            return
        paper = "as Isola et al. 2017 (arXiv:1611.07004)"
        term = {"type": "vanilla", "real": "D(x, y)", "fake": "D(x, G(x))"}
        yield Decision("losses.adversarial", term, f"sharp outputs, {paper}", how="fixed")
        near = {"type": "l1", "prediction": "G(x)", "target": "y", "weight": PAPER}
        change = "lower it for sharper outputs"
        yield Decision("losses.reconstruction", near, f"pairs: {paper}", change, "fixed")
        yield Decision("outputs", {"x2y": "G(x)"}, "the direction of the pairs", how="fixed")

    def candidates(self, draft: RecipeDraft) -> Iterator[PlanCandidate]:
        """More weight on the truth."""
        if draft.facts.paired and draft.goal == "restore":
            more = Decision("losses.reconstruction.weight", 10 * PAPER, "ten times", how="trial")
            yield PlanCandidate("nearer the truth", (more,), "sharpness costs truth", rank=0.5)
