"""The libraries that decode files, each imported when a file of its kind is first opened."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def load_library(module: str, package: str) -> Any:
    """A module of a package.

    Raises:
        ValueError: it is not installed; the message follows "cannot be read: ".
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ValueError(f"it needs the package {package}: pip install {package}") from error
