"""What the training files hold, measured: quantiles of their values, and their type."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganzoo.components.data.image_files import read_header, read_values
from ganzoo.components.data.reading_settings import Quantiles
from ganzoo.errors import DataError
from ganzoo.interfaces.variable import Variable

# How many files are read, spread over the folder, and how many values of each.
FILES, VALUES = 64, 1 << 16


def measure_range(
    files: Sequence[Path], variable: Variable, quantiles: Quantiles, setting: str
) -> tuple[float, float]:
    """Two quantiles of the values in a sample of files; the same ones for the same files.

    Those of whole numbers are whole, the next ones outside.
    setting: where the recipe asks for them.

    Raises:
        DataError: no file can be read, or all values are alike.
    """
    sampled = [values for path in spread(files) for values in _sample(path, variable)]
    if not sampled:
        raise DataError(f"{setting}: none of the training files can be read")
    values = np.concatenate(sampled)
    low, high = map(float, np.quantile(values, quantiles))
    if (values == values.round()).all():
        low, high = float(math.floor(low)), float(math.ceil(high))
    if low >= high:
        raise DataError(f"{setting}: both quantiles are {low:g}; take some that are further apart")
    return float(f"{low:.7g}"), float(f"{high:.7g}")


def find_dtype(files: Sequence[Path], variable: Variable) -> str:
    """The type of the values that most of a sample of files have; "" if none can be read."""
    types = Counter(dtype for path in spread(files) for dtype in _dtype(path, variable))
    return types.most_common(1)[0][0] if types else ""


def spread(files: Sequence[Path]) -> list[Path]:
    """At most FILES of the files, evenly spread."""
    count = min(FILES, len(files))
    return [files[index * len(files) // count] for index in range(count)]


def _readable(variable: Variable) -> Variable:
    """As which values of unknown black and white are read, too."""
    return replace(variable, range=variable.range or (0.0, 1.0))


def _sample(path: Path, variable: Variable) -> Iterator[NDArray[np.float64]]:
    """Values of a file, drawn with a seed; nothing of one that cannot be read."""
    try:
        _, raw = read_values(path, _readable(variable))
    except DataError:  # it is reported with all others that cannot be read
        return
    values = raw.values.reshape(-1)
    if values.size > VALUES:
        values = values[np.random.default_rng(0).integers(values.size, size=VALUES)]
    exact = values.astype(np.float64)
    yield exact[np.isfinite(exact)]


def _dtype(path: Path, variable: Variable) -> Iterator[str]:
    try:
        yield read_header(path, _readable(variable)).dtype
    except DataError:
        return
