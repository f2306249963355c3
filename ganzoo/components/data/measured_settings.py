"""Settings of how files are read that a recipe leaves to the training files."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganzoo.components.data.file_values import find_dtype, measure_range
from ganzoo.components.data.reading_settings import Reading, is_measured, merge_measured
from ganzoo.interfaces import Data


class MeasuredData(Data):
    """Data from files whose reading may be left to them: quantiles, and the type of values."""

    def begin_measuring(self, reading: Reading) -> None:
        """Note what a reading of the data's variables leaves open."""
        self._reading, self._images = reading, [*self.variables]
        self._quantiles = reading.quantiles(self._images)
        self._ranges: dict[str, tuple[float, float]] = {}

    @abstractmethod
    def training_files(self) -> dict[str, list[Path]]:
        """The training files of each variable, once the data are prepared."""

    def measure_ranges(self) -> None:
        """Give variables the ranges that are quantiles of their training files; after `prepare`.

        Raises:
            DataError: the files of a variable cannot be read, or hold one value only.
        """
        files = self.training_files() if self._quantiles else {}
        for name, quantiles in self._quantiles.items():
            variable, setting = self.variables[name], f"data.range.{name}"
            if name not in self._ranges and files.get(name):
                self._ranges[name] = measure_range(files[name], variable, quantiles, setting)
                self.variables[name] = replace(variable, range=self._ranges[name])

    def measured(self) -> dict[str, Any]:
        """The ranges that are quantiles; the types of values, if not all files have 8 bits."""
        settings: dict[str, Any] = {}
        if self._ranges:
            settings["range"] = merge_measured(self._reading.range, self._ranges)
        types = {} if self._reading.dtype else self._types()
        if {*types.values()} - {"uint8"}:
            settings["dtype"] = types
        return settings

    def _types(self) -> dict[str, str]:
        files, variables = self.training_files(), self.variables
        types = {name: find_dtype(files.get(name, ()), variables[name]) for name in self._images}
        return {name: dtype for name, dtype in types.items() if dtype}

    @classmethod
    def take_measured(cls, given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
        """A run's ranges in place of quantiles, and its types."""
        return take_measured(given, before)


def take_measured(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run that others leave to the files, see `Data.take_measured`."""
    settings: dict[str, Any] = {}
    if given.get("dtype") is None and before.get("dtype"):
        settings["dtype"] = before["dtype"]
    ranges, measured = given.get("range"), before.get("range")
    each = [*ranges.values()] if isinstance(ranges, dict) else [ranges]
    if any(map(is_measured, each)) and isinstance(measured, dict):
        numbers = {n: ends for n, ends in measured.items() if isinstance(ends, list)}
        settings["range"] = merge_measured(ranges, numbers)
    return settings
