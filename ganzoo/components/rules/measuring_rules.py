"""What is measured while training and at its end, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ganzoo.components.rules.relations import count_channels
from ganzoo.interfaces.rule import Decision, RecipeDraft, Rule, Stage

FEWEST = 4  # images, of which a distance of distributions can be computed
TIMES = 10  # measurements in a training
TINY = "ganzoo_tiny"
SHARE = 0.3


class ValidationSplit(Rule):
    """How many of the held-out images choose the best model; the others are reported on.

    0.3 of them, where that leaves at least four of each domain, from which realism can be computed.
    """

    stage: ClassVar[Stage] = "measuring"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """`checkpoints.validation`."""
        held_out = _held_out(draft)
        if SHARE * held_out >= FEWEST:
            reason = f"about {SHARE * held_out:.0f} of {held_out:.0f} held-out images choose"
            yield Decision("checkpoints.validation", SHARE, reason)
            return
        reason = f"{held_out:.0f} held-out images are too few to choose by some of them"
        yield Decision("checkpoints.validation", 0.0, reason, "hold out more images")


class MeasuredScores(Rule):
    """Realism and faithfulness of the outputs, beside those of copying the input.

    Of unpaired images the quick KID ten times while training, the structure distance and copies of
    training images at the end. Of pairs PSNR and SSIM, PSNR while training. Only gray and RGB
    images can be measured by networks.
    """

    stage: ClassVar[Stage] = "measuring"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """Metrics for each output."""
        every = f"{_interval(draft, TIMES)} steps"
        if draft.facts.paired:
            yield from _of_pairs(draft, every)
        else:
            yield from _of_domains(draft, every)


class BestModel(Rule):
    """The score by which validation images choose the best model: realism, or PSNR of pairs.

    None is chosen where no images are held out for that.
    """

    stage: ClassVar[Stage] = "measuring"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """`checkpoints.best`."""
        if not draft.value("checkpoints.validation"):
            return
        scores = {"truth": "truth.psnr", "kid_x2y": f"kid_x2y.kid_{TINY}"}
        for name, table in draft.value("metrics", {}).items():
            if name in scores and table.get("every"):
                reason = "the truth is known" if name == "truth" else "realism of x to y"
                change = "another score, if that is what counts"
                yield Decision("checkpoints.best", scores[name], reason, change)
                return


class SamplePictures(Rule):
    """A picture of the inputs, their translations and back, ten times in a training."""

    stage: ClassVar[Stage] = "measuring"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """What is shown, and how often."""
        shown = ["x", *draft.value("outputs", {}), "y"]
        if not draft.facts.paired and {"G", "F"} <= {*draft.value("networks", {})}:
            shown = ["x", "G(x)", "F(G(x))", "y", "F(y)", "G(F(y))"]
        reason = "inputs, outputs, and what a cycle makes of them"
        yield Decision("samples.show", shown, reason)
        every = f"{_interval(draft, TIMES)} steps"
        yield Decision("samples.every", every, "ten pictures in a training")


class SavedStates(Rule):
    """What a run can be resumed from: twenty times in a training, the last two are kept."""

    stage: ClassVar[Stage] = "measuring"

    def decide(self, draft: RecipeDraft) -> Iterator[Decision]:
        """`checkpoints.every` and `keep`."""
        every = f"{_interval(draft, 2 * TIMES)} steps"
        reason = "an interruption costs at most a twentieth of the training"
        yield Decision("checkpoints.every", every, reason)
        yield Decision("checkpoints.keep", 2, "one more than a resume needs")


def _of_pairs(draft: RecipeDraft, every: str) -> Iterator[Decision]:
    for output in draft.value("outputs", {}):
        wires = {"prediction": output, "target": "y", "source": "x"}
        reason = "pairs: how near outputs are to the truth, in dB"
        yield Decision("metrics.truth", {"type": "psnr", **wires, "every": every}, reason)
        reason = "pairs: how near their structure is"
        yield Decision("metrics.similarity", {"type": "ssim", **wires}, reason)


def _of_domains(draft: RecipeDraft, every: str) -> Iterator[Decision]:
    channels = count_channels(draft.facts)
    if not {*channels.values()} <= {1, 3}:
        return
    for output in draft.value("outputs", {}):
        source, _, target = output.partition("2")
        wires = {"prediction": output, "target": target, "source": source}
        quick = {"type": "quick_kid", **wires, "backbone": TINY, "images": 64, "every": every}
        reason = f"realism of {target}, beside that of copying the input"
        yield Decision(f"metrics.kid_{output}", quick, reason)
        layout = {"type": "structure_distance", "prediction": output, "source": source}
        layout |= {"backbone": TINY, "size": 128}
        yield Decision(f"metrics.layout_{output}", layout, "how much of the layout stays")
        copies = {"type": "memorisation", **wires, "backbone": "", "training_images": 1000}
        yield Decision(f"metrics.copies_{output}", copies, "copies of training images")


def _held_out(draft: RecipeDraft) -> float:
    """Held-out images of the domain that has fewer."""
    share = draft.value("data.hold_out", 0) or 0
    return min(d.held_out or share * d.images for d in draft.facts.domains)


def _interval(draft: RecipeDraft, times: int) -> int:
    """Steps between so many moments of a training, rounded up to two digits."""
    steps = max(1, draft.steps // times)
    unit: int = 10 ** max(0, len(str(steps)) - 2)
    return -(-steps // unit) * unit
