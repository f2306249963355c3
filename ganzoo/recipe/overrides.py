"""Settings changed from outside: `--set train.seed=1`, and how changes are laid over tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ganzoo.errors import Fault, RecipeError, cut
from ganzoo.printing.text import visible
from ganzoo.recipe import toml_text
from ganzoo.recipe.origins import SET
from ganzoo.recipe.places import fits, wanted
from ganzoo.recipe.toml_text import DEEPEST, NoToml

Overrides = Mapping[str, Any] | Iterable[str]
RIVALS = {"decay": "half_life", "half_life": "decay"}  # one follows from the other


@dataclass
class Given:
    """One override.

    text: as it was typed, where it was; else nothing.
    complaint: why the text is no TOML; the value is then the text as it stands.
    """

    path: str
    value: Any
    text: str = ""
    complaint: NoToml | None = None


def merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `change` laid over it.

    A table that names a `type` replaces what was there. An empty table removes a component or a
    value. Any other table is merged. Of two keys that say the same in two ways, the later counts.
    """
    merged = {key: value for key, value in base.items() if key not in _rivals(change)}
    for key, value in change.items():
        old = merged.get(key)
        if value == {} and key in merged and _replaces(old):
            del merged[key]
            continue
        both = isinstance(old, Mapping) and not _replaces(value)
        merged[key] = merge(merged[key], value) if both else value
    return merged


def _rivals(change: Mapping[str, Any]) -> set[str]:
    """The keys that a change takes the place of without naming them."""
    return {rival for key, rival in RIVALS.items() if key in change and rival not in change}


def override(tables: Mapping[str, Any], overrides: Overrides) -> dict[str, Any]:
    """`tables` with overrides laid over it, one after the other; `tables` stays as it is.

    Raises:
        RecipeError: overrides that cannot be read, or that contradict; all of them.
    """
    changes, faults = read_overrides(tables, overrides)
    if faults:
        raise RecipeError(SET, faults)
    return _over(tables, changes)


def read_overrides(
    tables: Mapping[str, Any], overrides: Overrides
) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Overrides as tables, in the order in which they take effect; and what is wrong with them."""
    faults: list[Fault] = []
    given = list(_given(overrides, faults))
    ordered = _ordered(given, faults)
    merged = _over(tables, map(_at, ordered))
    settled = [each for each in ordered if not each.text or _settle(each, merged, faults)]
    return list(map(_at, settled)), faults


def _over(tables: Mapping[str, Any], changes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    changed = dict(tables)
    for change in changes:
        changed = merge(changed, change)
    return changed


def _given(overrides: Overrides, faults: list[Fault]) -> Iterable[Given]:
    if isinstance(overrides, Mapping):
        yield from (Given(path, value) for path, value in overrides.items())
        return
    for text in overrides:
        try:
            yield _split(text)
        except RecipeError as error:
            faults += error.faults


def _split(override: str) -> Given:
    path, equals, text = override.partition("=")
    if not override.isprintable() and "\udc80" <= max(override, default="") <= "\udcff":
        raise _refused(cut(visible(override)), "this holds a byte that is no UTF-8")
    if not equals or not all(key.strip() for key in path.split(".")):
        raise _refused(cut(override), "write it as path=value, as --set train.seed=1")
    path = path.strip()
    if path.count(".") >= DEEPEST:
        raise _refused(cut(path), "no setting is nested so deeply")
    try:
        return _read(path, text)
    except NoToml as error:
        return Given(path, text, text, error)
    except ValueError as error:
        raise _refused(cut(path), str(error)) from None


PREFIX = "value = "


def _read(path: str, text: str) -> Given:
    try:
        tables = toml_text.parse(PREFIX + text)
    except NoToml as error:
        column = error.column - len(PREFIX) * (error.line == 1)
        raise NoToml(str(error), error.line, max(1, column)) from None
    if len(tables) > 1:
        raise NoToml("this is more than one value", 1, len(text))
    value = tables["value"]
    return Given(path, value, "" if isinstance(value, (str, list, dict)) else text)


def _refused(shown: str, message: str) -> RecipeError:
    return RecipeError(SET, [Fault(shown, message, place=SET)])


def _settle(given: Given, tables: Mapping[str, Any], faults: list[Fault]) -> bool:
    """Decide between what an override says as TOML and the text itself, by what is wanted there.

    `--set data.x=2024` names a folder, and `--set train.seed=2024` a number. Returns whether it
    says anything.
    """
    hint = wanted(given.path.split("."), tables)
    if given.complaint is None:
        if not fits(given.value, hint) and fits(given.text, hint):
            given.value = given.text
        return True
    started = given.text.lstrip()[:1]
    if started in ("'", '"') or (started in ("[", "{") and not fits(given.text, hint)):
        lines = given.text.split("\n")[given.complaint.line - 1 :]
        shown, column = toml_text.around(lines, given.complaint.column - 1)
        message = f"this is not valid TOML: {given.complaint}"
        faults.append(Fault(given.path, message, shown, column, SET))
        return False
    return True


def _ordered(given: Iterable[Given], faults: list[Fault]) -> list[Given]:
    """Overrides as they take effect.

    Those that a later one takes back are left out. A type goes before the settings beside it, as
    `--set data.root=X --set data.type=folders` asks for both.
    """
    ordered: list[Given] = []
    for each in given:
        path = each.path
        if clash := _clash(each, ordered):
            faults.append(Fault(cut(path), clash, place=SET))
            continue
        if _replaces(each.value):
            ordered = [o for o in ordered if o.path != path and not o.path.startswith(f"{path}.")]
        place = len(ordered)
        if path.endswith(".type") and not isinstance(each.value, Mapping):
            beside = path.removesuffix("type")
            place = next((i for i, o in enumerate(ordered) if o.path.startswith(beside)), place)
        ordered.insert(place, each)
    return ordered


def _clash(given: Given, before: Iterable[Given]) -> str:
    """A setting cannot be a value and a table."""
    for other in before:
        if given.path.startswith(f"{other.path}.") and not isinstance(other.value, Mapping):
            return f"'{other.path}' was set to a value before"
        if other.path.startswith(f"{given.path}.") and not isinstance(given.value, Mapping):
            return f"'{other.path}' was set before, so this should be a table"
    return ""


def _replaces(value: Any) -> bool:
    """Whether a value takes the place of a table. A table called `type` names no component."""
    if not isinstance(value, Mapping) or not value:
        return True
    return "type" in value and not isinstance(value["type"], Mapping)


def _at(given: Given) -> dict[str, Any]:
    """`"train.seed", 1` as `{"train": {"seed": 1}}`."""
    value = given.value
    for key in reversed(given.path.split(".")):
        value = {key: value}
    return dict(value)
