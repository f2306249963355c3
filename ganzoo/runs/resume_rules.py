"""Rules of a resume: which settings may change, and which changes the user made on purpose.

A setting that the weights depend on may be changed by `--change` only, and each such change is
recorded. The data may move, but their content must stay the same: see `data_rules`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from ganzoo.errors import GanzooError, RunError
from ganzoo.recipe.places import look_up
from ganzoo.recipe.schema import Recipe
from ganzoo.recipe.tables import NetworkTable
from ganzoo.registry.discovery import installed
from ganzoo.registry.signature import as_written
from ganzoo.runs.commands import resume_command
from ganzoo.runs.new_settings import is_new_default
from ganzoo.runs.run_record import DATA

# Tables of the recipe, and settings of [train], that the weights do not depend on.
FREE = ("name", "summary", "samples", "checkpoints", "metrics", "outputs", "alarms", "trackers")
ORDERED = ("augmentations",)  # tables whose order counts
FREE_TRAIN = ("length", "workers", "device", "log_every", "memory")
AUTO = "auto"  # of `train.precision`: the machine chooses, and the run's recipe says what
TUNED = ("compile", "channels_last")  # settings of [train] that `train.tune` chooses
SPLIT = ("batch_size", "accumulate")  # what `train.memory` chooses, and this setting of networks
CHECKPOINTING = "checkpointing"
NAMED = 5
Change = dict[str, Any]


def check_recipe_same(
    folder: Path, before: Recipe, now: Recipe, allowed: Collection[str] = ()
) -> list[Change]:
    """The changes of a run's recipe that were made on purpose, each as `{"path", "from", "to"}`.

    allowed: settings, or whole tables of settings, that may differ.

    Raises:
        RunError: another setting that the weights depend on differs.
    """
    now = adopt_choices(before, now, allowed)
    allowed = allow_choices(now, allowed)
    was, now_is = before.to_dict(), now.to_dict()
    paths = changed_settings(before, now)
    refused = [path for path in paths if not is_allowed(path, allowed)]
    if refused:
        raise RunError(_differs(folder, refused, was, now_is))
    return [
        {"path": path, "from": look_up(was, path), "to": look_up(now_is, path)} for path in paths
    ]


def adopt_choices(before: Recipe, now: Recipe, allowed: Collection[str] = ()) -> Recipe:
    """The recipe, with what it leaves to the machine as a run chose it.

    before: the run's recipe.
    allowed: settings that may differ from the run's; they stay open, and are chosen anew.
    """
    left_open = ["precision"] if now.train.precision == AUTO else []
    left_open += TUNED if now.train.tune and before.train.tune else ()
    if is_allowed("train.tune", allowed):
        left_open = []
    left_open += SPLIT if _is_split(before, now) else ()
    chosen = [key for key in left_open if not is_allowed(f"train.{key}", allowed)]
    train = now.train.model_copy(update={key: getattr(before.train, key) for key in chosen})
    measured = adopt_measured(before, now, allowed)
    data = now.data.model_copy(update=measured)
    networks = _adopt_checkpointing(before, now) if now.train.memory else now.networks
    return now.model_copy(update={"train": train, "data": data, "networks": networks})


def _is_split(before: Recipe, now: Recipe) -> bool:
    """Whether a run split its batches to fit into `train.memory`, and those of now are the same."""
    was, is_now = (each.train.batch_size * each.train.accumulate for each in (before, now))
    return bool(now.train.memory and before.train.memory) and was == is_now


def _adopt_checkpointing(before: Recipe, now: Recipe) -> dict[str, NetworkTable]:
    """The networks, with `checkpointing` where the run has it."""
    return {
        name: table.model_copy(update={CHECKPOINTING: True})
        if name in before.networks and before.networks[name].settings.get(CHECKPOINTING)
        else table
        for name, table in now.networks.items()
    }


def adopt_measured(before: Recipe, now: Recipe, allowed: Collection[str] = ()) -> dict[str, Any]:
    """The settings of the data that the recipe leaves to the files, as a run measured them.

    before, allowed: as of `adopt_choices`. Other images are read as before.
    """
    data_class, allowed = _data_class(now), [each for each in allowed if each != DATA]
    if data_class is None or before.data.type != now.data.type:
        return {}
    measured = data_class.take_measured(now.data.settings, before.data.settings)
    return {key: v for key, v in measured.items() if not is_allowed(f"data.{key}", allowed)}


def allow_choices(now: Recipe, allowed: Collection[str]) -> list[str]:
    """The settings that may differ; where they are to be tuned anew, also those that tuning finds.

    now: the recipe, after tuning or before.
    """
    if not (now.train.tune and is_allowed("train.tune", allowed)):
        return list(allowed)
    keys = [*TUNED, *(["precision"] if now.train.precision == AUTO else [])]
    return [*allowed, *(f"train.{key}" for key in keys)]


def changed_settings(before: Recipe, now: Recipe) -> list[str]:
    """The settings that differ between two recipes and that the weights depend on."""
    places = _places(now)
    was, now_is = before.to_dict(), now.to_dict()
    paths = [path for path in differences(was, now_is) if not _is_free(path, places)]
    changed = [path for path in paths if not is_new_default(path, was, now_is)]
    return [*changed, *(name for name in ORDERED if _is_reordered(before, now, name))]


def _is_reordered(before: Recipe, now: Recipe, name: str) -> bool:
    """Whether a table has the same keys in another order."""
    was, now_is = (list(getattr(recipe, name)) for recipe in (before, now))
    return was != now_is and sorted(was) == sorted(now_is)


def changed_paths(changes: Sequence[str]) -> list[str]:
    """The settings that `--change PATH=VALUE` allows to differ; `--change data` allows new data.

    Raises:
        GanzooError: a setting has no value.
    """
    for each in changes:
        if "=" not in each and each != DATA:
            raise GanzooError(
                f"--change {each}: write it as path=value, as --change optimizers.default.lr=1e-4; "
                f"or --change {DATA}, to go on with data that have changed"
            )
    return [each.partition("=")[0].strip() for each in changes]


def differences(before: Any, now: Any, path: str = "") -> list[str]:
    """The dotted paths in which two nested tables differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        keys = [*before, *(key for key in now if key not in before)]
        return [
            place
            for key in keys
            for place in differences(before.get(key), now.get(key), f"{path}.{key}".lstrip("."))
        ]
    return [] if before == now else [path]


