"""Whether what a wire names is there: variables, networks, heads."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from torch import nn

from ganzoo.builder.blueprint import Blueprint, ComponentPlan
from ganzoo.builder.lookup import Lookup
from ganzoo.errors import choices, listed
from ganzoo.expression import Call, Expression, Name, find_column, walk
from ganzoo.interfaces import Discriminator


def check_wires(blueprint: Blueprint, lookup: Lookup) -> None:
    """Check every wire of terms, outputs, samples and metrics."""
    check = WireCheck(blueprint, lookup)
    view = WireCheck(blueprint, lookup, also=blueprint.recipe.outputs)
    for term in blueprint.terms:
        for wire, expression in term.wires.items():
            check(expression, f"{term.path}.{wire}")
    for name, expression in blueprint.outputs.items():
        if name not in blueprint.component_outputs:
            check(expression, f"outputs.{name}")
    for name, plan in blueprint.component_outputs.items():
        for wire, expression in plan.wires.items():
            check(expression, f"outputs.{name}.{wire}")
    for expression in blueprint.samples:
        view(expression, "samples.show")
    for name, metric in blueprint.metrics.items():
        for wire, expression in metric.wires.items():
            view(expression, f"metrics.{name}.{wire}")


class WireCheck:
    """Checks one wire at a time against what the recipe declares.

    also: names that may stand alone (a sample or a metric may ask for an output by its name).
    """

    def __init__(self, blueprint: Blueprint, lookup: Lookup, also: Collection[str] = ()) -> None:
        self.lookup = lookup
        self.declared: Collection[str] = list(blueprint.recipe.networks)
        self.networks: Mapping[str, ComponentPlan] = blueprint.networks
        self.also = also
        known = [*blueprint.variables, *blueprint.recipe.latents]  # those at fault are told once
        self.variables = None if blueprint.dataset is None else list(dict.fromkeys(known))

    def __call__(self, wire: Expression, path: str) -> None:
        """Note every name in the wire that means nothing."""
        if isinstance(wire, Name) and wire.name in self.also:
            return
        for inner in walk(wire):
            message = self._name(inner) if isinstance(inner, Name) else self._call(inner)
            if message:
                self.lookup.fault(path, message, str(wire), find_column(inner, wire))

    def _name(self, variable: Name) -> str:
        if variable.name in self.declared and variable.name not in (self.variables or ()):
            return f"'{variable.name}' is a network: call it, as {variable.name}(x)"
        if self.variables is None or variable.name in self.variables:
            return ""
        return f"there is no variable '{variable.name}'.{choices(variable.name, self.variables)}"

    def _call(self, call: Call) -> str:
        if call.network not in self.declared:
            if self.variables and call.network in self.variables:
                return f"'{call.network}' is a variable and cannot be called"
            return f"there is no network '{call.network}'.{choices(call.network, self.declared)}"
        if call.network not in self.networks:
            return ""
        plan = self.networks[call.network]
        return self._head(call, plan) if call.head else _body(call, plan)

    def _head(self, call: Call, plan: ComponentPlan) -> str:
        if getattr(getattr(plan.component_class, call.head, None), "is_head", False):
            return ""
        heads = _heads_of(plan.component_class)
        known = f"It has {listed(heads)}." if heads else "It has none."
        return f"'{plan.name}' has no head '{call.head}'. {known}"


def _body(call: Call, plan: ComponentPlan) -> str:
    """What a plain call would run that the network's class does not have."""
    forward = plan.component_class.forward  # type: ignore[attr-defined]
    if forward is nn.Module.forward:
        missing = "forward"
    elif forward is Discriminator.forward and plan.component_class.logits is Discriminator.logits:  # type: ignore[attr-defined]
        missing = "logits"
    else:
        return ""
    return (
        f"'{plan.name}' cannot be called as {call.network}(...): its class "
        f"{plan.component_class.__name__} "
        f"has no method {missing}; its author has to write it, or a wire has to call a head"
    )


def _heads_of(network: type) -> list[str]:
    """The names of a network's heads."""
    return sorted(n for n in dir(network) if getattr(getattr(network, n), "is_head", False))
