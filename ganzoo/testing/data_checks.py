"""Checks of a data set: its samples are as declared, and reproducible."""

from __future__ import annotations

from copy import deepcopy
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganzoo.interfaces import Data, Sample
from ganzoo.testing.package_checks import check_component, find


def check_data(name: str, **settings: Any) -> None:
    """Check a data set.

    Its variables are known from the settings alone, and every sample is as they say. Images lie in
    [-1, 1]. The same index and random generator give the same sample, also in a loader's worker,
    which gets a pickled copy. Held-out samples are always the same, and repeat after as many as
    `test_counts` says.

    name: as a recipe names it. settings: of the constructor.

    Raises:
        AssertionError: something of this is not so.
    """
    component = find(name, "data")
    check_component(name, kind="data")
    data = component.load()(**settings)
    assert isinstance(data, Data), f"'{name}' is no Data: see ganzoo.interfaces"
    data.prepare()
    assert len(data) > 0, f"'{name}' has no training samples"
    copy = _copied(data, name)
    for index in {0, len(data) - 1}:
        first, again = (d.train_sample(index, np.random.default_rng(3)) for d in (data, copy))
        _check_sample(f"'{name}', training sample {index}", data, first)
        _check_equal(f"'{name}', training sample {index}", first, again)
    for index in {0, data.test_count() - 1} if data.test_count() else ():
        first, again = data.test_sample(index), copy.test_sample(index)
        _check_sample(f"'{name}', held-out sample {index}", data, first)
        _check_equal(f"'{name}', held-out sample {index}", first, again)
    if data.test_count():
        _check_counts(name, data)


def _check_counts(name: str, data: Data) -> None:
    """Check that a variable's test samples repeat after as many as `test_counts` says."""
    total, counts = data.test_count(), data.test_counts()
    for strange in (counts.keys() | data.trained_on()) - data.variables.keys():
        raise AssertionError(f"'{name}' counts '{strange}', which is none of its variables")
    for variable, count in counts.items():
        where = f"'{name}', test_counts: {variable} is {count}"
        assert 0 < count <= total, f"{where}, of {total} samples"
        if count < total:
            first, again = (data.test_sample(index)[variable] for index in (0, count))
            assert torch.equal(first, again), f"{where}, but sample {count} is not sample 0 again"


def _copied(data: Data, name: str) -> Data:
    """A copy of the data, which must be picklable for a loader's worker."""
    try:
        ForkingPickler.dumps(data)
    except Exception as error:
        raise AssertionError(
            f"'{name}' cannot be sent to a loader's worker ({error}); keep no open file and no "
            "nested function in it"
        ) from error
    return deepcopy(data)


def _check_sample(where: str, data: Data, sample: Sample) -> None:
    declared = set(data.variables)
    assert set(sample) == declared, f"{where} has {sorted(sample)}, declared are {sorted(declared)}"
    for name, variable in data.variables.items():
        value = sample[name]
        label = f"{where}: {name}"
        assert isinstance(value, Tensor), f"{label} is a {type(value).__name__}, not a tensor"
        assert value.shape == variable.shape, (
            f"{label} is {tuple(value.shape)}, not {variable.shape}"
        )
        if variable.classes:
            assert not value.is_floating_point(), f"{label} is a class label, and no whole number"
            assert 0 <= int(value) < variable.classes, f"{label} is {int(value)}: no such class"
        elif variable.size:
            assert value.dtype == torch.float32, f"{label} is {value.dtype}, not float32"
            assert value.abs().max() <= 1, f"{label} leaves [-1, 1]"


def _check_equal(where: str, first: Sample, again: Sample) -> None:
    same = all(torch.equal(first[name], again[name]) for name in first)
    assert same, f"{where} differs from call to call; draw from the given generator only"
