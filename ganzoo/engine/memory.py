"""What components remember from step to step, found without their authors' help.

A component is any object: a network, a loss, a penalty, a latent, a schedule, an observer. Of a
module, that is its parameters and persistent buffers; of any object, those attributes that changed
since training was set up and hold plain values (see `ganzoo.engine.values`). What was set up by its
settings alone is not saved, so a setting may change between a run and its resume.

A frozen backbone, which is a module in evaluation mode without a parameter that is trained, comes
with its package, not with a checkpoint; should something in it have changed all the same, that is
saved too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from ganzoo.engine.checkpoint import Tensors, add_prefix, load_module, module_state, strip_prefix
from ganzoo.engine.values import decode, digest, encode, renew

DEEPEST = 3  # objects within objects within a component
TORCHS_OWN = frozenset(vars(nn.Module()))


@dataclass
class Remembered:
    """A component, and what it held when training was set up.

    always: every tensor is saved, as it starts with no weights where a checkpoint's follow.
    attributes: digests of its attributes, by path.
    learnt: the names of parameters that are trained, and so alike in all processes.
    still: digests of its frozen backbones' tensors.
    """

    component: object
    always: bool
    attributes: dict[str, str | None] = field(default_factory=dict)
    learnt: set[str] = field(default_factory=set)
    still: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = _attributes(self.component)
        self.attributes = {path: digest(place[key]) for path, place, key in found}
        if isinstance(self.component, nn.Module):
            named = self.component.named_parameters()
            self.learnt = {name for name, p in named if p.requires_grad}
            self.still = {} if self.always else _still(self.component)

    @property
    def module(self) -> nn.Module | None:
        """The component, if it is one that has tensors."""
        module = self.component
        return module if isinstance(module, nn.Module) and module.state_dict() else None

    def unchanged(self) -> set[str]:
        """The names of its tensors that need no saving."""
        held = self.module.state_dict() if self.still and self.module else {}
        return {name for name, before in self.still.items() if digest(held[name]) == before}

    def tensors(self) -> tuple[Tensors, dict[str, str]]:
        """What must be saved of its tensors, each once, and which other names share them."""
        return module_state(self.module, self.unchanged()) if self.module else ({}, {})

    def load(self, tensors: Tensors, shared: Mapping[str, str], what: str) -> None:
        """Put tensors back.

        Raises:
            ModelError: names or shapes differ.
        """
        if self.module:
            load_module(self.module, tensors, shared, what, self.still)

    def changed(self, place: str, tensors: Tensors) -> dict[str, Any]:
        """Its changed attributes as JSON; their tensors go into `tensors`, below `place`."""
        found: dict[str, Any] = {}
        for path, attributes, key in _attributes(self.component):
            now = digest(attributes[key])
            if now is not None and now != self.attributes.get(path, ""):
                found[path] = encode(attributes[key], f"{place}{path}", tensors)
        return found

    def put_back(self, changed: Mapping[str, Any], tensors: Tensors, device: torch.device) -> None:
        """Set attributes as they were saved; those of modules that are gone are left out."""
        places = _places(self.component)
        for path, entry in changed.items():
            place, _, key = path.rpartition(":")
            if place in places:
                value = decode(entry, tensors, device)
                places[place][key] = renew(places[place].get(key), value)


class Memory:
    """All components that a checkpoint must hold, by name.

    device: where their tensors are.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.components: dict[str, Remembered] = {}
        self._waiting: dict[str, tuple[dict[str, Any], Tensors]] = {}

    def add(self, name: str, component: object, always: bool = False) -> None:
        """Let checkpoints hold what a component remembers, and what the objects inside it do.

        What was restored before it came is taken up at once.
        """
        self.components[name] = Remembered(component, always)
        if name in self._waiting:
            self.components[name].put_back(*self._waiting.pop(name), self.device)
        if name.count(":") // 2 < DEEPEST:  # two signs a level
            for path, place, key in [*_attributes(component)]:
                if _is_object(place[key]):
                    self.add(f"{name}:{path}", place[key])

    def own(self, is_first: bool) -> tuple[Tensors, dict[str, Any]]:
        """What this process alone knows: attributes, and the buffers of all but the first one.

        The first one's tensors are in the state that all share.
        """
        tensors: Tensors = {}
        attributes: dict[str, Any] = {}
        for name, kept in self.components.items():
            found = kept.changed(f"attribute/{name}/", tensors)
            attributes |= {name: found} if found else {}
            if not is_first and kept.module:
                state, _ = kept.tensors()
                own = {n: tensor for n, tensor in state.items() if n not in kept.learnt}
                tensors |= add_prefix(f"own/{name}/", own)
        return tensors, attributes

    def restore_own(self, tensors: Tensors, attributes: Mapping[str, Any]) -> None:
        """Take up what `own` gave; of components that are added later, then."""
        for name, kept in self.components.items():
            mine = strip_prefix(f"own/{name}/", tensors)
            if mine and kept.module:
                kept.load({**kept.module.state_dict(), **mine}, {}, name)
        self._waiting = {name: (found, tensors) for name, found in attributes.items()}
        for name in [*self._waiting]:
            if name in self.components:
                self.components[name].put_back(*self._waiting.pop(name), self.device)


def is_resting(module: nn.Module) -> bool:
    """Whether a module is in evaluation mode with parameters of which none is trained."""
    parameters = list(module.parameters())
    return bool(parameters) and not (module.training or any(p.requires_grad for p in parameters))


def _places(component: object) -> dict[str, dict[str, Any]]:
    """Where a component and the modules inside it keep their attributes, by path."""
    if isinstance(component, nn.Module):
        return {path: vars(module) for path, module in component.named_modules()}
    if isinstance(component, Optimizer):  # some keep what they know in their groups
        groups = {str(i): group for i, group in enumerate(component.param_groups)}
        return {"": vars(component), **groups}
    return {"": vars(component)} if hasattr(component, "__dict__") else {}


def _attributes(component: object) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each attribute's path, the dict that holds it and its key there."""
    for path, place in _places(component).items():
        for key in place:
            if key not in TORCHS_OWN or not isinstance(component, nn.Module):
                yield f"{path}:{key}", place, key


def _is_object(value: object) -> bool:
    """Whether a value is an object of somebody's class, which may remember something itself."""
    if isinstance(value, nn.Module):
        return True
    builtin = type(value).__module__.partition(".")[0] in ("builtins", "numpy", "torch")
    return hasattr(value, "__dict__") and not (builtin or callable(value))


def _still(module: nn.Module) -> dict[str, str | None]:
    """Digests of the tensors of frozen backbones, by name."""
    resting = {
        path
        for path, part in module.named_modules()
        if not part.training and not any(p.requires_grad for p in part.parameters())
    }
    return {
        name: digest(tensor.detach())
        for name, tensor in module.state_dict().items()
        if name.rpartition(".")[0] in resting
    }
