"""Unpaired denoising for ganzoo: photos and noise, DnCNN, a low-pass loss, and a recipe.

Every `ganzoo list` imports this module, so it imports nothing heavy: the strings name what is
loaded when a recipe first uses it. Recipes call these components `denoise.<name>`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from ganzoo.registry.discovery import Register

GANZOO_API = 2


COMPONENTS = (
    ("generator", "dncnn", "dncnn:DnCNN", "predicts the noise and subtracts it"),
    ("generator", "noiser", "noiser:Noiser", "adds noise whose kind and strength it learns"),
    (
        "module",
        "residual",
        "residual:Residual",
        "what is left after a blur, and the local brightness",
    ),
    (
        "data",
        "sample_photos",
        "sample_photos:SamplePhotos",
        "scikit-image's photos, noisy and clean ones apart",
    ),
    (
        "data",
        "clean_noisy",
        "clean_noisy:CleanNoisy",
        "noisy images and clean ones of other scenes",
    ),
    (
        "loss",
        "blur_consistency",
        "blur_consistency:BlurConsistency",
        "mean absolute difference after a Gaussian blur",
    ),
    ("rule", "goal", "noise_rules:NoisyGoal", "restore, where x is noisy and y is clean"),
    ("rule", "noise", "noise_rules:LearntNoise", "learns the noise, then to remove it"),
    ("metric", "psnr", "psnr_gain:PSNR", "PSNR beside total variation and non-local means"),
)


@hookimpl
def register_components(register: Register) -> None:
    """The parts of this package."""
    for kind, name, target, summary in COMPONENTS:
        register(kind, name, f"ganzoo_denoise.{target}", summary=summary)


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """The recipes of this package."""
    register(Path(__file__).parent / "recipes")
