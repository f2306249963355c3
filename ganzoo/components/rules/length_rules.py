"""How training goes: optimizers, schedule, batch, precision, length."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

from ganzoo.components.rules.capacity_rules import ANY_LENGTH
from ganzoo.components.rules.time_limits import (
    describe_limit,
    describe_seconds,
    round_down,
    time_limit,
    training_seconds,
)
from ganzoo.interfaces.rule import Decision, RecipeDraft, Rule, Stage

EPOCHS, SHORT = 200, 10_000
LEAST = 4000  # steps, however few images there are
HALF_PRECISION_SIDE = 128  # from here on bf16 saves a third of a step, below a tenth


class Optimizer(Rule):
    """Adam with a rate of 2e-4 and betas of 0.5 and 0.999, as in the papers.

    Short trainings, below 10,000 steps, move faster and forget their first steps sooner: 4e-4 and
    0.99 (drawn streets, 64 px, 2,600 steps: a class IoU of 0.61 for 0.59).
    """

    stage: ClassVar[Stage] = "training"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Its type, rate and betas, unless another rule has decided."""
        if draft.value("optimizers") is not None:
            return
        paper = "as the papers (arXiv:1703.10593, arXiv:1611.07004)"
        yield Decision("optimizers.default.type", "adam", paper, how="fixed")
        steps = draft.steps
        if steps < SHORT:
            reason = f"{steps} steps are few"
            yield Decision("optimizers.default.lr", 4e-4, f"{reason}: twice the papers' rate")
            yield Decision(
                "optimizers.default.betas", [0.5, 0.99], f"{reason}: old gradients count less"
            )
        else:
            yield Decision("optimizers.default.lr", 2e-4, paper, how="fixed")
            yield Decision("optimizers.default.betas", [0.5, 0.999], paper, how="fixed")


class Decay(Rule):
    """The learning rate is constant for half of the training, then falls to 0 in a line.

    As Zhu et al. 2017: 100 epochs of each.
    """

    stage: ClassVar[Stage] = "training"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """The schedule."""
        reason = "as Zhu et al. 2017: constant for one half, then to 0"
        table = {"type": "linear", "hold": 0.5}
        yield Decision("schedule", table, reason, how="fixed")


class Batch(Rule):
    """One sample a step, as in both papers; a seed, so that the same plan gives the same run."""

    stage: ClassVar[Stage] = "training"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """The size of a batch, and the seed."""
        reason = "as Zhu et al. 2017 and Isola et al. 2017"
        change = "on a GPU that is not busy, raise it"
        if draft.value("train.batch_size") is None:
            yield Decision("train.batch_size", 1, reason, change, "fixed")
        yield Decision("train.seed", 0, "any number", "try others, to see the spread", "fixed")


class Precision(Rule):
    """Half precision where the device has arithmetic for it, and samples have 128 px or more.

    On two cores with avx512_bf16 a step took 0.62 of the time at 256 px; at 64 px 0.9, not worth it
    (docs/performance.md, 2026-11-28). Scores were within the spread of seeds.
    """

    stage: ClassVar[Stage] = "training"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """`train.precision`."""
        side, machine = draft.value("data.size"), draft.facts.machine
        if machine.bf16 and (side >= HALF_PRECISION_SIDE or machine.device != "cpu"):
            reason = f"bf16 is faster on this {machine.device} at {side} px"
            yield Decision("train.precision", "auto", reason, "float32 to compare with others")
        else:
            why = f"at {side} px bf16 saves little" if machine.bf16 else "bf16 is no faster here"
            yield Decision("train.precision", "float32", why)


class Length(Rule):
    """As many steps as the time allows, at most 200 epochs of the larger domain.

    200 epochs as in the papers, and at least 4,000 steps however few images there are. Without a
    budget the time is an evening, three hours. A tenth of it is left for samples and scores.
    """

    stage: ClassVar[Stage] = "training"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """`train.length` in steps."""
        seconds = draft.cost(ANY_LENGTH).seconds
        in_time = training_seconds(time_limit(draft)) / seconds if seconds > 0 else math.inf
        images = max(domain.images for domain in draft.facts.domains)
        batch = draft.value("train.batch_size", 1) * draft.value("train.accumulate", 1)
        epochs = max(EPOCHS * images // batch, LEAST)
        steps = round_down(max(1, min(in_time, epochs)))
        takes = f"about {describe_seconds(steps * seconds)} at {seconds:.2g} s a step"
        if epochs <= in_time and epochs > LEAST:
            reason = f"200 epochs of {images} images, as in the papers: {takes}"
        elif epochs <= in_time:
            reason = f"{LEAST} steps at least, though there are {images} images only: {takes}"
        else:
            reason = f"what {describe_limit(draft)} allow: {takes}"
        change = "longer if scores still improve at the end"
        yield Decision("train.length", f"{steps} steps", reason, change)
