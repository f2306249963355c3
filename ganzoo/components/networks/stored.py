"""Files of trained weights: read, or downloaded once where a recipe says so."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from ganzoo.components.networks.reference import read_pth
from ganzoo.errors import ModelError, first_line
from ganzoo.files.untrusted import UntrustedError, refuse_special


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors by name, of a `.pth` or a safetensors file, on the CPU.

    Raises:
        ModelError: it is missing, damaged or something else.
    """
    return read_pth(path) if path.suffix == ".pth" else _read_safetensors(path)


def fetched(url: str) -> Path:
    """A file of torch's download cache, downloaded if it is not there.

    url: its name ends with `-` and the first digits of its SHA-256, which are checked.

    Raises:
        ValueError: it cannot be downloaded.
    """
    name = url.rpartition("/")[2]
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    if path.exists():
        return path
    digest = path.stem.rpartition("-")[2]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path), digest, progress=False)
    except Exception as error:  # whatever a download raises
        reason = first_line(error)
        raise ValueError(
            f"{url} cannot be fetched ({reason}); weights may also be a file"
        ) from error
    return path


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        refuse_special(path)
        return load_file(path)
    except (SafetensorError, OSError, UntrustedError) as error:
        raise ModelError(f"{path}: this is no safetensors file ({error})") from None
