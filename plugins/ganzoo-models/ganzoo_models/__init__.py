"""Small trained models for ganzoo: `ganzoo.load_model("streets/cyclegan")`.

Every `ganzoo list` imports this module, so it imports nothing heavy. Each model lies in a folder of
its own with its card, its recipe and its scores; `train_models.py` in the sources made them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

GANZOO_API = 2
MODELS = Path(__file__).parent / "models"


@hookimpl
def register_models(register: Callable[[Path], None]) -> None:
    """The models of this package."""
    register(MODELS)
