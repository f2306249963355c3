"""A planned recipe as a file to read: each value with the rule that decided it, and its reason.

A reason stands behind its value where all of a table fit into WIDTH columns so, else above it. One
above the header of a table is that of all values in the table that have none of their own.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganzoo.planning.drafting import Decided
from ganzoo.printing.text import one_line
from ganzoo.recipe.toml_values import write_key, write_value

WIDTH = 100
# The order of docs/recipes.md; what it does not know comes last.
ORDER = (
    *("name", "summary", "default_metrics", "networks", "latents", "losses", "players", "data"),
    *("augmentations", "outputs", "optimizers", "schedule", "ema", "train", "samples"),
    *("checkpoints", "metrics", "callbacks", "alarms", "trackers"),
)
Reasons = Mapping[str, Decided]
Comments = Mapping[str, str]


@dataclass(frozen=True)
class _Entry:
    """A key with its value, and the comment on it."""

    key: str
    value: Any
    comment: str


def write_recipe(tables: Mapping[str, Any], reasons: Reasons, head: Sequence[str] = ()) -> str:
    """The text of a recipe, which reads back to `tables`; lists stand for tuples.

    reasons: the decisions by their paths.
    head: paragraphs for the top of the file.
    """
    comments = {path: format_reason(decided) for path, decided in reasons.items()}
    return write_commented(tables, comments, head)


def write_commented(
    tables: Mapping[str, Any], comments: Mapping[str, str], head: Sequence[str] = ()
) -> str:
    """The same, of any recipe.

    comments: by the paths of tables and values.
    """
    ordered = {key: tables[key] for key in sorted(tables, key=_place)}
    blocks = ["\n".join(line for text in head for line in _wrapped(text))] if head else []
    blocks += _blocks((), ordered, comments)
    return "\n\n".join(blocks) + "\n"


def format_reason(decided: Decided) -> str:
    """`rule size: half of the images are larger than 300 px; raise it for small things`."""
    decision = decided.decision
    said = [decision.reason, decision.change]
    text = "; ".join(one_line(each).strip().removesuffix(".") for each in said if each.strip())
    return f"{decision.how} {one_line(decided.rule)}: {text}"


def _place(key: str) -> int:
    return ORDER.index(key) if key in ORDER else len(ORDER)


def _blocks(path: tuple[str, ...], table: Mapping[str, Any], comments: Comments) -> Iterator[str]:
    """A table's own values under its header, then the tables in it."""
    below = {k: v for k, v in table.items() if _stands_apart((*path, k), v, comments)}
    entries = [
        _Entry(write_key(key), value, _comment((*path, key), comments))
        for key, value in table.items()
        if key not in below
    ]
    own = _comment(path, comments)
    if entries or own:
        header = [f"[{'.'.join(map(write_key, path))}]"] if path else []
        yield "\n".join([*_wrapped(own), *header, *_lines(entries)])
    for key, inner in below.items():
        yield from _blocks((*path, key), inner, comments)


def _stands_apart(path: tuple[str, ...], value: Any, comments: Comments) -> bool:
    """Whether a value is a table with a header of its own."""
    if not isinstance(value, Mapping) or not value:
        return False
    start = f"{'.'.join(path)}."
    if len(path) == 1 or any(each.startswith(start) for each in comments):
        return True
    return len(f"{write_key(path[-1])} = {write_value(value)}") > WIDTH


def _comment(path: tuple[str, ...], comments: Comments) -> str:
    return comments.get(".".join(path), "")


def _lines(entries: Sequence[_Entry]) -> list[str]:
    left = max((len(entry.key) for entry in entries), default=0)
    values = [_assignment(entry, left) for entry in entries]
    pairs = [*zip(values, entries, strict=True)]
    width = max((len(value) for value, entry in pairs if entry.comment), default=0)
    behind = [f"{v.ljust(width)}  # {e.comment}" if e.comment else v for v, e in pairs]
    if all("\n" not in line and len(line) <= WIDTH for line in behind):
        return behind
    return [line for value, entry in pairs for line in (*_wrapped(entry.comment), value)]


def _assignment(entry: _Entry, left: int) -> str:
    """`key = value`; a list that is too long for a line is broken."""
    value = write_value(entry.value)
    for key in (entry.key.ljust(left), entry.key):
        if len(key) + len(" = ") + len(value) <= WIDTH:
            return f"{key} = {value}"
    if not isinstance(entry.value, (list, tuple)):
        return f"{entry.key} = {value}"
    return "\n".join([f"{entry.key} = [", *_filled(entry.value), "]"])


def _filled(items: Sequence[Any]) -> Iterator[str]:
    """The items of a list, as many on a line as fit."""
    line = " "
    for item in items:
        text = f" {write_value(item)},"
        if len(line) + len(text) > WIDTH and line.strip():
            yield line
            line = " "
        line += text
    yield line


def _wrapped(text: str) -> list[str]:
    """A text as lines of comment."""
    return textwrap.wrap(
        one_line(text),
        WIDTH,
        initial_indent="# ",
        subsequent_indent="#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )
