"""Who is called while training, in which order, and what happens when one of them fails."""

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

    name: its own in the recipe; "" for one of the host's, whose `log_values` stand in the log entry
        itself.
    failing: takes the sentence about its first failure, after which it is dropped and training goes
        on; None lets the failure end the run.
    """

    callback: Callback
    name: str = ""
    failing: Callable[[str], None] | None = None


class Callbacks:
    """Calls each hook of a run's callbacks, in their order.

    A callback that leaves a hook out is not called for it.
    view: gives each callback its view of the training.
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
        """Whether any of them reads logits."""
        return any(each.callback.needs_logits for each, _ in self.views)

    def call(self, hook: str, *given: Any) -> None:
        """Call a hook of all that have it."""
        for each, training in [*self.listening[hook]]:
            self._call(each, training, hook, given)

    def add_log_values(self, entry: dict[str, Any]) -> None:
        """Put what they add to the log into the entry: the recipe's below `callbacks` and a name.

        Raises:
            RunError: it is nothing that a log can hold.
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
    """That one of the recipe's callbacks failed, and in what."""
    return RunError(f"callbacks.{name} failed in {hook} ({reason(error)})")


def states(callbacks: Mapping[str, Callback]) -> Tensors:
    """What callbacks keep for a resume, by `callback/<name>/<key>`.

    Raises:
        RunError: one cannot tell.
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
    """Let callbacks take up what `states` gave.

    Raises:
        RunError: one cannot.
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
    """A value as JSON can hold it; a scalar tensor as a number."""
    if isinstance(value, Tensor) and value.numel() == 1:
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise RunError(
        f"callbacks.{name} gives the log {_kind(value)} as '{key}': it takes numbers, "
        "texts and tensors of one value"
    )
