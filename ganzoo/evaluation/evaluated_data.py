"""The samples that a trained model is evaluated on."""

from __future__ import annotations

from pathlib import Path

from ganzoo.builder.blueprint import Blueprint
from ganzoo.errors import DataError
from ganzoo.evaluation.few import describe_few
from ganzoo.evaluation.measuring import Tell
from ganzoo.evaluation.observed import VALIDATION
from ganzoo.evaluation.selection import explain_selection
from ganzoo.evaluation.splits import ALL, check_split, deal
from ganzoo.interfaces import Data


def prepare_split(
    blueprint: Blueprint, file: Path | None, split: str, tell: Tell
) -> tuple[Data, str]:
    """A split of a recipe's data, prepared; and a sentence if its samples are few.

    file: the model's. split: "test", "validation" or "all".

    Raises:
        GanzooError: there is no such split.
        DataError: there are no such samples.
        ModelError: the model was chosen by them.
    """
    check_split(split)
    data = blueprint.dataset
    assert data is not None
    data.prepare()
    if not data.test_count():
        raise DataError(f"there are no samples to test on in '{blueprint.recipe.data.type}'")
    splits = deal(data, blueprint.recipe.checkpoints.validation)
    described = describe_few(splits.record()) if split != ALL else ""
    if split == VALIDATION and splits.held_out and splits.validation is None:
        raise DataError(f"there are no validation samples: {described}")
    for text in (explain_selection(file, splits.share, split), *data.inspect_tests()):
        if text:
            tell(f"note: {text}")
    return splits.find(split), described
