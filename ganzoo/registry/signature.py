"""A constructor's parameters as a schema: the annotations say what a recipe may write."""

from __future__ import annotations

import functools
import inspect
import json
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from ganzoo.errors import Fault, GanzooError, cut, listed
from ganzoo.registry.former import new_name, renamed
from ganzoo.registry.outline import Outline
from ganzoo.registry.synonyms import setting_meant

LENIENT = ConfigDict(
    extra="forbid", arbitrary_types_allowed=True, protected_namespaces=(), allow_inf_nan=False
)


@dataclass(frozen=True)
class Setting:
    """One parameter as a person reads it; one that has no default is required."""

    name: str
    type: str
    default: Any
    required: bool


def parameters(function: Callable[..., Any], skip: int = 0) -> list[inspect.Parameter]:
    """A callable's named parameters, without `self` (or its first `skip`)."""
    every = list(inspect.signature(function).parameters.values())[skip:]
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [parameter for parameter in every if parameter.kind in named]


def wires(function: Callable[..., Any]) -> dict[str, bool]:
    """The wires a loss's `forward` or a metric's `update` takes, and whether each is required."""
    return {
        parameter.name: parameter.default is inspect.Parameter.empty
        for parameter in parameters(function, skip=1)
    }


def settings(component: type, skip: int = 0) -> list[Setting]:
    """What a recipe may set of a component, for listings."""
    hints = _hints(component)
    return [
        Setting(
            parameter.name,
            _format(hints.get(parameter.name, Any)),
            None if parameter.default is inspect.Parameter.empty else parameter.default,
            parameter.default is inspect.Parameter.empty,
        )
        for parameter in parameters(component, skip)
    ]


def check_settings(
    component: type,
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
    model = _model(component, skip)
    checked, faults = _checked(model, name, given, path, beside)
    if checked is None:
        return {}, faults
    return {field: getattr(checked, field) for field in model.model_fields}, []


def check_outline(
    outline: Outline, name: str, given: Mapping[str, Any], path: str, beside: Iterable[str]
) -> list[Fault]:
    """Everything wrong with given settings, as far as a component's text tells."""
    fields: dict[str, Any] = {
        field: (hint, ... if required else None)
        for field, (hint, required) in outline.settings.items()
    }
    return _checked(
        create_model("Outline", __config__=LENIENT, **fields), name, given, path, beside
    )[1]


def _checked(
    model: type[BaseModel], name: str, given: Mapping[str, Any], path: str, beside: Iterable[str]
) -> tuple[BaseModel | None, list[Fault]]:
    try:
        return model.model_validate_json(json.dumps(dict(given)), strict=True), []
    except TypeError:
        return None, [Fault(path, "dates and times cannot be settings")]
    except ValidationError as error:
        return None, _faults(error, given, model, name, path, beside)


@functools.cache
def _model(component: type, skip: int) -> type[BaseModel]:
    hints = _hints(component)
    fields: dict[str, Any] = {}
    for parameter in parameters(component, skip):
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        hint = hints.get(parameter.name, Any)
        # `weight_decay: float = 0` fills in as 0.0, which is what reads back.
        default = float(default) if hint is float and type(default) is int else default
        fields[parameter.name] = (hint, default)
    config = ConfigDict(**LENIENT, validate_default=True)
    return create_model(component.__name__, __config__=config, **fields)


def _hints(component: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(component.__init__)  # type: ignore[misc]
    except (NameError, TypeError) as error:
        raise GanzooError(
            f"the annotations of {component.__module__}:{component.__name__} cannot be read "
            f"({error}); "
            "what they name has to be imported outside TYPE_CHECKING"
        ) from error


def _faults(
    error: ValidationError,
    given: Mapping[str, Any],
    model: type[BaseModel],
    name: str,
    path: str,
    beside: Iterable[str],
) -> list[Fault]:
    """One fault a setting: of a union's branches only the first complaint is worth reading."""
    faults: dict[str, Fault] = {}
    for entry in error.errors():
        if not entry["loc"]:  # JSON itself could not be read
            return [Fault(path, "a text here holds half a character, which no file can hold")]
        setting = str(entry["loc"][0])
        place = f"{path}.{setting}"
        if setting in faults:
            continue
        if setting not in model.model_fields:
            known = [*model.model_fields, *beside]
            new = new_name(path.split("."), setting)
            if new in known:
                faults[setting] = Fault(place, renamed(setting, new))
                continue
            hint = setting_meant(setting, known) or _known(model)
            faults[setting] = Fault(place, f"'{name}' has no setting '{cut(setting)}'.{hint}")
        elif setting not in given:
            faults[setting] = Fault(path, f"'{name}' needs the setting '{setting}'")
        else:
            wanted = _format(model.model_fields[setting].annotation)
            value = as_written(given[setting])
            faults[setting] = Fault(place, f"this should be {wanted}, not {value}")
    return list(faults.values())


def as_written(value: Any) -> str:
    """A value as a recipe writes it, cut to a line: `true`, `"instance"`, `[1, 2]`, or `none`."""
    return cut(_written(value))


def _written(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{key} = {_written(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    return repr(value)


def _known(model: type[BaseModel]) -> str:
    known = list(model.model_fields)
    return f" It has {', '.join(known)}." if known else " It has none."


def _format(annotation: Any) -> str:
    """`a whole number`, `'batch' or 'instance'`: a type as a writer of TOML understands it."""
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return listed(map(str, arguments))
    if _is_union(annotation):
        return " or ".join(_format(a) for a in arguments if _writable(a))
    if origin in (list, tuple):
        count = f"{len(arguments)} " if origin is tuple and ... not in arguments else ""
        inner = dict.fromkeys(_several(_format(a)) for a in arguments if a is not ...)
        return f"a list of {count}{' or '.join(inner)}"
    if origin is dict:
        return f"a table of {_several(_format(arguments[1]))}"
    words = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    return words.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _several(text: str) -> str:
    """`numbers` from `a number`, `lists of numbers` from `a list of numbers`."""
    if text.startswith("a list"):
        return "lists" + text.removeprefix("a list")
    return f"{text.removeprefix('a ')}s" if text.startswith("a ") else text


def _writable(annotation: Any) -> bool:
    """Whether a recipe could write such a value: TOML has no none, and no tensors."""
    return annotation is not type(None) and getattr(annotation, "__name__", "") != "Tensor"


def _is_union(annotation: Any) -> bool:
    import types

    return typing.get_origin(annotation) in (typing.Union, types.UnionType)
