"""What alarms cost: comparing batches in each step, reading a log line, probing outputs.

    python benchmarks/alarms.py recipes/cyclegan.toml --set train.batch_size=2

Prints the median time of each (the processor's, so that a shared machine tells the same), how
often it is spent, and its share of a step.
"""

from __future__ import annotations

import argparse
import statistics
import time

from ganzoo import build_recipe
from ganzoo.engine.device import make_accelerator
from ganzoo.training.alarms.debounce import Debounce
from ganzoo.training.alarms.detectors import LogReader
from ganzoo.training.alarms.observations import Observations
from ganzoo.training.alarms.ranges import measure_loss_ranges


def median(function, rounds):
    """The median time of a call, after two that are not counted."""
    times = []
    for _ in range(rounds + 2):
        started = time.process_time()
        function()
        times.append(time.process_time() - started)
    return statistics.median(times[2:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    experiment = build_recipe(given.recipe, [*given.overrides, "metrics={}"])
    trainer = experiment.trainer(make_accelerator())
    table = trainer.timetable
    patience = experiment.recipe.alarms.patience.steps(*table.image_counts)
    reader, debounce = LogReader(measure_loss_ranges(experiment.players)), Debounce(patience)
    observations = Observations(experiment, trainer, reader, patience)
    trainer.batch_hook = None
    batches = trainer.batches()
    batch = next(batches)
    step = median(lambda: trainer.train_step(batch), given.rounds)
    compared = median(lambda: observations.compare(batch), 20 * given.rounds)
    entry = {"step": 1, "losses": {}, "nonfinite": 0, "lr": {}} | trainer.meter.read()

    def line():
        observations.on_log(entry)
        for detection in reader.read(entry):
            debounce.add(1, detection)

    read, probe = median(line, given.rounds), median(observations.probe_outputs, given.rounds)
    costs = {"batches": (compared, 1), "line": (read, table.log_every), "probe": (probe, patience)}
    print(f"{given.recipe}: a step takes {step * 1e3:.1f} ms")
    for name, (seconds, every) in costs.items():
        share = seconds / every / step
        print(f"{name:<8} {seconds * 1e3:8.3f} ms every {every:>4} steps   {share:.3%}")
    print(f"together {sum(seconds / every / step for seconds, every in costs.values()):.3%}")


if __name__ == "__main__":
    main()
