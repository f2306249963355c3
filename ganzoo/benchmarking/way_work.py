"""What a way's process does: it opens the model, and computes images when it is asked to."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ganzoo.benchmarking.measured_images import make_inputs
from ganzoo.benchmarking.peak_memory import measure_peak
from ganzoo.benchmarking.turns import time_images
from ganzoo.benchmarking.ways import Way
from ganzoo.builder.opening import Opening
from ganzoo.engine.precision import choose_precision
from ganzoo.inference.chosen_output import check_output, image_names
from ganzoo.inference.light_images import compute_beside, in_evaluation_mode, lanes_of
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.scale import Prepared, compute

WARM = 2  # times that an image is computed before it is measured


@dataclass
class WayWork:
    """A model by one way. Each public method answers one kind of question.

    opening: of the model, its engine and precision aside.
    output: the output's name; "" is the first one. images: a folder of images, if any.
    """

    opening: Opening
    output: str
    way: Way
    images: Path | None

    @cached_property
    def loaded(self) -> Model:
        """The model as it was saved."""
        return self.opening.load()

    @cached_property
    def model(self) -> Model:
        """The model, ready to compute."""
        if self.way.engine is None:
            return self.loaded
        return self.loaded.speed_up(self.way.precision, engine=self.way.engine)

    @cached_property
    def wire(self) -> OutputWire:
        """The output that is measured."""
        check_output(self.loaded, self.output)
        return self.loaded.output(self.output)

    def describe(self) -> dict[str, Any]:
        """What is measured: the model, its output and size, the threads, what bf16 is here."""
        names = image_names(self.loaded, self.wire)
        size = self.loaded.variables[names[0]].size if names else None
        return {
            "model": str(self.loaded.origin),
            "output": str(self.wire.wire),
            "side": max(size) if size else None,
            "device": str(self.loaded.device),
            "threads": torch.get_num_threads(),
            "bf16": str(choose_precision(self.loaded.device)),
        }

    def open(self) -> None:
        """Open the model."""
        _ = self.wire, self.model

    def prepare(self, side: int | None) -> float:
        """Compute some images of a side, so that all is ready; return the last one's seconds."""
        self._inputs = make_inputs(self.model, self.wire, side, self.images)
        self._next = itertools.cycle(self._inputs)
        for _ in range(WARM):
            self._compute()
        return time_images(self._compute, 1)

    def results(self) -> list[Any]:
        """The results of all images, as arrays (C, h, w)."""
        return [self._result(each) for each in self._inputs]

    def time_one(self, count: int) -> float:
        """The seconds of one image, of `count` one after the other."""
        return time_images(self._compute, count)

    def count_lanes(self) -> int:
        """How many images a folder's translation computes at a time."""
        return lanes_of(self.model, self.wire, self._inputs[0].worked)

    def time_many(self, count: int) -> float:
        """The seconds of one image, of `count` for each of the threads that compute at a time."""
        lanes = self.count_lanes()
        networks = [*self.model.networks.values()]
        with in_evaluation_mode(networks), ThreadPoolExecutor(lanes) as threads:
            both = self._side_by_side(threads, lanes, count)
            both()
            return time_images(both, 1) / (lanes * count)

    def measure_peak(self) -> int | None:
        """The most bytes that this process holds while it computes an image."""
        return measure_peak(self._compute)

    def score(self) -> tuple[str, float]:
        """The first score of the recipe's metrics on its test images, and its name."""
        from ganzoo.evaluation.evaluate import evaluate  # what it imports would take memory before

        scores = evaluate(self.model, tell=lambda _: None).scores
        metric, rows = next(iter(scores.items()))
        own = next(iter(rows.values()))
        name, value = next((n, v) for n, v in own.items() if not isinstance(v, int))  # no count
        return f"{metric}.{name}", float(value)

    def _compute(self) -> None:
        compute(self.model, self.wire, [next(self._next)])

    def _result(self, prepared: Prepared) -> Any:
        return np.asarray(compute(self.model, self.wire, [prepared])[0])

    def _side_by_side(
        self, threads: ThreadPoolExecutor, lanes: int, count: int
    ) -> Callable[[], None]:
        """A function that computes `count` images in each of the threads."""

        def work(inputs: Iterator[Prepared]) -> None:
            for prepared in inputs:
                compute_beside(self.model, self.wire, prepared.inputs)

        def run() -> None:
            shares = [itertools.islice(itertools.cycle(self._inputs), count) for _ in range(lanes)]
            for done in [threads.submit(work, share) for share in shares]:
                done.result()

        return run
