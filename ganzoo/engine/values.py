"""Converts the values of a component's attributes to JSON and tensors, and back.

Nothing is unpickled, so these kinds alone can be saved: None, numbers, strings, tensors, arrays,
random generators, and lists, tuples, sets, deques and dicts of them.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ganzoo.engine.checkpoint import Tensors

SEQUENCES: dict[str, type[Any]] = {"list": list, "tuple": tuple, "set": set, "deque": deque}
BIT_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


class Unsavable(ValueError):
    """A value has a kind that cannot be saved."""


def encode(value: Any, place: str, tensors: Tensors) -> Any:
    """A value as JSON; its tensors are added to `tensors`, under names that begin with `place`.

    Raises:
        Unsavable: the value, or a value inside it, has another kind.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, Tensor):
        tensors[place] = _copy(value)
        return {"tensor": place, "moved": value.device.type != "cpu"}
    if isinstance(value, (np.ndarray, np.generic)):
        return {"array": _array(value, place, tensors), "single": isinstance(value, np.generic)}
    if isinstance(value, torch.Generator):
        tensors[place] = value.get_state()
        return {"chance": place, "moved": value.device.type != "cpu"}
    if isinstance(value, np.random.Generator):
        return {"numpy_chance": encode(value.bit_generator.state, place, tensors)}
    if type(value) in (dict, OrderedDict):
        pairs = [[key, item] for key, item in value.items()]
        return {type(value).__name__: encode(pairs, place, tensors)}
    for name, kind in SEQUENCES.items():
        if type(value) is kind:
            items = [encode(item, f"{place}/{i}", tensors) for i, item in enumerate(value)]
            return {name: items, "longest": getattr(value, "maxlen", None)}
    raise Unsavable(f"{place}: a {type(value).__name__} cannot be saved")


def decode(entry: Any, tensors: Mapping[str, Tensor], device: torch.device) -> Any:
    """The value that `encode` turned into this entry.

    device: the device for tensors that were not on the CPU.
    """
    if not isinstance(entry, dict):
        return entry
    if "tensor" in entry:
        tensor = tensors[entry["tensor"]].clone()
        return tensor.to(device) if entry["moved"] else tensor
    if "array" in entry:
        array = tensors[entry["array"]].numpy()
        return array[()] if entry["single"] else array.copy()
    if "chance" in entry:
        rng = torch.Generator(device if entry["moved"] else "cpu")
        return rng.set_state(tensors[entry["chance"]])
    if "numpy_chance" in entry:
        return _numpy_rng(decode(entry["numpy_chance"], tensors, device))
    for kind in (dict, OrderedDict):
        if kind.__name__ in entry:
            return kind(decode(entry[kind.__name__], tensors, device))
    [name] = SEQUENCES.keys() & entry.keys()
    items = [decode(item, tensors, device) for item in entry[name]]
    return deque(items, entry["longest"]) if name == "deque" else SEQUENCES[name](items)


def renew(old: Any, new: Any) -> Any:
    """The new value, put into the old object if possible, as other objects may refer to that."""
    if isinstance(old, Tensor) and isinstance(new, Tensor):
        if old.shape == new.shape and old.dtype == new.dtype and old.grad_fn is None:
            with torch.no_grad():
                return old.copy_(new)
    elif isinstance(old, torch.Generator) and isinstance(new, torch.Generator):
        return old.set_state(new.get_state())
    elif isinstance(old, np.random.Generator) and isinstance(new, np.random.Generator):
        old.bit_generator.state = new.bit_generator.state
        return old
    return new


def digest(value: Any) -> str | None:
    """A hash that is equal for equal values; None for a value that cannot be saved."""
    tensors: Tensors = {}
    try:
        entry = encode(value, "", tensors)
    except Unsavable:
        return None
    hashed = hashlib.blake2b(json.dumps(entry, sort_keys=True).encode(), digest_size=16)
    for name, tensor in tensors.items():
        hashed.update(f"{name}{tensor.dtype}{tuple(tensor.shape)}".encode())
        hashed.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return hashed.hexdigest()


def _copy(tensor: Tensor) -> Tensor:
    """A copy on the CPU; parameters and tensors with a graph are refused."""
    plain = tensor.layout == torch.strided and not tensor.is_quantized
    if tensor.grad_fn is not None or isinstance(tensor, nn.Parameter) or not plain:
        raise Unsavable("such a tensor cannot be saved")
    return tensor.detach().to("cpu", copy=True).contiguous()


def _array(value: Any, place: str, tensors: Tensors) -> str:
    try:
        tensors[place] = torch.from_numpy(np.array(value))
    except TypeError:
        raise Unsavable(f"{place}: an array of {value.dtype} cannot be saved") from None
    return place


def _numpy_rng(state: Any) -> np.random.Generator:
    if state["bit_generator"] not in BIT_GENERATORS:
        raise Unsavable(f"there is no generator {state['bit_generator']}")
    source = getattr(np.random, state["bit_generator"])()
    source.state = state
    return np.random.Generator(source)
