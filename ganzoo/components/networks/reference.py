"""Weights of the authors' PyTorch code: the one place where a `.pth` file is read.

`ResNet`, `UNet`, `PatchGAN` and `PixelDiscriminator` use its names, so nothing needs translating.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganzoo.errors import ModelError
from ganzoo.files.untrusted import refuse_special

LIMIT = 2 * 2**30
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def read_pth(path: Path | str, limit: int = LIMIT) -> dict[str, Tensor]:
    """The weights in a `.pth` file, on the CPU.

    torch's own restricted loader reads it (weights_only), so no code in the file can run. The
    statistics that instance norm kept in old versions of torch, and the prefix of a network saved
    from several GPUs, are dropped.

    path: the file.
    limit: the most bytes of the file, and of what it unpacks to.

    Raises:
        ModelError: the file is missing, too large, or not a flat dict of tensors.
    """
    path = Path(path)
    _refuse_large(path, limit)
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged or hostile file makes the loader raise
        raise ModelError(
            f"{path}: torch cannot read this as plain weights ({type(error).__name__}); "
            "it must be a state dict written by torch.save(network.state_dict(), ...)"
        ) from error
    return _without_statistics(_without_prefix(_tensors(path, weights, limit)))


def _refuse_large(path: Path, limit: int) -> None:
    """Refuse a large file before it is read; a small archive may unpack to a large one."""
    try:
        refuse_special(path)
        size = path.stat().st_size
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                size = max(size, sum(entry.file_size for entry in archive.infolist()))
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelError(f"{path}: cannot be read ({reason})") from error
    if size > limit:
        raise ModelError(f"{path}: holds {size:,} bytes, more than the {limit:,} allowed")


def _tensors(path: Path, weights: Any, limit: int) -> dict[str, Tensor]:
    """The weights, each with memory of its own."""
    if not isinstance(weights, Mapping) or not weights:
        raise ModelError(f"{path}: holds no weights but a {type(weights).__name__}")
    for key, value in weights.items():
        if not isinstance(key, str) or not _is_plain(value):
            raise ModelError(
                f"{path}: is no flat dict of tensors, as {key!r} holds a {type(value).__name__}; "
                "save the network's own state dict"
            )
    # A view can be larger than the memory behind it: count before copying.
    if sum(value.numel() * value.element_size() for value in weights.values()) > limit:
        raise ModelError(f"{path}: its tensors have more than the {limit:,} bytes allowed")
    return {key: value.detach().contiguous() for key, value in weights.items()}


def _is_plain(value: object) -> bool:
    return isinstance(value, Tensor) and value.layout == torch.strided and not value.is_quantized


def _without_prefix(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without `module.`, the name under which nn.DataParallel holds a network."""
    if not all(key.startswith("module.") for key in weights):
        return weights
    return {key.removeprefix("module."): value for key, value in weights.items()}


def _without_statistics(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without the statistics of instance norm; batch norm has a weight beside those it needs."""

    def is_left_over(key: str) -> bool:
        layer, _, name = key.rpartition(".")
        return name in STATISTICS and f"{layer}.weight" not in weights

    return {key: value for key, value in weights.items() if not is_left_over(key)}
