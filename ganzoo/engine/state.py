"""Writes a trainer's whole state into a checkpoint's folder, and reads it back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from torch import nn

from ganzoo.engine.callbacks import restore_states, states
from ganzoo.engine.checkpoint import (
    Tensors,
    add_prefix,
    load_optimizer,
    optimizer_state,
    read_tensors,
    strip_prefix,
    write_tensors,
)
from ganzoo.engine.header import STATE
from ganzoo.engine.memory import Remembered
from ganzoo.engine.trainer import Trainer
from ganzoo.errors import ModelError
from ganzoo.interfaces import Buffer


def save(trainer: Trainer, folder: Path) -> None:
    """Write the state of this process; the main process also writes the state common to all."""
    if trainer.accelerator.is_main_process:
        write_tensors(folder / STATE, *_collect(trainer))
    own: Tensors = trainer.meter.state()
    for name, buffer in _buffers(trainer):
        own |= add_prefix(f"{name}/", buffer.state())
    memories, attributes = trainer.memory.own(trainer.accelerator.is_main_process)
    own |= memories | states(trainer.own_callbacks)
    header = {"step": trainer.done, "attributes": attributes}
    header["callbacks"] = list(trainer.own_callbacks)
    write_tensors(_own_file(trainer, folder), own, header)


def restore(trainer: Trainer, folder: Path) -> list[str]:
    """Bring a trainer to the state of a checkpoint.

    Returns a warning for each component whose state is missing, because ganzoo 0.1 did not save it.

    Raises:
        ModelError: the checkpoint is damaged, or of another recipe or number of processes.
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
    warnings = [_load(n, held, tensors, header, folder) for n, held in _with_tensors(trainer)]
    _load_optimizers(trainer, tensors, header)
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
    warnings += _restore_callbacks(trainer, header.get("callbacks", ()), own)
    return [warning for warning in warnings if warning]


def _load_optimizers(trainer: Trainer, tensors: Tensors, header: Mapping[str, Any]) -> None:
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


def _restore_callbacks(trainer: Trainer, saved: Collection[str], own: Tensors) -> list[str]:
    """Restore the states of callbacks; returns a warning for each that the checkpoint lacks."""
    callbacks = trainer.own_callbacks
    known = {name: callback for name, callback in callbacks.items() if name in saved}
    restore_states(known, own, trainer.accelerator.device)
    return [
        f"callbacks.{name} starts anew: the checkpoint was made without it"
        for name in callbacks
        if name not in saved
    ]


def _collect(trainer: Trainer) -> tuple[Tensors, dict[str, Any]]:
    tensors: Tensors = {}
    header: dict[str, Any] = {"step": trainer.done, "whole": True, "shared": {}, "numbers": {}}
    header["processes"] = int(trainer.accelerator.num_processes)
    for key, held in _with_tensors(trainer):
        state, shared = held.tensors()
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


def _with_tensors(trainer: Trainer) -> list[tuple[str, Remembered]]:
    """The components that have tensors, by name."""
    components = trainer.memory.components.items()
    return [(name, held) for name, held in components if held.module]


def _load(
    name: str, held: Remembered, tensors: Tensors, header: Mapping[str, Any], folder: Path
) -> str:
    """Load a component's tensors; returns a warning if a checkpoint of ganzoo 0.1 lacks them."""
    if name in header["shared"]:
        state = strip_prefix(f"{name}/", tensors)
        held.load(state, header["shared"][name], f"{folder}: {name}")
        return ""
    if not held.tensors()[0]:
        return ""
    if header.get("whole") or held.learnt:
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
