"""A trainer's whole state, to and from a checkpoint's folder."""

from __future__ import annotations

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
    """Write this process's share of a checkpoint: the first one everything but others' buffers."""
    if trainer.accelerator.is_main_process:
        tensors, header = _collect(trainer)
        write_tensors(folder / STATE, tensors, header)
    buffers: Tensors = {}
    for name, buffer in _buffers(trainer):
        buffers |= prefixed(f"{name}/", buffer.state())
    write_tensors(_buffer_file(trainer, folder), buffers, {"step": trainer.done})


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
        load_module(module, under(f"{key}/", tensors), header["shared"][key], f"{folder}: {key}")
    for mover in trainer.movers:
        load_optimizer(
            mover.optimizer.optimizer,
            mover.player.trainable(),
            under(f"optimizer/{mover.player.name}/", tensors),
            header["numbers"][mover.player.name],
        )
    trainer.meter.restore(tensors)
    trainer.done = header["step"]
    _, kept = read_tensors(_buffer_file(trainer, folder))
    for name, buffer in _buffers(trainer):
        device = trainer.accelerator.device
        buffer.restore({k: v.to(device) for k, v in under(f"{name}/", kept).items()})


def _collect(trainer: Trainer) -> tuple[Tensors, dict[str, Any]]:
    tensors: Tensors = trainer.meter.state()
    header: dict[str, Any] = {"step": trainer.done, "shared": {}, "numbers": {}}
    header["processes"] = int(trainer.accelerator.num_processes)
    for key, module in _modules(trainer).items():
        state, header["shared"][key] = module_state(module)
        tensors |= prefixed(f"{key}/", state)
    for mover in trainer.movers:
        name = mover.player.name
        moments, header["numbers"][name] = optimizer_state(
            mover.optimizer.optimizer, mover.player.trainable()
        )
        tensors |= prefixed(f"optimizer/{name}/", moments)
    return tensors, header


def _modules(trainer: Trainer) -> dict[str, nn.Module]:
    """What is saved one by one: every trained network, and losses with parameters of their own."""
    modules: dict[str, nn.Module] = {}
    for mover in trainer.movers:
        modules |= {f"network/{n}": m for n, m in mover.player.networks.items()}
        modules |= {f"loss/{n}": m for n, m in mover.player.losses.items()}
    return modules


def _buffers(trainer: Trainer) -> list[tuple[str, Buffer]]:
    sides = [side for mover in trainer.movers for side in mover.player.sides]
    return [(side.name, side.buffer) for side in sides if side.buffer is not None]


def _buffer_file(trainer: Trainer, folder: Path) -> Path:
    return folder / f"buffer-{trainer.accelerator.process_index}.safetensors"
