"""Refuses scores of a best model on the images by which it was chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganzoo.errors import ModelError
from ganzoo.evaluation.best import read_best
from ganzoo.evaluation.observed import DRAWN, TRAINING, VALIDATION, format_observed
from ganzoo.evaluation.splits import ALL
from ganzoo.files.untrusted import is_number
from ganzoo.runs.layout import BEST_MODEL, RunPaths


def explain_selection(file: Path | None, share: float, split: str) -> str:
    """A note on a best model whose scores are asked for; "" if there is nothing to note.

    file: the model's; the record of a best one stands beside it.
    share, split: how samples are dealt, and what the model is to be evaluated on.

    Raises:
        ModelError: it was chosen by test images, or nothing says by which.
    """
    if file is None or file.name != BEST_MODEL or split == VALIDATION:
        return ""
    record = read_best(RunPaths(file.parent).best)
    if reason := _find_overlap(record, share):
        raise ModelError(
            f"{file}: {reason}, so its scores on test samples would be better than it is; "
            "evaluate the last model instead, or this one with --split validation"
        )
    chosen = record["observed"].get(VALIDATION)
    if split == ALL and chosen:
        return f"{format_observed({VALIDATION: chosen})} among these chose this model"
    return ""


def _find_overlap(record: dict[str, Any], share: float) -> str:
    """How a model was chosen by what would be test samples; "" if it was not."""
    observed = record.get("observed")
    if not isinstance(observed, dict) or not observed:
        return "nothing beside it says on which images this model was chosen"
    if observed.keys() - {VALIDATION, TRAINING, DRAWN}:
        return f"this model was chosen on {format_observed(observed)}"
    before = _find_share(record)
    if VALIDATION in observed and (before is None or before > share):
        was = "another share" if before is None else f"checkpoints.validation = {before:g}"
        return f"this model was chosen with {was}, and here checkpoints.validation is {share:g}"
    return ""


def _find_share(record: dict[str, Any]) -> float | None:
    """The share of validation samples with which a model was chosen; None if it is not known."""
    chosen_on = record.get("chosen_on")
    share = chosen_on.get("share") if isinstance(chosen_on, dict) else None
    return share if isinstance(share, float | int) and is_number(share) else None
