"""A trainer's whole state, to and from a checkpoint's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from ganzoo.errors import ModelError
from ganzoo.interfaces import Buffer
from ganzoo.play.checkpoint import (
    Tensors,
    load_module,
    load_optimizer,
    module_state,
    optimizer_state,
    prefixed,
    read_tensors,
    under,
    write_tensors,
)
from ganzoo.play.trainer import Trainer

STATE = "state.safetensors"


def save(trainer: Trainer, folder: Path) -> None:
    """Write this process's share: its buffers and sums; the first one all that they have alike."""
    if trainer.accelerator.is_main_process:
        tensors, header = _collect(trainer)
        write_tensors(folder / STATE, tensors, header)
    own: Tensors = trainer.meter.state()
    for name, buffer in _buffers(trainer):
        own |= prefixed(f"{name}/", buffer.state())
    write_tensors(_own_file(trainer, folder), own, {"step": trainer.done})


def restore(trainer: Trainer, folder: Path) -> None:
    """Take up a checkpoint.

    Raises:
        ModelError: it is damaged, or of another recipe or number of processes.
    """
    header, tensors = read_tensors(folder / STATE)
    processes = int(trainer.accelerator.num_processes)
    if header["processes"] != processes:
        raise ModelError(
            f"{folder}: this run was made by {header['processes']} processes, and here are "
            f"{processes}; start as many, since each has histories and samples of its own"
        )
    for key, module in _modules(trainer).items():
        if key not in header["shared"]:
            raise ModelError(f"{folder}: it holds no {key}; the recipe has changed since")
        load_module(module, under(f"{key}/", tensors), header["shared"][key], f"{folder}: {key}")
    for mover in trainer.movers:
        moments = under(f"optimizer/{mover.player.name}/", tensors)
        numbers = header["numbers"][mover.player.name]
        for each in mover.optimisations:
            load_optimizer(
                each.optimizer.optimizer,
                each.parameters,
                _of(each.parameters, moments),
                _of(each.parameters, numbers),
            )
    if trainer.ema:
        trainer.ema.updates = header["ema_updates"]
    if trainer.accelerator.scaler is not None:
        trainer.accelerator.scaler.load_state_dict(header["scaler"])
    trainer.done = header["step"]
    _, kept = read_tensors(_own_file(trainer, folder))
    trainer.meter.restore(kept)
    for name, buffer in _buffers(trainer):
        device = trainer.accelerator.device
        buffer.restore({k: v.to(device) for k, v in under(f"{name}/", kept).items()})


def _collect(trainer: Trainer) -> tuple[Tensors, dict[str, Any]]:
    tensors: Tensors = {}
    header: dict[str, Any] = {"step": trainer.done, "shared": {}, "numbers": {}}
    header["processes"] = int(trainer.accelerator.num_processes)
    for key, module in _modules(trainer).items():
        state, header["shared"][key] = module_state(module)
        tensors |= prefixed(f"{key}/", state)
    for mover in trainer.movers:
        name = mover.player.name
        header["numbers"][name] = {}
        for each in mover.optimisations:
            moments, numbers = optimizer_state(each.optimizer.optimizer, each.parameters)
            tensors |= prefixed(f"optimizer/{name}/", moments)
            header["numbers"][name] |= numbers
    if trainer.ema:
        header["ema_updates"] = trainer.ema.updates
    if trainer.accelerator.scaler is not None:  # fp16
        header["scaler"] = trainer.accelerator.scaler.state_dict()
    return tensors, header


def _of(parameters: Mapping[str, nn.Parameter], entries: Mapping[str, Any]) -> dict[str, Any]:
    """The entries `<parameter>/<key>` of these parameters."""
    return {k: value for k, value in entries.items() if k.rpartition("/")[0] in parameters}


def _modules(trainer: Trainer) -> dict[str, nn.Module]:
    """What is saved one by one: whatever training changes.

    Trained networks, networks that only keep statistics, losses with parameters of their own; not
    a frozen backbone, which its own package brings.
    """
    owned = {name for mover in trainer.movers for name in mover.player.networks}
    modules: dict[str, nn.Module] = {}
    for name, network in trainer.networks.items():
        if name in owned or not any(True for _ in network.parameters()):
            modules[f"network/{name}"] = network
    for mover in trainer.movers:
        moving = list(mover.player.trainable())
        for name, loss in mover.player.losses.items():
            if any(parameter.startswith(f"losses.{name}.") for parameter in moving):
                modules[f"loss/{name}"] = loss
    averages = trainer.ema.averages if trainer.ema else {}
    return modules | {f"ema/{name}": average for name, average in averages.items()}


def _buffers(trainer: Trainer) -> list[tuple[str, Buffer]]:
    sides = [side for mover in trainer.movers for side in mover.player.sides]
    return [(side.name, side.buffer) for side in sides if side.buffer is not None]


def _own_file(trainer: Trainer, folder: Path) -> Path:
    return folder / f"process-{trainer.accelerator.process_index}.safetensors"
