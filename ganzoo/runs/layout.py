"""The names of the files in a run's folder. No file is opened here, and nothing heavy is imported.

Four names are defined elsewhere, by code that knows such files outside of runs, too: recipe.toml
(recipe/), model.safetensors (registry/packages.py), state.safetensors (engine/header.py) and
process-<rank>.safetensors (engine/state.py).
"""

from __future__ import annotations

import re
from pathlib import Path

from ganzoo.recipe.toml_text import RECIPE_FILE
from ganzoo.registry.packages import MODEL_FILE

# Beside the recipe of a plan, which is no run.
FINGERPRINT_FILE, PAGE_FILE = "fingerprint.json", "plan.html"
BEST_MODEL = "best.safetensors"
# The card of a model, which lies beside one that is for others.
CARD_FILE, CARD_JSON, CARD_SAMPLES = "card.md", "card.json", "samples.png"
STEP = re.compile(r"step-(\d{8,})")


class RunPaths:
    """The paths of a run's files, whether the files exist or not."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def recipe(self) -> Path:
        """The recipe with all defaults filled in: `ganzoo run RUN/recipe.toml` trains it again."""
        return self.path / RECIPE_FILE

    @property
    def record(self) -> Path:
        """The run record: where, with what and how far the run was trained; an entry per start."""
        return self.path / "run.json"

    @property
    def damaged_record(self) -> Path:
        """The old run record that could not be read; it was renamed when a new one began."""
        return self.path / "run.damaged.json"

    @property
    def log(self) -> Path:
        """The training log: one entry, a line of JSON, every `train.log_every`."""
        return self.path / "log.jsonl"

    @property
    def samples(self) -> Path:
        """The folder of sample grids."""
        return self.path / "samples"

    def sample_grid(self, step: int) -> Path:
        """The sample grid of a step."""
        return self.samples / f"{name_checkpoint(step)}.png"

    def sample_grids(self) -> dict[int, Path]:
        """The existing sample grids, by step."""
        return dict(sorted(_by_step(self.samples, ".png")))

    @property
    def plot(self) -> Path:
        """The plot of the losses."""
        return self.path / "losses.svg"

    @property
    def report(self) -> Path:
        """The report: the run on one HTML page."""
        return self.path / "report.html"

    @property
    def extremes(self) -> Path:
        """The folder of pictures of the best and the worst test samples."""
        return self.path / "cases"

    @property
    def findings(self) -> Path:
        """The folder of pictures that show what metrics found."""
        return self.path / "findings"

    def evidence(self, metric: str) -> Path:
        """The picture that shows what a metric found: `findings/copies.png`."""
        name = re.sub(r"[^\w.-]+", "_", metric).lstrip(".")
        return self.findings / f"{name}.png"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints, from which a run is resumed."""
        return self.path / "checkpoints"

    def checkpoint(self, step: int) -> Path:
        """The folder of the checkpoint of a step."""
        return self.checkpoints / name_checkpoint(step)

    @property
    def model(self) -> Path:
        """The model file: all that `ganzoo translate` and `load_model` need."""
        return self.path / MODEL_FILE

    @property
    def best_model(self) -> Path:
        """The model with the best score so far."""
        return self.path / BEST_MODEL

    @property
    def best(self) -> Path:
        """The step and the score of the best model."""
        return self.path / "best.json"

    @property
    def metrics(self) -> Path:
        """The scores on the test samples, written when training ends."""
        return self.path / "metrics.json"

    @property
    def evaluations(self) -> Path:
        """One line per evaluation: the scores, their intervals, and the number of samples."""
        return self.path / "evaluations.jsonl"

    @property
    def sample_scores(self) -> Path:
        """The scores of each test sample, written when training ends."""
        return self.path / "cases.json"

    @property
    def comparison(self) -> Path:
        """Further scores, which `ganzoo compare` computed."""
        return self.path / "comparison.json"

    @property
    def best_comparison(self) -> Path:
        """Further scores of the best model, which `ganzoo reproduce` computed."""
        return self.path / "comparison_best.json"

    @property
    def alarms(self) -> Path:
        """A line for each alarm."""
        return self.path / "alarms.jsonl"

    @property
    def owner(self) -> Path:
        """The lock, which names the process that trains the run now."""
        return self.path / ".lock"

    @property
    def plan(self) -> Path:
        """The folder of the plan that the recipe is of, if it was planned."""
        return self.path / "plan"

    def is_run(self) -> bool:
        """Whether the folder holds a run, that is, a recipe that is no plan's."""
        return self.recipe.is_file() and not self.is_plan()

    def is_plan(self) -> bool:
        """Whether the folder holds a plan."""
        return self.recipe.is_file() and (self.path / FINGERPRINT_FILE).is_file()

    def saved(self) -> list[tuple[int, Path]]:
        """The step and the folder of each complete checkpoint, oldest first."""
        return list_checkpoints(self.checkpoints)


def list_checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """The step and the folder of each complete checkpoint in a folder, oldest first."""
    return sorted(_by_step(folder))


def name_checkpoint(step: int) -> str:
    """`step-00000500`."""
    return f"step-{step:08d}"


def _by_step(folder: Path, suffix: str = "") -> list[tuple[int, Path]]:
    paths = [path for path in folder.glob(f"step-*{suffix}") if path.suffix == suffix]
    matches = [(STEP.fullmatch(path.name.removesuffix(suffix)), path) for path in paths]
    return [(int(match[1]), path) for match, path in matches if match]
