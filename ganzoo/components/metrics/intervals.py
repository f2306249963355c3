"""How sure a figure is: 95 % intervals over samples, always the same for the same values.

Two ways, since not every figure may be resampled with replacement:

- `bootstrap`: samples are drawn with replacement as often as there are some, and the figure is
  computed anew; its 2.5 and 97.5 percentiles (Efron 1979, doi:10.1214/aos/1176344552). For means
  and for what follows from sums, such as rates from counts.
- `delete_half`: the figure is computed on random halves, each sample once at most (Shao and Wu
  1989, doi:10.1214/aos/1176347263). For distances between crowds: a sample that is drawn twice is
  its own neighbour, which makes a kernel's mean larger, neighbourhoods smaller and a covariance
  poorer, so that the bootstrap would be off to one side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.metric import Interval

DRAWS = 1000
ENDS = (0.025, 0.975)
SEED = 0
# Numbers that a chunk of draws may have in memory.
CHUNK = 2**22
# Samples that one draw of `delete_half` has at most, so that its cost is bounded.
MOST = 500
FEWEST = 4


def bootstrap(
    values: Tensor,
    figures: Callable[[Tensor], Mapping[str, Tensor]],
    draws: int = DRAWS,
) -> dict[str, Interval]:
    """Percentile intervals of figures that follow from the mean over samples.

    values: (N, ...), float64, what each sample adds.
    figures: means (B, ...) of B draws to figures (B,), by name; NaN where a draw has none.

    A single sample says nothing of the spread: there is no interval then.
    """
    count = len(values)
    if count < 2:
        return {}
    flat = values.reshape(count, -1).double()
    found: dict[str, list[Tensor]] = {}
    for counts in _counts(count, draws):
        means = (counts @ flat / count).reshape(len(counts), *values.shape[1:])
        for name, figure in figures(means).items():
            found.setdefault(name, []).append(figure)
    ends = {name: _percentiles(torch.cat(parts)) for name, parts in found.items()}
    return {name: interval for name, interval in ends.items() if interval}


def bootstrap_mean(name: str, values: list[float]) -> dict[str, Interval]:
    """The interval of the mean of a figure over samples; those that are NaN are left out."""
    finite = [value for value in values if not math.isnan(value)]
    return bootstrap(torch.tensor(finite, dtype=torch.float64), lambda means: {name: means})


def delete_half(
    figures: Callable[..., Mapping[str, float]],
    count: int | Sequence[int],
    values: Mapping[str, float],
    draws: int = DRAWS,
) -> dict[str, Interval]:
    """Intervals around figures of `count` samples, from their spread over random halves.

    figures: of the samples of these numbers (n,), in order. values: those of all.
    count: of several sets that were drawn independently, how many each has; then `figures` gets
        the numbers of each.

    The level of a half's figure may differ (such distances shrink with more samples), so only the
    deviations from the halves' own mean count. A half varies around it as much as a figure of all
    does around the truth; less than a half, n of N > 1000, sqrt((N - n) / n) times as much, which
    is taken back.
    """
    counts = [count] if isinstance(count, int) else [*count]
    parts = [_part(each, counts) for each in counts]
    if min(parts) < FEWEST // 2:
        return {}
    rng = np.random.default_rng(SEED)
    sets = [*zip(counts, parts, strict=True)]
    found = [figures(*(_half(rng, *each) for each in sets)) for _ in range(draws)]
    scale = max(math.sqrt(part / (all_ - part)) for all_, part in sets)
    intervals = {}
    for name, value in values.items():
        drawn = torch.tensor([each.get(name, math.nan) for each in found], dtype=torch.float64)
        ends = _percentiles((drawn - drawn.nanmean()) * scale)
        if ends and not math.isnan(value):
            intervals[name] = value + ends[0], value + ends[1]
    return intervals


def _part(count: int, counts: Sequence[int]) -> int:
    """How many of `count` a draw has: a half; of more than MOST in one set the same share of all.

    A small set beside a large one keeps FEWEST.
    """
    share = max(MOST / max(counts), FEWEST / min(counts))
    return min(count // 2, round(share * count))


def _half(rng: np.random.Generator, count: int, part: int) -> Tensor:
    """As many odd numbers as even ones, for figures that compare these halves."""
    sizes = part - part // 2, part // 2
    sides = [rng.choice(np.arange(s, count, 2), n, replace=False) for s, n in enumerate(sizes)]
    return torch.from_numpy(np.sort(np.concatenate(sides)))


def _counts(count: int, draws: int) -> list[Tensor]:
    """How often each sample is in each draw: chunks of (draws, count), float64."""
    rng = np.random.default_rng(SEED)
    step = max(1, CHUNK // count)
    sizes = [min(step, draws - start) for start in range(0, draws, step)]
    even = np.full(count, 1 / count)
    return [torch.from_numpy(rng.multinomial(count, even, n).astype(float)) for n in sizes]


def _percentiles(found: Tensor) -> Interval | None:
    """Both ends; nothing where a tenth and more of the draws have no figure."""
    whole = found[found.isfinite()]
    if len(whole) <= 0.9 * len(found):
        return None
    low, high = torch.quantile(whole, torch.tensor(ENDS, dtype=whole.dtype)).tolist()
    return low, high
