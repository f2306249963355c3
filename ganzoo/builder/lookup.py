"""Components looked up, wires parsed; all faults are gathered, to be told at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from torch.optim import Optimizer

from ganzoo.builder.blueprint import ComponentPlan
from ganzoo.errors import Fault, GanzooError, RecipeError
from ganzoo.expression import Expression
from ganzoo.interfaces import (
    AdversarialLoss,
    Augmentation,
    Buffer,
    Callback,
    Data,
    Discriminator,
    Latent,
    Loss,
    Metric,
    Network,
    Output,
    Penalty,
    Schedule,
)
from ganzoo.recipe.places import missing_wire, read_wire
from ganzoo.recipe.tables import ComponentTable
from ganzoo.registry.components import Registry
from ganzoo.registry.signature import check_settings, parameters

# What a component of each kind is, so that a plugin's mistake is a fault and no traceback.
BASES: dict[str, type | tuple[type, ...]] = {
    "generator": Network,
    "discriminator": Discriminator,
    "module": Network,
    "loss": (Loss, AdversarialLoss),
    "penalty": Penalty,
    "buffer": Buffer,
    "data": Data,
    "latent": Latent,
    "optimizer": Optimizer,
    "schedule": Schedule,
    "metric": Metric,
    "callback": Callback,
    "augmentation": Augmentation,
    "output": Output,
}


class Lookup:
    """A registry, and the faults component_class so far."""

    def __init__(self, registry: Registry | None = None) -> None:
        self.registry = registry or Registry()
        self.faults: list[Fault] = []

    def fault(self, path: str, message: str, expression: str = "", column: int = 0) -> None:
        """Note one thing wrong."""
        self.faults.append(Fault(path, message, expression, column))

    def sound(self, path: str) -> bool:
        """Whether nothing at or below a path is wrong so far."""
        return not any(f.path == path or f.path.startswith(f"{path}.") for f in self.faults)

    def load(self, kind: str, name: str, path: str) -> Any:
        """A component's class, or None where there is none."""
        try:
            component_class = self.registry.get(kind, name).load()
        except GanzooError as error:
            self.fault(f"{path}.type", str(error))
            return None
        base = BASES.get(kind, object)
        if isinstance(component_class, type) and issubclass(component_class, base):
            return component_class
        wanted = " or ".join(b.__name__ for b in (base if isinstance(base, tuple) else (base,)))
        self.fault(f"{path}.type", f"'{name}' cannot be a {kind}: its class is no {wanted}")
        return None

    def plan(
        self,
        kind: str,
        table: ComponentTable,
        path: str,
        without: Collection[str] = (),
        skip: int = 0,
    ) -> ComponentPlan | None:
        """A component with all its settings.

        without: keys of its table that are no settings (wires).
        skip: leading parameters that the host supplies.
        """
        component_class = self.load(kind, table.type, path)
        if component_class is None:
            return None
        given = {key: value for key, value in table.settings.items() if key not in without}
        beside = [*without, *type(table).model_fields]
        try:
            self._refuse_clash(component_class, table.type, beside, path, skip)
            settings, faults = check_settings(
                component_class, table.type, given, path, skip, beside
            )
        except GanzooError as error:
            self.fault(f"{path}.type", str(error))
            return None
        self.faults += faults
        return ComponentPlan(kind, table.type, component_class, settings, path)

    def _refuse_clash(
        self, component_class: type, name: str, beside: Collection[str], path: str, skip: int
    ) -> None:
        """A setting that shares its name with a wire or a key of the host could never be set."""
        for parameter in parameters(component_class, skip):
            if parameter.name in beside:
                self.fault(
                    f"{path}.type",
                    f"'{name}' has a setting '{parameter.name}', which is also a wire or a key "
                    "that ganzoo reads itself; its author has to rename it",
                )

    def make(self, plan: ComponentPlan | None, *first: Any) -> Any:
        """The component, constructed; None where anything about it is wrong.

        first: what the host supplies (an optimizer's parameters).
        """
        if plan is None or not self.sound(plan.path):
            return None
        try:
            return plan.make(*first)
        except RecipeError as error:
            self.faults += error.faults
            return None

    def wire(self, text: Any, path: str) -> Expression | None:
        """A wire, parsed, or None where it is none."""
        component_class = read_wire(text, path)
        if isinstance(component_class, Fault):
            self.faults.append(component_class)
            return None
        return component_class

    def wires(
        self, table: ComponentTable, wanted: Mapping[str, bool], path: str
    ) -> dict[str, Expression]:
        """The wires a table holds; a missing one that is required is a fault."""
        read: dict[str, Expression] = {}
        for wire, required in wanted.items():
            if wire in table.settings:
                expression = self.wire(table.settings[wire], f"{path}.{wire}")
                if expression is not None:
                    read[wire] = expression
            elif required:
                self.faults.append(missing_wire(table.type, wire, path))
        return read
