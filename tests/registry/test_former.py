"""The names that were given up: each is refused, and read in the runs of version 0.1."""

from __future__ import annotations

from pathlib import Path

import pytest

from ganzoo import build_recipe, load_recipe
from ganzoo.errors import RecipeError

OLD = Path(__file__).parent.parent / "data" / "runs_0_1"


@pytest.mark.parametrize(
    "overrides", [["data.aligned=true"], {"data": {"type": "streets", "aligned": True}}]
)
def test_aligned_is_refused_with_the_new_name(overrides):
    with pytest.raises(RecipeError) as error:
        build_recipe("pix2pix", overrides)
    [fault] = error.value.faults
    assert (fault.path, fault.message) == ("data.aligned", "'aligned' is called 'paired' now")


def test_data_that_never_were_aligned_say_so():
    with pytest.raises(RecipeError, match="'folders' has no setting 'aligned'"):
        build_recipe("cyclegan", {"data": {"type": "folders", "root": ".", "aligned": True}})


@pytest.mark.parametrize(("run", "paired"), [("cyclegan", False), ("pix2pix", True)])
def test_aligned_of_an_old_run_is_read_as_paired(run, paired):
    settings = load_recipe(OLD / run).data.settings
    assert settings["paired"] is paired
    assert "aligned" not in settings
