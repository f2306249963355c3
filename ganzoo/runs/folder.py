"""A run's folder while it is trained: created, locked, repaired after a crash; its lines."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from ganzoo.errors import RunError
from ganzoo.files.untrusted import UntrustedError, inside, read_objects
from ganzoo.files.writing import append, write_text, write_with
from ganzoo.recipe.loading import load_recipe
from ganzoo.recipe.schema import Recipe
from ganzoo.runs.ahead import refuse_taken
from ganzoo.runs.going_on import Change, check_recipe_same
from ganzoo.runs.keeping import put_back, set_aside, sound
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.leftovers import remove_leftovers
from ganzoo.runs.lines import check_of
from ganzoo.runs.lock import Lock


class RunFolder(RunPaths):
    """The files of one run. Only the main process writes, and it holds the lock."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.lock = Lock(path)

    def create(self, recipe: Recipe) -> None:
        """Make the folder.

        Raises:
            RunError: it is there already, or cannot be made.
        """
        try:
            self.path.mkdir(parents=True)
        except FileExistsError:
            refuse_taken(self.path)
            raise
        except OSError as error:
            raise RunError(f"{self.path}: cannot be made ({error.strerror})") from None
        self.lock.take()
        write_text(self.recipe, recipe.to_toml())
        write_text(self.log, "")

    def check_free(self) -> None:
        """Say early that the folder is taken.

        Raises:
            RunError: it is there already.
        """
        refuse_taken(self.path)

    def check_resumable(
        self, recipe: Recipe, allowed: Collection[str] = ()
    ) -> tuple[Path, list[Change]]:
        """The checkpoint to go on from, and what of the recipe was changed on purpose.

        allowed: the settings that may differ from the run's.

        Raises:
            RunError: there is none, or the recipe changed in what the weights depend on.
        """
        self._require_run()
        saved = self.saved()
        if not saved:
            raise RunError(f"{self.path}: this run has no checkpoint yet; delete it and start anew")
        before = load_recipe(self.recipe)
        changes = check_recipe_same(self.path, before, recipe, allowed)
        return saved[-1][1], changes

    def _require_run(self) -> None:
        if not self.is_run():
            raise RunError(f"{self.path}: there is no run to resume here; leave --resume out")

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

    def take(self, recipe: Recipe, allowed: Collection[str] = ()) -> str:
        """Become the owner of a run that is there, and mend what a crash left.

        allowed: the settings that may differ from the run's.

        Returns what there is to say: that a damaged checkpoint is passed over.

        Raises:
            RunError: another process trains it, it holds nothing sound, or a link leads elsewhere.
        """
        self._require_run()
        self._refuse_links()
        self.lock.take()
        for place in (self.path, self.checkpoints, self.samples, self.extremes):
            remove_leftovers(place)
        put_back(self.checkpoints)
        self.check_resumable(recipe, allowed)
        found, wrong = sound(self.checkpoints)
        if wrong and not found:
            raise RunError(
                f"{wrong[0]}\n  there is no checkpoint before it; start anew with --out DIR"
            )
        if not wrong:
            return ""
        step, last = found[-1]
        set_aside(self.checkpoints, step)
        return f"{wrong[0]}; going on from {last.name}, the checkpoint before it"

    def resume(self, recipe: Recipe, step: int, changes: Sequence[Change] = ()) -> None:
        """Take the log back to the checkpoint, and keep the recipe as it is now.

        changes: noted in the log's last line, as made after it.
        """
        self.cut(self.log, step)
        if changes:
            self._note(step, changes)
        self.cut(self.alarms, step)
        self.cut(self.evaluations, step)
        write_text(self.recipe, recipe.to_toml())
        for drawn, path in self.sample_grids().items():
            if drawn > step:
                path.unlink()

    def cut(self, file: Path, step: int) -> None:
        """Leave out the lines beyond a step."""
        if file.exists() or file.is_symlink() or file == self.log:
            kept = (record for record in self.records(file) if record["step"] <= step)
            lines = (json.dumps(record).encode() + b"\n" for record in kept)
            write_with(file, lambda out: out.writelines(lines))

    def _note(self, step: int, changes: Sequence[Change]) -> None:
        *before, last = [*self.records()] or [{"step": step}]
        made = [*last.get("changes", []), *({"step": step, **each} for each in changes)]
        noted = {**last, "changes": made}
        write_text(self.log, "".join(json.dumps(finite(r)) + "\n" for r in [*before, noted]))

    def append(self, record: dict[str, Any], file: Path | None = None) -> None:
        """Add a line to the log, or to another file; a number that is none becomes null."""
        self.lock.check()
        line = json.dumps(finite(record)) + "\n"
        append(file or self.log, line.encode("utf-8"))

    def records(self, file: Path | None = None) -> Iterator[dict[str, Any]]:
        """Lines of the log, or of another file, by step; all that is none is left out.

        A crash cuts lines off, and a disk that was full leaves holes.

        Raises:
            RunError: it is no regular file, or a link that leads elsewhere.
        """
        file = file or self.log
        try:
            yield from filter(check_of(file), read_objects(file, self.path, most=None))
        except FileNotFoundError:
            return
        except UntrustedError as error:
            raise RunError(f"{error}; delete it to go on without") from None
        except OSError as error:
            raise RunError(f"{file}: this cannot be read ({error.strerror})") from None


def finite(value: Any) -> Any:
    """With null for every number that is none, so that it can be JSON."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
