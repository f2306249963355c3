"""What may stand at each place of a recipe, told without torch."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ganzoo.errors import Fault, choices
from ganzoo.expression import Expression, ExpressionError, calls, find_column, parse
from ganzoo.files.untrusted import value_at
from ganzoo.recipe.schema import Recipe
from ganzoo.recipe.tables import ComponentTable
from ganzoo.registry.components import Registry
from ganzoo.registry.discovery import installed
from ganzoo.registry.former import is_at
from ganzoo.registry.outline import Outline, read_outline
from ganzoo.registry.signature import as_written

NETWORKS = ("generator", "discriminator", "module")
# The kinds of component that a table may name, by its path; `*` stands for any name.
KINDS = {
    "data": ("data",),
    "networks.*": NETWORKS,
    "networks.*.init": ("init",),
    "losses.*": ("loss",),
    "losses.*.buffer": ("buffer",),
    "losses.*.penalties.*": ("penalty",),
    "losses.*.weight": ("schedule",),
    "losses.*.penalties.*.weight": ("schedule",),
    "latents.*": ("latent",),
    "optimizers.*": ("optimizer",),
    "schedule": ("schedule",),
    "metrics.*": ("metric",),
    "callbacks.*": ("callback",),
    "augmentations.*": ("augmentation",),
    "outputs.*": ("output",),
}
# The method whose parameters are a component's wires.
WIRES = {"loss": "forward", "metric": "update", "output": "make"}


def look_up(tables: Any, path: str) -> Any:
    """The value at a dotted path; None if there is none."""
    return value_at(tables, *path.split("."))


def kinds_at(path: Sequence[str]) -> tuple[str, ...]:
    """The kinds of component that the table at a path may name."""
    return next((kinds for pattern, kinds in KINDS.items() if is_at(path, pattern)), ())


def outlines_at(path: Sequence[str], name: str) -> Iterable[tuple[str, Outline | None]]:
    """The components that a `type` at a path may mean, each with its kind."""
    components = installed().registry.components
    for kind in kinds_at(path):
        if (kind, name) in components:
            yield kind, read_outline(components[kind, name].target, int(kind == "optimizer"))


def wanted(path: Sequence[str], tables: Mapping[str, Any]) -> Any:
    """The type of what may stand at a path; Any where only the component itself can tell."""
    hint, here = Recipe, tables
    for depth, key in enumerate(path):
        hint = _inside(hint, key, here, path[:depth])
        here = here.get(key, {}) if isinstance(here, Mapping) else {}
    return hint


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type, as strictly as recipes are read."""
    is_table = isinstance(hint, type) and issubclass(hint, BaseModel)  # which has its own config
    config = None if is_table else ConfigDict(strict=True, allow_inf_nan=False)
    try:
        TypeAdapter(hint, config=config).validate_python(value)
    except ValidationError:
        return False
    except Exception:  # a hint that pydantic has no schema for
        return True
    return True


def _inside(hint: Any, key: str, table: Any, path: Sequence[str]) -> Any:
    """The type behind a key of something of type `hint`."""
    for option in _options(hint):
        if typing.get_origin(option) is dict:
            return typing.get_args(option)[1]
        if isinstance(option, type) and issubclass(option, BaseModel):
            if key in option.model_fields:
                return _annotated(option.model_fields[key])
            if issubclass(option, ComponentTable) and isinstance(table, Mapping):
                return _setting(key, table.get("type"), path)
    return Any


def _annotated(field: FieldInfo) -> Any:
    """A field's type, with its bounds where it has some."""
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _setting(key: str, name: Any, path: Sequence[str]) -> Any:
    """The type of a component's setting, or of a wire."""
    for kind, outline in outlines_at(path, name) if isinstance(name, str) else ():
        if outline is None:
            return Any
        if key in outline.settings:
            return outline.settings[key][0]
        if key in wires_of(kind, outline):
            return str
    return Any


def wires_of(kind: str, outline: Outline) -> Mapping[str, bool]:
    """A component's wires, and whether each is required."""
    if kind == "loss" and is_adversarial(outline):
        return {"real": True, "fake": True}
    return outline.methods.get(WIRES.get(kind, ""), {})


def is_adversarial(outline: Outline) -> bool:
    """Whether a loss is played between generators and discriminators."""
    return "ganzoo.interfaces.losses:AdversarialLoss" in outline.bases


def _options(hint: Any) -> Sequence[Any]:
    if typing.get_origin(hint) is Annotated:
        hint = typing.get_args(hint)[0]
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return typing.get_args(hint) if union else (hint,)


def kind_of_network(name: str, is_discriminator: bool, registry: Registry) -> str:
    """The kind of a network, by the name of its component and whether it is outermost in an
    adversarial term."""
    if is_discriminator:
        return "discriminator"
    is_module = ("module", name) in registry.components
    is_generator = ("generator", name) in registry.components
    return "module" if is_module and not is_generator else "generator"


def read_wire(text: Any, path: str) -> Expression | Fault:
    """A wire, parsed, or what is wrong with it."""
    if not isinstance(text, str):
        return Fault(path, f'a wire is a text, as "G(x)", not {as_written(text)}')
    try:
        return parse(text.strip())
    except ExpressionError as error:
        return Fault(path, str(error), text.strip(), error.column)


def missing_wire(name: str, wire: str, path: str) -> Fault:
    """A component lacks a wire."""
    return Fault(path, f"'{name}' needs the wire '{wire}', as {wire} = \"G(x)\"")


def no_network(path: str, wire: Expression, declared: Sequence[str]) -> Iterator[Fault]:
    """Every call in a wire of what is not declared."""
    for call in calls(wire):
        if call.network not in declared:
            message = f"there is no network '{call.network}'.{choices(call.network, declared)}"
            yield Fault(path, message, str(wire), find_column(call, wire))
