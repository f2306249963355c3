"""Whether generated images in a folder are copies of the real ones they are compared with."""

from __future__ import annotations

import torch

from ganzoo.components.metrics.training_lookup import TrainingLookup
from ganzoo.evaluation.examples import TrainingItems
from ganzoo.interfaces import Data

# So many images of each folder are looked at, spread evenly.
MOST = 1000
NAMED = 3


def describe_copied(data: Data, real: str, fake: str) -> str:
    """A sentence if generated images are copies of real ones by their pixels; otherwise "".

    real, fake: the variables of `data` that hold the images.
    """
    lookup = TrainingLookup(TrainingItems(data, real, torch.device("cpu")), MOST, None)
    total = data.test_counts()[fake]
    count = min(MOST, total)
    numbers = [place * total // count for place in range(count)]
    matches = [lookup.match(n, data.test_sample(n)[fake], torch.empty(0)) for n in numbers]
    copies = sorted((m for m in matches if m.copied), key=lambda match: match.rank)
    if not copies:
        return ""
    names = ", ".join(f"{m.number} of {lookup.name(m.original)}" for m in copies[:NAMED])
    return (
        f"{len(copies)} of {count} generated images are copies of the real ones that they are "
        f"compared with, e.g. number {names}: scores say little of a model then"
    )
