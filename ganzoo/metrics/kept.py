"""Networks that a metric has trained, kept in the cache so that each is trained once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from torch import nn

from ganzoo.data.cache import cache_folder
from ganzoo.files import write_with

Module = TypeVar("Module", bound=nn.Module)


def kept_network(name: str, make: Callable[[], Module], train: Callable[[Module], None]) -> Module:
    """The network of that name from the cache, else a new one, trained and kept.

    name: its file in the cache; it must change whenever training would give something else.
    make: an untrained one.

    What is broken in the cache is trained again; a disk that cannot be written is done without.
    Two processes at once both train it, and either's file is whole.
    """
    folder = cache_folder()
    path = folder / f"{name}.safetensors" if folder else None
    found = make()
    if path is not None and _load(found, path):
        return found
    found = make()
    train(found)
    if path is not None:
        _store(found, path)
    return found


def _load(network: nn.Module, path: Path) -> bool:
    """Whether the file was there and whole."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError):  # the last: of another shape
        return False
    return True


def _store(network: nn.Module, path: Path) -> None:
    from safetensors.torch import save_file

    tensors = {name: t.detach().cpu().contiguous() for name, t in network.state_dict().items()}
    try:
        write_with(path, lambda temporary: save_file(tensors, temporary))
    except OSError:
        return
