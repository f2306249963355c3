"""A trainer's whole state, to and from a checkpoint's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from ganzoo.engine.checkpoint import (
    Tensors,
    add_prefix,
    load_optimizer,
    optimizer_state,
    read_tensors,
    strip_prefix,
    write_tensors,
)
from ganzoo.engine.memory import Remembered
from ganzoo.engine.trainer import Trainer
from ganzoo.errors import ModelError
from ganzoo.interfaces import Buffer

STATE = "state.safetensors"


def save(trainer: Trainer, folder: Path) -> None:
    """Write this process's share: its buffers and sums; the first one all that they have alike."""
    if trainer.accelerator.is_main_process:
        write_tensors(folder / STATE, *_collect(trainer))
    own: Tensors = trainer.meter.state()
    for name, buffer in _buffers(trainer):
        own |= add_prefix(f"{name}/", buffer.state())
    memories, attributes = trainer.memory.own(trainer.accelerator.is_main_process)
    header = {"step": trainer.done, "attributes": attributes}
    write_tensors(_own_file(trainer, folder), own | memories, header)


def restore(trainer: Trainer, folder: Path) -> list[str]:
    """Take up a checkpoint; returns what it does not hold, as ganzoo 0.1 saved less.

    Raises:
        ModelError: it is damaged, or of another recipe or number of processes.
    """
    header, tensors = read_tensors(folder / STATE)
    processes = int(trainer.accelerator.num_processes)
    if not {"processes", "numbers", "shared", "step"} <= header.keys():
        raise ModelError(f"{folder}: this is no checkpoint's state, or a damaged one")
    if header["processes"] != processes:
        raise ModelError(
            f"{folder}: this run was made by {header['processes']} processes, and here are "
            f"{processes}; start as many, since each has histories and samples of its own"
        )
    notes = [_load(name, kept, tensors, header, folder) for name, kept in _remembered(trainer)]
    for player_optimizer in trainer.player_optimizers:
        name = player_optimizer.player.name
        moments, numbers = strip_prefix(f"optimizer/{name}/", tensors), header["numbers"][name]
        for each in player_optimizer.optimizers:
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
    header, own = read_tensors(_own_file(trainer, folder))
    trainer.meter.restore(own)
    trainer.memory.restore_own(own, header.get("attributes", {}))
    for name, buffer in _buffers(trainer):
        device = trainer.accelerator.device
        buffer.restore({k: v.to(device) for k, v in strip_prefix(f"{name}/", own).items()})
    return [note for note in notes if note]


def _collect(trainer: Trainer) -> tuple[Tensors, dict[str, Any]]:
    tensors: Tensors = {}
    header: dict[str, Any] = {"step": trainer.done, "whole": True, "shared": {}, "numbers": {}}
    header["processes"] = int(trainer.accelerator.num_processes)
    for key, kept in _remembered(trainer):
        state, shared = kept.tensors()
        tensors |= add_prefix(f"{key}/", state)
        header["shared"] |= {key: shared} if state else {}
    for player_optimizer in trainer.player_optimizers:
        name = player_optimizer.player.name
        header["numbers"][name] = {}
        for each in player_optimizer.optimizers:
            moments, numbers = optimizer_state(each.optimizer.optimizer, each.parameters)
            tensors |= add_prefix(f"optimizer/{name}/", moments)
            header["numbers"][name] |= numbers
    if trainer.ema:
        header["ema_updates"] = trainer.ema.updates
    if trainer.accelerator.scaler is not None:  # fp16
        header["scaler"] = trainer.accelerator.scaler.state_dict()
    return tensors, header


def _remembered(trainer: Trainer) -> list[tuple[str, Remembered]]:
    """Whatever has tensors, by name; histories are each process's own."""
    components = trainer.memory.components.items()
    return [(name, kept) for name, kept in components if kept.module]


def _load(
    name: str, kept: Remembered, tensors: Tensors, header: Mapping[str, Any], folder: Path
) -> str:
    """Put a component's tensors back; returns what is missing in a checkpoint of ganzoo 0.1."""
    if name in header["shared"]:
        held = strip_prefix(f"{name}/", tensors)
        kept.load(held, header["shared"][name], f"{folder}: {name}")
        return ""
    if not kept.tensors()[0]:
        return ""
    if header.get("whole") or kept.learnt:
        raise ModelError(f"{folder}: it holds no {name}; the recipe has changed since")
    return f"{name} starts anew: ganzoo 0.1, which saved this run, did not save it"


def _of(parameters: Mapping[str, nn.Parameter], entries: Mapping[str, Any]) -> dict[str, Any]:
    """The entries `<parameter>/<key>` of these parameters."""
    return {k: value for k, value in entries.items() if k.rpartition("/")[0] in parameters}


def _buffers(trainer: Trainer) -> list[tuple[str, Buffer]]:
    sides = [side for player in trainer.game.players for side in player.sides]
    return [(side.name, side.buffer) for side in sides if side.buffer is not None]


def _own_file(trainer: Trainer, folder: Path) -> Path:
    return folder / f"process-{trainer.accelerator.process_index}.safetensors"
