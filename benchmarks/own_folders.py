"""What a run's default metrics cost while training on one's own unpaired folders.

    python -m benchmarks own_folders --steps 1000 --set train.batch_size=2

One training on two folders of drawn pictures, with the metrics that it has by default. `Share` is
the part of its time that measuring takes: what choosing took before the first step, and each
evaluation between two steps. The run's own clock tells both, so that what else the machine does
concerns them alike.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.photos import write_photos
from benchmarks.result import Result, Row

ROUNDS = 0
IMAGES, HELD_OUT = 60, 30


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument("--recipe", default="cyclegan", help="a name, or a file")
    parser.add_argument("--steps", type=int, default=1000, help="of the training")
    parser.add_argument(
        "--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE",
        help="a setting of the recipe",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    parser.set_defaults(record=False)


def run(options: argparse.Namespace) -> list[Result]:
    """Train once, and add up what measuring took."""
    with tempfile.TemporaryDirectory() as folder:
        write_folders(Path(folder) / "own")
        taken, whole, table = train(options, Path(folder))
    every, images = table.get("every"), table.get("images")
    columns = {"Every": str(every or "at the end"), "Images": str(images or "all")}
    rows = [
        Row("training", [whole]),
        *(
            Row(name, [seconds], columns={**columns, "Share": f"{seconds / whole:.2%}"})
            for name, seconds in [*taken.items(), ("together", sum(taken.values()))]
        ),
    ]
    settings = {"recipe": options.recipe, "steps": options.steps, "backbone": table["backbone"]}
    return [Result("What default metrics cost while training", "own_folders", settings, rows)]


def write_folders(folder: Path) -> None:
    """Two domains: streets, and the same kind of streets at another place of the seeds."""
    for number, name in enumerate(("trainA", "trainB", "testA", "testB")):
        count = HELD_OUT if name.startswith("test") else IMAGES
        write_photos(folder / name, count, first=1000 * number)


def train(
    options: argparse.Namespace, folder: Path
) -> tuple[dict[str, float], float, dict[str, Any]]:
    """Seconds by piece, those of the training without its end, and the settings of a metric."""
    import ganzoo
    from ganzoo.builder.own_data import own_data
    from ganzoo.engine.trainer import Trainer
    from ganzoo.recipe.loading import load_recipe
    from ganzoo.training import preparing
    from ganzoo.training.evaluator import Evaluator

    taken = dict.fromkeys(("timing a step", "choosing", "measuring"), 0.0)
    whole = {"playing": 0.0, "end": 0.0}

    def clock(owner: Any, name: str, totals: dict[str, float], piece: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        def timed(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return original(*given, **named)
            finally:
                totals[piece] += time.perf_counter() - began

        setattr(owner, name, timed)

    clock(preparing, "time_step", taken, "timing a step")
    clock(preparing, "choose_quick_metrics", taken, "choosing")
    clock(Evaluator, "on_step", taken, "measuring")
    clock(Evaluator, "on_end", whole, "end")
    clock(Trainer, "play", whole, "playing")
    settings = own_data(options.recipe, options.overrides, folder / "own").settings
    overrides = [*settings, *options.overrides, f"train.length={options.steps} steps"]
    ganzoo.train(options.recipe, folder / "run", overrides=overrides, quiet=True)
    metrics = load_recipe(folder / "run" / "recipe.toml").to_dict()["metrics"]
    table = next(each for each in metrics.values() if each["type"] == "quick_kid")
    before = taken["timing a step"] + taken["choosing"]
    return taken, before + whole["playing"] - whole["end"], table
