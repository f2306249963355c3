"""A run is a folder: recipe, log, sample grids, loss plot, checkpoints and the model.

recipe.toml         the filled recipe: `ganzoo run RUN/recipe.toml` does it again
run.json            where, with what and how far it was trained, an entry a start
log.jsonl           a line every `train.log_every`
samples/            sample grids over time
losses.png          the loss plot
report.html         the run on one page
cases/              the best and the worst test samples
checkpoints/        what a resume needs
model.safetensors   what `ganzoo translate` and `load_model` need, and nothing else
metrics.json        figures on test samples, written at the end
evaluations.jsonl   a line an evaluation: figures, their intervals, and on what
cases.json          figures of each test sample, written at the end
best.safetensors    the model with the best figure so far; best.json says which
comparison.json     more of them, which `ganzoo compare` asked for
alarms.jsonl        a line an alarm
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ganzoo.errors import ModelError, RunError
from ganzoo.files import append, remove, sync_folder, write_text
from ganzoo.loading import load_recipe
from ganzoo.play.checkpoint import NAME, checkpoint_name, checkpoints, prune, read_header
from ganzoo.play.state import STATE
from ganzoo.recipe import Recipe
from ganzoo.run.going_on import Change, check_recipe_same
from ganzoo.untrusted import UntrustedError, inside, read_objects


class RunFolder:
    """The files of one run. Only the main process writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"
        self.samples = path / "samples"
        self.log = path / "log.jsonl"
        self.plot = path / "losses.png"
        self.model = path / "model.safetensors"
        self.metrics = path / "metrics.json"
        self.evaluations = path / "evaluations.jsonl"
        self.cases = path / "cases.json"
        self.alarms = path / "alarms.jsonl"

    def create(self, recipe: Recipe) -> None:
        """Make the folder.

        Raises:
            RunError: it is there already, or cannot be made.
        """
        try:
            self.path.mkdir(parents=True)
        except FileExistsError:
            raise RunError(self._taken()) from None
        except OSError as error:
            raise RunError(f"{self.path}: cannot be made ({error.strerror})") from None
        write_text(self.path / "recipe.toml", recipe.to_toml())
        write_text(self.log, "")

    def check_free(self) -> None:
        """Say early that the folder is taken.

        Raises:
            RunError: it is there already.
        """
        if self.path.exists():
            raise RunError(self._taken())

    def _taken(self) -> str:
        if (self.path / "recipe.toml").is_file():
            return (
                f"{self.path} already holds a run; nothing was changed. Add --resume to go on with "
                f"it, or --out DIR for another folder"
            )
        return f"{self.path} is there already; nothing was changed. Choose another with --out DIR"

    def check_resumable(
        self, recipe: Recipe, allowed: Collection[str] = ()
    ) -> tuple[Path, list[Change]]:
        """The checkpoint to go on from, and what of the recipe was changed on purpose.

        allowed: the settings that may differ from the run's.

        Raises:
            RunError: there is none, it is damaged, or the recipe changed in what the weights
                depend on.
        """
        if not (self.path / "recipe.toml").is_file():
            raise RunError(f"{self.path}: there is no run to resume here; leave --resume out")
        self._refuse_links()
        self._put_back()
        found = [path for _, path in checkpoints(self.checkpoints)]
        if not found:
            raise RunError(f"{self.path}: this run has no checkpoint yet; delete it and start anew")
        before = load_recipe(self.path / "recipe.toml")
        changes = check_recipe_same(self.path, before, recipe, allowed)
        _check_whole(found)
        return found[-1], changes

    def _refuse_links(self) -> None:
        """A run writes into its own folder, and nowhere else."""
        inner = self.checkpoints if self.checkpoints.is_dir() else self.path
        for place in [*self.path.iterdir(), *inner.iterdir()]:
            try:
                inside(place, self.path)
            except UntrustedError:
                raise RunError(
                    f"{place} is a link that leads out of the run's folder, where a run writes "
                    "nothing; put what it leads to in its place, or delete it"
                ) from None

    def _put_back(self) -> None:
        """A checkpoint that was set aside for one of the same step, which then did not come."""
        for aside in self.checkpoints.glob(".step-*.old"):
            place = self.checkpoints / aside.stem.removeprefix(".")
            if not place.exists():
                with suppress(OSError):  # another process was faster
                    aside.rename(place)

    def resume(self, recipe: Recipe, step: int, changes: Sequence[Change] = ()) -> None:
        """Take the log back to the checkpoint, and keep the recipe as it is now.

        changes: noted in the log's last line, as made after it.
        """
        self.cut(self.log, step)
        if changes:
            self._note(step, changes)
        self.cut(self.alarms, step)
        self.cut(self.evaluations, step)
        write_text(self.path / "recipe.toml", recipe.to_toml())
        for path in [*self.samples.glob("step-*.png")]:
            match = NAME.fullmatch(path.stem)
            if match and int(match[1]) > step:
                path.unlink()

    def cut(self, file: Path, step: int) -> None:
        """Leave out the lines beyond a step."""
        kept = [record for record in self.records(file) if record["step"] <= step]
        if kept or file.exists() or file == self.log:
            write_text(file, "".join(json.dumps(record) + "\n" for record in kept))

    def _note(self, step: int, changes: Sequence[Change]) -> None:
        *before, last = [*self.records()] or [{"step": step}]
        made = [*last.get("changes", []), *({"step": step, **each} for each in changes)]
        noted = {**last, "changes": made}
        write_text(self.log, "".join(json.dumps(finite(r)) + "\n" for r in [*before, noted]))

    def append(self, record: dict[str, Any], file: Path | None = None) -> None:
        """Add a line to the log, or to another file; a number that is none becomes null."""
        line = json.dumps(finite(record)) + "\n"
        append(file or self.log, line.encode("utf-8"))

    def records(self, file: Path | None = None) -> Iterator[dict[str, Any]]:
        """Lines of the log, or of another file, by step; those without are left out.

        A crash cuts lines off, and a disk that was full leaves holes.

        Raises:
            RunError: it is no regular file, or a link that leads elsewhere.
        """
        file = file or self.log
        try:
            for record in read_objects(file, self.path, most=None):
                if isinstance(record.get("step"), int):
                    yield record
        except FileNotFoundError:
            return
        except UntrustedError as error:
            raise RunError(f"{error}; delete it to go on without") from None

    def sample_file(self, step: int) -> Path:
        """Where the sample grid of a step goes."""
        return self.samples / f"{checkpoint_name(step)}.png"

    def open_checkpoint(self) -> Path:
        """An empty folder to write a checkpoint into; what a kill left half deleted goes."""
        for kind in ("gone", "old"):
            for leftover in [*self.checkpoints.glob(f".step-*.{kind}")]:
                remove(leftover)
        part = self.checkpoints / ".part"
        remove(part)
        part.mkdir(parents=True)
        return part

    def close_checkpoint(self, step: int, keep: int, keep_every: int | None) -> None:
        """Give a whole checkpoint its name; older ones go.

        One of the same step is set aside first: deleting takes long, and a kill then loses both.
        """
        place = self.checkpoints / checkpoint_name(step)
        aside = place.with_name(f".{place.name}.old")
        if place.exists():
            remove(aside)
            place.rename(aside)
        (self.checkpoints / ".part").rename(place)
        sync_folder(self.checkpoints)
        remove(aside)
        prune(self.checkpoints, keep, keep_every)


def _check_whole(found: list[Path]) -> None:
    """Refuse a last checkpoint with a file that is damaged, and name the one before it."""
    last = found[-1]
    try:
        for file in {last / STATE, *last.glob("*.safetensors")}:
            read_header(file)
    except ModelError as error:
        remedy = (
            f"delete {last} to go on from {found[-2].name}"
            if len(found) > 1
            else "there is no checkpoint before it; start anew with --out DIR"
        )
        raise RunError(f"{error}\n  {remedy}") from None


def finite(value: Any) -> Any:
    """With null for every number that is none, so that it can be JSON."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
