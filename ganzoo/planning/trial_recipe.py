"""A planned recipe as it is tried: shorter, and without all that is no matter of its weights."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, get_args

from ganzoo.errors import GanzooError, RecipeError, cut, reason
from ganzoo.recipe.schema import AlarmName
from ganzoo.registry.discovery import installed

Tables = dict[str, Any]
DIVERGED = "non_finite"  # the alarm that ends a trial
UNUSED = ("metrics", "trackers", "callbacks", "alarms", "samples", "checkpoints")
LOGS = 8  # entries in the log of a trial: losses that are no numbers show there
LONGEST = 300  # characters of what is said of a failure
SHORT = 6  # characters of a hash


def make_trial_tables(recipe: Mapping[str, Any], steps: int, name: str) -> Tables:
    """The tables of a trial of so many steps.

    It has no metrics, so that nothing is measured on test samples; a training whose losses are no
    numbers ends; nothing is timed or compiled before.
    """
    tables: Tables = {k: deepcopy(table) for k, table in recipe.items() if k not in UNUSED}
    whole = f"{steps} steps"
    tables["name"], tables["default_metrics"] = name, False
    log = f"{max(1, steps // LOGS)} steps"
    changed = {"length": whole, "log_every": log, "tune": False, "compile": False}
    tables["train"] = {**tables["train"], **changed}
    tables["samples"] = {**recipe.get("samples", {}), "every": whole}
    share = {k: v for k, v in recipe.get("checkpoints", {}).items() if k == "validation"}
    tables["checkpoints"] = {**share, "every": whole, "keep": 1}
    ignored = [each for each in get_args(AlarmName) if each != DIVERGED]
    tables["alarms"] = {"action": "stop", "ignore": ignored}
    tables["callbacks"] = {
        name: deepcopy(table)
        for name, table in recipe.get("callbacks", {}).items()
        if not _needs_metric(table)
    }
    return tables


def name_trial(place: int, name: str, tables: Mapping[str, Any]) -> str:
    """The name of a trial's folder: `1-start-as-a-copy-3f9a20`.

    It holds a hash of the recipe, so that no trial goes on with the weights of another one.
    """
    short = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "candidate"
    return f"{place}-{short}-{hash_tables(tables)[:SHORT]}"


def hash_tables(tables: Any) -> str:
    """A hash of tables; the order of their keys counts, as that of networks and terms does."""
    return hashlib.sha256(json.dumps(tables, default=str).encode()).hexdigest()


def describe_obstacle(error: Exception) -> str:
    """Why a recipe cannot be tried, on one line; of a wrong one, its faults."""
    said = " ".join(str(error).split()) if isinstance(error, GanzooError) else reason(error)
    if isinstance(error, RecipeError):
        said = "; ".join(f"{fault.path}: {fault.message}" for fault in error.faults)
    return cut(said, LONGEST)


def _needs_metric(table: Mapping[str, Any]) -> bool:
    """Whether a callback reads scores, of which a trial has none."""
    callback = installed().registry.get("callback", str(table.get("type"))).load()
    return "metric" in getattr(callback, "refers", {}).values()
