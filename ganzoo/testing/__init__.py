"""Checks for authors of components and recipes: a line each in a plugin's own tests.

    from ganzoo import testing

    def test_it_is_light():
        testing.check_light_import("mine")

    def test_the_components():
        testing.check_package("ganzoo-mine")

    def test_the_generator():
        testing.check_network("mine.direct", width=8)

    def test_the_recipe():
        testing.check_recipe("mine.recipe", {"networks.G.width": 4})

    def test_the_rule():
        draft = testing.try_rule("mine.satellite", testing.make_fingerprint())
        assert draft.value("augmentations.turn.type") == "rot90"

A check that fails raises an AssertionError whose message says what to change.
"""

from __future__ import annotations

from ganzoo.testing.callback_checks import check_callback
from ganzoo.testing.data_checks import check_data
from ganzoo.testing.loss_checks import check_loss, check_penalty
from ganzoo.testing.memory_checks import check_latent, check_memory
from ganzoo.testing.network_checks import check_network
from ganzoo.testing.package_checks import check_component, check_light_import, check_package
from ganzoo.testing.reader_checks import check_reader
from ganzoo.testing.recipe_checks import check_recipe
from ganzoo.testing.rule_checks import make_fingerprint, try_rule

__all__ = [
    "check_callback",
    "check_component",
    "check_data",
    "check_latent",
    "check_light_import",
    "check_loss",
    "check_memory",
    "check_network",
    "check_package",
    "check_penalty",
    "check_reader",
    "check_recipe",
    "make_fingerprint",
    "try_rule",
]
