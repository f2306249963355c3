"""The package as ganzoo sees it: found, listed under its own name, and light."""

from __future__ import annotations

import ganzoo
from ganzoo import testing
from ganzoo.registry.discovery import installed

NAMES = {("module", "cut.projection"), ("loss", "cut.patch_nce"), ("rule", "cut.contrast")}
NAMES |= {("rule", "cut.short_contrast")}
RECIPES = {"cut.cut", "cut.fastcut", "cut.reverse", "cut.earth"}


def test_it_is_light():
    testing.check_light_import("ganzoo_cut")


def test_the_parts():
    testing.check_package("ganzoo-cut")
    own = [part for part in ganzoo.list_components() if part.package == "ganzoo-cut"]
    assert {(part.kind, part.name) for part in own} == NAMES


def test_the_recipes_are_installed():
    own = {name for name, (_, plugin) in installed().recipes.items() if name.startswith("cut.")}
    assert own == RECIPES
