"""Unpaired denoising for ganzoo: photos and noise, DnCNN, a low-pass loss, and a recipe.

Every `ganzoo list` imports this module, so it imports nothing heavy: the strings name what is
loaded when a recipe first uses it. Recipes call these parts `denoise.<name>`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from ganzoo.plugins import Register

GANZOO_API = 1


@hookimpl
def register_components(register: Register) -> None:
    """The parts of this package."""
    register(
        "generator",
        "dncnn",
        "ganzoo_denoise.dncnn:DnCNN",
        summary="predicts the noise and subtracts it",
    )
    register(
        "generator",
        "noiser",
        "ganzoo_denoise.noiser:Noiser",
        summary="adds noise whose kind and strength it learns",
    )
    register(
        "module",
        "residual",
        "ganzoo_denoise.residual:Residual",
        summary="what is left after a blur, and the local brightness",
    )
    register(
        "data",
        "sample_photos",
        "ganzoo_denoise.sample_photos:SamplePhotos",
        summary="scikit-image's photos, noisy and clean ones apart",
    )
    register(
        "data",
        "clean_noisy",
        "ganzoo_denoise.clean_noisy:CleanNoisy",
        summary="noisy images and clean ones of other scenes",
    )
    register(
        "loss",
        "blur_consistency",
        "ganzoo_denoise.blur_consistency:BlurConsistency",
        summary="mean absolute difference after a Gaussian blur",
    )
    register(
        "metric",
        "psnr",
        "ganzoo_denoise.psnr:PSNR",
        summary="PSNR beside total variation and non-local means",
    )


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """The recipes of this package."""
    register(Path(__file__).parent / "recipes")
