"""The folder in which ganzoo caches what takes long to compute."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path | None:
    """GANZOO_CACHE, or `ganzoo` in the user's cache folder; None where there is no such home."""
    own = os.environ.get("GANZOO_CACHE")
    try:
        return Path(own).expanduser() if own else _user_cache() / "ganzoo"
    except RuntimeError:  # there is no home
        return None


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return chosen if chosen.is_absolute() else Path.home() / ".cache"
