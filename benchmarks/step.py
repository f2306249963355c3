"""What merging calls and the fused optimizer bring: variants of one step, stepped in turn.

    python benchmarks/step.py recipes/cyclegan.toml --set train.batch_size=2

Prints each variant's median time and its ratio to the plain one. Absolute times mean nothing on a
shared machine; the ratios are taken round by round.
"""

from __future__ import annotations

import argparse
import statistics
import time

from ganzoo import build_recipe
from ganzoo.engine.device import make_accelerator

VARIANTS = {
    "plain": (False, False),
    "merged calls": (True, False),
    "fused optimizer": (False, True),
    "both, as shipped": (True, True),
}


def trainer_of(recipe, overrides, merged, fused):
    """A trainer and one batch of its own."""
    settings = [*overrides, f"optimizers.default.fused={str(fused).lower()}", "metrics={}"]
    experiment = build_recipe(recipe, settings)
    if not merged:
        for network in experiment.networks.values():
            network.per_sample = False
    trainer = experiment.trainer(make_accelerator())
    return trainer, next(iter(trainer.batches()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    trainers = {
        name: trainer_of(given.recipe, given.overrides, *how) for name, how in VARIANTS.items()
    }
    seconds = {name: [] for name in VARIANTS}
    for round_ in range(given.rounds + 2):
        for name, (trainer, batch) in trainers.items():
            started = time.perf_counter()
            trainer.train_step(batch)
            if round_ >= 2:
                seconds[name].append(time.perf_counter() - started)
    for name, times in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(seconds["plain"], times, strict=True))
        print(f"{name:<18} {statistics.median(times) * 1e3:8.1f} ms   {ratio:.2f} x")


if __name__ == "__main__":
    main()
