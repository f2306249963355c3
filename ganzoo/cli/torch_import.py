"""Imports torch for a command that needs it, once all is checked that can be without."""

from __future__ import annotations

import gc
import sys


def import_torch() -> None:
    """Import torch while Python does not search for unreachable objects.

    Such a search looks at all objects, which are a million by then, and finds next to none: it
    takes a sixth of the import. What torch is made of is left out of later searches, too.
    """
    if "torch" in sys.modules:
        return
    gc.disable()
    try:
        import torch  # noqa: F401

        gc.freeze()
    finally:
        gc.enable()
