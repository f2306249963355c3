"""What matches with training images mean, as sentences and as pictures side by side."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ganzoo.components.metrics.intervals import share_interval
from ganzoo.components.metrics.training_lookup import TrainingLookup, TrainingMatch
from ganzoo.interfaces.metric import Evidence

# Copies are many from this share on, if even the low end of its interval is above the share of
# copies among real images.
MANY, FEWEST = 0.05, 2
# So many of the copies are named.
NAMED = 3
# An image is near a training image if it is nearer than all but this share of at least so many real
# ones are; images near training images are many from this share on.
QUANTILE, FEWEST_REAL = 0.05, 20
MANY_NEAR = 0.25


def describe_copies(
    generated: Sequence[TrainingMatch], real: Sequence[TrainingMatch], training: TrainingLookup
) -> list[str]:
    """A sentence where many generated images are copies, or near; and one where real ones are."""
    memory = _describe_memory(generated, real, training) or _describe_nearness(generated, real)
    return [*memory, *_describe_leak(real, training)]


def show_pairs(
    pairs: Sequence[tuple[TrainingMatch, Tensor]], training: TrainingLookup
) -> Evidence | None:
    """Generated images, each beside the training image that it is most like."""
    if not pairs:
        return None
    return Evidence(
        ("generated", "training image"),
        [f"sample {match.number}{'' if match.copied else ', no copy'}" for match, _ in pairs],
        [[image, training.image(match.shown).cpu()] for match, image in pairs],
    )


def _describe_memory(
    generated: Sequence[TrainingMatch], real: Sequence[TrainingMatch], training: TrainingLookup
) -> list[str]:
    copies = [match for match in generated if match.copied]
    others = [match for match in real if not match.equal]
    usual = sum(match.copied for match in others) / len(others) if others else 0.0
    low, _ = share_interval(len(copies), len(generated))
    few = len(copies) < min(FEWEST, len(generated)) or len(copies) < MANY * len(generated)
    if few or low <= usual:
        return []
    beside = f"; of real images that were not trained on, {usual:.0%} are" if usual else ""
    return [
        f"{len(copies)} of {len(generated)} generated images are copies of training images"
        f"{beside}, {_name_some(copies, training)}"
    ]


def _describe_nearness(
    generated: Sequence[TrainingMatch], real: Sequence[TrainingMatch]
) -> list[str]:
    distances = torch.tensor([match.distance for match in real], dtype=torch.float64)
    if len(distances) < FEWEST_REAL:
        return []
    limit = float(distances.quantile(QUANTILE))
    near = sum(match.distance < limit for match in generated)
    if share_interval(near, len(generated))[0] <= MANY_NEAR:
        return []
    return [
        f"{near} of {len(generated)} generated images are nearer to a training image than "
        f"{1 - QUANTILE:.0%} of real images are: they may repeat parts of training images, or be "
        "blurred; look at the pairs"
    ]


def _describe_leak(real: Sequence[TrainingMatch], training: TrainingLookup) -> list[str]:
    """That test images were trained on, unless training images stand in for all of them."""
    copies = [match for match in real if match.copied]
    if not copies or all(match.equal for match in real):
        return []
    return [
        f"{len(copies)} of {len(real)} real images that generated ones are compared with are equal "
        f"or nearly equal to training images, {_name_some(copies, training)}: scores on them say "
        "little of new images"
    ]


def _name_some(matches: Sequence[TrainingMatch], training: TrainingLookup) -> str:
    """`e.g. sample 3 of a.png`."""
    foremost = sorted(matches, key=lambda match: match.rank)[:NAMED]
    return "e.g. " + ", ".join(
        f"sample {match.number} of {training.name(match.original)}" for match in foremost
    )
