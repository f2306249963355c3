"""Finds the state of components that checkpoints must hold, without code in the components.

A component is any object: a network, a loss, a penalty, a latent, a schedule, a callback. Its state
is the parameters and persistent buffers of a module, and any object's attributes that have changed
since training was set up and hold plain values (see `ganzoo.engine.values`). Attributes that have
not changed follow from the settings. They are not saved, so that a setting may change on resume.

A frozen backbone is a module in evaluation mode of which no parameter is trained. It comes with its
package, so a checkpoint holds only those of its tensors that have changed.
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
    """A component, and digests of its state when training was set up.

    always: save every tensor, including those of frozen backbones.
    attributes: digests of its attributes, by path.
    learnt: the names of the parameters that are trained, which are equal in all processes.
    frozen: digests of its frozen backbones' tensors, by name.
    """

    component: object
    always: bool
    attributes: dict[str, str | None] = field(default_factory=dict)
    learnt: set[str] = field(default_factory=set)
    frozen: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        attributes = _attributes(self.component)
        self.attributes = {path: digest(place[key]) for path, place, key in attributes}
        if isinstance(self.component, nn.Module):
            named = self.component.named_parameters()
            self.learnt = {name for name, p in named if p.requires_grad}
            self.frozen = {} if self.always else _digest_frozen(self.component)

    @property
    def module(self) -> nn.Module | None:
        """The component if it is a module with tensors."""
        module = self.component
        return module if isinstance(module, nn.Module) and module.state_dict() else None

    def unchanged(self) -> set[str]:
        """The names of the frozen backbones' tensors that have not changed."""
        held = self.module.state_dict() if self.frozen and self.module else {}
        return {name for name, before in self.frozen.items() if digest(held[name]) == before}

    def tensors(self) -> tuple[Tensors, dict[str, str]]:
        """The tensors to save, each once, and the other names that share a tensor."""
        return module_state(self.module, self.unchanged()) if self.module else ({}, {})

    def load(self, tensors: Tensors, shared: Mapping[str, str], what: str) -> None:
        """Load tensors.

        Raises:
            ModelError: names or shapes differ.
        """
        if self.module:
            load_module(self.module, tensors, shared, what, self.frozen)

    def changed(self, place: str, tensors: Tensors) -> dict[str, Any]:
        """Its changed attributes as JSON; their tensors are added to `tensors`, below `place`."""
        changed: dict[str, Any] = {}
        for path, attributes, key in _attributes(self.component):
            now = digest(attributes[key])
            if now is not None and now != self.attributes.get(path, ""):
                changed[path] = encode(attributes[key], f"{place}{path}", tensors)
        return changed

    def put_back(self, changed: Mapping[str, Any], tensors: Tensors, device: torch.device) -> None:
        """Set attributes to the saved values; skip those of modules that no longer exist."""
        places = _places(self.component)
        for path, entry in changed.items():
            place, _, key = path.rpartition(":")
            if place in places:
                value = decode(entry, tensors, device)
                places[place][key] = renew(places[place].get(key), value)


class Memory:
    """All components whose state a checkpoint holds, by name.

    device: where their tensors are.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.components: dict[str, Remembered] = {}
        self._waiting: dict[str, tuple[dict[str, Any], Tensors]] = {}

    def add(self, name: str, component: object, always: bool = False) -> None:
        """Add a component and the objects in its attributes, three levels deep.

        always: save every tensor, including those of frozen backbones.
        If a state was restored before its component was added, the component takes it up now.
        """
        self.components[name] = Remembered(component, always)
        if name in self._waiting:
            self.components[name].put_back(*self._waiting.pop(name), self.device)
        if name.count(":") // 2 < DEEPEST:  # a level adds two colons
            for path, place, key in [*_attributes(component)]:
                if _is_object(place[key]):
                    self.add(f"{name}:{path}", place[key])

    def own(self, is_first: bool) -> tuple[Tensors, dict[str, Any]]:
        """The state of this process alone: changed attributes as JSON, and tensors.

        is_first: whether this is the first process. Its buffers are part of the common state, so
            they are left out here.
        """
        tensors: Tensors = {}
        attributes: dict[str, Any] = {}
        for name, held in self.components.items():
            changed = held.changed(f"attribute/{name}/", tensors)
            attributes |= {name: changed} if changed else {}
            if not is_first and held.module:
                state, _ = held.tensors()
                own = {n: tensor for n, tensor in state.items() if n not in held.learnt}
                tensors |= add_prefix(f"own/{name}/", own)
        return tensors, attributes

    def restore_own(self, tensors: Tensors, attributes: Mapping[str, Any]) -> None:
        """Restore what `own` returned; the state of a component not yet added is kept for it."""
        for name, held in self.components.items():
            own = strip_prefix(f"own/{name}/", tensors)
            if own and held.module:
                held.load({**held.module.state_dict(), **own}, {}, name)
        self._waiting = {name: (changed, tensors) for name, changed in attributes.items()}
        for name in [*self._waiting]:
            if name in self.components:
                self.components[name].put_back(*self._waiting.pop(name), self.device)


def is_resting(module: nn.Module) -> bool:
    """Whether a module is in evaluation mode and has parameters, none of them trained."""
    parameters = list(module.parameters())
    return bool(parameters) and not (module.training or any(p.requires_grad for p in parameters))


def _places(component: object) -> dict[str, dict[str, Any]]:
    """The dicts with the attributes of a component and of the modules inside it, by path."""
    if isinstance(component, nn.Module):
        return {path: vars(module) for path, module in component.named_modules()}
    if isinstance(component, Optimizer):  # some keep state in their groups
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
    """Whether a value is an object that may have state of its own."""
    if isinstance(value, nn.Module):
        return True
    builtin = type(value).__module__.partition(".")[0] in ("builtins", "numpy", "torch")
    return hasattr(value, "__dict__") and not (builtin or callable(value))


def _digest_frozen(module: nn.Module) -> dict[str, str | None]:
    """Digests of the tensors of frozen backbones, by name."""
    resting = {
        path
        for path, inner in module.named_modules()
        if not inner.training and not any(p.requires_grad for p in inner.parameters())
    }
    return {
        name: digest(tensor.detach())
        for name, tensor in module.state_dict().items()
        if name.rpartition(".")[0] in resting
    }
