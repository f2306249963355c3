"""Reads the tensors of a file or folder from elsewhere, whatever it is packed in."""

from __future__ import annotations

import re
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from ganzoo.components.networks.reference import LIMIT, MOST_VALUES, read_nested_pth
from ganzoo.errors import ModelError, first_line
from ganzoo.files.untrusted import UntrustedError, open_plain

# What Accelerate and others call the weights in a folder.
IN_FOLDERS = re.compile(r"(model|pytorch_model|diffusion_pytorch_model)(_\d+)?\.(safetensors|bin)")
MOST_FILES = 16  # of one model


def weight_files(place: Path) -> list[Path]:
    """The files of weights that a path means: itself, or those of an Accelerate folder.

    Raises:
        ModelError: a folder holds none, or too many.
    """
    if not place.is_dir():
        return [place]
    paths = sorted(path for path in place.iterdir() if IN_FOLDERS.fullmatch(path.name))
    safe = [path for path in paths if path.suffix == ".safetensors"]
    files = safe or paths
    if not files or len(files) > MOST_FILES:
        many = f"{len(files)} files" if files else "no model.safetensors or pytorch_model.bin"
        raise ModelError(f"{place}: this folder holds {many}; name the file with the weights")
    return files


def read_stored(path: Path, limit: int = LIMIT) -> dict[str, Tensor]:
    """All tensors of a file, on the CPU; names of nested dicts are joined by dots.

    It is read as what it is, whatever its name ends with: safetensors, or torch's own formats by
    the restricted loader.

    limit: the most bytes of the file, and of what it unpacks to.

    Raises:
        ModelError: it is missing, damaged, too large, or something else.
    """
    try:
        with open_plain(path) as file:
            beginning = file.read(9)
    except FileNotFoundError:
        raise ModelError(f"{path}: there is no such file") from None
    except (OSError, UntrustedError) as error:
        raise ModelError(f"{path}: cannot be read ({first_line(error)})") from None
    if beginning[8:] == b"{":
        return _read_safetensors(path, limit)
    return read_nested_pth(path, limit)


def _read_safetensors(path: Path, limit: int) -> dict[str, Tensor]:
    if path.stat().st_size > limit:
        raise ModelError(f"{path}: holds more than the {limit:,} bytes allowed")
    try:
        with safe_open(path, framework="pt") as file:
            names = [*file.keys()]
            if len(names) > MOST_VALUES:
                raise ModelError(f"{path}: holds {len(names):,} tensors, more than any network")
            return {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, ValueError, RuntimeError, OverflowError) as error:
        raise ModelError(
            f"{path}: this is a damaged safetensors file ({first_line(error):.200})"
        ) from None
