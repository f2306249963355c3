"""Trained networks and computed tensors, kept in ganzoo's cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from torch import Tensor, nn

from ganzoo.components.cache_folder import cache_folder
from ganzoo.files.writing import write_with

Module = TypeVar("Module", bound=nn.Module)


def cached_network(
    name: str, make: Callable[[], Module], train: Callable[[Module], None]
) -> Module:
    """The network of that name from the cache, or a new one, which is trained and stored.

    name: its file in the cache; it must change whenever training would give another network.
    make: builds an untrained one.
    train: trains it.

    A broken file is ignored: the network is trained again. If the cache cannot be written, nothing
    is stored. Two processes at once both train the network, and the file of either is whole.
    """
    folder = cache_folder()
    path = folder / f"{name}.safetensors" if folder else None
    network = make()
    if path is not None and _load(network, path):
        return network
    network = make()
    train(network)
    if path is not None:
        _store(network.state_dict(), path)
    return network


def cached_tensors(name: str) -> dict[str, Tensor]:
    """The tensors of that name from the cache; none if there is no file or it is broken."""
    folder = cache_folder()
    return (_read(folder / f"{name}.safetensors") or {}) if folder else {}


def store_tensors(name: str, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors to the cache; nothing is stored if it cannot be written."""
    folder = cache_folder()
    if folder:
        _store(tensors, folder / f"{name}.safetensors")


def _load(network: nn.Module, path: Path) -> bool:
    """Load a network's state from a file, and return whether it was there, whole and fitting."""
    state = _read(path)
    if state is None:
        return False
    try:
        network.load_state_dict(state)
    except RuntimeError:  # of another shape
        return False
    return True


def _read(path: Path) -> dict[str, Tensor] | None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError):
        return None


def _store(state: Mapping[str, Tensor], path: Path) -> None:
    from safetensors.torch import save

    tensors = {name: t.detach().cpu().contiguous() for name, t in state.items()}
    try:
        write_with(path, lambda file: file.write(save(tensors)))
    except OSError:
        return
