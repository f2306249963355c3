"""The version of what plugins may use, and the plugins that were written for another."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint
from typing import Any

from ganzoo.registry.components import PluginError
from ganzoo.registry.packages import installed_version, required

CORE = "ganzoo-core"
API = 2  # rises when plugins may use something more, or something no longer
RETIRED = {1: "0.2"}  # APIs that are no longer taken: the first ganzoo-core without it


def api_of(module: Any) -> Any:
    """The plugin API that a plugin was written for; the first, where it does not say."""
    return getattr(module, "GANZOO_API", 1)


def load_plugin(point: EntryPoint) -> Any:
    """A plugin's module.

    Raises:
        PluginError: it was written for a ganzoo that is newer, or too much older.
    """
    try:
        module = point.load()
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "ganzoo":
            raise
        raise PluginError(f"{type(error).__name__}: {error} {_cores(point)}") from error
    _check_api(point, api_of(module))
    return module


def _check_api(point: EntryPoint, wanted: Any) -> None:
    if not isinstance(wanted, int) or wanted < 1:
        raise PluginError(f"its GANZOO_API is {wanted!r}: it must be a whole number, as {API}")
    if wanted > API:
        raise PluginError(
            f"it needs plugin API {wanted}, and this ganzoo has {API}: upgrade {CORE} "
            f"{_cores(point)}"
        )
    if wanted in RETIRED:
        raise PluginError(
            f"it needs plugin API {wanted}, which {CORE} {RETIRED[wanted]} gave up: upgrade the "
            f"plugin, or pip install '{CORE}<{RETIRED[wanted]}'"
        )


def _cores(point: EntryPoint) -> str:
    """Which ganzoo-core a plugin's package asks for, and which one is here."""
    asked = [r.partition(";")[0].strip() for r in required(point.dist)]
    wanted = [f"wanted: {r}, " for r in asked if re.fullmatch(r"ganzoo[-_.]core[^\w.-].*", r)]
    return f"({''.join(wanted)}installed: {installed_version(CORE)})"
