"""Weights from a file: ganzoo's own model files, or the reference's `.pth`."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from ganzoo.errors import ModelError
from ganzoo.networks.reference import read_pth
from ganzoo.play.checkpoint import load_module, read_tensors, under


def start_from(network: nn.Module, name: str, file: str) -> None:
    """Load a network's weights: of the network of that name in a model, a run or a checkpoint.

    Raises:
        ModelError: the file is missing, or its weights do not fit.
    """
    path = Path(file)
    if path.is_dir():
        inside = [path / name for name in ("state.safetensors", "model.safetensors")]
        path = next((file for file in inside if file.is_file()), inside[0])
    if path.suffix == ".pth":
        load_module(network, read_pth(path), {}, str(path))
        return
    header, tensors = read_tensors(path)
    key = f"network/{name}"
    if key not in header["shared"]:
        there = ", ".join(k.removeprefix("network/") for k in header["shared"])
        raise ModelError(f"{path}: it holds no network '{name}'; it holds {there}")
    load_module(network, under(f"{key}/", tensors), header["shared"][key], f"{path}: {name}")
