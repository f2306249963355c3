"""Files of weights and checkpoints, as safetensors and JSON; nothing is ever unpickled.

A checkpoint is a folder `step-00000500/`, renamed into place once it is complete:
    state.safetensors            networks, loss-owned parameters, optimizers
    process-<rank>.safetensors   the state of one process: its buffers, its sums for the log
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ganzoo.engine.header import parse_header
from ganzoo.errors import ModelError
from ganzoo.files.writing import write_bytes

FORMAT = 1
Tensors = dict[str, Tensor]
Entry = TypeVar("Entry")


def add_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> Tensors:
    """The tensors with `prefix` before each name."""
    return {f"{prefix}{name}": tensor for name, tensor in tensors.items()}


def strip_prefix(prefix: str, tensors: Mapping[str, Entry]) -> dict[str, Entry]:
    """The entries (tensors) whose name begins with `prefix`, by the rest of the name."""
    return {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}


def module_state(
    module: nn.Module, without: Collection[str] = ()
) -> tuple[Tensors, dict[str, str]]:
    """A module's tensors, each once and contiguous, and the other names that share a tensor.

    without: names to leave out.
    """
    tensors: Tensors = {}
    shared: dict[str, str] = {}
    first: dict[tuple[int, tuple[int, ...], tuple[int, ...]], str] = {}
    for name, tensor in module.state_dict().items():
        if name in without:
            continue
        key = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
        if tensor.numel() and key in first:
            shared[name] = first[key]
        else:
            first[key] = name
            tensors[name] = tensor.detach().contiguous()
    return tensors, shared


def load_module(
    module: nn.Module,
    tensors: Tensors,
    shared: Mapping[str, str],
    what: str,
    optional: Collection[str] = (),
) -> None:
    """Load a module's state; every name and shape must agree.

    what: the name of what is loaded, for the message.
    optional: names that may be missing; their tensors stay as they are.

    Raises:
        ModelError: names or shapes differ; the message says which.
    """
    whole = {**tensors, **{n: tensors[first] for n, first in shared.items() if first in tensors}}
    expected = module.state_dict()
    whole |= {name: expected[name] for name in optional if name not in whole}
    odd = sorted(set(whole) ^ set(expected)) or [
        name for name in expected if not _fits(whole[name], expected[name])
    ]
    if odd:
        more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
        raise ModelError(f"{what}: the weights do not fit this network ('{odd[0]}'{more})")
    module.load_state_dict(whole)


def _fits(stored: Tensor, expected: Tensor) -> bool:
    """Whether the shapes agree, and both tensors are floating-point or both are not."""
    same_kind = stored.is_floating_point() == expected.is_floating_point()
    return stored.shape == expected.shape and same_kind


def optimizer_state(
    optimizer: torch.optim.Optimizer, parameters: Mapping[str, nn.Parameter]
) -> tuple[Tensors, dict[str, Any]]:
    """An optimizer's tensors and its plain numbers, by `<parameter>/<key>`."""
    tensors: Tensors = {}
    numbers: dict[str, Any] = {}
    for name, parameter in parameters.items():
        for key, value in optimizer.state.get(parameter, {}).items():
            if isinstance(value, Tensor):
                tensors[f"{name}/{key}"] = value.contiguous()
            else:
                numbers[f"{name}/{key}"] = value
    return tensors, numbers


def load_optimizer(
    optimizer: torch.optim.Optimizer,
    parameters: Mapping[str, nn.Parameter],
    tensors: Tensors,
    numbers: Mapping[str, Any],
) -> None:
    """Load what `optimizer_state` returned; torch moves it to each parameter's device."""
    state: dict[int, dict[str, Any]] = {}
    place = {name: index for index, name in enumerate(parameters)}
    for entry, value in {**numbers, **tensors}.items():
        name, _, key = entry.rpartition("/")
        state.setdefault(place[name], {})[key] = _laid_out_like(value, parameters[name])
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _laid_out_like(value: Any, parameter: nn.Parameter) -> Any:
    """A moment in the memory layout of its parameter: fused optimizers refuse another one."""
    if not isinstance(value, Tensor) or value.shape != parameter.shape:
        return value
    if value.stride() == parameter.stride():
        return value
    return torch.empty_like(parameter, dtype=value.dtype, device=value.device).copy_(value)


def write_tensors(path: Path, tensors: Tensors, header: Mapping[str, Any]) -> None:
    """Write tensors and a JSON header, which is the value of the key `ganzoo`."""
    content = save(
        {name: t.detach().cpu().contiguous() for name, t in tensors.items()},
        metadata={"ganzoo": json.dumps({"format": FORMAT, **header}, ensure_ascii=False)},
    )
    write_bytes(path, content)


def read_header(path: Path) -> dict[str, Any]:
    """The JSON header of a file that ganzoo wrote.

    Raises:
        ModelError: the file is missing, damaged, or was not written by ganzoo.
    """
    return _open(path)[0]


def read_tensors(path: Path) -> tuple[dict[str, Any], Tensors]:
    """Header and tensors (on the CPU) of a file that ganzoo wrote.

    Raises:
        ModelError: the file is missing, damaged, or was not written by ganzoo.
    """
    header, file = _open(path)
    with file as opened:
        return header, {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of a file's tensors, by name, without reading the tensors.

    Raises:
        ModelError: the file is missing, damaged, or was not written by ganzoo.
    """
    with _open(path)[1] as opened:
        names = opened.keys()
        return {name: tuple(opened.get_slice(name).get_shape()) for name in names}


def _open(path: Path) -> tuple[dict[str, Any], Any]:
    if path.exists() and not path.is_file():  # opening a pipe might block for ever
        raise ModelError(f"{path}: this is no file")
    try:
        file = safe_open(path, framework="pt")
        header = parse_header((file.metadata() or {})["ganzoo"])  # type: ignore[no-untyped-call]
    except FileNotFoundError:
        raise ModelError(f"{path}: there is no such file") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path}: this is no ganzoo model, or a damaged one ({error})") from None
    except KeyError:
        raise ModelError(f"{path}: this file was not written by ganzoo: it has no recipe") from None
    if header.get("format") != FORMAT:
        raise ModelError(
            f"{path}: this file has format {header.get('format')!r:.20}; this ganzoo reads {FORMAT}"
        )
    return header, file
