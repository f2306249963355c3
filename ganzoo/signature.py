"""A constructor's parameters as a schema: the annotations say what a recipe may write."""

from __future__ import annotations

import functools
import inspect
import json
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from ganzoo.errors import Fault, did_you_mean, listed


@dataclass(frozen=True)
class Setting:
    """One parameter as a person reads it: name, type, and default (`required` where it has none)."""

    name: str
    type: str
    default: Any
    required: bool


def parameters(function: Callable[..., Any], skip: int = 0) -> list[inspect.Parameter]:
    """A callable's named parameters, without `self` (or its first `skip`)."""
    found = list(inspect.signature(function).parameters.values())[skip:]
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [parameter for parameter in found if parameter.kind in named]


def wires(function: Callable[..., Any]) -> dict[str, bool]:
    """The wires a loss's `forward` or a metric's `update` takes, and whether each is required."""
    return {
        parameter.name: parameter.default is inspect.Parameter.empty
        for parameter in parameters(function, skip=1)
    }


def settings(part: type, skip: int = 0) -> list[Setting]:
    """What a recipe may set of a part, for listings."""
    hints = _hints(part)
    return [
        Setting(
            parameter.name,
            _spell(hints.get(parameter.name, Any)),
            None if parameter.default is inspect.Parameter.empty else parameter.default,
            parameter.default is inspect.Parameter.empty,
        )
        for parameter in parameters(part, skip)
    ]


def check_settings(
    part: type,
    name: str,
    given: Mapping[str, Any],
    path: str,
    skip: int = 0,
    beside: Iterable[str] = (),
) -> tuple[dict[str, Any], list[Fault]]:
    """The given settings filled with the defaults, and everything wrong with them.

    skip: leading parameters that the host supplies (an optimizer's `params`).
    beside: what else its table may hold (wires, the host's own keys), for a did-you-mean.
    """
    model = _model(part, skip)
    try:
        checked = model.model_validate_json(json.dumps(dict(given)), strict=True)
    except TypeError:
        return {}, [Fault(path, "dates and times cannot be settings")]
    except ValidationError as error:
        return {}, _faults(error, model, name, path, beside)
    return {field: getattr(checked, field) for field in model.model_fields}, []


@functools.cache
def _model(part: type, skip: int) -> type[BaseModel]:
    hints = _hints(part)
    fields: dict[str, Any] = {}
    for parameter in parameters(part, skip):
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (hints.get(parameter.name, Any), default)
    config = ConfigDict(
        extra="forbid",
        arbitrary_types_allowed=True,
        protected_namespaces=(),
        allow_inf_nan=False,
    )
    return create_model(part.__name__, __config__=config, **fields)


def _hints(part: type) -> dict[str, Any]:
    return typing.get_type_hints(part.__init__)


def _faults(
    error: ValidationError, model: type[BaseModel], name: str, path: str, beside: Iterable[str]
) -> list[Fault]:
    """One fault a setting: of a union's branches only the first complaint is worth reading."""
    faults: dict[str, Fault] = {}
    for entry in error.errors():
        setting = str(entry["loc"][0]) if entry["loc"] else ""
        if entry["type"] == "extra_forbidden":
            hint = did_you_mean(setting, [*model.model_fields, *beside]) or _list(model)
            message = f"'{name}' has no setting '{setting}'.{hint}"
            faults.setdefault(setting, Fault(f"{path}.{setting}", message))
        faults.setdefault(setting, _fault(entry, setting, model, name, path))
    return list(faults.values())


def _fault(entry: Any, setting: str, model: type[BaseModel], name: str, path: str) -> Fault:
    if entry["type"] == "missing" and len(entry["loc"]) == 1:
        return Fault(path, f"'{name}' needs the setting '{setting}'")
    if entry["type"] == "literal_error":
        choices = typing.get_args(model.model_fields[setting].annotation)
        literals = [choice for choice in choices if isinstance(choice, (str, int))]
        if literals:
            wanted = listed(map(str, literals))
            return Fault(f"{path}.{setting}", f"{entry['input']!r} is none of {wanted}")
    wanted = _spell(model.model_fields[setting].annotation)
    value = _given(given[setting])
    return Fault(f"{path}.{setting}", f"this should be {wanted}, not {value}")


def _spell(annotation: Any) -> str:
    """`int | None`, `'batch' | 'instance'`: a type as a reader of TOML understands it."""
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return " | ".join(repr(argument) for argument in arguments)
    if _is_union(annotation):
        return " or ".join(_spell(a) for a in arguments if _writable(a))
    if typing.get_origin(annotation) in (list, tuple):
        inner = {_spell(a).removeprefix("a ") for a in arguments if a is not ...}
        return f"a list of {' or '.join(sorted(inner))}s"
    words = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    return words.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _writable(annotation: Any) -> bool:
    """Whether a recipe could write such a value: TOML has no none, and no tensors."""
    return annotation is not type(None) and getattr(annotation, "__name__", "") != "Tensor"


def _is_union(annotation: Any) -> bool:
    import types

    return typing.get_origin(annotation) in (typing.Union, types.UnionType)
