"""Ready models of installed packages, as their cards tell of them; nothing else is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganzoo.files.untrusted import UntrustedError, is_number, read_object, table_at, tables_at
from ganzoo.registry.discovery import installed
from ganzoo.runs.layout import CARD_JSON


def ready_rows() -> list[dict[str, str]]:
    """Every ready model: its name, what it does, size, score, licence and package."""
    return [
        {
            "name": name,
            "package": plugin.package,
            "version": plugin.version,
            **_describe(folder),
        }
        for name, (folder, plugin) in sorted(installed().models.items())
    ]


def _describe(folder: Path) -> dict[str, str]:
    """What a card tells; if it cannot be read, the reason stands in the summary."""
    try:
        card = read_object(folder / CARD_JSON, within=folder)
    except FileNotFoundError:
        return _cells("it has no card")
    except (OSError, UntrustedError) as error:
        return _cells(f"its card cannot be read ({error})")
    size = card.get("bytes")
    said = f"{size / 1e6:.1f} MB" if isinstance(size, int) else ""
    return _cells(str(card.get("summary", "")), said, _score(card), str(card.get("licence", "")))


def _cells(summary: str, size: str = "", score: str = "", licence: str = "") -> dict[str, str]:
    return {"size": size, "score": score, "licence": licence, "summary": summary}


def _score(card: Mapping[str, Any]) -> str:
    """The first score of the first metric, and that of the first baseline beside it."""
    for metric, rows in tables_at(card, "scores").items():
        for model, values in [*tables_at(rows).items()][:1]:
            name = next(iter(values))
            ends = table_at(card, "intervals", metric, model)
            others = [
                (row, v[name]) for row, v in tables_at(rows).items() if name in v and row != model
            ]
            beside = [f"{row} {value:.3g}" for row, value in others[:1] if is_number(value)]
            return ", ".join([format_ready_score({name: values[name]}, ends), *beside])
    return ""


def format_ready_score(values: Any, ends: Mapping[str, Any]) -> str:
    """Scores and their intervals as text: `pixel_accuracy 0.874 [0.869, 0.878]`."""
    numbers = values.items() if isinstance(values, Mapping) else ()
    return ", ".join(
        f"{name} {value:.3g}{format_interval(ends.get(name))}"
        for name, value in numbers
        if is_number(value)
    )


def format_interval(ends: Any, digits: int = 3) -> str:
    """` [0.869, 0.878]`; "" for what is no interval."""
    pair = ends if isinstance(ends, list) and len(ends) == 2 else []
    known = bool(pair) and all(map(is_number, pair))
    return f" [{pair[0]:.{digits}g}, {pair[1]:.{digits}g}]" if known else ""
