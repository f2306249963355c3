"""Copies of models that compute faster, for inference alone."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

import torch
from torch import nn

from ganzoo.engine.allocator import keep_freed_memory
from ganzoo.engine.compiler import can_compile, cpp_compiler
from ganzoo.engine.precision import ChosenPrecision, choose_precision
from ganzoo.errors import DeviceError, GanzooError, listed
from ganzoo.inference.engines.engine_choice import ENGINES, PACKAGES, Engine, check_engine
from ganzoo.inference.fast_network import FastNetwork, rename_resting
from ganzoo.inference.inference_copy import InferenceCopy
from ganzoo.inference.origin import floating_tensors
from ganzoo.registry.extras import import_extra

if TYPE_CHECKING:
    from ganzoo.inference.model import Model

AskedPrecision = Literal["float32", "bf16", "auto"]
"""What networks compute in; "auto" is bf16 where the device has arithmetic for it."""


def speed_up(model: Model, precision: AskedPrecision, engine: Engine) -> Model:
    """A copy of a model that computes faster; see `Model.speed_up`."""
    if any(isinstance(network, InferenceCopy) for network in model.networks.values()):
        raise ValueError("this model is sped up already")
    if precision not in get_args(AskedPrecision):
        raise ValueError(f"there is no precision {precision!r}: choose float32, bf16 or auto")
    if engine not in ENGINES:
        raise ValueError(f"there is no engine {engine!r}: choose {listed(ENGINES)}")
    check_engine(engine, precision, model.device.type)
    half = settle(model, precision, engine).name == "bf16"
    if half:
        _check_autocast(model.device)
    if engine == "compile":
        check_compiler(model.device)
    keep_freed_memory()
    # All at once, as networks may share weights.
    copied: Mapping[str, nn.Module] = copy.deepcopy(dict(model.networks))
    networks = {name: _wrap(each, name, half, engine) for name, each in copied.items()}
    resting = rename_resting(model.resting)
    kind: Literal["float32", "bf16"] = "bf16" if half else "float32"
    return replace(model, networks=networks, resting=resting, precision=kind)


def _wrap(network: nn.Module, name: str, half: bool, engine: Engine) -> InferenceCopy:
    if engine in ("eager", "compile"):
        return FastNetwork(network, half, engine == "compile")
    if kind := _odd_type(network):
        raise GanzooError(
            f"--engine {engine} computes weights of float32, and those of network '{name}' are "
            f"{kind}: take --engine eager"
        )
    from ganzoo.inference.engines.engine_opening import open_engine

    return open_engine(network, name, half, engine)


def _odd_type(network: nn.Module) -> str:
    """A type of weights other than float32; "" if there is none."""
    kinds = {str(w.dtype).removeprefix("torch.") for w in floating_tensors([network])}
    return next(iter(sorted(kinds - {"float32"})), "")


def describe_speed(model: Model, asked: AskedPrecision, engine: Engine) -> list[str]:
    """What the user should know before a model computes as asked, a sentence each.

    Raises:
        GanzooError: the engine's package cannot be imported.
    """
    chosen = settle(model, asked, engine)
    lines = [f"precision: {chosen}"] if asked == "auto" else []
    fast = choose_precision(model.device)
    if asked == "bf16" and fast.name == "float32":
        lines.append(f"precision: bf16, which is slow here, as {fast.reason}")
    if engine == "compile":
        lines.append("compiling: the first image of a size takes up to a minute")
    if engine in PACKAGES:
        library = import_extra(engine, f"--engine {engine}")
        lines.append(f"engine: {engine} {library.__version__}")
    return lines


def settle(model: Model, precision: AskedPrecision, engine: Engine = "eager") -> ChosenPrecision:
    """The precision that is meant, and why."""
    if precision != "auto":
        return ChosenPrecision(precision, "it was asked for")
    if engine == "onnxruntime":
        return ChosenPrecision("float32", "ONNX Runtime has no bf16 on a CPU")
    kind = str(model.dtype).removeprefix("torch.")
    obstacle = "" if model.dtype == torch.float32 else f"the model's weights are {kind}"
    return choose_precision(model.device, obstacle)


def check_compiler(device: torch.device) -> None:
    """Check that torch.compile finds a compiler for a device.

    Raises:
        GanzooError: there is no C++ compiler.
    """
    if device.type == "cpu" and not can_compile(device):
        raise GanzooError(
            f"--engine compile needs the C++ compiler {cpp_compiler()}, which is not installed; "
            "install it, name another one in the variable CXX, or take --engine eager"
        )


def _check_autocast(device: torch.device) -> None:
    if not torch.amp.autocast_mode.is_autocast_available(device.type):
        raise DeviceError(f"--precision bf16: torch has no autocast on {device.type}; use float32")
