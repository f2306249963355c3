"""The files of a run's folder: the one place that knows their names. Light; nothing is opened here.

Three names are those of others, who write such files outside of runs, too: recipe.toml (recipe/),
state.safetensors and process-<rank>.safetensors in a checkpoint (engine/state.py).
"""

from __future__ import annotations

import re
from pathlib import Path

from ganzoo.recipe.toml_text import RECIPE_FILE

BEST_MODEL = "best.safetensors"
STEP = re.compile(r"step-(\d{8,})")


class RunPaths:
    """Where the files of a run are, whether they exist or not."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def recipe(self) -> Path:
        """The filled recipe: `ganzoo run RUN/recipe.toml` trains it again."""
        return self.path / RECIPE_FILE

    @property
    def record(self) -> Path:
        """The run record: where, with what and how far it was trained, an entry for each start."""
        return self.path / "run.json"

    @property
    def damaged_record(self) -> Path:
        """A run record that could not be read, kept when a new one begins."""
        return self.path / "run.damaged.json"

    @property
    def log(self) -> Path:
        """The log: an entry (a line of JSON) every `train.log_every`."""
        return self.path / "log.jsonl"

    @property
    def samples(self) -> Path:
        """The folder of sample grids."""
        return self.path / "samples"

    def sample_grid(self, step: int) -> Path:
        """The sample grid of a step."""
        return self.samples / f"{name_checkpoint(step)}.png"

    def sample_grids(self) -> dict[int, Path]:
        """The sample grids that are there, by step."""
        return dict(sorted(_by_step(self.samples, ".png")))

    @property
    def plot(self) -> Path:
        """The picture of the losses."""
        return self.path / "losses.svg"

    @property
    def report(self) -> Path:
        """The run on one page."""
        return self.path / "report.html"

    @property
    def extremes(self) -> Path:
        """The folder of pictures of the best and the worst test samples."""
        return self.path / "cases"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints, which a resume needs."""
        return self.path / "checkpoints"

    def checkpoint(self, step: int) -> Path:
        """The folder of the checkpoint of a step."""
        return self.checkpoints / name_checkpoint(step)

    @property
    def model(self) -> Path:
        """The model: all that `ganzoo translate` and `load_model` need."""
        return self.path / "model.safetensors"

    @property
    def best_model(self) -> Path:
        """The model with the best score so far."""
        return self.path / BEST_MODEL

    @property
    def best(self) -> Path:
        """Which step and which score the best model has."""
        return self.path / "best.json"

    @property
    def metrics(self) -> Path:
        """Scores on test samples, written at the end."""
        return self.path / "metrics.json"

    @property
    def evaluations(self) -> Path:
        """A line for each evaluation: scores, their intervals, and on how many samples."""
        return self.path / "evaluations.jsonl"

    @property
    def sample_scores(self) -> Path:
        """Scores of each test sample, written at the end."""
        return self.path / "cases.json"

    @property
    def comparison(self) -> Path:
        """More scores, which `ganzoo compare` asked for."""
        return self.path / "comparison.json"

    @property
    def alarms(self) -> Path:
        """A line for each alarm."""
        return self.path / "alarms.jsonl"

    @property
    def owner(self) -> Path:
        """The lock, which says who trains the run now."""
        return self.path / ".lock"

    def is_run(self) -> bool:
        """Whether the folder holds a run: it has a recipe."""
        return self.recipe.is_file()

    def saved(self) -> list[tuple[int, Path]]:
        """The whole checkpoints, by step, oldest first."""
        return list_checkpoints(self.checkpoints)


def list_checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """The whole checkpoints in a folder, by step, oldest first."""
    return sorted(_by_step(folder))


def name_checkpoint(step: int) -> str:
    """`step-00000500`."""
    return f"step-{step:08d}"


def _by_step(folder: Path, suffix: str = "") -> list[tuple[int, Path]]:
    paths = [path for path in folder.glob(f"step-*{suffix}") if path.suffix == suffix]
    matches = [(STEP.fullmatch(path.name.removesuffix(suffix)), path) for path in paths]
    return [(int(match[1]), path) for match, path in matches if match]
