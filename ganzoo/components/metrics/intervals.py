"""95 % intervals of scores over samples. Equal values have equal intervals.

There are two ways, since not every score allows that a sample is drawn twice:

- `bootstrap` draws N of N samples with replacement, many times, and computes the score of each
  draw. The interval is from the 2.5th to the 97.5th percentile (Efron 1979,
  doi:10.1214/aos/1176344552). It is for means and for what follows from sums, as rates from counts.
  `bootstrap_networks` draws trained networks as well, where a score depends on their seed.
- `delete_half` computes the score of random halves, in which no sample is twice (Shao and Wu
  1989, doi:10.1214/aos/1176347263). It is for distances between distributions. A sample that is
  drawn twice is its own neighbour: kernel means become larger, neighbourhoods smaller and
  covariances poorer, so the bootstrap would be biased.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces.metric import Interval

DRAWS = 1000
ENDS = (0.025, 0.975)
SEED = 0
# How many numbers a chunk of draws may hold in memory.
CHUNK = 2**22
# The most samples of one draw of `delete_half`, which bounds its cost.
MOST = 500
FEWEST = 4


def bootstrap(
    values: Tensor,
    scores: Callable[[Tensor], Mapping[str, Tensor]],
    draws: int = DRAWS,
) -> dict[str, Interval]:
    """Percentile intervals of scores that follow from the mean over samples.

    values: (N, ...), float64, what each sample contributes to the mean.
    scores: turns the means (B, ...) of B draws into scores (B,), by name; NaN where a draw has no
        score.

    Returns no interval for a single sample, which shows no spread.
    """
    count = len(values)
    if count < 2:
        return {}
    flat = values.reshape(count, -1).double()
    drawn: dict[str, list[Tensor]] = {}
    for counts in _counts(count, draws):
        means = (counts @ flat / count).reshape(len(counts), *values.shape[1:])
        for name, score in scores(means).items():
            drawn.setdefault(name, []).append(score)
    ends = {name: _percentiles(torch.cat(chunks)) for name, chunks in drawn.items()}
    return {name: interval for name, interval in ends.items() if interval}


def bootstrap_networks(
    values: Tensor,
    scores: Callable[[Tensor], Mapping[str, Tensor]],
    draws: int = DRAWS,
) -> dict[str, Interval]:
    """Percentile intervals of a score's mean over M networks that saw the same N samples.

    Each draw takes N samples, the same for all networks, and independently of them M networks, both
    with replacement (Owen 2007, arXiv:0712.1111). So an interval is about other samples and other
    networks. With one network it is that of `bootstrap`.

    values: (N, M, ...), what each sample contributes to the mean of each network.
    scores: turns means (B, M, ...) into scores (B, M), by name.
    """
    networks = values.shape[1]
    rng = np.random.default_rng(SEED + 1)  # that of the samples is another
    even = np.full(networks, 1 / networks)

    def mean_scores(means: Tensor) -> dict[str, Tensor]:
        drawn = torch.from_numpy(rng.multinomial(networks, even, len(means)) / networks)
        return {name: (drawn * each).sum(1) for name, each in scores(means).items()}

    return bootstrap(values, mean_scores, draws)


def bootstrap_mean(name: str, values: list[float]) -> dict[str, Interval]:
    """The interval of a score that is a mean over samples; values that are NaN are left out."""
    finite = [value for value in values if not math.isnan(value)]
    return bootstrap(torch.tensor(finite, dtype=torch.float64), lambda means: {name: means})


def share_interval(count: int, total: int) -> Interval:
    """The interval of a share of samples (Wilson 1927): of some width even for 0 and for 1."""
    share, z = count / total, 1.959964  # so many standard deviations hold 95 %
    middle = share + z**2 / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    low, high = ((middle + side * half) / (1 + z**2 / total) for side in (-1, 1))
    return max(0.0, low), min(1.0, high)


def delete_half(
    scores: Callable[..., Mapping[str, float]],
    count: int | Sequence[int],
    values: Mapping[str, float],
    draws: int = DRAWS,
) -> dict[str, Interval]:
    """Intervals around the scores of `count` samples, from their spread over random halves.

    scores: computes the scores, by name, of the samples with the given indices (n,), in order.
    count: how many samples there are. For several sets that were drawn independently, the size of
        each; `scores` then gets indices for each set.
    values: the scores of all samples.

    A half may have another expected score than all samples: such distances shrink with more
    samples. So only the deviations of the halves from their own mean are used. They are as large
    as those of the score of all samples from the truth. Draws of n samples, fewer than half of
    N > 1000, deviate sqrt((N - n) / n) times as much; their deviations are divided by that.
    """
    sets = _draw_sizes([count] if isinstance(count, int) else [*count])
    halves = [scores(*chosen) for chosen in draw_halves(count, draws)]
    if not halves:
        return {}
    scale = max(math.sqrt(size / (all_ - size)) for all_, size in sets)
    intervals = {}
    for name, value in values.items():
        drawn = torch.tensor([each.get(name, math.nan) for each in halves], dtype=torch.float64)
        ends = _percentiles((drawn - drawn.nanmean()) * scale)
        if ends and not math.isnan(value):
            intervals[name] = value + ends[0], value + ends[1]
    return intervals


def draw_halves(count: int | Sequence[int], draws: int = DRAWS) -> Iterator[tuple[Tensor, ...]]:
    """Random halves of `count` samples, as sorted indices; of several sets, a half of each.

    Always the same ones for the same numbers, so that scores of several systems on them can be
    compared draw by draw. There are none of fewer than 4 samples.
    """
    sets = _draw_sizes([count] if isinstance(count, int) else [*count])
    if min(size for _, size in sets) < FEWEST // 2:
        return
    rng = np.random.default_rng(SEED)
    for _ in range(draws):
        yield tuple(_half(rng, *each) for each in sets)


def _draw_sizes(counts: Sequence[int]) -> list[tuple[int, int]]:
    """The size of each set, and of a draw of it."""
    return [(each, _draw_size(each, counts)) for each in counts]


def _draw_size(count: int, counts: Sequence[int]) -> int:
    """How many of the `count` samples of a set are in one draw: half of them.

    Where half of the largest set would be more than MOST, all sets are drawn in a smaller share,
    the same for all. A small set beside a large one still has FEWEST.
    """
    share = max(MOST / max(counts), FEWEST / min(counts))
    return min(count // 2, round(share * count))


def _half(rng: np.random.Generator, count: int, size: int) -> Tensor:
    """Sorted indices (size,) below `count`: as many odd as even ones, which are compared."""
    sizes = size - size // 2, size // 2
    sides = [rng.choice(np.arange(s, count, 2), n, replace=False) for s, n in enumerate(sizes)]
    return torch.from_numpy(np.sort(np.concatenate(sides)))


def _counts(count: int, draws: int) -> list[Tensor]:
    """How often each sample is in each draw, float64, in chunks (B, count)."""
    rng = np.random.default_rng(SEED)
    step = max(1, CHUNK // count)
    sizes = [min(step, draws - start) for start in range(0, draws, step)]
    even = np.full(count, 1 / count)
    return [torch.from_numpy(rng.multinomial(count, even, n).astype(float)) for n in sizes]


def _percentiles(scores: Tensor) -> Interval | None:
    """The ends of the interval of drawn scores (B,); None where a tenth of them is not finite."""
    finite = scores[scores.isfinite()]
    if len(finite) <= 0.9 * len(scores):
        return None
    low, high = torch.quantile(finite, torch.tensor(ENDS, dtype=finite.dtype)).tolist()
    return low, high
