"""Prints what the card of a ready model tells, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganzoo.cli.pages.columns import heading, print_columns, print_terms
from ganzoo.errors import ModelError
from ganzoo.files.untrusted import UntrustedError, read_object, table_at, tables_at
from ganzoo.printing.text import say
from ganzoo.registry.plugin_api import CORE
from ganzoo.runs.layout import CARD_JSON
from ganzoo.runs.ready_models import format_ready_score


def show_ready(folder: Path) -> None:
    """Print the card in a folder.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        card = read_object(folder / CARD_JSON, within=folder)
    except (OSError, UntrustedError) as error:
        raise ModelError(f"{folder}: its card cannot be read ({error})") from None
    say(f"model {card.get('load', '')}", bold=True)
    say(f"  {card.get('summary', '')}")
    _print_scores(card)
    heading("objective")
    lines = card.get("objective")
    for line in lines if isinstance(lines, list) else []:
        say(f"  {line}".rstrip())
    heading("outputs")
    print_columns([(str(name), str(wire)) for name, wire in table_at(card, "outputs").items()])
    heading("more")
    print_terms(
        [
            *_needs(card),
            ("file", f"{folder / str(card.get('file', ''))}, {card.get('bytes', '?')} bytes"),
            ("licence", str(card.get("licence", ""))),
            ("data", str(card.get("about_data", ""))),
            ("trained by", str(card.get("command", ""))),
        ]
    )


def _needs(card: dict[str, Any]) -> list[tuple[str, str]]:
    packages = table_at(card, "packages").items()
    needed = ", ".join(f"{name} {version}" for name, version in packages if name != CORE)
    return [("needs", needed)] if needed else []


def _print_scores(card: dict[str, Any]) -> None:
    scores = [
        (f"{metric}, {row}", format_ready_score(values, table_at(card, "intervals", metric, row)))
        for metric, rows in tables_at(card, "scores").items()
        for row, values in rows.items()
    ]
    if scores:
        heading("scores")
        print_terms(scores)
