"""Calls the callbacks of a training in their order, and handles their failures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ganzoo.engine.checkpoint import Tensors, add_prefix, strip_prefix
from ganzoo.errors import RunError, reason
from ganzoo.interfaces import Callback, Training

HOOKS = (
    "on_start",
    "on_step",
    "log_values",
    "on_log",
    "on_samples",
    "on_checkpoint",
    "on_evaluation",
    "on_end",
)
STATES = "callback"  # what the tensors of their states are called in a checkpoint


@dataclass(frozen=True)
class Attached:
    """A callback of a run.

    name: its name in the recipe; "" for a callback of ganzoo itself, whose `log_values` are added
        to the log entry directly.
    failing: called with a sentence about the first failure; then the callback is dropped and
        training goes on. None: a failure ends the run.
    """

    callback: Callback
    name: str = ""
    failing: Callable[[str], None] | None = None


class Callbacks:
    """Calls the hooks of a run's callbacks, in their order.

    A callback without a hook is skipped for that hook.
    view: makes a callback's view of the training.
    """

    def __init__(
        self, attached: Sequence[Attached], view: Callable[[str], Training] | None = None
    ) -> None:
        self.views = [(each, view(each.name)) for each in attached] if view else []
        self.listening = {
            hook: [(each, training) for each, training in self.views if _has(each.callback, hook)]
            for hook in HOOKS
        }

    @property
    def needs_logits(self) -> bool:
        """Whether any callback reads logits."""
        return any(each.callback.needs_logits for each, _ in self.views)

    @property
    def needs_gradients(self) -> bool:
        """Whether any callback reads the norms of gradients."""
        return any(each.callback.needs_gradients for each, _ in self.views)

    def call(self, hook: str, *given: Any) -> None:
        """Call a hook of all callbacks that have it."""
        for each, training in [*self.listening[hook]]:
            self._call(each, training, hook, given)

    def add_log_values(self, entry: dict[str, Any]) -> None:
        """Add the callbacks' values to a log entry; those of the recipe go below `callbacks.NAME`.

        Raises:
            RunError: a callback gives a value that a log cannot hold.
        """
        for each, training in [*self.listening["log_values"]]:
            values = self._call(each, training, "log_values", ())
            if values and not each.name:
                entry.update(values)
            elif values:
                if not isinstance(values, Mapping):
                    why = TypeError(f"it gave {_kind(values)} in place of a dict of values")
                    raise failure(each.name, "log_values", why)
                table = {key: _plain(value, key, each.name) for key, value in values.items()}
                entry.setdefault("callbacks", {})[each.name] = table

    def _call(self, each: Attached, training: Training, hook: str, given: Sequence[Any]) -> Any:
        try:
            return getattr(each.callback, hook)(training, *given)
        except Exception as error:  # whatever a stranger's code may raise
            if each.failing is not None:
                self._drop(each)
                each.failing(reason(error))
                return None
            if not each.name:
                raise
            raise failure(each.name, hook, error) from error

    def _drop(self, failed: Attached) -> None:
        for listening in self.listening.values():
            listening[:] = [pair for pair in listening if pair[0] is not failed]


def failure(name: str, hook: str, error: Exception) -> RunError:
    """A sentence that says which callback of the recipe failed, and in which hook."""
    return RunError(f"callbacks.{name} failed in {hook} ({reason(error)})")


def states(callbacks: Mapping[str, Callback]) -> Tensors:
    """The states that callbacks save for a resume, by `callback/<name>/<key>`.

    Raises:
        RunError: a callback cannot return its state.
    """
    tensors: Tensors = {}
    for name, callback in callbacks.items():
        try:
            tensors |= add_prefix(f"{STATES}/{name}/", _copies(callback.state()))
        except Exception as error:
            raise failure(name, "state", error) from error
    return tensors


def restore_states(
    callbacks: Mapping[str, Callback], tensors: Mapping[str, Tensor], device: torch.device
) -> None:
    """Give callbacks back the states that `states` returned.

    Raises:
        RunError: a callback cannot take up its state.
    """
    for name, callback in callbacks.items():
        own = strip_prefix(f"{STATES}/{name}/", tensors)
        try:
            callback.restore({key: tensor.to(device) for key, tensor in own.items()})
        except Exception as error:
            raise failure(name, "restore", error) from error


def _has(callback: Callback, hook: str) -> bool:
    own = hook in vars(callback)
    return own or getattr(type(callback), hook) is not getattr(Callback, hook)


def _copies(state: Any) -> Tensors:
    """A state's tensors as a file can hold them: dense, on the CPU, each in memory of its own."""
    if not isinstance(state, Mapping):
        raise TypeError(f"it gave {_kind(state)} in place of a dict of tensors")
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise TypeError(f"{key!r} is {_kind(value)}: it takes tensors, by a text each")
    return {key: value.detach().cpu().contiguous().clone() for key, value in state.items()}


def _kind(value: Any) -> str:
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _plain(value: Any, key: str, name: str) -> Any:
    """A value that JSON can hold; a tensor of one value becomes a number."""
    if isinstance(value, Tensor) and value.numel() == 1:
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise RunError(
        f"callbacks.{name} gives the log {_kind(value)} as '{key}': it takes numbers, "
        "texts and tensors of one value"
    )