def check_steps_left(
    folder: Path, done: int, left: int, length: str, changed: Sequence[Change]
) -> None:
    """Check that a resumed run has steps left to make, at least if it was changed.

    done, left: steps made, and steps to make. length: `train.length` as written.

    Raises:
        RunError: the run has made more steps than `length` already; or it has made exactly as many
            and has changes, which its model would claim without being trained with them.
    """
    if left < 0:
        raise RunError(
            f"{folder}: this run has already made {done} steps; train.length = {length} is shorter"
        )
    if changed and not left:
        paths = ", ".join(str(each["path"]) for each in changed)
        raise RunError(
            f"{folder}: all {done} steps are made, so none would be trained with what is changed "
            f"({paths}); make it longer as well: --set 'train.length=...'"
        )


def _places(recipe: Recipe) -> tuple[str, ...]:
    """The settings of the data that say only where they are or how fast they are read."""
    data_class = _data_class(recipe)
    kinds = ("places", "places_within", "free")
    return tuple(name for kind in kinds for name in getattr(data_class, kind, ()))


def _data_class(recipe: Recipe) -> Any:
    """The class of the data; None where it is not installed."""
    try:
        return installed().registry.get("data", recipe.data.type).load()
    except GanzooError:
        return None


def _is_free(path: str, places: Collection[str]) -> bool:
    table, _, key = path.partition(".")
    free = {"train": FREE_TRAIN, "data": places}
    return table in FREE or key in free.get(table, ())


def is_allowed(path: str, allowed: Collection[str]) -> bool:
    """Whether a setting, or a table around it, is among those that may differ."""
    return any(path == each or path.startswith(f"{each}.") for each in allowed)


def _differs(folder: Path, paths: Sequence[str], before: Any, now: Any) -> str:
    named = [
        f"{path} ({as_written(look_up(before, path))} there, {as_written(look_up(now, path))} here)"
        for path in paths[:NAMED]
    ]
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    path = _writable(paths[0], now)
    change = f"{path}={as_written(look_up(now, path))}"
    command = resume_command(folder, "--change", change)
    return (
        f"{folder}: the recipe differs from the run's in {', '.join(named)}{more}; resume it as it "
        f"was, change it on purpose, or start another with --out DIR\n  to change it: {command}"
    )


def _writable(path: str, now: Any) -> str:
    """The path; of a key that is gone, that of the table around it, as no value says so."""
    parent, _, key = path.rpartition(".")
    table = look_up(now, parent)
    return parent if isinstance(table, dict) and key not in table else path
