"""A fingerprint as JSON, written beside a recipe and read back, also one that a stranger wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from ganzoo.errors import DataError, did_you_mean
from ganzoo.files.untrusted import (
    UntrustedError,
    is_count,
    is_number,
    parse_json,
    read_text,
)
from ganzoo.files.writing import write_text
from ganzoo.interfaces.data_fingerprint import Fingerprint
from ganzoo.printing.text import visible

FORMAT = 1
# The largest file in bytes, the longest text, and the most entries of a table.
LARGEST, LONGEST, MOST = 1 << 20, 4096, 1000
# What rules divide by, or count from.
POSITIVE = frozenset(
    (
        *("images", "smallest", "median", "largest", "aspects", "channels", "bits", "pages"),
        *("memory", "cores", "seconds"),
    )
)


def as_json(facts: Fingerprint) -> str:
    """A fingerprint as indented JSON; equal ones give equal texts."""
    table = {"format": FORMAT, **asdict(facts)}
    text = json.dumps(table, indent=2, ensure_ascii=False)
    if visible(text) != text:
        text = json.dumps(table, indent=2)  # names of files may hold anything
    return text + "\n"


def from_json(text: str, source: str = "fingerprint.json") -> Fingerprint:
    """The fingerprint that a text holds.

    source: the file's name, for messages. What has a default in `Fingerprint` may be left out.

    Raises:
        DataError: it holds none; all faults are named.
    """
    try:
        table = parse_json(text)
    except UntrustedError as error:
        raise DataError(f"{source}: {error}") from None
    if not isinstance(table, dict) or table.get("format") != FORMAT:
        raise DataError(
            f'{source}: this is no fingerprint that this version of ganzoo reads ("format": '
            f"{FORMAT}); make one: ganzoo plan X Y"
        )
    faults: list[str] = []
    facts = _record({k: v for k, v in table.items() if k != "format"}, Fingerprint, "", faults)
    if faults:
        raise DataError("\n  ".join([f"{source}: {_counted(faults)}", *map(visible, faults)]))
    return cast(Fingerprint, facts)


def write_fingerprint(facts: Fingerprint, path: Path) -> None:
    """Write a fingerprint, whole or not at all.

    Raises:
        OSError: the folder cannot be written.
    """
    write_text(path, as_json(facts))


def read_fingerprint(path: Path) -> Fingerprint:
    """The fingerprint in a file of at most a megabyte.

    Raises:
        DataError: the file cannot be read, or holds none; all faults are named.
    """
    try:
        text = read_text(path, LARGEST)
    except UntrustedError as error:
        raise DataError(str(error)) from None
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}"
        ) from None
    return from_json(text, str(path))


def _counted(faults: list[str]) -> str:
    return "1 fault" if len(faults) == 1 else f"{len(faults)} faults"


def _record(value: Any, kind: type[Any], path: str, faults: list[str]) -> Any:
    """A dataclass from a table; None after a fault."""
    if not isinstance(value, dict):
        faults.append(f"{path or 'it'} must be an object")
        return None
    before, hints = len(faults), get_type_hints(kind)
    faults += _wrong_names(value, kind, path)
    read = {
        name: _value(value[name], hint, _join(path, name), faults)
        for name, hint in hints.items()
        if name in value
    }
    return kind(**read) if len(faults) == before else None


def _wrong_names(value: Mapping[str, Any], kind: type[Any], path: str) -> Iterator[str]:
    known = [each.name for each in fields(kind)]
    for name in [name for name in value if name not in known][:MOST]:
        yield f"{_join(path, name[:LONGEST])} is not known.{did_you_mean(name[:99], known)}"
    for each in fields(kind):
        needed = each.default is MISSING and each.default_factory is MISSING
        if needed and each.name not in value:
            yield f"{_join(path, each.name)} is missing"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _value(value: Any, kind: Any, path: str, faults: list[str]) -> Any:
    """A value of a type; None after a fault."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _record(value, cast(type[Any], kind), path, faults)
    if origin in (Union, UnionType):
        (kind,) = (each for each in inner if each is not NoneType)
        return None if value is None else _value(value, kind, path, faults)
    if origin is tuple:
        return _tuple(value, inner, path, faults)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _table(value, inner[1], path, faults)
    fault = _fault(value, kind, path)
    if fault:
        faults.append(f"{path} must be {fault}")
        return None
    return float(value) if kind is float else value


def _tuple(value: Any, kinds: tuple[Any, ...], path: str, faults: list[str]) -> Any:
    if not isinstance(value, list) or len(value) != len(kinds):
        faults.append(f"{path} must be a list of {len(kinds)} numbers")
        return None
    return tuple(_value(v, kind, path, faults) for v, kind in zip(value, kinds, strict=True))


def _table(value: Any, kind: Any, path: str, faults: list[str]) -> Any:
    if not isinstance(value, dict) or len(value) > MOST or max(map(len, value), default=0) > 99:
        faults.append(f"{path} must be an object of at most {MOST} entries with short names")
        return None
    return {name: _value(each, kind, _join(path, name), faults) for name, each in value.items()}


def _fault(value: Any, kind: Any, path: str) -> str:
    """What a plain value should be, where it is not."""
    positive = not POSITIVE.isdisjoint(path.split("."))
    if kind is object:
        return (
            "" if _is_setting(value) else "a short text, a number, a truth value or a list of them"
        )
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        return "" if value in choices else f"one of {', '.join(map(repr, choices))}"
    if kind is bool:
        return "" if isinstance(value, bool) else "true or false"
    if kind is str:
        return "" if _is_text(value) else f"a text of at most {LONGEST} characters"
    right = is_count(value) if kind is int else is_number(value)
    if right and (value > 0 or not positive):
        return ""
    above = " above 0" if positive else " from 0 on" if kind is int else ""
    return f"a {'whole ' if kind is int else ''}number{above}"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST


def _is_setting(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= MOST and not any(
            isinstance(v, list) or not _is_setting(v) for v in value
        )
    return isinstance(value, bool) or _is_text(value) or is_number(value)
