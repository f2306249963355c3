"""The package as ganzoo sees it: found, listed under its own name, and light."""

from __future__ import annotations

import subprocess
import sys

import ganzoo
import torch
from ganzoo.registry.components import Component
from ganzoo.registry.discovery import installed
from ganzoo.testing import check_network

NAMES = {
    ("generator", "denoise.dncnn"),
    ("generator", "denoise.noiser"),
    ("module", "denoise.residual"),
    ("data", "denoise.clean_noisy"),
    ("data", "denoise.sample_photos"),
    ("loss", "denoise.blur_consistency"),
    ("metric", "denoise.psnr"),
    ("rule", "denoise.goal"),
    ("rule", "denoise.noise"),
}
HEAVY = "torch", "numpy", "PIL", "pydantic", "skimage", "ganzoo_denoise.dncnn"


def own_parts() -> list[Component]:
    return [part for part in ganzoo.list_components() if part.package == "ganzoo-denoise"]


def test_the_listing_shows_every_part_under_the_plugins_name():
    assert {(part.kind, part.name) for part in own_parts()} == NAMES
    assert all(part.summary and part.version for part in own_parts())
    assert "denoise" not in installed().registry.broken


def test_every_part_loads_and_documents_each_setting():
    for part in own_parts():
        loaded = part.load()
        named = [line.split(":")[0].strip() for line in loaded.__doc__.splitlines() if ":" in line]
        settings = list(getattr(loaded.__init__, "__annotations__", ()))  # a rule has none
        assert set(settings) - {"return"} <= set(named), part.name


def test_the_recipes_are_installed():
    for name in ("denoise.cycle", "denoise.noise_model"):
        path, plugin = installed().recipes[name]
        assert path.is_file()
        assert plugin.package == "ganzoo-denoise"


def test_importing_the_plugin_and_listing_parts_import_nothing_heavy():
    code = (
        "import sys, ganzoo, ganzoo_denoise; names = [p.name for p in ganzoo.list_components()]; "
        f"print('denoise.dncnn' in names, [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True []"


def test_its_networks_are_as_ganzoo_asks():
    check_network("denoise.dncnn", layers=3, width=4)
    check_network("denoise.noiser", torch.rand(2, 3, 16, 16), torch.randn(2, 3, 16, 16), width=4)
