"""The header of a model file, read without torch and without its tensors; a stranger's file, too.

A safetensors file begins with the length of a JSON text (8 bytes, little-endian), then that text:
for each tensor its type, shape and place, and under `__metadata__` texts of the file's author.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganzoo.engine.header import LARGEST, parse_header
from ganzoo.errors import ModelError
from ganzoo.files.untrusted import UntrustedError, is_count, open_plain, parse_json

LENGTH = 8  # bytes before the JSON text that say how long it is


def read_model_header(path: Path) -> dict[str, Any]:
    """What ganzoo wrote beside the tensors of a model: its recipe, step and packages.

    Raises:
        ModelError: the file is missing, damaged, or was not written by ganzoo.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        raise ModelError(f"{path}: there is no such file") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UntrustedError as error:
        raise ModelError(str(error)) from None
    except ValueError as error:
        raise ModelError(f"{path}: this is no ganzoo model, or a damaged one ({error})") from None


def _read(path: Path) -> dict[str, Any]:
    with open_plain(path) as file:
        length = int.from_bytes(file.read(LENGTH), "little")
        if not 0 < length <= 2 * LARGEST:
            raise ValueError("it is no safetensors file")
        text = file.read(length)
        size = file.seek(0, 2)
    try:
        table = parse_json(text)
    except UntrustedError as error:
        raise ValueError(f"its header: {error}") from None
    metadata = table.pop("__metadata__", None) if isinstance(table, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("ganzoo"), str):
        raise ValueError("it has no recipe: it was not written by ganzoo")
    if size != LENGTH + length + _end_of_tensors(table):
        raise ValueError("its tensors are not whole")
    header = parse_header(metadata["ganzoo"])
    if not isinstance(header.get("recipe"), dict):
        raise ValueError("it has no recipe: it is a checkpoint's state")
    return header


def _end_of_tensors(table: Mapping[str, Any]) -> int:
    """Where the last tensor ends, in bytes after the header."""
    ends = [0]
    for entry in table.values():
        offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
        if not isinstance(offsets, list) or len(offsets) != 2 or not all(map(is_count, offsets)):
            raise ValueError("it says of a tensor not where it is")
        ends.append(offsets[1])
    return max(ends)
