"""A run's folder during training: creates it, locks it, repairs it, appends to its logs."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganzoo.errors import RunError
from ganzoo.files.untrusted import UntrustedError, inside, read_objects
from ganzoo.files.writing import append, write_bytes, write_text, write_with
from ganzoo.recipe.loading import load_recipe
from ganzoo.recipe.schema import Recipe
from ganzoo.runs.checkpoint_folders import find_undamaged, put_back, set_aside
from ganzoo.runs.layout import RunPaths
from ganzoo.runs.leftovers import remove_leftovers
from ganzoo.runs.lock import Lock
from ganzoo.runs.log_lines import find_check
from ganzoo.runs.path_checks import refuse_taken
from ganzoo.runs.resume_rules import Change, check_recipe_same


class RunFolder(RunPaths):
    """The files of one run. Only the main process writes, and it holds the lock."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.lock = Lock(path)

    def create(self, recipe: Recipe, plan: Mapping[str, bytes] | None = None) -> None:
        """Make the folder, with the recipe and an empty log.

        plan: the files of the plan that the recipe is of, by name.

        Raises:
            RunError: the folder exists already, or cannot be made.
        """
        try:
            self.path.mkdir(parents=True)
        except FileExistsError:
            refuse_taken(self.path)
            raise
        except OSError as error:
            raise RunError(f"{self.path}: cannot be made ({error.strerror})") from None
        self.lock.take()
        for name, content in (plan or {}).items():
            write_bytes(self.plan / name, content)
        write_text(self.recipe, recipe.to_toml())
        write_text(self.log, "")

    def check_resumable(
        self, recipe: Recipe, allowed: Collection[str] = ()
    ) -> tuple[Path, list[Change]]:
        """The checkpoint to resume from, and the changes of the recipe that were made on purpose.

        allowed: the settings that may differ from the run's.

        Raises:
            RunError: there is no checkpoint, or another setting that weights depend on has changed.
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
        """Refuse links in the folder that lead out of it: a run writes into its own folder only."""
        inner = self.checkpoints if self.checkpoints.is_dir() else self.path
        for place in [*self.path.iterdir(), *inner.iterdir()]:
            try:
                inside(place, self.path)
            except UntrustedError:
                raise RunError(
                    f"{place} is a link that leads out of the run's folder, where a run writes "
                    "nothing; put what it leads to in its place, or delete it"
                ) from None

    def take(self, recipe: Recipe, allowed: Collection[str] = ()) -> None:
        """Become the owner of an existing run, and repair what a crash left behind.

        allowed: the settings that may differ from the run's.

        Raises:
            RunError: another process trains the run, it cannot be resumed, or a link leads out of
                its folder.
        """
        self._require_run()
        self._refuse_links()
        self.lock.take()
        for place in (self.path, self.checkpoints, self.samples, self.extremes, self.findings):
            remove_leftovers(place)
        put_back(self.checkpoints)
        self.check_resumable(recipe, allowed)

    def pass_over_damaged(self) -> str:
        """Set damaged checkpoints aside, so that the run resumes from the last undamaged one.

        Reads the whole of the last checkpoint. Returns a warning, or "" where nothing is damaged.

        Raises:
            RunError: all checkpoints are damaged.
        """
        undamaged, faults = find_undamaged(self.checkpoints)
        if not faults:
            return ""
        if not undamaged:
            raise RunError(
                f"{faults[0]}\n  there is no checkpoint before it; start anew with --out DIR"
            )
        step, last = undamaged[-1]
        set_aside(self.checkpoints, step)
        return f"{faults[0]}; going on from {last.name}, the checkpoint before it"

    def resume(self, recipe: Recipe, step: int, changes: Sequence[Change] = ()) -> None:
        """Cut the logs back to the checkpoint's step, and save the recipe in its present form.

        changes: of the recipe, made after `step`; they are added to the log's last entry.
        """
        self.cut_after(step, self.log)
        if changes:
            self._log_changes(step, changes)
        self.cut_after(step, self.alarms)
        self.cut_after(step, self.evaluations)
        write_text(self.recipe, recipe.to_toml())
        for drawn, path in self.sample_grids().items():
            if drawn > step:
                path.unlink()

    def cut_after(self, step: int, file: Path) -> None:
        """Remove the entries of later steps from a log."""
        if file.exists() or file.is_symlink() or file == self.log:
            earlier = (entry for entry in self.entries(file) if entry["step"] <= step)
            lines = (json.dumps(entry).encode() + b"\n" for entry in earlier)
            write_with(file, lambda out: out.writelines(lines))

    def _log_changes(self, step: int, changes: Sequence[Change]) -> None:
        *before, last = [*self.entries()] or [{"step": step}]
        all_changes = [*last.get("changes", []), *({"step": step, **each} for each in changes)]
        entries = [*before, {**last, "changes": all_changes}]
        write_text(self.log, "".join(json.dumps(finite(entry)) + "\n" for entry in entries))

    def append(self, entry: Mapping[str, Any], file: Path | None = None) -> None:
        """Add an entry to the log, or to another log file; NaN and infinities become null.

        Raises:
            RunError: this process no longer owns the run.
        """
        self.lock.check()
        line = json.dumps(finite(entry)) + "\n"
        append(file or self.log, line.encode("utf-8"))

    def entries(self, file: Path | None = None) -> Iterator[dict[str, Any]]:
        """The entries of the log, or of another log file; damaged lines are left out.

        A crash cuts lines short, and a full disk leaves gaps.

        Raises:
            RunError: the file is no regular file, or a link that leads out of the folder.
        """
        file = file or self.log
        try:
            yield from filter(find_check(file), read_objects(file, self.path, most=None))
        except FileNotFoundError:
            return
        except UntrustedError as error:
            raise RunError(f"{error}; delete it to go on without") from None
        except OSError as error:
            raise RunError(f"{file}: this cannot be read ({error.strerror})") from None


def finite(value: Any) -> Any:
    """A copy in which NaN and infinities are None: JSON has no such numbers."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
