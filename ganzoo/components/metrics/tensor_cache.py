"""What a metric has learnt or seen, kept in the cache so that it is done once."""

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
        _store(found.state_dict(), path)
    return found


def cached_tensors(name: str) -> dict[str, Tensor]:
    """The tensors of that name from the cache; none where they are not there, or broken."""
    folder = cache_folder()
    return (_read(folder / f"{name}.safetensors") or {}) if folder else {}


def keep_tensors(name: str, tensors: Mapping[str, Tensor]) -> None:
    """Put tensors into the cache; a disk that cannot be written is done without."""
    folder = cache_folder()
    if folder:
        _store(tensors, folder / f"{name}.safetensors")


def _load(network: nn.Module, path: Path) -> bool:
    """Whether the file was there and whole."""
    found = _read(path)
    if found is None:
        return False
    try:
        network.load_state_dict(found)
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
